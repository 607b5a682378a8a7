"""Every vehicle of the library: checks.csv, counts, and the table it was made from."""

import csv
import math
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mmod import library
from mmod.errors import InputError
from mmod.geometry import Vehicle, check_mesh, load_vehicle, measure

VEHICLES = sorted(library.available("vehicle"))
STATION = {"2018": "iss_2018_soyuz_ms09", "2022": "iss_2022_soyuz_ms22"}
STANDARD = [
    "cube",
    "iss_2018_soyuz_ms09",
    "iss_2022_soyuz_ms22",
    "iss_common",
    "plate",
    "soyuz_ms",
    "sphere",
    "two_plates",
    "whipple_cylinder",
]
load = cache(load_vehicle)


def rows(name: str) -> list[dict[str, str]]:
    path = library.available("vehicle")[name].parent / "checks.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def failures(vehicle: Vehicle, checks: list[dict[str, str]]) -> list[str]:
    """Rows of checks.csv that the mesh does not meet."""
    wrong = []
    for row in checks:
        flag = {"": None, "true": True, "false": False}[row["pressurised"]]
        found = measure(vehicle, row["quantity"], row["selection"], pressurised=flag)
        if not abs(found - float(row["expected"])) <= float(row["tolerance"]):
            wrong.append(f"{row}: found {found}")
    return wrong


def test_library_holds_the_standard_vehicles():
    assert set(STANDARD) <= set(VEHICLES)


@pytest.mark.parametrize("name", VEHICLES)
def test_checks(name):
    checks = rows(name)
    assert checks
    assert failures(load(name), checks) == []


@pytest.mark.parametrize("name", VEHICLES)
def test_checks_can_fail(name):
    """Twin: the same vehicle against expectations 2 % off and beyond tolerance."""
    row = dict(rows(name)[0])
    off = max(0.02 * abs(float(row["expected"])), 1.5 * float(row["tolerance"]))
    row["expected"] = str(float(row["expected"]) + off)
    assert len(failures(load(name), [row])) == 1


@pytest.mark.parametrize("name", VEHICLES)
def test_mesh_is_sound(name):
    vehicle = load(name)
    mesh, report = vehicle.mesh, check_mesh(load(name))
    assert report.problems == []
    assert report.watertight
    closed = ~mesh.solid_is_panel
    assert (mesh.solid_volumes()[closed] > 0.0).all()
    assert np.abs(np.linalg.norm(mesh.normals, axis=1) - 1.0).max() < 1e-12
    assert len(vehicle.parts) == len(mesh.solid_name)
    assert len(vehicle.face_end) == mesh.n_faces


@pytest.mark.parametrize("name", VEHICLES)
def test_zones(name):
    vehicle = load(name)
    names = [zone.name for zone in vehicle.zones]
    assert len(set(names)) == len(names)
    for zone in vehicle.zones:
        assert zone.name.startswith(f"{name}.{zone.module}.")
        assert zone.shield
        assert zone.certainty
        assert zone.source
    assert set(np.unique(vehicle.mesh.face_zone)) == set(range(len(names)))


@pytest.mark.parametrize("name", VEHICLES)
def test_every_zone_has_a_shield_of_the_library(name):
    shields = library.available("shield")
    assert {zone.shield for zone in load(name).zones} <= set(shields)


def test_sources_hold_every_card_that_was_read():
    sources = load("iss_2018_soyuz_ms09").sources
    assert list(sources) == [
        "iss_2018_soyuz_ms09/vehicle.toml",
        "iss_common/vehicle.toml",
        "soyuz_ms/vehicle.toml",
    ]
    path = library.available("vehicle")["soyuz_ms"]
    assert sources["soyuz_ms/vehicle.toml"] == library.sha256(path)


@pytest.mark.parametrize("name", VEHICLES)
def test_words(name):
    folder = library.available("vehicle")[name].parent
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n")
    card = (folder / "vehicle.toml").read_text(encoding="utf-8")
    assert "memory" not in card  # such facts are marked [recalled, unverified]
    if "recalled" in card:
        assert "M" in "".join(zone.certainty for zone in load(name).zones)


@pytest.mark.parametrize("name", STATION.values())
def test_station_size(name):
    assert 70_000 <= load(name).mesh.n_faces <= 120_000


def test_soyuz_is_fine_enough():
    for name in ("soyuz_ms", *STATION.values()):
        sizes = [p.element_size for p in load(name).parts if "soyuz" in p.module]
        assert max(sizes) <= 0.1


def test_omitted_visitors_are_named():
    listed = " ".join(load("iss_2018_soyuz_ms09").omitted)
    for visitor in ("MS-08 at Poisk", "MS-09 at Pirs", "OA-9", "CRS-15", "HTV-7"):
        assert visitor in listed
    listed = " ".join(load("iss_2022_soyuz_ms22").omitted)
    for visitor in ("MS-20", "MS-21", "Crew-5", "CRS-26", "NG-18", "stowed on Rassvet"):
        assert visitor in listed


def test_thin_parts_are_truss_arrays_and_radiators():
    vehicle = load("iss_2018_soyuz_ms09")
    shield = {}
    for zone, solid in zip(
        vehicle.mesh.face_zone.tolist(), vehicle.mesh.face_solid.tolist(), strict=True
    ):
        shield.setdefault(solid, vehicle.zones[zone].shield)
    thin = {shield[s] for s in np.flatnonzero(vehicle.mesh.solid_is_thin)}
    rest = {shield[s] for s in np.flatnonzero(~vehicle.mesh.solid_is_thin)}
    assert thin == {"truss", "solar_array", "radiator_hrs", "radiator_pvr"}
    assert not thin & rest


def test_cube_zones_face_their_way():
    """Normals of the named faces in the LVLH frame at yaw = pitch = roll = 0."""
    from mmod.geometry import lvlh_from_body

    vehicle = load("cube")
    turned = vehicle.mesh.normals @ lvlh_from_body(0.0, 0.0, 0.0).T
    expected = {
        "ram": (1, 0, 0),
        "wake": (-1, 0, 0),
        "port": (0, 1, 0),
        "starboard": (0, -1, 0),
        "zenith": (0, 0, 1),
        "nadir": (0, 0, -1),
    }
    for number, zone in enumerate(vehicle.zones):
        faces = vehicle.mesh.face_zone == number
        assert (turned[faces] == expected[zone.name.split(".")[-1]]).all()
        assert vehicle.mesh.areas[faces].sum() == pytest.approx(1.0, abs=1e-12)
    assert len(vehicle.zones) == 6


def zone_area(vehicle: Vehicle, name: str) -> float:
    numbers = [i for i, z in enumerate(vehicle.zones) if z.name.endswith(name)]
    assert len(numbers) == 1
    side = (vehicle.mesh.face_zone == numbers[0]) & (vehicle.face_end == 0)
    return float(vehicle.mesh.areas[side].sum())


def test_sectors_divide_the_area():
    vehicle = load("iss_2018_soyuz_ms09")
    whole = 2.0 * math.pi * 2.15 * 7.01
    for side in ("port", "starboard", "zenith", "nadir"):
        assert zone_area(vehicle, f"lab_destiny.cylinder_{side}") == pytest.approx(
            whole / 4.0, rel=1e-12
        )
    whole = 2.0 * math.pi * 2.2 * 9.8
    for side in ("ram", "wake"):
        area = zone_area(vehicle, f"jem_pm_kibo.cylinder_{side}")
        assert area == pytest.approx(whole / 2.0, rel=1e-12)
    ram = next(z for z in vehicle.zones if z.name.endswith("columbus.cylinder_ram"))
    assert (ram.shield, "estimate" in ram.note) == ("col_cyl_sw", True)


def test_docked_soyuz_hangs_below_rassvet():
    """In the LVLH frame at rest attitude: below the station, engines down."""
    vehicle = load("iss_2018_soyuz_ms09")
    mesh = vehicle.mesh
    soyuz = np.array([name.startswith("soyuz_ms09.") for name in mesh.solid_name])
    faces = soyuz[mesh.face_solid]
    height = -mesh.vertices[mesh.triangles[faces], 2]
    assert height.max() == pytest.approx(-12.0, abs=1e-9)
    assert height.min() == pytest.approx(-18.98, abs=1e-9)
    assert "soyuz_ms09.docking_probe" not in mesh.solid_name
    assert "soyuz_ms.docking_probe" in load("soyuz_ms").mesh.solid_name


@pytest.mark.parametrize("roll, span", [(45.0, 0.5), (90.0, 1.0)])
def test_roll_turns_the_wings(roll, span):
    """The wings lie along Y in the card; the chord stays along the axis."""
    turned = load_vehicle("iss_2018_soyuz_ms09", roll_deg={"soyuz_ms09": roll})
    found = measure(turned, "extent_x", "soyuz_ms09.array_*")
    assert found == pytest.approx(10.6 * math.sqrt(span), abs=1e-9)
    assert measure(turned, "extent_z", "soyuz_ms09.array_*") == pytest.approx(1.3)


def test_unknown_roll_is_refused():
    with pytest.raises(InputError, match="progress"):
        load_vehicle("iss_2018_soyuz_ms09", roll_deg={"progress": 1.0})


def table(shared: Path, year: str) -> list[dict[str, str]]:
    with (shared / "data" / "geometry" / "modules.csv").open(encoding="utf-8") as file:
        return [r for r in csv.DictReader(file) if r["config"] in ("all", year)]


@pytest.mark.parametrize("year", STATION)
def test_station_agrees_with_the_table(shared, year):
    """Part by part: area, place, sizes of the source table against the mesh."""
    vehicle = load(STATION[year])
    mesh = vehicle.mesh
    index = {name: i for i, name in enumerate(mesh.solid_name)}
    used = set()
    dropped = Counter()
    for row in table(shared, year):
        module = row["module"].lower().replace("-", "_")
        module = {"soyuz_ms": "soyuz_ms09" if year == "2018" else "soyuz_ms22"}.get(
            module, module
        )
        part = row["part"].lower()
        if part == "end_cap" or row["primitive"] == "disk":
            dropped[part] += 1
            continue
        names = [f"{module}.{part}"]
        if names[0] == "node1_unity.cylinder":
            names = [f"{names[0]}_aft", f"{names[0]}_forward"]
        numbers = [index[n] for n in names]
        used |= set(numbers)
        low, high = np.searchsorted(mesh.face_solid, [numbers[0], numbers[-1] + 1])
        faces = slice(low, high)  # a solid's faces stand together
        side = (vehicle.face_end[faces] == 0) | (row["primitive"] == "box")
        area = float(mesh.areas[faces][side].sum())
        assert area == pytest.approx(float(row["area_one_side_m2"]), abs=0.011), names
        volume = mesh.solid_volumes()[numbers].sum()
        gross = float(row["gross_volume_m3"])
        assert volume == pytest.approx(gross, rel=0.035, abs=0.011), names
        place = np.array([float(row[k]) for k in "xyz"])
        axis = np.array([float(row[f"a{k}"]) for k in "xyz"])
        corners = mesh.vertices[mesh.triangles[faces]].reshape(-1, 3)
        middle = 0.5 * (corners.max(axis=0) + corners.min(axis=0))
        half = 0.5 * float(row["length"] or 0.0) if row["length"] else 0.0
        if row["primitive"] in ("sphere", "panel", "box"):
            half = 0.0
        tolerance = 0.01 if row["primitive"] in ("dome", "sphere") else 1e-9
        assert np.abs(middle - place - half * axis).max() < tolerance, names
        flat = {"box": "xyz", "panel": "uvw"}.get(row["primitive"])
        if flat == "xyz":
            size = [float(row[f"size_{k}"]) for k in "uvw"]
            assert np.ptp(corners, axis=0) == pytest.approx(size, abs=1e-9)
        elif flat == "uvw":
            u = np.array([float(row[f"u{k}"]) for k in "xyz"])
            assert np.ptp(corners @ u) == pytest.approx(float(row["size_u"]), abs=1e-9)
            v = np.cross(axis, u)
            assert np.ptp(corners @ v) == pytest.approx(float(row["size_v"]), abs=1e-9)
        assert mesh.solid_solidity[numbers[0]] == float(row["solidity"])
        assert vehicle.parts[numbers[0]].pressurised == (row["pressurised"] == "1")
        zones = {int(z) for z in mesh.face_zone[faces]}
        shields = {vehicle.zones[z].shield for z in zones}
        assert row["shield_zone"].lower() in shields, names
        labels = {vehicle.zones[z].certainty for z in zones}
        if len(zones) > 1:  # borders of sectors are estimates
            labels |= {label.removesuffix("+E") for label in labels}
        assert row["certainty"] in labels
        assert {vehicle.zones[z].articulation for z in zones} == {row["articulation"]}
    assert used == set(index.values())
    assert set(dropped) == {"end_cap", "pao_base"}


@pytest.mark.parametrize(
    "year, axis, expected",
    [("2022", 0, 640.0), ("2022", 1, 372.0), ("2022", 2, 4085.0)],
)
def test_projected_area(year, axis, expected):
    """Shadow of the whole station, by rays of another program on a 0.1 m grid."""
    embreex = pytest.importorskip("embreex")
    assert embreex
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    mesh = load(STATION[year]).mesh
    scene = EmbreeScene()
    TriangleMesh(scene, mesh.vertices.astype(np.float32), mesh.triangles)
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    step = 0.1
    a, b = (k for k in range(3) if k != axis)
    grid = np.meshgrid(
        np.arange(low[a] + 0.0371, high[a], step),
        np.arange(low[b] + 0.0613, high[b], step),
        indexing="ij",
    )
    origins = np.zeros((grid[0].size, 3), np.float32)
    origins[:, a], origins[:, b] = grid[0].ravel(), grid[1].ravel()
    origins[:, axis] = low[axis] - 1.0
    directions = np.zeros_like(origins)
    directions[:, axis] = 1.0
    hits = scene.run(origins, directions) >= 0
    assert hits.sum() * step**2 == pytest.approx(expected, rel=0.02)


def inside_volume(part, card_of, reduction):
    """Closed form with the radius reduced by shield and structure."""
    card = card_of[part.module, part.name]
    if card.shape == "sphere":
        return 4.0 / 3.0 * math.pi * (card.radius_m - reduction) ** 3
    r1 = card.radius_m - reduction
    r2 = getattr(card, "radius_2_m", card.radius_m) - reduction
    return math.pi / 3.0 * card.length_m * (r1 * r1 + r1 * r2 + r2 * r2)


@pytest.mark.parametrize(
    "year, quoted, within", [("2018", 932.0, 0.02), ("2022", 1005.0, 0.05)]
)
def test_pressurised_volume(year, quoted, within):
    """Radii less 0.18 m (US segment) or 0.12 m (Russian) against quoted volumes."""
    from mmod.geometry.schema import read_card

    found = library.available("vehicle")
    cards = [read_card(found[n]) for n in ("iss_common", STATION[year])]
    card_of = {(p.module, p.name): p for c in cards for p in c.part}
    russian = ("zarya", "zvezda", "mrm", "pirs", "nauka", "prichal")
    total = sum(
        inside_volume(p, card_of, 0.12 if p.module.startswith(russian) else 0.18)
        for p in load(STATION[year]).parts
        if p.pressurised and not p.module.startswith("soyuz")
    )
    assert total == pytest.approx(quoted, rel=within)


def test_load_is_quick():
    import time

    start = time.perf_counter()
    load_vehicle("iss_2018_soyuz_ms09")
    assert (
        time.perf_counter() - start < 10.0
    )  # 0.5 s measured; a guard, not a benchmark
