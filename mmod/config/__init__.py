"""The run file: what it may hold, and how it is read with every problem at once."""

from mmod.config.load import load_run, parse_run
from mmod.config.schema import (
    Damage,
    Environment,
    Phase,
    RunConfig,
    Sampling,
    json_schema,
)

__all__ = [
    "Damage",
    "Environment",
    "Phase",
    "RunConfig",
    "Sampling",
    "json_schema",
    "load_run",
    "parse_run",
]
