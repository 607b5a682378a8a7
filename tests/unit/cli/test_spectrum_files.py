"""Spectra of MASTER beside the models of `mmod flux`, in process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from environment_files import model_table, total_flux, write_spectrum

from mmod.cli.main import main
from mmod.cli.spectrum_files import cumulative
from mmod.flux.readers import master_spectrum

EDGES = np.geomspace(1e-4, 1e-1, 13)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    table = model_table("nasa91")
    write_spectrum(tmp_path / "orbit_c.dia", table)
    order = ("lower", "upper", "Fragments", "NaK", "Total")
    write_spectrum(tmp_path / "orbit_d.dia", table, order=order)
    write_spectrum(tmp_path / "orbit_d.vel", table, edges=np.arange(0.0, 17.0))
    return tmp_path


def test_cumulative_of_both_forms(home: Path) -> None:
    sizes = np.array([1e-5, 2e-4, 1e-3, 1e-2, 1.0])
    truth = total_flux(model_table("nasa91"), sizes)
    for name, lost in (("orbit_c.dia", 0.0), ("orbit_d.dia", 1.0)):
        found = cumulative(
            master_spectrum.read(home / name, area_convention="cross_section"), sizes
        )
        assert np.isnan(found[[0, -1]]).all()  # beyond the file
        above = lost * total_flux(model_table("nasa91"), EDGES[-1:])
        np.testing.assert_allclose(found[1:-1] + above, truth[1:-1], rtol=0.02)


def test_beside_a_model(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del home
    argv = ["flux", "--epoch", "2016.5", "--size", "nasa91"]
    files = [
        f"{n}:area_convention=cross_section" for n in ("orbit_c.dia", "orbit_d.vel")
    ]
    assert main([*argv, *files]) == 0
    text = capsys.readouterr().out
    assert "orbit_c.dia:area_convention=cross_section: diameter, cumulative" in text
    assert "/ nasa91" in text
    assert "a run needs them together" in text
    assert "km/s" in text.partition("speed, differential")[2]
    assert main([*argv, *files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["spectrum_file"]) == set(files)
    assert found["spectrum_file"][files[1]]["quantity"] == "speed"
    # planted: the other convention is four times the flux
    tumbling = files[0].replace("cross_section", "tumbling_surface")
    assert main([*argv, tumbling, "--json"]) == 0
    other = json.loads(capsys.readouterr().out)["spectrum_file"][tumbling]
    assert other["total_flux_1_m2_yr"] == pytest.approx(
        4.0 * found["spectrum_file"][files[0]]["total_flux_1_m2_yr"]
    )


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["nasa91", "orbit_c.dia"], "area_convention=cross_section"),
        (["nasa91", "orbit_c.dia:colour=blue"], "colour"),
        (["nasa91", "nowhere_c.dia:area_convention=cross_section"], "nowhere_c.dia"),
        (["nasa91", "orbit_c.dia:area_convention=cross"], "tumbling_surface"),
        (["orbit_c.dia:area_convention=cross_section"], "a flux model"),
    ],
)
def test_refusals(
    names: list[str], words: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del home
    assert main(["flux", *names]) == 2
    assert words in capsys.readouterr().err
