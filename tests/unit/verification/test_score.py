"""Confusion counts on invented shots, counted by hand."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
import shot_tables

from mmod.errors import InputError
from mmod.shields.ballistic_limits._regimes import Limit, Validity
from mmod.stats import binomial_interval
from mmod.verification import report
from mmod.verification.cases import CASES, Case
from mmod.verification.score import Score, held_out, score, score_all
from mmod.verification.shots import read_folder, read_shots


class OneMillimetre(Limit):
    """Fails from 1 mm on; tests up to 5 km/s."""

    validity = Validity((0.0, 5e3), 1.0, "invented")

    def _diameter(self, impact):
        return np.full(impact.speed.shape, 0.1)

    def _borders(self, impact):  # noqa: ARG002
        return []


CASE = Case("whipple", "one_millimetre", lambda _: OneMillimetre())
# diameter [cm], perforated, speed [km/s], angle [deg], source
SHOTS = [
    (0.20, 1, 2.0, 0, "A"),  # true positive, Vn 2
    (0.11, 1, 4.0, 0, "A"),  # true positive, Vn 4, near
    (0.10, 1, 7.0, 0, "B"),  # true positive: equal counts as failure; Vn 7, near
    (0.05, 0, 8.0, 60, "B"),  # true negative, Vn 4
    (0.09, 0, 2.9, 0, "B"),  # true negative, Vn 2.9, near
    (0.05, 1, 6.0, 0, "B"),  # false-safe, Vn 6
    (0.30, 0, 9.0, 0, "A"),  # false-fail, Vn 9
    (0.30, 0, 3.0, 0, "C"),  # false-fail, Vn 3
    (0.12, 0, 9.0, 45, "C"),  # false-fail, Vn 6.36, near
]
KEYS = (
    "projectile_diameter_cm",
    "perforated",
    "velocity_km_s",
    "angle_deg",
    "source_key",
)
EXPECTED = {
    # kind, label: TP, TN, false-safe, false-fail
    ("all", "all"): (3, 2, 1, 3),
    ("regime", "Vn < 3 km/s"): (1, 1, 0, 0),
    ("regime", "3 <= Vn < 7 km/s"): (1, 1, 1, 2),
    ("regime", "Vn >= 7 km/s"): (1, 0, 0, 1),
    ("limit", "0.8 < d/d_c < 1.25"): (2, 1, 0, 1),
    ("limit", "away from the limit"): (1, 1, 1, 2),
    ("range", "inside the tests"): (2, 1, 0, 1),
    ("range", "outside the tests"): (1, 1, 1, 2),
    ("source", "A"): (2, 0, 0, 1),
    ("source", "B"): (1, 2, 1, 0),
    ("source", "C"): (0, 0, 0, 2),
}


@pytest.fixture
def table(tmp_path):
    changes = [dict(zip(KEYS, shot, strict=True)) for shot in SHOTS]
    return read_shots(shot_tables.write(tmp_path, "whipple", *changes))


def counts(one):
    return {
        (kind, label): tuple(vars(found).values())
        for kind, label, found in one.groups()
    }


def test_counts_by_hand(table):
    found = counts(score(table, CASE))
    assert {key: found[key] for key in EXPECTED} == EXPECTED
    assert {kind for kind, _ in found} == {*(k for k, _ in EXPECTED), "split"}


@pytest.mark.parametrize("planted", ["comparison", "observation", "speed"])
def test_planted_errors_are_counted_otherwise(table, planted):
    """A > for >=, one outcome turned round, a speed along the surface."""
    shots, case = list(table.shots), CASE
    if planted == "comparison":
        case = replace(CASE, factor=lambda _: 1.0 - 1e-12)
    if planted == "observation":
        shots[0] = replace(shots[0], values={**shots[0].values, "perforated": 0.0})
    if planted == "speed":
        shots[3] = replace(shots[3], values={**shots[3].values, "angle": 0.0})
    found = counts(score(replace(table, shots=tuple(shots)), case))
    assert any(found[key] != EXPECTED[key] for key in EXPECTED)


def test_split_is_by_source():
    """SHA-256 of the key, taken from another program."""
    digests = {  # printf A | sha256sum
        "A": "559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd",
        "B": "df7e70e5021544f4834bbee64a9e3789febc4be81470df629cad6ddb03320a5c",
        "C": "6b23c0d5f35d1b11f9b683f0b0a617355deb11277d91ae091d399c655b87940d",
    }
    for key, digest in digests.items():
        assert held_out(key) is bool(int(digest, 16) % 2)


def test_split_counts(table):
    found = counts(score(table, CASE))
    assert found["split", "held-out"] == (2, 0, 0, 3)  # A and C
    assert found["split", "dev"] == (1, 2, 1, 0)  # B


def test_percentages_intervals_and_baseline():
    found = Score(5, 3, 1, 1)
    share, lower, upper = found.percent()["correct"]
    low, high = binomial_interval(8, 10)
    assert (share, lower, upper) == (80.0, 100 * float(low), 100 * float(high))
    assert found.percent()["false_safe"][0] == 10.0
    assert found.majority == ("perforated", 6)
    assert Score(1, 3, 1, 1).majority == ("not perforated", 4)


def test_what_cannot_be_scored_is_left_out_with_its_reason(tmp_path):
    path = shot_tables.write(
        tmp_path,
        "stuffed",
        {"perforated": ""},
        {"angle_deg": ""},
        {"diameter_suspect_factor": 10},
        {},
    )
    table = read_shots(path)
    left, as_listed = (
        next(c for c in CASES if c.rows == rows)
        for rows in ("suspect diameters left out", "diameters as listed")
    )
    assert score(table, left).left_out == {
        "outcome unknown": 1,
        "no angle": 1,
        "suspect diameter": 1,
    }
    found = score(table, as_listed)
    assert found.left_out == {"outcome unknown": 1, "no angle": 1}
    assert found.diameter.tolist() == pytest.approx([2e-3, 2e-3])
    corrected = next(c for c in CASES if c.rows == "suspect diameters corrected")
    assert score(table, corrected).diameter.tolist() == pytest.approx([2e-2, 2e-3])
    with pytest.raises(InputError, match="at least one shot"):
        score(replace(table, shots=table.shots[:1]), left)
    with pytest.raises(InputError, match="stuffed"):
        score(table, CASE)


def test_every_case_reads_its_database(tmp_path):
    """One tiny and one huge sphere: every equation holds the first, not the second."""
    for database in shot_tables.OWN:
        shot_tables.write(
            tmp_path,
            database,
            {"projectile_diameter_cm": 0.001},
            {"projectile_diameter_cm": 50.0, "perforated": 1},
            {"projectile_diameter_cm": 50.0, "perforated": 1, "angle_deg": 60},
        )
    scored = score_all(read_folder(tmp_path))
    assert len(scored) == len(CASES)
    for one in scored:
        assert one.score() == Score(2, 1, 0, 0), one.case.name
    # planted: diameters in millimetres
    wrong = [replace(c, factor=lambda _: 0.001) for c in CASES]
    assert all(s.score().false_safe for s in score_all(read_folder(tmp_path), wrong))


def test_honeycomb_classes_have_their_own_equation(tmp_path):
    path = shot_tables.write(
        tmp_path,
        "hcsp",
        {},
        {"facesheet_class": "CFRP", "rear_facesheet_yield_ksi": ""},
        {"facesheet_class": "Other"},
        {"mli_areal_density_AS_GIVEN_unit_suspect": 0.447, "velocity_km_s": 2.0},
        {"velocity_km_s": 2.0},
    )
    case = next(c for c in CASES if c.equation == "honeycomb.srl")
    found = score(read_shots(path), case).critical_diameter
    assert len(set(np.round(found, 9))) == 5
    assert found[3] > found[4]  # a blanket outside helps at low speed
    rule = next(c for c in CASES if c.equation == "honeycomb.nno")
    assert score(read_shots(path), rule).left_out == {
        "face sheets are not aluminium": 2
    }


def test_rows_and_csv(table, tmp_path):
    scored = [score(table, CASE)]
    rows = report.rows(scored)
    first = rows[0]
    assert (first["database"], first["group"], first["shots"]) == ("whipple", "all", 9)
    assert first["correct_percent"] == pytest.approx(500.0 / 9.0)
    assert first["correct_percent_lower"] < first["correct_percent"]
    assert first["majority"] == "not perforated"
    path = report.write_csv(tmp_path / "s.csv", scored)
    read = list(csv.DictReader(path.open(encoding="utf-8")))
    assert len(read) == len(rows)
    assert read[0]["correct_percent"] == "55.56"
    assert int(read[0]["false_safe"]) == 1
    with pytest.raises(InputError, match="a file that can be written"):
        report.write_csv(tmp_path / "no" / "s.csv", scored)
