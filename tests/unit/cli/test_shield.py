"""`mmod shield`: lists, shows, and draws curves."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shot_tables

from mmod import load_shield
from mmod.cli.main import main
from mmod.shields.equations import EQUATIONS
from mmod.verification.similar import measures

PNG = b"\x89PNG\r\n\x1a\n"


def run(capsys, *argv, code=0):
    assert main(["shield", *map(str, argv)]) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def document(capsys, *argv):
    return json.loads(run(capsys, *argv, "--json"))


def test_list(capsys):
    found = {e["name"]: e for e in document(capsys, "list")["shield"]}
    shield = load_shield("node1_cyl")
    entry = found["node1_cyl"]
    assert entry["equation"] == shield.equation
    assert entry["areal_density_kg_m2"] == pytest.approx(shield.areal_density)
    text = run(capsys, "list")
    assert len(text.splitlines()) == len(found) + 1
    assert "node1_cyl" in text


def test_list_equations(capsys):
    found = document(capsys, "list", "--equations")["equation"]
    assert [e["name"] for e in found] == list(EQUATIONS)
    assert "perforation" in run(capsys, "list", "--equations")


def test_list_survives_a_broken_card(tmp_path, monkeypatch, capsys):
    card = tmp_path / "geometry" / "shields" / "broken.toml"
    card.parent.mkdir(parents=True)
    card.write_text('title = "b"\nequation = "nosuch"\n')
    monkeypatch.setenv("MMOD_PATH", str(tmp_path))
    (entry,) = [e for e in document(capsys, "list")["shield"] if e["name"] == "broken"]
    assert entry["equation"] is None
    assert "broken" in run(capsys, "list")


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_show_is_what_the_verb_show_says(capsys, form):
    mine = run(capsys, "show", "soyuz_bo", *form)
    assert main(["show", "shield", "soyuz_bo", *form]) == 0
    assert mine == capsys.readouterr().out
    assert "critical diameter" in mine


def test_json_may_stand_before_the_action(capsys):
    assert main(["shield", "--json", "list"]) == 0
    assert "shield" in json.loads(capsys.readouterr().out)


def test_curve_over_speed(capsys):
    argv = ("curve", "node1_cyl", "--angle", 0, 45, "--density", 1000)
    found = document(capsys, *argv)
    shield = load_shield("node1_cyl")
    assert found["density_kg_m3"] == 1000.0
    assert [c["obliquity_deg"] for c in found["curves"]] == pytest.approx([0.0, 45.0])
    for curve in found["curves"]:
        speed = np.array(curve["speed_km_s"]) * 1e3
        angle = np.radians(curve["obliquity_deg"])
        expected = shield.critical_diameter(speed, angle, 1000.0) * 1e3
        assert curve["critical_diameter_mm"] == pytest.approx(expected)
        assert curve["inside_tests"] == shield.valid(speed, angle, 1000.0).tolist()
        assert len(curve["regimes"]) == len(curve["regime_borders"]) + 1
    text = run(capsys, *argv)
    at_ten = float(shield.critical_diameter(10e3, 0.0, 1000.0)) * 1e3
    (row,) = [s for s in text.splitlines() if s.split()[:1] == ["10"]]
    assert row.split()[1] == f"{at_ten:.3g}*"
    assert "borders of low speed | intermediate | high speed at" in text
    assert "range of the tests" in text


def test_curve_over_obliquity(capsys):
    found = document(capsys, "curve", "node1_cyl", "--speed", 7)
    (curve,) = found["curves"]
    assert curve["speed_km_s"] == 7.0
    assert curve["obliquity_deg"][-1] == pytest.approx(90.0)
    text = run(capsys, "curve", "node1_cyl", "--speed")
    assert "15 km/s" in text
    assert "kinks or jumps at" in text


def test_plot(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    file = tmp_path / "a.png"
    found = document(capsys, "curve", "soyuz_bo", "--plot", file)
    assert found["written"] == str(file)
    assert file.read_bytes()[:8] == PNG
    assert f"written: {file}" in run(capsys, "curve", "soyuz_bo", "--plot", file)


@pytest.mark.parametrize("whole_folder", [True, False])
def test_similar_shots(tmp_path, capsys, whole_folder):
    like = {
        "bumper_thickness_cm": 0.08,
        "standoff_cm": 12.8,
        "rear_wall_thickness_cm": 0.3,
        "rear_wall_yield_ksi": 51,
    }
    other = {**like, "standoff_cm": 2.0}
    file = shot_tables.write(tmp_path, "whipple", like, other)
    tests = tmp_path if whole_folder else file
    found = document(capsys, "curve", "mplm_ec", "--tests", tests)
    (shot,) = found["similar_shots"]
    assert (shot["line"], shot["perforated"]) == (2, False)
    assert shot["scaled_diameter_mm"] == pytest.approx(2.0 * shot["scale"])
    text = run(capsys, "curve", "mplm_ec", "--tests", tests)
    assert "1 of 2 in" in text
    assert "  0 deg: 1, 0 perforated" in text


@pytest.mark.parametrize("name", ["soyuz_sa", "radiator_hrs", "usl_cyl"])
def test_curve_says_how_well_the_shield_is_known(name, tmp_path, capsys):
    shield = load_shield(name)
    found = document(capsys, "curve", name)
    assert found["certainty"] == shield.certainty
    assert found["source"] == shield.source
    assert found["notes"] == shield.card.notes
    assert found["equation_title"] == EQUATIONS[shield.equation].title
    assert found["vulnerable_fraction"] == shield.vulnerable_fraction
    text = run(capsys, "curve", name).splitlines()
    assert f"{shield.equation}: {EQUATIONS[shield.equation].title}" in text
    assert f"certainty: {shield.certainty}; source: {shield.source}" in text
    share = f"vulnerable fraction of the face: {shield.vulnerable_fraction:g}"
    assert (share in text) is (name == "radiator_hrs")
    assert ("[estimate]" in found["equation_title"]) is (name != "usl_cyl")


def test_the_picture_says_how_well_the_shield_is_known(monkeypatch, tmp_path, capsys):
    import mmod.plot

    said = []
    monkeypatch.setattr(mmod.plot, "draw_curves", lambda _, **keys: said.append(keys))
    for name in ("radiator_hrs", "usl_cyl"):
        run(capsys, "curve", name, "--plot", tmp_path / "a.png")
    assert [keys["certainty"] for keys in said] == [
        "assumption, equation [estimate], vulnerable fraction of the face 0.03",
        "published",
    ]


def test_enlarged_shots_are_counted_and_named(tmp_path, capsys):
    given = measures(load_shield("airlock"), "stuffed")
    like = {
        "bumper_density_g_cm3": 2.7,
        "bumper_thickness_cm": given["bumper"] / 27.0,
        "stuffing_areal_density_g_cm2": given["stuffing"] / 10.0,
        "standoff_cm": given["standoff"] * 100.0,
        "rear_wall_thickness_cm": given["wall"] / 28.4,
    }
    tables = {
        "plain": [like, like],
        "suspect": [like, {**like, "diameter_suspect_factor": 10}],
    }
    note = "1 of 2 shots have their diameter multiplied by 10, a factor inferred from"
    for name, changes in tables.items():
        folder = tmp_path / name
        folder.mkdir()
        file = shot_tables.write(folder, "stuffed", *changes)
        argv = ("curve", "airlock", "--tests", file)
        found = document(capsys, *argv)
        factors = [s["diameter_suspect_factor"] for s in found["similar_shots"]]
        text = run(capsys, *argv)
        suspect = name == "suspect"
        assert factors == [1.0, 10.0 if suspect else 1.0]
        assert found["suspect_shots"]["shots"] == suspect
        assert found["suspect_shots"]["note"].startswith(note) is suspect
        assert (note in found["tests"]) is suspect
        assert (note in text) is suspect
        assert ("[unverified]" in text) is suspect
        assert ("0 deg: 2, 0 perforated, 1 enlarged" in text) is suspect


def test_without_similar_shots_the_text_says_why(tmp_path, capsys):
    shot_tables.write(tmp_path, "whipple", {})
    text = run(capsys, "curve", "soyuz_bo", "--tests", tmp_path)
    assert "no table of shots exists for mli_over_wall" in text
    text = run(capsys, "curve", "usl_cyl_sw", "--tests", tmp_path)
    assert "no stuffed shots in" in text


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("nosuch",), "the name of a shield"),
        (("truss",), "a shield with an equation"),
        (("soyuz_bo", "--angle", "91"), "--angle: argument = 91.0: expected an obl"),
        (("soyuz_bo", "--angle", "-5"), "--angle: argument = -5.0: expected an obl"),
        (("soyuz_bo", "--angle", "nan"), "an obliquity of 0 to 90 deg"),
        (("soyuz_bo", "--speed", "0"), "--speed: argument = 0.0: expected a finite"),
        (("soyuz_bo", "--speed", "inf"), "a finite speed above 0 km/s"),
        (("soyuz_bo", "--density", "0"), "--density: argument = 0.0: expected a fin"),
        (("soyuz_bo", "--density", "nan"), "a finite density above 0 kg/m3"),
        (("soyuz_bo", "--angle", "-5", "--density", "0"), "2 problems"),
        (("soyuz_bo", "--angle", "1", "--speed", "2"), "not allowed with"),
        (("soyuz_bo", "--tests", "missing"), "a readable file"),
    ],
)
def test_refusals(argv, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert message in run(capsys, "curve", *argv, code=2)
    assert not list(tmp_path.iterdir())


def test_a_picture_of_an_unknown_kind_is_refused(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    assert ".png" in run(capsys, "curve", "soyuz_bo", "--plot", "a.gif", code=2)
    assert not list(tmp_path.iterdir())


def test_a_verb_with_actions_needs_one(capsys):
    assert main(["shield"]) == 2
    assert "ACTION" in capsys.readouterr().err
