"""Score the ballistic limit equations against measured shots.

Try:
  mmod verify hvi --tests ./shots
  mmod verify hvi --tests ./shots --equation whipple.nno --all
  mmod verify hvi --tests ./shots --output scores.csv --json

The folder holds hvi_tests_whipple.csv, hvi_tests_stuffed.csv, hvi_tests_hcsp.csv and
hvi_tests_foam.csv, or some of them; they are not shipped. docs/verification.md says
what their columns are and how shots are scored.
"""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from mmod.cli.arguments import add_action
from mmod.cli.output import Answer, table
from mmod.errors import bad

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mmod.verification.score import Scored
    from mmod.verification.shots import ShotTable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    actions = parser.add_subparsers(dest="action", metavar="CASE", required=True)
    hvi = add_action(actions, "hvi", "equations against hypervelocity shots")
    hvi.add_argument(
        "--tests", type=Path, metavar="DIR", required=True, help="folder of shot tables"
    )
    hvi.add_argument(
        "--equation",
        action="append",
        metavar="NAME",
        help="only this equation (may be repeated)",
    )
    hvi.add_argument(
        "--all", action="store_true", help="print one line a source as well"
    )
    hvi.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write every row as CSV"
    )


def answer(arguments: argparse.Namespace) -> Answer:
    """Read the shots, score the equations, write the table."""
    from mmod.verification import report
    from mmod.verification.cases import CASES
    from mmod.verification.score import score_all
    from mmod.verification.shots import read_folder

    wanted = arguments.equation
    known = dict.fromkeys(case.equation for case in CASES)
    for name in wanted or ():
        if name not in known:
            raise bad("--equation", "argument", name, f"one of {', '.join(known)}")
    tables = read_folder(arguments.tests)
    cases = [c for c in CASES if not wanted or c.equation in wanted]
    scored = score_all(tables, cases)
    if not scored:
        have = ", ".join(t.path.name for t in tables.values())
        raise bad(arguments.tests, "files", have, "shots for the chosen equations")
    if arguments.output is not None:
        report.write_csv(arguments.output, scored)
    written = {} if arguments.output is None else {"written": arguments.output}
    return Answer(
        text=lambda: _text(tables, scored, arguments),
        document=lambda: {**report.document(tables, scored), **written},
    )


def _text(
    tables: Mapping[str, ShotTable],
    scored: Sequence[Scored],
    arguments: argparse.Namespace,
) -> str:
    from mmod.verification import report

    parts = [textwrap.fill(report.RULE, 88, break_on_hyphens=False)]
    for title, cells, notes in report.blocks(tables, scored, sources=arguments.all):
        wrapped = [
            textwrap.fill(note, 88, initial_indent="- ", subsequent_indent="  ")
            for note in notes
        ]
        parts.append("\n".join([title, table(cells, indent=""), *wrapped]))
    if arguments.output is not None:
        parts.append(f"written: {arguments.output}")
    return "\n\n".join(parts)
