"""Check a run and print its plan; nothing is sampled.

Try:
  mmod check soyuz_ms09
  mmod check ./my_run --set phase[0].altitude_km=410

Resolves every name, checks mesh, shields and the validity of the flux models.
"""

from __future__ import annotations

import argparse

from mmod.cli.arguments import add_settings, settings
from mmod.cli.output import Answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("run", metavar="RUN", help="name in the library, or a path")
    add_settings(parser)


def answer(arguments: argparse.Namespace) -> Answer:
    """Check the run."""
    from mmod.config.load import load_run

    config = load_run(arguments.run, overrides=settings(arguments.settings))

    from mmod.engine.run import check

    plan = check(config)
    return Answer(text=plan.to_text, document=plan.to_dict)
