"""Vehicle cards: every problem with file, key, value and expectation; placement."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from mmod.cli.main import main
from mmod.errors import InputError
from mmod.geometry import load_vehicle, measure, shapes

HEAD = """
schema_version = 1
title = "test"
frame = "any"
element_size_m = 0.2
"""
TUBE = """
[[part]]
module = "a"
name = "tube"
shape = "cylinder"
position_m = [0.0, 0.0, 0.0]
axis = [1.0, 0.0, 0.0]
length_m = 2
radius_m = 0.5
shield = "wall"
certainty = "S+E"
source = "drawing"
"""


def write(folder: Path, text: str, name: str = "craft") -> Path:
    path = folder / name / "vehicle.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str, **options):
    path = write(folder, text)
    with pytest.raises(InputError) as caught:
        load_vehicle(path, **options)
    return caught.value.problems


def test_a_good_card(tmp_path):
    path = write(tmp_path, HEAD + TUBE)
    vehicle = load_vehicle(path)
    assert vehicle.name == "craft"
    assert [z.name for z in vehicle.zones] == ["craft.a.tube"]
    zone = vehicle.zones[0]
    assert (zone.shield, zone.certainty, zone.source) == ("wall", "S+E", "drawing")
    assert vehicle.card == path
    assert len(vehicle.sources) == 1
    assert measure(vehicle, "side_area") == pytest.approx(2.0 * math.pi, rel=1e-12)
    assert load_vehicle("craft", relative_to=tmp_path).name == "craft"


@pytest.mark.parametrize(
    "old, new, key, value, words",
    [
        ("radius_m = 0.5", "radius_m = -1", "part[0].radius_m", -1, "greater than 0"),
        ("radius_m = 0.5", "radius_m = nan", "part[0].radius_m", None, "finite"),
        ("radius_m = 0.5", 'radius_m = "1"', "part[0].radius_m", "1", "valid number"),
        ("radius_m = 0.5", "", "part[0].radius_m", "(absent)", "required"),
        ("radius_m", "radius_mm", "part[0].radius_mm", 0.5, "radius_m"),
        ('shield = "wall"', "", "part[0].shield", "(absent)", "required"),
        ('shield = "wall"', 'shield = ""', "part[0].shield", "", "at least 1"),
        ('"cylinder"', '"tube"', "part[0].shape", "tube", "frustum"),
        ('shape = "cylinder"', "", "part[0].shape", "(absent)", "frustum"),
        ('"S+E"', '"good"', "part[0].certainty", "good", "S, M or E"),
        ('"a"', '"A b"', "part[0].module", "A b", "lower-case"),
        ("axis = [1.0, 0.0, 0.0]", "axis = [0, 0, 0]", "part[0]", None, "axis"),
        (
            "axis = [1.0, 0.0, 0.0]",
            "axis = [1, 0, 0]\nu = [1, 1, 0]",
            "part[0]",
            None,
            "perpendicular",
        ),
        ("[0.0, 0.0, 0.0]", "[0.0, 0.0]", "part[0].position_m", None, "3 items"),
        ("length_m = 2", "length_m = 2\nsolidity = 0", "part[0].solidity", 0, "0"),
        ("length_m = 2", "length_m = 2\nsolidity = 1.2", "part[0].solidity", 1.2, "1"),
        ("element_size_m = 0.2", "", "element_size_m", "(absent)", "required"),
        ("element_size_m = 0.2", "element_size_m = 0", "element_size_m", 0, "0.001"),
        ("schema_version = 1", "schema_version = 2", "schema_version", 2, "1"),
        ('title = "test"', "colour = 3", "colour", 3, "title"),
    ],
)
def test_each_problem_is_named(tmp_path, old, new, key, value, words):
    text = HEAD + TUBE
    assert old in text
    found = problems(tmp_path, text.replace(old, new, 1))
    match = [p for p in found if p.key == key]
    assert match, [str(p) for p in found]
    assert "craft" in match[0].source
    assert words in match[0].expected
    if value is not None:
        assert match[0].value == value


def test_all_problems_at_once(tmp_path):
    text = (
        HEAD.replace("0.2", "-1")
        + TUBE.replace("0.5", "-2")
        + TUBE.replace('shield = "wall"', "mass_kg = 3")
    )
    keys = {p.key for p in problems(tmp_path, text)}
    assert keys == {
        "element_size_m",
        "part[0].radius_m",
        "part[1].shield",
        "part[1].mass_kg",
    }


def test_not_toml(tmp_path):
    found = problems(tmp_path, HEAD + "[[part]")
    assert found[0].key == "syntax"


def test_no_parts(tmp_path):
    assert "at least one" in problems(tmp_path, HEAD)[0].expected


def test_names_are_used_once(tmp_path):
    found = problems(tmp_path, HEAD + TUBE + TUBE)
    assert [p.key for p in found] == ["part[1].name"]
    assert found[0].value == "a.tube"


def test_absurd_number_of_faces(tmp_path):
    found = problems(tmp_path, HEAD.replace("0.2", "0.001") + TUBE)
    assert found[0].key == "part[0].element_size_m"


# sectors -----------------------------------------------------------------


def with_sectors(*rows: str) -> str:
    return HEAD + TUBE + "sector = [\n" + ",\n".join(rows) + "\n]\n"


def test_sectors_by_azimuth(tmp_path):
    """About +X, u defaults to +Y, v is +Z."""
    text = with_sectors(
        '{ name = "first", from_deg = 0.0, to_deg = 90.0, shield = "thick" }',
        '{ name = "rest", from_deg = 90.0, to_deg = 270.0, note = "soft" }',
        '{ name = "nose", end = "second" }',
    )
    with pytest.raises(InputError, match="overlaps"):
        load_vehicle(write(tmp_path, text))  # the cap has azimuths too
    text = with_sectors(
        '{ name = "first", from_deg = 0.0, to_deg = 90.0, shield = "thick" }',
        '{ name = "rest", from_deg = 90.0, to_deg = 270.0, note = "soft" }',
    )
    vehicle = load_vehicle(write(tmp_path, text))
    mesh = vehicle.mesh
    names = [z.name for z in vehicle.zones]
    assert names == ["craft.a.tube", "craft.a.first", "craft.a.rest"]
    assert [z.shield for z in vehicle.zones] == ["wall", "thick", "wall"]
    assert [z.note for z in vehicle.zones] == ["", "", "soft"]
    for number, share in ((0, 0.25), (1, 0.25), (2, 0.5)):
        faces = mesh.face_zone == number
        assert mesh.areas[faces].sum() == pytest.approx(
            share * mesh.areas.sum(), rel=1e-12
        )
    first = mesh.centroids[mesh.face_zone == 1]
    assert (first[:, 1:] > 0.0).all()


def test_sector_by_direction_wraps_around(tmp_path):
    text = with_sectors(
        '{ name = "back", direction = [0.3, -1.0, 0.0], half_angle_deg = 45.0 }'
    )
    vehicle = load_vehicle(write(tmp_path, text))
    mesh = vehicle.mesh
    faces = mesh.face_zone == 1
    assert mesh.areas[faces].sum() == pytest.approx(0.25 * mesh.areas.sum(), rel=1e-12)
    assert (mesh.centroids[faces, 1] < -np.abs(mesh.centroids[faces, 2])).all()


def test_end_sector(tmp_path):
    text = with_sectors('{ name = "nose", end = "second", certainty = "M" }')
    vehicle = load_vehicle(write(tmp_path, text))
    faces = vehicle.mesh.face_zone == 1
    assert (vehicle.mesh.normals[faces] == (1.0, 0.0, 0.0)).all()
    assert vehicle.zones[1].certainty == "M"
    assert (vehicle.face_end[faces] == 2).all()


@pytest.mark.parametrize(
    "rows, key, words",
    [
        (['{ name = "x", from_deg = 0.0 }'], "part[0].sector[0]", "exactly one"),
        (
            ['{ name = "x", from_deg = 0.0, to_deg = 90.0, end = "first" }'],
            "part[0].sector[0]",
            "exactly one",
        ),
        (
            ['{ name = "x", from_deg = 90.0, to_deg = 0.0 }'],
            "part[0].sector[0]",
            "from_deg < to_deg",
        ),
        (
            ['{ name = "x", direction = [1, 0, 0], half_angle_deg = 45.0 }'],
            "part[0].sector[0].direction",
            "along the axis",
        ),
        (
            ['{ name = "x", from_deg = 10.0, to_deg = 10.1 }'],
            "part[0].sector[0]",
            "at least one face",
        ),
        (
            [
                '{ name = "x", from_deg = 0.0, to_deg = 90.0 }',
                '{ name = "y", from_deg = 45.0, to_deg = 180.0 }',
            ],
            "part[0].sector[1]",
            "overlaps x",
        ),
        (
            ['{ name = "x", end = "first", colour = 1 }'],
            "part[0].sector[0].colour",
            "no such key",
        ),
        (['{ name = "tube", end = "first" }'], "part[0].name", "used once"),
    ],
)
def test_bad_sectors(tmp_path, rows, key, words):
    found = problems(tmp_path, with_sectors(*rows))
    assert [p.key for p in found] == [key]
    assert words in found[0].expected


# includes ----------------------------------------------------------------

INCLUDE = """
[[include]]
card = "inner"
module = "guest"
position_m = [10.0, 0.0, 0.0]
x_axis = [0.0, 0.0, 1.0]
y_axis = [0.0, 1.0, 0.0]
roll_deg = 90.0
"""
WING = """
[[part]]
module = "a"
name = "wing"
shape = "panel"
position_m = [1.0, 3.0, 0.0]
axis = [0.0, 0.0, 1.0]
u = [1.0, 0.0, 0.0]
size_m = [0.5, 4.0]
shield = "none"
certainty = "E"
source = "drawing"
thin = true
"""


def outer(tmp_path, include=INCLUDE, inner=HEAD + TUBE + WING) -> Path:
    path = write(tmp_path, HEAD + include + TUBE, "outer")
    write(path.parent, inner, "inner")
    return path


def test_include_places_and_rolls(tmp_path):
    vehicle = load_vehicle(outer(tmp_path))
    assert [p.module for p in vehicle.parts] == ["guest", "guest", "a"]
    assert [z.name for z in vehicle.zones][:2] == [
        "outer.guest.tube",
        "outer.guest.wing",
    ]
    tube, wing, _ = vehicle.parts
    # inner +X -> +Z, +Y -> +Y, +Z -> -X; a roll of 90 deg turns +Y to where +Z was
    assert tube.axis == pytest.approx((0.0, 0.0, 1.0))
    assert wing.position == pytest.approx((7.0, 0.0, 1.0))
    assert measure(vehicle, "extent_x", "guest.wing") == pytest.approx(4.0)
    flat = load_vehicle(tmp_path / "outer" / "vehicle.toml", roll_deg={"guest": 0.0})
    assert flat.parts[1].position == pytest.approx((10.0, 3.0, 1.0))
    assert len(vehicle.sources) == 2


def test_included_card_can_be_finer(tmp_path):
    coarse = load_vehicle(outer(tmp_path))
    fine = load_vehicle(outer(tmp_path, INCLUDE + "element_size_m = 0.05\n"))
    assert [p.element_size for p in coarse.parts] == [0.2, 0.2, 0.2]
    assert [p.element_size for p in fine.parts] == [0.05, 0.05, 0.2]


def test_free_only_parts_stay_out_of_includes(tmp_path):
    inner = HEAD + TUBE + WING + "free_only = true\n"
    path = outer(tmp_path, inner=inner)
    assert [p.name for p in load_vehicle(path).parts] == ["tube", "tube"]
    alone = load_vehicle(path.parent / "inner" / "vehicle.toml")
    assert [p.name for p in alone.parts] == ["tube", "wing"]


def test_problems_of_included_cards_are_listed_with_their_file(tmp_path):
    path = outer(tmp_path, inner=HEAD + TUBE.replace("0.5", "0") + WING)
    with pytest.raises(InputError) as caught:
        load_vehicle(path)
    assert [p.key for p in caught.value.problems] == ["part[0].radius_m"]
    assert "inner" in caught.value.problems[0].source


@pytest.mark.parametrize(
    "old, new, key",
    [
        ('"inner"', '"nothing"', "include[0].card"),
        ("x_axis = [0.0, 0.0, 1.0]", "x_axis = [0.0, 0.0, 2.0]", "include[0]"),
        ("roll_deg = 90.0", "roll_deg = nan", "include[0].roll_deg"),
        ("roll_deg = 90.0", "rol_deg = 0.0", "include[0].rol_deg"),
    ],
)
def test_bad_includes(tmp_path, old, new, key):
    path = outer(tmp_path, INCLUDE.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_vehicle(path)
    assert key in [p.key for p in caught.value.problems]


def test_circle_of_includes(tmp_path):
    path = write(tmp_path, HEAD + INCLUDE.replace('"inner"', '"../outer"'), "outer")
    with pytest.raises(InputError, match="no circle"):
        load_vehicle(path)


def test_module_rename_needs_one_module(tmp_path):
    path = outer(tmp_path, inner=HEAD + TUBE + WING.replace('"a"', '"b"'))
    with pytest.raises(InputError, match="a card with one module, not 2"):
        load_vehicle(path)


def test_shift(tmp_path):
    shift = """
[[shift]]
name = "offset"
modules = ["gue*"]
offset_m = [0.0, 0.0, 0.6]
"""
    still = load_vehicle(outer(tmp_path))
    moved = load_vehicle(outer(tmp_path, INCLUDE + shift))
    gap = moved.mesh.vertices - still.mesh.vertices
    guest = still.mesh.vertices[:, 0] > 4.0
    assert gap[guest] == pytest.approx(np.tile([0.0, 0.0, 0.6], (guest.sum(), 1)))
    assert not gap[~guest].any()
    with pytest.raises(InputError, match=r"shift\[0\].modules"):
        load_vehicle(outer(tmp_path, INCLUDE + shift.replace("gue*", "host")))


# options -----------------------------------------------------------------


def test_element_size_override(tmp_path):
    path = outer(tmp_path)
    found = load_vehicle(path, element_size=0.1)
    assert {p.element_size for p in found.parts} == {0.1}
    found = load_vehicle(path, element_size={"guest": 0.1, "guest.wing": 0.3})
    assert [p.element_size for p in found.parts] == [0.1, 0.3, 0.2]
    found = load_vehicle(path, element_size={"outer.a.tube": 0.3})
    assert [p.element_size for p in found.parts] == [0.2, 0.2, 0.3]


@pytest.mark.parametrize("size", [0.0, -1.0, math.nan, 1e3, {"x": 0.1}, True])
def test_bad_element_size(tmp_path, size):
    path = outer(tmp_path)
    with pytest.raises(InputError, match="element_size"):
        load_vehicle(path, element_size=size)


@pytest.mark.parametrize("roll", [math.nan, math.inf, 400.0])
def test_bad_roll(tmp_path, roll):
    path = outer(tmp_path)
    with pytest.raises(InputError, match=r"roll_deg\[guest\]"):
        load_vehicle(path, roll_deg={"guest": roll})


def test_inscribed_option(tmp_path):
    path = write(tmp_path, HEAD + TUBE)
    inscribed = load_vehicle(path, area_preserving=False)
    n = shapes.segments(0.5, 0.2)
    expected = 2.0 * math.pi * math.sin(math.pi / n) / (math.pi / n)
    assert measure(inscribed, "side_area") == pytest.approx(expected, rel=1e-12)


def test_measure_refuses_unknown_things(tmp_path):
    vehicle = load_vehicle(write(tmp_path, HEAD + TUBE))
    with pytest.raises(InputError, match="quantity"):
        measure(vehicle, "mass")
    with pytest.raises(InputError, match=r"module\.part"):
        measure(vehicle, "area", "b.*")
    assert measure(vehicle, "parts", "b.*|a.*") == 1.0
    assert measure(vehicle, "triangles") == vehicle.mesh.n_faces


CUBE = """
[[part]]
module = "a"
name = "{name}"
shape = "box"
position_m = {position}
size_m = [{size}, {size}, {size}]
shield = "none"
certainty = "definition"
source = "test"
"""


def test_coinciding_faces_are_flagged_by_the_vehicle_and_its_verb(tmp_path, capsys):
    text = HEAD + CUBE.format(name="large", position=[0.0, 0.0, 0.0], size=1.0)
    path = write(
        tmp_path, text + CUBE.format(name="sunk", position=[0, 0, 1], size=0.5)
    )
    assert load_vehicle(path).flags == ()
    position = [0.0, 0.0, 0.25]
    path = write(tmp_path, text + CUBE.format(name="sunk", position=position, size=0.5))
    vehicle = load_vehicle(path)
    (flag,) = vehicle.flags
    assert flag.startswith("craft.a.large and craft.a.sunk: their faces coincide")
    assert "0.25 m2" in flag
    assert main(["mesh", str(path)]) == 0
    assert f"flag: {flag}" in capsys.readouterr().out
    assert main(["mesh", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["flags"] == [flag]
    assert document["checks"]["coincident_faces"] > 0


def test_the_zone_knows_the_card_that_names_its_shield(tmp_path):
    inner = write(tmp_path, HEAD + TUBE, "inner")
    other = TUBE.replace('"tube"', '"other"').replace("[0.0, 0.0", "[0.0, 2.0")
    include = '[[include]]\ncard = "../inner/vehicle.toml"\n'
    path = write(tmp_path, HEAD + include + other, "outer")
    assert [z.card for z in load_vehicle(path).zones] == [inner, path]


def test_files_of_one_name_are_all_in_the_sources(tmp_path):
    """Three cards ``in/vehicle.toml``, told apart the same way on every machine."""
    include = '[[include]]\ncard = "{}/in/vehicle.toml"\n'
    for i, place in enumerate(("a", "b")):
        (tmp_path / place).mkdir()
        text = TUBE.replace('"tube"', f'"tube_{place}"')
        write(
            tmp_path / place, HEAD + text.replace("[0.0, 0.0", f"[0.0, {2 + i}"), "in"
        )
    text = HEAD + include.format("a") + include.format("b")
    (tmp_path / "top.toml").write_text(text)
    assert sorted(load_vehicle(tmp_path / "top.toml").sources) == [
        "a/in/vehicle.toml",
        "b/in/vehicle.toml",
        f"{tmp_path.name}/top.toml",
    ]
