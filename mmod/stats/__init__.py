"""Intervals and tests for counts and for Monte Carlo means."""

from mmod.stats.counts import (
    CountLaw,
    lognormal_law,
    poisson_law,
    poisson_min_likelihood,
)
from mmod.stats.intervals import (
    binomial_interval,
    poisson_interval,
    satterthwaite_dof,
    t_interval,
    unseen_stderr,
    unseen_upper,
)
from mmod.stats.multinomial import SharesTest, multinomial_test
from mmod.stats.tests import (
    holm,
    poisson_ratio_test,
    poisson_test,
    sidak,
    sidak_level,
    two_sample_z,
)
from mmod.stats.uniformity import anderson_darling, kolmogorov_smirnov, simulated_p

__all__ = [
    "CountLaw",
    "SharesTest",
    "anderson_darling",
    "binomial_interval",
    "holm",
    "kolmogorov_smirnov",
    "lognormal_law",
    "multinomial_test",
    "poisson_interval",
    "poisson_law",
    "poisson_min_likelihood",
    "poisson_ratio_test",
    "poisson_test",
    "satterthwaite_dof",
    "sidak",
    "sidak_level",
    "simulated_p",
    "t_interval",
    "two_sample_z",
    "unseen_stderr",
    "unseen_upper",
]
