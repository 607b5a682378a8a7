"""Intervals and tests for counts and for Monte Carlo means."""

from mmod.stats.intervals import (
    binomial_interval,
    poisson_interval,
    satterthwaite_dof,
    t_interval,
    unseen_stderr,
    unseen_upper,
)
from mmod.stats.tests import (
    holm,
    poisson_ratio_test,
    poisson_test,
    sidak,
    sidak_level,
    two_sample_z,
)

__all__ = [
    "binomial_interval",
    "holm",
    "poisson_interval",
    "poisson_ratio_test",
    "poisson_test",
    "satterthwaite_dof",
    "sidak",
    "sidak_level",
    "t_interval",
    "two_sample_z",
    "unseen_stderr",
    "unseen_upper",
]
