"""`mmod hole`: what it answers, and what it refuses without writing anything."""

from __future__ import annotations

import json

import pytest
from breach_cases import PLATE_ZONE
from engine_helpers import run_table, sampled, solve
from hole_cases import two_pairs

from mmod.cli.main import main
from mmod.results.build import build
from mmod.results.io import save

OWN = [
    "--zone",
    PLATE_ZONE,
    "--diameter",
    "1.5:2",
    "--window",
    "2018-02-01..2018-05-01",
]
CASE = """
schema_version = 1
title = "a hole in a plate"
event = "own"
vehicle = "plate"
run = "plate"
zones = ["plate.body.plate"]
marks = "./marks.toml"
[window]
launch = 2018-02-01
first_seen = 2018-05-01
source = "test"
[size]
reported_mm = [1.5, 2.0]
of = "unclear"
other = [0.03, 0.12]
source = "test [estimate]"
[size.likelihood]
drilled_inside = [0.15, 0.45]
[[size.statement]]
diameter_mm = 2.0
who = "a"
source = "b"
[[alternative]]
hypothesis = "drilled_inside"
events = 0
exposure = 138.0
unit = "flight"
source = "test"
"""
MARKS = """
schema_version = 1
title = "test"
[[mark]]
name = "dimples"
group = "dimples"
observed = "dimples"
source = "test [elicited]"
support = "elicited"
[mark.likelihood]
impact = [1e-4, 1e-2]
drilled_inside = [0.2, 0.6]
"""


@pytest.fixture(scope="module")
def plate_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("hole") / "plate.nc"
    save(two_pairs(), path)
    return str(path)


@pytest.fixture(scope="module")
def shadow_file(tmp_path_factory):
    """Two plates without a damage equation: they only cast shadows."""
    table = run_table("two_plates", {"model": "nasa91", "kind": "debris"})
    table["sampling"] = {"samples": 20_000}
    path = tmp_path_factory.mktemp("hole") / "shadow.nc"
    save(build(sampled(solve(table))), path)
    return str(path)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return an empty folder that is the current one, with a case and its marks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.toml").write_text(CASE)
    (tmp_path / "marks.toml").write_text(MARKS)
    return tmp_path


def answered(capsys, *argv):
    assert main(["hole", *argv]) == 0
    return capsys.readouterr().out


def problems(capsys, here, *argv):
    """Return the problems of a refused command line; nothing must have been written."""
    before = {p.name: p.read_bytes() for p in here.iterdir()}
    code = main(["hole", *argv, "--json"])
    out = capsys.readouterr().out
    assert code == 2, out
    assert {p.name: p.read_bytes() for p in here.iterdir()} == before
    found = json.loads(out)["error"]
    assert found["kind"] == "input"
    assert "Traceback" not in found["message"]
    return [(p["key"], str(p["value"]), p["expected"]) for p in found["problems"]]


# -- what it answers -------------------------------------------------------------------


def test_list_and_show(here, capsys):
    del here
    assert "ms09" in answered(capsys, "list")
    assert len(json.loads(answered(capsys, "list", "--json"))) == 40
    assert "pressure hull" in answered(capsys, "show", "ms09")
    assert json.loads(answered(capsys, "show", "E02", "--json"))["case"]


def test_a_case_of_ones_own_in_text_document_and_picture(here, capsys, plate_file):
    pytest.importorskip("matplotlib")
    argv = [plate_file, "--event", "./case.toml", "--seed", "7"]
    said = answered(capsys, *argv, "--plot", "a.png")
    assert "Does this hole fit? a hole in a plate" in said
    assert "2018-02-01T00:00:00Z (launch)" in said
    assert "dimples [dimples]: dimples. test [elicited]" in said
    assert "with size and leak alone: UNDECIDED" in said
    assert "an exposure of 138 x 'flight'" in " ".join(said.split())
    assert "not of run plate as shipped" in said
    assert said.rstrip().endswith("written: a.png")
    assert (here / "a.png").read_bytes().startswith(b"\x89PNG")
    names = ["a.png", "case.toml", "marks.toml"]
    assert sorted(p.name for p in here.iterdir()) == names
    found = json.loads(answered(capsys, *argv, "--json"))
    assert found["posterior"]["seed"] == 7
    for one in found["environments"]:
        assert " + ".join(one["models"]) in said
    assert f"two-sided p = {found['size']['p']:.3g}" in said
    assert f"with everything: {found['verdict']['word'].upper()}" in said


def test_a_hole_given_by_options(here, capsys, plate_file):
    marked = answered(capsys, plate_file, *OWN, "--marks", "./marks.toml")
    assert "2018-02-01T00:00:00Z (last known intact)" in marked
    assert "dimples" in marked
    assert "Source posterior: none" in marked  # no alternative has a rate
    assert "as shipped" not in marked  # asked of whatever run it is
    one = answered(capsys, plate_file, *own(diameter="1:1"))
    assert one.startswith(f"Does this hole fit? a hole of 1 mm in {PLATE_ZONE}")
    del here


def test_a_case_of_a_library_of_ones_own(here, capsys, plate_file, monkeypatch):
    folder = here / "mine" / "runs" / "observations"
    for kind, text in (
        ("cases", CASE.replace("./marks.toml", "own")),
        ("marks", MARKS),
    ):
        (folder / kind).mkdir(parents=True)
        (folder / kind / "own.toml").write_text(text)
    monkeypatch.setenv("MMOD_PATH", str(here / "mine"))
    said = answered(capsys, plate_file, "--event", "own")
    assert "dimples [dimples]: dimples. test [elicited]" in said


@pytest.mark.parametrize("name", ["ms21", "nauka"])
def test_events_without_a_run_are_undecided(here, capsys, name):
    del here
    said = answered(capsys, "--event", name)
    assert "none computed (no run of the library covers this vehicle)" in said
    assert "with everything: UNDECIDED" in said


def test_a_leak_that_grows_is_routed_to_a_crack(here, capsys):
    del here
    said = answered(capsys, "--event", "zvezda_prk")
    assert "route: crack or corrosion" in said
    assert "with everything: UNDECIDED" in said


# -- what it refuses -------------------------------------------------------------------


def own(zone=PLATE_ZONE, diameter="1.5", window="2018-02-01..2018-05-01"):
    return ["--zone", zone, f"--diameter={diameter}", "--window", window]


@pytest.mark.parametrize("size", ["-1", "0", "nan", "2:1", "1:2:3", "inf", "two", ""])
def test_sizes_that_are_none(here, capsys, plate_file, size):
    ((key, _, expected),) = problems(capsys, here, plate_file, *own(diameter=size))
    assert key == "--diameter"
    assert "mm" in expected or "--event" in expected


@pytest.mark.parametrize(
    ("window", "key"),
    [
        ("2018-05-01..2018-02-01", "--window"),
        ("2018-02-01", "--window start"),
        ("2018-02-01..2018-02-40", "--window end"),
        ("soon..2018-02-01", "--window start"),
        ("2016-02-01..2016-03-01", "start"),  # outside the run
    ],
)
def test_windows_that_are_none(here, capsys, plate_file, window, key):
    found = problems(capsys, here, plate_file, *own(window=window))
    assert found[0][0] == key


def test_several_problems_at_once(here, capsys, plate_file):
    found = problems(capsys, here, plate_file, *own(diameter="-1", window="x..y"))
    assert {key for key, _, _ in found} == {
        "--diameter",
        "--window start",
        "--window end",
    }
    argv = ["--event", "./case.toml", "--marks", "./none.toml", "--model-error", "-1"]
    found = problems(capsys, here, "none.nc", *argv)
    assert len(found) == 4  # the marks, the error of debris and of meteoroids, the file
    window = "2016-01-01..2016-02-01"
    found = problems(capsys, here, plate_file, *own(zone="no.zone", window=window))
    assert [key for key, _, _ in found] == ["zones", "start"]


def test_zones_unknown_or_without_a_shield(here, capsys, plate_file, shadow_file):
    ((_, value, expected),) = problems(capsys, here, plate_file, *own(zone="hull"))
    assert value == "hull"
    assert PLATE_ZONE in expected
    ((_, _, expected),) = problems(capsys, here, shadow_file, *own(zone="*"))
    assert "only cast shadows" in expected


def test_a_size_that_no_hole_has(here, capsys, plate_file):
    ((key, value, expected),) = problems(capsys, here, plate_file, *own(diameter="1e9"))
    assert "--diameter" in key
    assert value == "1e+09 mm"
    assert "some perforation" in expected


def test_a_hole_model_of_another_shield(here, capsys, plate_file):
    argv = [plate_file, *own(), "--hole-model", "rcc"]
    ((key, _, expected),) = problems(capsys, here, *argv)
    assert key == "hole model"
    assert "equation rcc" in expected


def test_cases_are_refused_in_plain_words(here, capsys, plate_file):
    argv = [plate_file, "--event", "./case.toml"]
    (here / "case.toml").write_text(
        CASE.replace("first_seen = 2018-05-01", "first_seen = 2017-05-01")
    )
    ((_, value, _),) = problems(capsys, here, *argv)
    assert "datetime" not in value
    assert "'first_seen': '2017-05-01'" in value
    leak = '[leak]\nrate = 0.8\nrate_unit = "bar/h"\nsource = "test"\n[window]'
    (here / "case.toml").write_text(CASE.replace("[window]", leak))
    ((key, value, expected),) = problems(capsys, here, *argv)
    assert (key, value) == ("leak.rate_unit", "bar/h")
    assert expected.startswith("one of 'mbar/h', ") or "'mbar/h'" in expected
    assert "Input" not in expected


def test_results_that_are_none(here, capsys, plate_file):
    del plate_file
    (here / "empty.nc").write_bytes(b"")
    ((key, _, _),) = problems(capsys, here, "empty.nc", *OWN)
    assert key in ("file", "content", "mmod_format")
    (here / "words.nc").write_text("not a result")
    assert problems(capsys, here, "words.nc", *OWN)
    ((_, _, expected),) = problems(capsys, here, "none.nc", *OWN)
    assert "a result file of mmod" in expected


def test_results_without_events(here, capsys):
    table = run_table("plate", {"model": "nasa91", "kind": "debris"})
    table |= {"shields": {"*": "aluminium_wall"}}
    table["sampling"] = {"samples": 20_000, "events_per_zone": 0}
    save(build(sampled(solve(table))), here / "bare.nc")
    ((key, _, expected),) = problems(capsys, here, "bare.nc", *OWN)
    assert key == "/events"
    assert "events_per_zone" in expected


def test_an_event_needs_its_run(here, capsys, plate_file):
    ((key, _, expected),) = problems(capsys, here, "--event", "ms09")
    assert (key, expected) == ("RESULTS", "a result of: mmod run soyuz_ms09")
    found = problems(capsys, here, plate_file, "--event", "ms09")
    assert {key for key, _, _ in found} == {"zones"}  # of another vehicle


@pytest.mark.parametrize(
    ("argv", "keys"),
    [
        (["--event", "ms90"], {"event"}),
        (["--event", "ms09", *own()], {"--zone", "--diameter", "--window"}),
        (["--event", "./none.toml"], {"case"}),
        ([], {"RESULTS", "--zone", "--diameter", "--window"}),
        (["a.nc", "b.nc", *OWN], {"RESULTS"}),
        (["show"], {"argument"}),
        (["show", "E99"], {"event"}),
        (["list", "ms09"], {"argument"}),
        (["list", "--zone", "a"], {"--zone"}),
        (["--event", "nauka", "--seed", "-1"], {"--seed"}),
        (["--event", "nauka", "--model-error", "nan"], {"debris", "meteoroid"}),
        (["--event", "nauka", "--marks", "none"], {"marks"}),
    ],
)
def test_command_lines_that_ask_nothing(here, capsys, argv, keys):
    assert {key for key, _, _ in problems(capsys, here, *argv)} == keys


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("reported_mm = [1.5, 2.0]", "reported_mm = [-1.5, 2.0]", "size.reported_mm"),
        ("reported_mm = [1.5, 2.0]", "reported_mm = nan", "size.reported_mm"),
        ("[window]", "[window]\nlast_known_intact = 2018-01-01", "window"),
        ("first_seen = 2018-05-01", "first_seen = 2017-05-01", "window"),
        ('zones = ["plate.body.plate"]', "", "card"),
        ("schema_version = 1", "schema_version = 2", "schema_version"),
        ("[size]", "[hole]", "hole"),
        (
            "[window]",
            '[leak]\nrate = 0.8\nvolume_m3 = 916.0\nsource = "test"\n[window]',
            "leak",
        ),
    ],
)
def test_cases_that_are_wrong(here, capsys, plate_file, old, new, key):
    (here / "case.toml").write_text(CASE.replace(old, new, 1))
    found = problems(capsys, here, plate_file, "--event", "./case.toml")
    assert key in {k for k, _, _ in found}


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('group = "dimples"\n', "", "mark[0].group"),
        ("impact = [1e-4, 1e-2]", "impact = [1e-2, 1e-4]", "likelihood"),
        ("drilled_inside = [0.2, 0.6]", "", "mark[0]"),
        ("impact = [1e-4, 1e-2]", "ghost = 0.5", "mark[0].likelihood"),
    ],
)
def test_marks_that_are_wrong(here, capsys, plate_file, old, new, key):
    (here / "marks.toml").write_text(MARKS.replace(old, new))
    for argv in (["--event", "./case.toml"], [*OWN, "--marks", "./marks.toml"]):
        found = problems(capsys, here, plate_file, *argv)
        assert any(key in k for k, _, _ in found)


def test_a_picture_that_cannot_be_written(here, capsys, plate_file):
    argv = [plate_file, "--event", "./case.toml", "--plot"]
    assert problems(capsys, here, *argv, "a.doc")
    assert problems(capsys, here, *argv, "no_such_folder/a.png")
