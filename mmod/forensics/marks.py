"""Marks of a hole: what was observed, and how likely under each hypothesis."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from mmod.errors import InputError, Problem
from mmod.forensics._fields import (
    ALTERNATIVES,
    IMPACT,
    ByHypothesis,
    Name,
    Pair,
    Table,
    Text,
    problems_of,
)
from mmod.library import read_toml, resolve, sha256


class MarkCard(Table):
    """One mark: likelihoods are ranges of P(observed | hypothesis)."""

    name: Name
    group: Name = Field(description="marks that hang together share a group")
    observed: Text = Field(description="what was seen, in words")
    source: Text = Field(description="who says so, and where the ranges come from")
    support: Literal["published", "elicited"] = Field(
        description="published: the ranges are printed numbers; elicited: judged"
    )
    reported: bool = Field(
        True, description="false: nobody has published it; listed, not used"
    )
    searched_because_of_suspicion: bool = Field(
        False, description="then found_given_search replaces likelihood"
    )
    likelihood: ByHypothesis = Field(default_factory=dict)
    found_given_search: ByHypothesis = Field(
        default_factory=dict,
        description="P(the search finds what was found | hypothesis)",
    )
    note: str = ""

    @model_validator(mode="after")
    def _which_likelihood(self) -> MarkCard:
        if self.searched_because_of_suspicion:
            if not self.found_given_search or self.likelihood:
                raise ValueError(
                    "found_given_search and no likelihood: what was searched for because"
                    " of the suspicion counts as P(found | searched, hypothesis)"
                )
        elif self.found_given_search or not self.likelihood:
            raise ValueError(
                "likelihood, and no found_given_search unless"
                " searched_because_of_suspicion = true"
            )
        ranges = self.ranges
        if not all(k in ranges for k in IMPACT) or not any(
            k in ranges for k in ALTERNATIVES
        ):
            raise ValueError(
                "ranges for impact (or meteoroid and debris) and for one alternative at"
                f" least ({', '.join(ALTERNATIVES)})"
            )
        return self

    @property
    def ranges(self) -> dict[str, Pair]:
        """Hypothesis -> (low, high) of the probability of what was observed [1]."""
        return self.found_given_search or self.likelihood


class MarksCard(Table):
    """A file of marks."""

    schema_version: Literal[1]
    title: Text
    note: str = ""
    mark: list[MarkCard] = Field(min_length=1)


@dataclass(frozen=True)
class Marks:
    """Marks of one hole.

    Parameters
    ----------
    title : str
        Title of the file.
    marks : tuple of MarkCard
        In the order of the file, those that nobody has published included.
    path : str
        The file; empty for marks made in a program.
    digest : str
        SHA-256 of the file.
    note : str
        Remarks of the file.
    """

    title: str
    marks: tuple[MarkCard, ...]
    path: str = ""
    digest: str = ""
    note: str = ""

    @property
    def used(self) -> tuple[MarkCard, ...]:
        """Marks that were reported and count."""
        return tuple(m for m in self.marks if m.reported)

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of the marks that count, in the order of the file."""
        return tuple(dict.fromkeys(m.group for m in self.used))

    @property
    def judged(self) -> tuple[str, ...]:
        """Hypotheses for which every mark that counts has a range."""
        named = (*IMPACT, *ALTERNATIVES)
        return tuple(h for h in named if all(h in m.ranges for m in self.used))


def load_marks(
    name_or_path: str | os.PathLike[str], *, relative_to: Path | None = None
) -> Marks:
    """Read a file of marks.

    Parameters
    ----------
    name_or_path : str or path
        A file of the library (``"ms09"``) or the path of one.
    relative_to : Path, optional
        Folder against which a relative path is taken.

    Returns
    -------
    Marks
        The marks.

    Raises
    ------
    InputError
        With every problem of the file: a mark without a group, probabilities not inside
        (0, 1), low above high, unknown hypotheses, a missing side, repeated names.
    """
    name = os.fspath(name_or_path)
    path = resolve(
        "marks", name, relative_to=relative_to, source="<argument>", key="marks"
    )
    return parse_marks(read_toml(path), path=path)


def parse_marks(content: dict[str, Any], *, path: str | Path = "<marks>") -> Marks:
    """Return the marks that a table describes.

    Parameters
    ----------
    content : dict
        What a file of marks holds, as `tomllib` returns it.
    path : str or Path
        File for error messages and for the digest.

    Returns
    -------
    Marks
        The marks.

    Raises
    ------
    InputError
        With every problem found.
    """
    problems = _repeated(content, path)
    try:
        card = MarksCard.model_validate(content)
    except ValidationError as error:
        raise InputError([*problems_of(path, error), *problems]) from None
    if problems:
        raise InputError(problems)
    digest = sha256(path) if isinstance(path, Path) and path.is_file() else ""
    return Marks(card.title, tuple(card.mark), str(path), digest, card.note)


def _repeated(content: dict[str, Any], path: str | Path) -> list[Problem]:
    listed = content.get("mark")
    marks = (
        [m for m in listed if isinstance(m, dict)] if isinstance(listed, list) else []
    )
    names = Counter(str(m.get("name")) for m in marks if "name" in m)
    return [
        Problem(str(path), "mark.name", name, f"a name used once, not {count} times")
        for name, count in names.items()
        if count > 1
    ]
