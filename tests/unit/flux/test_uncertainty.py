"""The uncertainty law of flux models: cards, files, tables, derivations."""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from pathlib import Path

import mem3_files
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ordem_files import nasa91_case, write_card, write_case

from mmod.constants import YEAR
from mmod.errors import InputError
from mmod.flux import ExposureState, load_flux
from mmod.flux.card import UncertaintyLaw
from mmod.flux.external import ExternalModel
from mmod.flux.readers import ordem, threat_table
from mmod.flux.table import curve_flux, validate_threats
from mmod.flux.uncertainty import (
    FLUX_DEVIATES,
    METEOROID_LAW,
    NORMAL_97_5,
    flux_given_deviate,
    law_of_deviations,
    law_of_table,
    log_stderr,
    size_ratios,
)
from mmod.units import DEGREE, KM, MM

STATE = ExposureState(400e3, math.radians(51.64), 2016.5)
SHIPPED = ("nasa91", "master8_iss_ecss", "grun_ssp", "grun_ecss")


def law(diameter_mm: tuple[float, ...], values: tuple[float, ...]) -> UncertaintyLaw:
    return UncertaintyLaw(
        diameter_mm=diameter_mm, log_stderr=values, source="a test", tag="estimate"
    )


# -- the law ---------------------------------------------------------------------------


def test_law_is_linear_in_the_log_and_constant_beyond() -> None:
    own = law((0.1, 10.0), (1.0, 0.2))
    at = np.array([1e-6, 1e-4, 1e-3, 1e-2, 1.0])
    np.testing.assert_allclose(log_stderr(own, at), [1.0, 1.0, 0.6, 0.2, 0.2])


def test_deviates_hold_the_limits_and_are_symmetric() -> None:
    np.testing.assert_array_equal(FLUX_DEVIATES, -FLUX_DEVIATES[::-1])
    assert NORMAL_97_5 in FLUX_DEVIATES
    assert np.all(np.diff(FLUX_DEVIATES) > 0.0)


sizes = st.lists(
    st.floats(-13.0, 0.0), min_size=3, max_size=9, unique_by=lambda x: round(x, 2)
)


@given(sizes, st.data())
def test_flux_given_a_deviate(log_d: list[float], data: st.DataObject) -> None:
    diameter = np.exp(np.sort(log_d))
    n = diameter.size
    fall = data.draw(st.lists(st.floats(0.0, 5.0), min_size=n, max_size=n))
    sigma = np.array(data.draw(st.lists(st.floats(0.0, 5.0), min_size=n, max_size=n)))
    flux = np.exp(-np.cumsum(fall))
    found = flux_given_deviate(diameter, flux, sigma, FLUX_DEVIATES)
    assert np.all(np.diff(found, axis=1) <= 0.0)  # still cumulative
    assert np.all(np.diff(found, axis=0) >= 0.0)  # rises with the deviate
    np.testing.assert_allclose(found[6], flux, rtol=1e-14)
    assert np.all(
        found >= flux * np.exp(sigma * FLUX_DEVIATES[:, None]) * (1.0 - 1e-14)
    )
    constant = np.full(n, sigma[0])
    wanted = flux * np.exp(sigma[0] * FLUX_DEVIATES)[:, None]
    moved = flux_given_deviate(diameter, flux, constant, FLUX_DEVIATES)
    np.testing.assert_allclose(moved, wanted, rtol=1e-14)


@pytest.mark.parametrize("name", SHIPPED)
def test_classes_of_sizes_add_up(name: str) -> None:
    table = load_flux(name).threats(STATE)
    edges = np.geomspace(1e-5, 0.9, 60)
    above, between = size_ratios(table, edges, FLUX_DEVIATES)
    flux = curve_flux(table, edges).sum(axis=0)
    part = flux - np.append(flux[1:], 0.0)
    total = np.cumsum((between * part)[:, ::-1], axis=1)[:, ::-1]
    np.testing.assert_allclose(total, above * flux, rtol=1e-9)
    assert np.all(between >= 0.0)
    sigma = load_flux(name).log_stderr(edges)
    inside = np.abs(FLUX_DEVIATES) <= 1.0
    np.testing.assert_allclose(  # the law itself, where it stays cumulative
        above[inside], np.exp(sigma * FLUX_DEVIATES[inside, None]), rtol=2e-4
    )


def test_ratios_need_a_law_and_sizes_of_the_table() -> None:
    table = load_flux("nasa91").threats(STATE)
    with pytest.raises(InputError, match="log_stderr"):
        size_ratios(table.drop_vars("log_stderr"), [1e-3], [0.0])
    for edges in ([1e-8, 1e-3], [1e-3, 2.0], [1e-2, 1e-3]):
        with pytest.raises(InputError, match="edges"):
            size_ratios(table, edges, [0.0])


# -- cards -----------------------------------------------------------------------------

GOOD = "diameter_mm = [1.0]\nlog_stderr = [0.5605]    # ln 3 / 1.960, every size\n"


def card_with(folder: Path, root: Path, new: str) -> Path:
    path = folder / "model.toml"
    for file in (root / "flux_models" / "grun_ssp").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    text = path.read_text()
    assert GOOD in text
    path.write_text(text.replace(GOOD, new))
    return path


@pytest.mark.parametrize(
    ("new", "key", "words"),
    [
        ("diameter_mm = [1.0]\nlog_stderr = [-0.1]\n", "log_stderr", "greater"),
        ("diameter_mm = [1.0]\nlog_stderr = [nan]\n", "log_stderr", "finite"),
        ("diameter_mm = [1.0]\nlog_stderr = [inf]\n", "log_stderr", "less|finite"),
        ("diameter_mm = [1.0]\nlog_stderr = [9.0]\n", "log_stderr", "less"),
        ("diameter_mm = [1.0]\nlog_stderr = []\n", "log_stderr", "at least 1"),
        ("diameter_mm = [-1.0]\nlog_stderr = [0.5]\n", "diameter_mm", "greater"),
        ("diameter_mm = [0.0]\nlog_stderr = [0.5]\n", "diameter_mm", "greater"),
        ("diameter_mm = [nan]\nlog_stderr = [0.5]\n", "diameter_mm", "finite|greater"),
        ("diameter_mm = [1.0, 2.0]\nlog_stderr = [0.5]\n", "law", "2 diameters but 1"),
        ("diameter_mm = [2.0, 1.0]\nlog_stderr = [1, 1]\n", "law", "must increase"),
        ("diameter_mm = [1.0, 1.0]\nlog_stderr = [1, 1]\n", "law", "must increase"),
        ("diameter_m = [1.0]\nlog_stderr = [0.5]\n", "diameter_m", "extra|required"),
        ('diameter_mm = [1.0]\nlog_stderr = ["a"]\n', "log_stderr", "number"),
    ],
)
def test_wrong_laws_are_refused(
    new: str, key: str, words: str, tmp_path: Path, repo_root: Path
) -> None:
    with pytest.raises(InputError) as error:
        load_flux(str(card_with(tmp_path, repo_root, new)))
    text = [f"{p.key}: {p.expected}" for p in error.value.problems]
    assert any(key in t and re.search(words, t) for t in text), text


def test_a_card_without_a_law_is_refused(tmp_path: Path, repo_root: Path) -> None:
    path = card_with(tmp_path, repo_root, GOOD)
    text = path.read_text()
    start = text.index("[uncertainty_law]")
    path.write_text(text[:start] + text[text.index("\n[", start) + 1 :])
    with pytest.raises(InputError, match="uncertainty_law"):
        load_flux(str(path))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_table_carries_the_law(name: str) -> None:
    model = load_flux(name)
    table = model.threats(STATE)
    np.testing.assert_allclose(
        table["log_stderr"].values, model.log_stderr(table["diameter"].values)
    )
    attrs = table["log_stderr"].attrs
    assert attrs["tag"] in {"estimate", "computed"}
    assert attrs["source"] == model.uncertainty_law.source
    for wrong in (-0.1, np.nan, 7.0):
        with pytest.raises(InputError, match="log_stderr"):
            validate_threats(table.assign(log_stderr=table["log_stderr"] * 0.0 + wrong))
    with pytest.raises(InputError, match="log_stderr"):
        validate_threats(table.assign(log_stderr=("threat", table["weight"].values)))
    for bad in (0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="diameter"):
            model.log_stderr([bad])


# -- where the numbers of the cards come from ------------------------------------------


def rows_of(path: Path) -> list[dict[str, str]]:
    lines = [s for s in path.read_text().splitlines() if not s.startswith("#")]
    return list(csv.DictReader(lines))


def ratio(row: dict[str, str], name: str = "nasa91") -> float:
    """Return ln(model / other), both cross-sectional."""
    state = ExposureState(
        float(row["altitude_km"]) * KM,
        float(row["inclination_deg"]) * DEGREE,
        float(row["epoch_year"]),
    )
    area = {"cross_section": 1.0, "tumbling_surface": 4.0, "cube_faces": 1.0 / 1.348}
    other = float(row["flux_1_m2_yr"]) * area[row["area"]]
    own = load_flux(name).cumulative(float(row["diameter_mm"]) * MM, state) * YEAR
    return math.log(float(own) / other)


def test_law_of_nasa91_is_what_its_comparisons_give(repo_root: Path) -> None:
    """Root mean square of ln ratios, one vote a model, by size."""
    found: dict[float, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows_of(repo_root / "flux_models/nasa91/comparisons.csv"):
        found[float(row["diameter_mm"])][row["model"]].append(ratio(row) ** 2)
    stated = load_flux("nasa91").uncertainty_law
    assert stated.diameter_mm == tuple(sorted(found))
    for size, value in zip(stated.diameter_mm, stated.log_stderr, strict=True):
        votes = [float(np.mean(squares)) for squares in found[size].values()]
        assert value == pytest.approx(math.sqrt(np.mean(votes)), abs=0.006), size


def test_comparisons_quote_their_sources(repo_root: Path, shared: Path) -> None:
    rows = rows_of(repo_root / "flux_models/nasa91/comparisons.csv")
    table = rows_of(shared / "data/env/ecss_table_J2_master8_iss.csv")
    printed = {float(r["diameter_cm"]) * 10.0: r["N_debris_m2yr"] for r in table}
    for row in (r for r in rows if r["model"] == "MASTER-8"):
        size = min(printed, key=lambda d: abs(d - float(row["diameter_mm"])))
        assert float(row["flux_1_m2_yr"]) == float(printed[size])
    lines = (shared / "data/env/ordem32_550km_polar/SIZEFLUX_SC.OUT").read_text()
    numbers = [s.split() for s in lines.splitlines()[12:]]
    sizes = {float(n[0]) * 1e3: float(n[1]) for n in numbers if len(n) == 4}
    for row in (r for r in rows if r["model"] == "ORDEM 3.2"):
        size = min(sizes, key=lambda d: abs(math.log(d / float(row["diameter_mm"]))))
        assert float(row["flux_1_m2_yr"]) == sizes[size]


def test_law_of_master8_beyond_a_centimetre(repo_root: Path) -> None:
    rows = rows_of(repo_root / "flux_models/nasa91/comparisons.csv")
    away = [
        abs(ratio(r))
        for r in rows
        if r["model"] == "MASTER-8" and float(r["diameter_mm"]) >= 10.0
    ]
    assert [round(x, 2) for x in away] == [0.29, 0.32]
    stated = load_flux("master8_iss_ecss").uncertainty_law
    assert stated.log_stderr[0] == pytest.approx(math.log(10.0) / NORMAL_97_5, abs=1e-4)
    assert stated.log_stderr[1] == pytest.approx(np.mean(away), abs=0.01)


@pytest.mark.parametrize("name", ["grun_ssp", "grun_ecss"])
def test_meteoroids_are_a_factor_of_three_at_95_percent(name: str) -> None:
    stated = load_flux(name).uncertainty_law
    for own in (stated, METEOROID_LAW):
        assert math.exp(own.log_stderr[0] * NORMAL_97_5) == pytest.approx(3.0, rel=1e-3)
        assert own.tag == "estimate"
        assert "95 %" in own.source


# -- files of other programs -----------------------------------------------------------


def test_deviations_become_a_law() -> None:
    size = np.array([1e-4, 1e-3, 1e-2, 1e-1])
    flux = np.array([10.0, 1.0, 0.1, 1e-29])  # the last stands for nothing
    own = law_of_deviations(
        size, flux, flux * [0.1, 0.5, 1.2, 0.0], flux * [0.1, 0.6, 2.0, 0.0], "test"
    )
    assert own.diameter_mm == pytest.approx((0.1, 1.0, 10.0))
    wanted = [
        0.5 * (math.log(1.1) - math.log(0.9)),
        0.5 * (math.log(1.6) - math.log(0.5)),
        math.log(3.0),  # the lower deviation reaches below nothing
    ]
    assert own.log_stderr == pytest.approx(wanted)
    # to second order the deviation itself
    small = law_of_deviations(size, flux, 0.01 * flux, 0.01 * flux, "test")
    assert small.log_stderr == pytest.approx([0.01] * 3, rel=1e-4)
    for lower in (-flux, flux * np.nan):
        with pytest.raises(InputError, match="sigma"):
            law_of_deviations(size, flux, lower, flux, "test")
    with pytest.raises(InputError, match="sigma"):
        law_of_deviations(size, 0.0 * flux, flux, flux, "test")


def test_a_flux_without_a_deviation_is_not_known_exactly() -> None:
    """Files write 1.00E-99 where they know no deviation."""
    size = np.array([1e-4, 1e-3, 1e-2])
    flux = np.array([10.0, 1.0, 0.1])
    some = flux * [0.1, 0.0, 0.2]
    tiny = np.array([0.0, 1e-99, 0.0])
    own = law_of_deviations(size, flux, some, some + tiny, "test")
    assert own.diameter_mm == pytest.approx((0.1, 10.0))
    assert min(own.log_stderr) > 0.09
    assert log_stderr(own, 1e-3) > 0.09
    for none in (0.0 * flux, np.full(3, 1e-99)):
        with pytest.raises(InputError, match="0 at every size"):
            law_of_deviations(size, flux, none, none, "test")


def test_real_ordem_sample(shared: Path) -> None:
    """The sigmas of the sample: 11, 11, 59 (down; up 56), 25, 24, 16 %."""
    found = ordem.read(shared / "data/env/ordem32_550km_polar")
    own = found.uncertainty()
    assert own is not None
    assert own.tag == "read"
    at = np.array([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    down = np.array([0.1068, 0.1138, 0.5873, 0.254, 0.2353, 0.1587])
    up = np.array([0.1068, 0.1138, 0.5556, 0.2531, 0.2347, 0.1587])
    np.testing.assert_allclose(np.round(down, 2), [0.11, 0.11, 0.59, 0.25, 0.24, 0.16])
    wanted = 0.5 * (np.log1p(up) - np.log1p(-down))
    np.testing.assert_allclose(log_stderr(own, at), wanted, rtol=2e-3)


def test_external_card_takes_the_law_of_its_files_or_its_own(tmp_path: Path) -> None:
    files = write_case(tmp_path / "files", nasa91_case())
    model = load_flux(str(write_card(tmp_path / "a", files)))
    assert isinstance(model, ExternalModel)
    assert model.uncertainty_law.tag == "read"
    assert "ordem3" in model.uncertainty_law.source
    mine = (
        "[uncertainty_law]\ndiameter_mm = [1.0]\nlog_stderr = [0.9]\n"
        'source = "my own"\ntag = "estimate"\n'
    )
    other = load_flux(str(write_card(tmp_path / "b", files, mine)))
    assert other.log_stderr([1e-3]) == pytest.approx(0.9)
    assert other.uncertainty_law.source == "my own"
    # tumbling surface: flux and sigma both times four
    path = write_card(tmp_path / "c", files)
    path.write_text(path.read_text().replace("cross_section", "tumbling_surface"))
    np.testing.assert_allclose(
        load_flux(str(path)).log_stderr([1e-4, 1e-3, 1e-2]),
        model.log_stderr([1e-4, 1e-3, 1e-2]),
        rtol=1e-12,
    )


CARD = """
schema_version = 1
title = "own table"
kind = "debris"
family = "external"
format = "threat_table"
path = "{name}"
how_to_get = "made by a test"
citation = ["none"]
equation = "none"
area_convention = "cross_section"
uncertainty = "none"
licence = "none"
"""


@pytest.mark.parametrize("name", ["t.nc", "t.csv"])
def test_own_tables_keep_their_law(name: str, tmp_path: Path) -> None:
    table = load_flux("nasa91").threats(STATE)
    threat_table.write(table, tmp_path / name)
    again = threat_table.read_table(tmp_path / name)
    np.testing.assert_array_equal(
        again["log_stderr"].values, table["log_stderr"].values
    )
    assert again["log_stderr"].attrs == table["log_stderr"].attrs
    card = tmp_path / "model.toml"
    card.write_text(CARD.format(name=name))
    model = load_flux(str(card))
    assert model.uncertainty_law.tag == "computed"
    np.testing.assert_allclose(
        model.log_stderr([1e-4, 2e-3]), load_flux("nasa91").log_stderr([1e-4, 2e-3])
    )
    # a table without one: the card has to state it
    threat_table.write(table.drop_vars("log_stderr"), tmp_path / name)
    assert law_of_table(threat_table.read_table(tmp_path / name), "x") is None
    with pytest.raises(InputError, match="uncertainty_law"):
        load_flux(str(card))


def test_a_mem_run_has_the_factor_of_the_standard(tmp_path: Path) -> None:
    model = load_flux("grun_ssp", density="constant")
    size = (6e-9 / (math.pi * 1000.0)) ** (1.0 / 3.0)
    flux = mem3_files.per_year(float(model.cumulative(size, STATE)))
    samples = mem3_files.samples_of(model.threats(STATE), flux)
    files = mem3_files.Run((samples.turned(0.0, 0.6), samples.turned(0.7, 0.4)))
    files.write(tmp_path / "run")
    card = mem3_files.write_card(tmp_path / "card", tmp_path / "run")
    own = load_flux(str(card)).uncertainty_law
    assert own == METEOROID_LAW


def test_a_table_of_an_unknown_tag_is_refused() -> None:
    table = load_flux("nasa91").threats(STATE)
    table["log_stderr"].attrs["tag"] = "certain"
    with pytest.raises(InputError, match=r"log_stderr\.tag"):
        law_of_table(table, "x")
    del table["log_stderr"].attrs["tag"], table["log_stderr"].attrs["source"]
    found = law_of_table(table, "x")
    assert found is not None
    assert (found.tag, found.source) == ("unverified", "x")


def test_damaged_laws_in_text_tables_are_refused(tmp_path: Path) -> None:
    table = load_flux("nasa91").threats(STATE)
    table = table.isel(diameter=[*range(0, 1200, 100), -1])
    twice = table.assign(
        flux=(table["flux"].dims, np.repeat(table["flux"].values / 2.0, 2, axis=0)),
        density=(table["flux"].dims, np.repeat(table["density"].values, 2, axis=0)),
        size_curve_index=(
            "threat",
            np.arange(table.sizes["threat"], dtype=np.int32) % 2,
        ),
    )
    weight = np.empty(table.sizes["threat"])
    for k in (0, 1):
        mine = twice["size_curve_index"].values == k
        weight[mine] = table["weight"].values[mine]
        weight[mine] /= math.fsum(weight[mine])
        weight[np.flatnonzero(mine)[0]] += 1.0 - math.fsum(weight[mine])
    path = threat_table.write(
        twice.assign(weight=("threat", weight)), tmp_path / "t.csv"
    )
    text = path.read_text()
    last = text.splitlines()[-2]
    for new, match in (
        (last.rsplit(",", 1)[0] + ",0.123", "log_stderr.*same values"),
        (last.rsplit(",", 1)[0] + ",x", "number"),
    ):
        path.write_text(text.replace(last, new))
        with pytest.raises(InputError, match=match):
            threat_table.read_table(path)
    path.write_text(text.replace("log_stderr [1]", "log_stderr [dex]"))
    with pytest.raises(InputError, match=r"log_stderr \[1\]"):
        threat_table.read_table(path)
