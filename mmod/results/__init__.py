"""Results: from the tallies of a run to a tree, a file, a table, a report."""

from mmod.results.accessor import MmodAccessor
from mmod.results.build import build
from mmod.results.io import check_writable, open_results, save
from mmod.results.merge import merge, outcome_of
from mmod.results.outcome import Outcome, Surface
from mmod.results.table import RiskTable, make_table
from mmod.results.text import report

__all__ = [
    "MmodAccessor",
    "Outcome",
    "RiskTable",
    "Surface",
    "build",
    "check_writable",
    "make_table",
    "merge",
    "open_results",
    "outcome_of",
    "report",
    "save",
]
