"""`mmod flux`: flux models side by side."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mmod import load_flux
from mmod.cli.main import main
from mmod.constants import YEAR
from mmod.flux.base import ExposureState
from mmod.units import DEGREE, KM, MM

PNG = b"\x89PNG\r\n\x1a\n"


def run(capsys, *argv, code=0):
    assert main(["flux", *map(str, argv)]) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def test_numbers_are_the_models(capsys):
    document = json.loads(run(capsys, "nasa91", "nasa91:density=law", "--json"))
    state = ExposureState(400 * KM, 51.64 * DEGREE, 2018.5)
    sizes = np.array(document["diameter_mm"]) * MM
    wanted = load_flux("nasa91").cumulative(sizes, state) * YEAR
    found = document["model"]["nasa91"]
    np.testing.assert_allclose(found["flux_1_m2_yr"], wanted, rtol=2e-4)
    assert sum(found["azimuth_share"]) == pytest.approx(1.0)
    assert document["model"]["nasa91:density=law"]["options"]["density"] == "law"
    assert document["largest_over_smallest"]["debris"] == pytest.approx([1.0] * 11)


def test_factor_between_models(capsys):
    names = ("nasa91", "master8_iss_ecss", "grun_ssp", "grun_ecss")
    document = json.loads(run(capsys, *names, "--json"))
    model = document["model"]
    row = document["diameter_mm"].index(1.0)
    first, second = (model[n]["flux_1_m2_yr"][row] for n in names[:2])
    factor = document["largest_over_smallest"]["debris"][row]
    assert factor == pytest.approx(max(first, second) / min(first, second))
    assert factor > 5.0
    text = run(capsys, *names)
    assert f"{factor:.3g}" in text
    assert "meteoroid max/min" in text
    assert "outside its validity" in text  # MASTER-8 in 2018
    for name in names:
        assert f"  {name}: {load_flux(name).card.uncertainty}" in text


def test_uncertainty_law_by_size(capsys):
    names = ("nasa91", "grun_ssp")
    document = json.loads(run(capsys, *names, "--json"))
    sizes = np.array(document["diameter_mm"]) * MM
    for name in names:
        factor = document["model"][name]["factor_of_one_standard_error"]
        factor = np.array(factor, dtype=float)
        held = sizes <= load_flux(name).card.validity.diameter_mm.maximum * MM
        wanted = np.exp(load_flux(name).log_stderr(sizes))
        # of the table, which has no node at the kinks of the law
        np.testing.assert_allclose(factor[held], wanted[held], rtol=4e-3)
        assert np.all(np.isnan(factor[~held]))
    text = run(capsys, *names, "--size")
    assert "factor of one standard error of that flux" in text
    line = next(x for x in reversed(text.splitlines()) if x.startswith("1  "))
    assert [float(v) for v in line.split()[1:]] == [11.6, 1.75]
    assert "law [computed]: root mean square" in text
    assert "law [estimate]: factor 0.33 to 3" in text


def test_sectors_sum_to_all(capsys):
    text = run(capsys, "grun_ssp", "--direction", "--at", 0.3)
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("ram "))
    share = [float(line.split()[-2]) for line in lines[start : start + 8]]
    assert sum(share) == pytest.approx(100.0, abs=0.05)
    level = [float(line.split()[-2]) for line in lines[start + 8 : start + 11]]
    assert sum(level) == pytest.approx(100.0, abs=0.05)
    assert "0.3 mm" in text
    assert "km/s" not in text


def test_picture(capsys, tmp_path):
    pytest.importorskip("matplotlib")
    file = tmp_path / "flux.png"
    text = run(capsys, "nasa91", "grun_ssp", "--plot", file)
    assert f"written: {file}" in text
    assert file.read_bytes().startswith(PNG)
    one = tmp_path / "one.svg"
    run(capsys, "nasa91", "--size", "--plot", one)
    assert 0 < one.stat().st_size < 1e6
    odd = tmp_path / "picture.jpeg2"
    assert ".png" in run(capsys, "nasa91", "--plot", odd, code=2)
    assert not odd.exists()


def test_every_problem_at_once(capsys, tmp_path):
    file = tmp_path / "flux.png"
    error = run(capsys, "foo", "nasa91:xx=1", "nasa91:odd", "--plot", file, code=2)
    assert "3 problems" in error
    for word in ("foo", "options.xx", "OPTION=VALUE"):
        assert word in error
    assert not file.exists()


@pytest.mark.parametrize(
    "option, value, word",
    [
        ("--at", "nan", "--at"),
        ("--at", "-1", "--at"),
        ("--at", "1000", "--at"),
        ("--altitude", "nan", "altitude"),
        ("--altitude", "36000", "altitude_km"),
        ("--inclination", "999", "inclination"),
        ("--epoch", "1066", "epoch"),
    ],
)
def test_odd_values_are_refused(capsys, option, value, word):
    assert word in run(capsys, "nasa91", f"{option}={value}", code=2)


def test_outside_validity_is_flagged_when_accepted(capsys):
    far = ("master8_iss_ecss", "--altitude", 800)
    assert "altitude_km" in run(capsys, *far, code=2)
    assert "flag: " in run(capsys, *far, "--accept-outside-validity")


def test_sizes_that_a_model_does_not_hold(capsys):
    """Nobody has meteoroids of 100 mm here: no flux, no factor, a flag."""
    names = ("grun_ssp", "grun_ecss", "nasa91")
    document = json.loads(run(capsys, *names, "--size", "--json"))
    last = [document["model"][name]["flux_1_m2_yr"][-1] for name in names]
    assert last[:2] == [None, None]
    assert last[2] > 0.0
    factor = document["largest_over_smallest"]["meteoroid"]
    assert factor[-1] is None
    assert factor[-2] > 0.0
    text = run(capsys, *names, "--size")
    assert (
        "flag: grun_ssp: it holds sizes of 1e-05 to 75 mm: nothing is said of 100 mm"
        in text
    )
    line = next(x for x in text.splitlines() if x.startswith("100 "))
    assert line.split()[1:3] == ["-", "-"]
    far = run(capsys, "grun_ssp", "--direction", "--at", 100)
    assert "used at diameter_mm = 100, outside its sizes" in far


@pytest.mark.parametrize(
    "name, words",
    [
        ("nasa91", ("cross-sectional, by numerical inference", "zenith", "recalled")),
        ("nasa91:area_convention=tumbling_surface", ("four times", "zenith")),
        ("master8_iss_ecss", ("zenith and nadir get none",)),
        ("grun_ssp", ("focusing factor", "recalled")),
        ("grun_ecss", ("not Table J-6",)),
    ],
)
def test_what_is_not_known_of_a_model_is_printed(capsys, name, words):
    lines = run(capsys, name, "--size", "--epoch", 2016.5).splitlines()
    flags = "\n".join(line for line in lines if line.startswith("flag: "))
    for word in words:
        assert word in flags
    inferred = "numerical inference" in flags
    assert inferred == (name == "nasa91")
