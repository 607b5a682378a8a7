"""Does an observed hole fit: predicted breaches, evidence, leaks, goodness of fit."""
