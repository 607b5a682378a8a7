"""mmod compare-environments, in process."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmod import load_run, open_results
from mmod.cli.compare_environments import joined
from mmod.cli.main import main
from mmod.errors import InputError
from mmod.flux import ExposureState, load_flux
from mmod.flux.readers import stenvi
from mmod.units import DEGREE, KM

RUN = """
schema_version = 1
title = "small cube"
vehicle = "cube"
seed = 3

[[phase]]
start = 2018-01-01T00:00:00Z
end = 2019-01-01T06:00:00Z
altitude_km = 400.0
inclination_deg = 51.6

[[environment]]
model = "nasa91"
kind = "debris"

[[environment]]
model = "grun_ssp"
kind = "meteoroid"

[shields]
"*" = "soyuz_bo"

[sampling]
samples = 20_000
"""
CARD = """
schema_version = 1
title = "the cube's debris in a file"
kind = "debris"
family = "external"
format = "stenvi"
path = "debris.sei"
how_to_get = "written by this test"
area_convention = "cross_section"
citation = ["this test"]
equation = "NASA-91"
uncertainty = "none of its own: a copy"
licence = "none"
options.kind = {{ description = "what it holds", choices = ["debris", "meteoroid"], default = "debris" }}
{law}
"""
LAW = """
[uncertainty_law]
diameter_mm = [0.01, 100.0]
log_stderr = [0.7, 0.7]
source = "this test"
tag = "estimate"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "run.toml").write_text(RUN)
    return home


@pytest.fixture(scope="module")
def result(home: Path) -> Path:
    """A result of four models."""
    file = home / "all.nc"
    argv = ["compare-environments", str(home / "run.toml"), "--quiet"]
    assert main([*argv, "--threads", "2", "-o", str(file)]) == 0
    return file


def ask(capsys, *argv: object) -> dict:
    assert main(["compare-environments", *map(str, argv), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_run_of_two_is_joined_by_the_library(result: Path, capsys) -> None:
    found = ask(capsys, result)
    shipped = {"nasa91", "master8_iss_ecss", "grun_ssp", "grun_ecss"}
    assert shipped <= set(found["kind"])
    assert not found["not_a_whole_environment"]
    assert found["in_total"] == ["nasa91", "grun_ssp"]
    vehicle = found["vehicle"]
    for kind in ("debris", "meteoroid"):
        numbers = [
            vehicle["model"][m]["expected"]["penetration"]
            for m, k in found["kind"].items()
            if k == kind
        ]
        factor = vehicle["factor"][kind]["penetration"]
        assert factor["value"] == pytest.approx(max(numbers) / min(numbers))
        assert 0.0 < factor["stderr"] < 0.2 * factor["value"]
    config = json.loads(found["provenance"]["config"])
    assert config["sampling"]["target_for"] == "every_model"
    assert len(found["rows"]) == 6


def test_text_and_choice_of_rows(result: Path, capsys) -> None:
    argv = ["compare-environments", str(result), "--zones", "*zenith"]
    assert main([*argv, "--damage", "impact>=1mm"]) == 0
    text = capsys.readouterr().out
    assert "impact>=1mm by zone" in text
    assert "body.zenith" in text
    assert "body.nadir" not in text
    assert "largest model over smallest" in text
    assert "meteoroid: largest / smallest" in text


def test_a_card_of_files_and_options(home: Path, capsys, monkeypatch) -> None:
    folder = home / "files"
    folder.mkdir()
    state = ExposureState(400.0 * KM, 51.6 * DEGREE, 2018.5)
    table = load_flux("nasa91").threats(state)
    stenvi.write(table, folder / "debris.sei")
    (folder / "model.toml").write_text(CARD.format(law=LAW))
    monkeypatch.chdir(home)
    output = home / "with_file.nc"
    found = ask(
        capsys,
        "./run.toml",
        *("--with", "./files/model.toml", "--with", "nasa91:density=constant"),
        *("--with", "nasa91", "--output", output, "--quiet", "--threads", "2"),
        *("--set", "sampling.samples=60000"),
    )
    # the file holds what the model gave it; the run's own nasa91 is not taken twice
    assert set(found["kind"]) == {
        "nasa91",
        "grun_ssp",
        "files",
        "nasa91:density=constant",
    }
    models = found["vehicle"]["model"]
    own, read = models["nasa91"], models["files"]
    for damage in ("impact>=0.1mm", "impact>=1mm"):
        error = 6.0 * (own["stderr"][damage] + read["stderr"][damage])
        number = own["expected"][damage]
        assert abs(read["expected"][damage] - number) <= error + 0.02 * number
    tree = open_results(output)
    assert "debris.sei" in str(tree.attrs["provenance"])
    assert list(found["in_total"]) == ["nasa91", "grun_ssp"]


def test_picture(result: Path, home: Path, capsys) -> None:
    pytest.importorskip("matplotlib")
    picture = home / "factors.png"
    assert main(["compare-environments", str(result), "--plot", str(picture)]) == 0
    assert f"written: {picture}" in capsys.readouterr().out
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["{run}", "--with", "nasa92"], "nasa92"),
        (["{run}", "--with", "nasa91:density"], "OPTION=VALUE"),
        (["{run}", "--with", "nasa91:density=fluffy"], "density"),
        (["{run}", "--with", "nasa91:density", "--with", "nope"], "2 problems"),
        (["{run}", "--zones", "nowhere*", "--quiet"], "zones"),
        (["{run}", "--damage", "spall", "--quiet"], "spall"),
        (["{nc}", "--with", "grun_ecss"], "compared as they are"),
        (["{nc}", "--set", "seed=2"], "compared as they are"),
        (["{nc}", "--accept-outside-validity"], "--accept-outside-validity"),
        (["{nc}", "--plot", "picture.gif"], "picture.gif"),
        (["{run}", "-o", "/nowhere/at/all.nc"], "/nowhere/at"),
        (["missing.nc"], "not found"),
    ],
)
def test_refusals(
    argv: list[str], words: str, result: Path, home: Path, capsys
) -> None:
    if "--plot" in argv:
        pytest.importorskip("matplotlib")
    run = home / "run.toml"
    filled = [a.format(run=run, nc=result) for a in argv]
    assert main(["compare-environments", *filled]) == 2
    assert words in capsys.readouterr().err


def test_one_model_is_nothing_to_compare(home: Path, capsys) -> None:
    lone = RUN.replace('[[environment]]\nmodel = "grun_ssp"\nkind = "meteoroid"\n', "")
    (home / "lone.toml").write_text(lone)
    file = home / "lone.nc"
    argv = ["run", str(home / "lone.toml"), "-o", str(file), "--quiet"]
    assert main(argv) == 0
    assert main(["compare-environments", str(file)]) == 2
    assert "two models or more" in capsys.readouterr().err


def test_one_model_is_refused_before_it_runs(
    home: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    lone = RUN.replace('[[environment]]\nmodel = "grun_ssp"\nkind = "meteoroid"\n', "")
    (home / "lone.toml").write_text(lone)

    def never(*given: object, **more: object) -> None:
        raise AssertionError("it runs")

    monkeypatch.setattr("mmod.engine.run.run", never)
    argv = ["compare-environments", str(home / "lone.toml"), "--with", "nasa91"]
    assert main([*argv, "--quiet"]) == 2
    assert "two models or more" in capsys.readouterr().err


def test_sizes_that_a_file_does_not_hold(home: Path, capsys, monkeypatch) -> None:
    """A copy of nasa91 from 1 mm on: two equal models, no factor below 1 mm."""
    folder = home / "large"
    folder.mkdir()
    state = ExposureState(400.0 * KM, 51.6 * DEGREE, 2018.5)
    table = load_flux("nasa91").threats(state)
    bins = stenvi.default_bins(table)
    from_1_mm = bins.diameter[bins.diameter >= 0.999e-3]
    stenvi.write(table, folder / "debris.sei", bins=replace(bins, diameter=from_1_mm))
    (folder / "model.toml").write_text(CARD.format(law=LAW))
    monkeypatch.chdir(home)
    output = home / "large.nc"
    found = ask(
        capsys,
        *("./run.toml", "--with", "./large/model.toml", "--quiet", "--threads", "2"),
        *("--set", "sampling.samples=4000", "--output", output),
    )
    size = np.array(found["flux"]["diameter_mm"])
    factor = np.array(found["flux"]["largest_over_smallest"]["debris"], dtype=float)
    flux = np.array(found["flux"]["flux_1_m2_s"]["large"], dtype=float)
    assert np.all(np.isnan(factor[size < 0.99]))
    assert np.all(np.isnan(flux[size < 0.99]))
    near = (size > 1.01) & (size < 30.0)
    np.testing.assert_allclose(factor[near], 1.0, atol=0.05)
    assert found["sizes_not_held"] == {
        "large": ["impact>=0.1mm"],
        "nasa91": [],
        "grun_ssp": [],
    }
    listed = found["vehicle"]["factor"]["debris"]
    assert listed["impact>=0.1mm"]["value"] is None
    assert listed["impact>=1mm"]["value"] < 1.5
    used = "large: is used at diameter_mm = 0.1, outside its sizes 1 to "
    assert any(flag.startswith(used) for flag in found["flags"]), found["flags"]
    assert main(["compare-environments", str(output)]) == 0
    text = capsys.readouterr().out
    row = next(x for x in text.splitlines() if x.startswith("large (debris)  "))
    assert row.split()[2] == "-"
    assert "large does not hold sizes of impact>=0.1mm" in text
    mm = next(x for x in text.splitlines() if x.startswith("debris  "))
    assert mm.split()[1:5] == ["-", "-", "-", "-"]
    assert main(["flux", "nasa91", "./large/model.toml", "--size"]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(x for x in lines if x.startswith("0.3 "))
    assert row.split()[2:] == ["-", "-"]


def test_a_vehicle_without_shields_has_the_uncertainty_of_its_impacts(
    home: Path, capsys
) -> None:
    bare = RUN.replace("soyuz_bo", "none").replace("20_000", "2_000")
    (home / "bare.toml").write_text(bare)
    argv = ["run", str(home / "bare.toml"), "-o", str(home / "bare.nc"), "--quiet"]
    assert main(argv) == 0
    text = capsys.readouterr().out
    assert "95 % interval of the number of impact>=0.1mm" in text
    start = text.index("The same by flux model")
    line = next(x for x in text[start:].splitlines() if x.startswith("  grun_ssp "))
    assert "(a factor 9)" in line  # 0.33 to 3
    assert "PNP" not in line


def test_joined_leaves_the_run_alone(home: Path) -> None:
    config = load_run(home / "run.toml")
    wide = joined(config, [])
    assert wide.environment[:2] == config.environment
    assert all(not e.in_total for e in wide.environment[2:])
    assert wide.path == config.path
    same = joined(config, ["nasa91"])
    assert same.sha256 == config.sha256
    full = joined(wide, [])
    assert full.sha256 == wide.sha256
    with pytest.raises(InputError, match="nope"):
        joined(config, ["nope"])


def test_streams_are_no_meteoroid_model_of_their_own(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night = RUN.replace("2018-01-01T00", "2022-12-14T00").replace(
        "2019-01-01T06", "2022-12-15T00"
    )
    (home / "night.toml").write_text(night)
    config = load_run(home / "night.toml")
    assert "ecss_streams" not in {e.model for e in joined(config, []).environment}
    found = ask(
        capsys,
        *(home / "night.toml", "--with", "ecss_streams", "--with", "grun_ecss"),
        *("--quiet", "--threads", "2", "--set", "sampling.samples=5000"),
    )
    assert found["not_a_whole_environment"] == ["ecss_streams"]
    factor = found["vehicle"]["factor"]["meteoroid"]["penetration"]
    assert {factor["largest"], factor["smallest"]} == {"grun_ssp", "grun_ecss"}
    numbers = found["vehicle"]["model"]["ecss_streams"]["expected"]
    assert numbers["impact>=0.1mm"] > 0.0
