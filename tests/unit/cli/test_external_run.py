"""A run file that names a card of ORDEM files really runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ordem_files import STATE, nasa91_case, write_card, write_case

from mmod import load_flux, open_results
from mmod.cli.main import main
from mmod.flux.quadrature import face_sums
from mmod.library import sha256

RUN = """
schema_version = 1
title = "cube in an ORDEM case"
vehicle = "cube"
seed = 7

[[phase]]
start = 2024-03-01T00:00:00Z
end = 2024-09-01T00:00:00Z
altitude_km = {altitude}
inclination_deg = 51.6

[[environment]]
model = "ordem"
kind = "debris"

[[environment]]
model = "nasa91"
kind = "debris"
in_total = false

[damage]
impact_diameters_mm = [0.01, 0.1, 1.0, 10.0]

[shields]
"*" = "soyuz_bo"

[sampling]
samples = 300_000
"""
NORMALS = {
    "ram": [1, 0, 0],
    "wake": [-1, 0, 0],
    "port": [0, 1, 0],
    "starboard": [0, -1, 0],
    "zenith": [0, 0, 1],
    "nadir": [0, 0, -1],
}
SECONDS = 184 * 86400.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run file with the folder of its card, and the files, beside it."""
    home = tmp_path_factory.mktemp("home")
    write_case(home / "ordem" / "files", nasa91_case(lopsided=0.3))
    write_card(home / "ordem", Path("files"))
    (home / "run.toml").write_text(RUN.format(altitude=550.0))
    (home / "far.toml").write_text(RUN.format(altitude=700.0))
    return home


def test_run(home: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(home)
    assert main(["run", str(home / "run.toml"), "--threads", "1"]) == 0
    printed = capsys.readouterr().out
    assert "azimuth and speed are taken as independent" in printed
    tree = open_results(next(home.glob("*.nc")))
    zones = tree["zones"].to_dataset(inherit=True)
    names = [str(n).rsplit(".", 1)[-1] for n in zones["zone"].values]
    model = load_flux("ordem", relative_to=home)
    sizes = np.array([1e-5, 1e-4, 1e-3, 1e-2])
    table = model.threats(STATE)
    wanted = face_sums(table, [NORMALS[n] for n in names], sizes) * SECONDS
    own = zones["expected"].sel(environment="ordem").transpose("zone", "damage")
    error = zones["expected_stderr"].sel(environment="ordem")
    error = error.transpose("zone", "damage").values[:, :4]
    ram = names.index("ram")
    assert np.all(error[ram] < 0.02 * wanted[ram])
    assert np.all(np.abs(own.values[:, :4] - wanted) <= 5.0 * error + 2e-3 * wanted)
    # planted errors: a factor of 4, the other side
    assert abs(own.values[ram, 1] - 4.0 * wanted[ram, 1]) > 50.0 * error[ram, 1]
    port, starboard = names.index("port"), names.index("starboard")
    assert own.values[port, 1] > 1.2 * own.values[starboard, 1]
    assert np.all(own.sel(damage="penetration").values[:4] > 0.0)
    hashed = {v for k, v in model.sources.items() if k.endswith("BFLY_SC.OUT")}
    assert hashed == {sha256(home / "ordem" / "files" / "BFLY_SC.OUT")}
    assert hashed.pop() in str(tree.attrs)


def test_run_far_from_the_files_is_refused(home: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(home)
    assert main(["check", str(home / "far.toml")]) == 2
    text = capsys.readouterr().err
    assert "phase[0].altitude_km" in text
    assert "the files state 550, tolerance 25" in text
    argv = ["check", str(home / "far.toml")]
    accept = "environment[0].accept_outside_validity=true"
    assert main([*argv, "--set", accept]) == 0
    assert "outside its validity" in capsys.readouterr().out


def test_show(home: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(home)
    assert main(["show", "flux_model", "./ordem"]) == 0
    printed = capsys.readouterr()
    assert "density_kg_m3" not in printed.err
    # the files are for 550 km (tolerance 25), and the flux is shown where they hold
    assert "at 525 km, 51.6 deg, 2023.5, with" in printed.out
    assert "outside its validity" not in printed.out
    assert "400 km" not in printed.out
