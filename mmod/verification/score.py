"""Score ballistic limit equations against hypervelocity shots."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.stats import binomial_interval
from mmod.units import KM
from mmod.verification.cases import CASES, Case
from mmod.verification.shots import ShotTable

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

BORDERS = (3.0 * KM, 7.0 * KM)
"""Normal speeds between the regimes of the report [m/s]."""
REGIMES = ("Vn < 3 km/s", "3 <= Vn < 7 km/s", "Vn >= 7 km/s")
NEAR = (0.8, 1.25)
"""Diameter over critical diameter: between these a shot lies near the limit."""
_CONDITIONS = ("projectile_diameter", "projectile_density", "velocity", "angle")


@dataclass(frozen=True)
class Score:
    """Confusion counts of predictions.

    Parameters
    ----------
    true_positive : int
        Perforation predicted and observed.
    true_negative : int
        Neither.
    false_safe : int
        Perforation observed and not predicted: the unsafe error.
    false_fail : int
        Perforation predicted and not observed.
    """

    true_positive: int
    true_negative: int
    false_safe: int
    false_fail: int

    @classmethod
    def of(cls, predicted: BoolArray, observed: BoolArray) -> Score:
        """Count."""
        return cls(
            int(np.sum(predicted & observed)),
            int(np.sum(~predicted & ~observed)),
            int(np.sum(~predicted & observed)),
            int(np.sum(predicted & ~observed)),
        )

    @property
    def n(self) -> int:
        """Shots that were scored."""
        return sum(vars(self).values())

    @property
    def counts(self) -> dict[str, int]:
        """What percentages are given of."""
        return {
            "correct": self.true_positive + self.true_negative,
            "false_safe": self.false_safe,
            "false_fail": self.false_fail,
        }

    @property
    def majority(self) -> tuple[str, int]:
        """The commoner outcome, and how many shots had it: what always saying it gets."""
        perforated = self.true_positive + self.false_safe
        if 2 * perforated > self.n:
            return "perforated", perforated
        return "not perforated", self.n - perforated

    def percent(self) -> dict[str, tuple[float, float, float]]:
        """Return each share of `counts` with its exact binomial 95 % interval [%].

        Returns
        -------
        dict
            Name to (share, lower, upper).

        Notes
        -----
        The interval takes shots as independent and the mix of sources as given; both
        flatter it.
        """
        lower, upper = binomial_interval(list(self.counts.values()), self.n)
        return {
            name: (100.0 * k / self.n, 100.0 * float(a), 100.0 * float(b))
            for (name, k), a, b in zip(self.counts.items(), lower, upper, strict=True)
        }


@dataclass(frozen=True)
class Scored:
    """The predictions of one case, shot by shot.

    Parameters
    ----------
    case : Case
        What was scored.
    lines : ndarray of int
        Line of each used shot in its file.
    sources : tuple of str
        Its source key.
    diameter, critical_diameter : ndarray
        Projectile and critical diameter [m].
    normal_speed : ndarray
        Speed times the cosine of the obliquity [m/s].
    inside : ndarray of bool
        True within the range of the tests behind the equation.
    observed : ndarray of bool
        True where the wall was perforated.
    left_out : dict
        Reason to number of shots.
    """

    case: Case
    lines: NDArray[np.int64]
    sources: tuple[str, ...]
    diameter: FloatArray
    critical_diameter: FloatArray
    normal_speed: FloatArray
    inside: BoolArray
    observed: BoolArray
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def predicted(self) -> BoolArray:
        """True where the equation says perforation: diameter >= critical diameter."""
        return np.asarray(self.diameter >= self.critical_diameter)

    def score(self, which: BoolArray | None = None) -> Score:
        """Return the counts, of a selection of the shots or of all."""
        if which is None:
            return Score.of(self.predicted, self.observed)
        return Score.of(self.predicted[which], self.observed[which])

    def groups(self) -> Iterator[tuple[str, str, Score]]:
        """Yield (kind, label, score) for every group that has a shot.

        Kinds: ``all``; ``regime`` by normal speed; ``split`` by source into held-out
        and dev; ``limit`` near and away from it; ``range`` inside and outside the tests
        behind the equation; ``source``.
        """
        ratio = self.diameter / self.critical_diameter
        near = (ratio > NEAR[0]) & (ratio < NEAR[1])
        regime = np.digitize(self.normal_speed, BORDERS)
        held = np.array([held_out(s) for s in self.sources], dtype=bool)
        source = np.array(self.sources)
        groups: list[tuple[str, str, BoolArray]] = [
            ("all", "all", np.ones(len(source), dtype=bool)),
            *(("regime", r, np.asarray(regime == i)) for i, r in enumerate(REGIMES)),
            ("split", "held-out", held),
            ("split", "dev", ~held),
            ("limit", f"{NEAR[0]} < d/d_c < {NEAR[1]}", near),
            ("limit", "away from the limit", ~near),
            ("range", "inside the tests", self.inside),
            ("range", "outside the tests", ~self.inside),
            *(
                ("source", key, np.asarray(source == key))
                for key in dict.fromkeys(self.sources)
            ),
        ]
        for kind, label, which in groups:
            if which.any():
                yield kind, label, self.score(which)


def held_out(source: str) -> bool:
    """Return whether a source is kept from any tuning.

    Parameters
    ----------
    source : str
        Source key.

    Returns
    -------
    bool
        True if the SHA-256 of the key (UTF-8) is an odd number. Whole sources go to
        one side, so that no report is both tuned on and scored.
    """
    return hashlib.sha256(source.encode()).digest()[-1] % 2 == 1


def score(table: ShotTable, case: Case) -> Scored:
    """Score one equation on the shots of one table.

    A shot counts as predicted to perforate if its diameter is at least the critical
    diameter of its shield, obliquity, speed and density. Failure by detached spall, in
    the criterion of most equations, is scored against perforation, which raises
    false-fail by an unknown amount.

    Parameters
    ----------
    table : ShotTable
        Shots of the case's database.
    case : Case
        What is scored.

    Returns
    -------
    Scored
        Predictions, with what was left out and why.

    Raises
    ------
    InputError
        When the table is of another database or no shot can be used.
    """
    if table.database.name != case.database:
        raise bad(table.path, "table", table.database.name, case.database)
    left_out: Counter[str] = Counter()
    used = []
    for shot in table.shots:
        reason = case.leave(shot)
        if shot.perforated is None:
            reason = "outcome unknown"
        elif not reason:
            missing = [n for n in (*_CONDITIONS, *case.needs) if not shot.known(n)]
            reason = f"no {missing[0].replace('_', ' ')}" if missing else ""
        if reason:
            left_out[reason] += 1
        else:
            used.append(shot)
    if not used:
        raise bad(table.path, case.name, 0, "at least one shot that can be scored")
    critical, inside = np.zeros(len(used)), np.zeros(len(used), dtype=bool)
    for i, shot in enumerate(used):
        limit = case.limit(shot)
        impact = (
            shot.value("velocity"),
            shot.value("angle"),
            shot.value("projectile_density"),
        )
        critical[i] = limit.critical_diameter(*impact)
        inside[i] = limit.valid(*impact)
    speed = np.array([s.value("velocity") for s in used])
    angle = np.array([s.value("angle") for s in used])
    return Scored(
        case=case,
        lines=np.array([s.line for s in used]),
        sources=tuple(s.source for s in used),
        diameter=np.array(
            [s.value("projectile_diameter") * case.factor(s) for s in used]
        ),
        critical_diameter=critical,
        normal_speed=speed * np.cos(angle),
        inside=inside,
        observed=np.array([bool(s.perforated) for s in used]),
        left_out=dict(left_out),
    )


def score_all(
    tables: Mapping[str, ShotTable], cases: Sequence[Case] = CASES
) -> list[Scored]:
    """Score every case whose database is there, in the order of the cases."""
    return [score(tables[c.database], c) for c in cases if c.database in tables]
