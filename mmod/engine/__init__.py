"""From a run file to results: resolve, plan, sample, collect."""
