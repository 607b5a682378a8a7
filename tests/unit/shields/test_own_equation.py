"""An equation of the user's own in a card: fed, checked, never trusted."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from own_equations import (
    BLANKET,
    BUMPER,
    HEAD,
    IMPACT,
    SIMPLE,
    WALL,
    load,
    refused,
)

from mmod.engine.penetration import SizeCurve, build_tables, table_error
from mmod.errors import InputError
from mmod.shields import FunctionLimit, Limit, load_shield
from mmod.shields.ballistic_limits.whipple_nno import whipple_nno_limit
from mmod.shields.shield import Shield
from mmod.units import DEGREE


def blocks(path: Path, language: str, contains: str) -> list[str]:
    text = path.read_text(encoding="utf-8")
    found = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return [block for block in found if contains in block]


# -- the examples of the documents ---------------------------------------------------


def test_the_example_of_the_readme_runs(tmp_path, repo_root) -> None:
    (code,) = blocks(repo_root / "README.md", "python", "wall_thickness, depth")
    (keys,) = blocks(repo_root / "README.md", "toml", "plate.py:limit")
    assert len([x for x in code.splitlines() if x.strip()]) <= 5
    (tmp_path / "plate.py").write_text(code)
    (tmp_path / "plate.toml").write_text(HEAD + keys + WALL)
    shield = load_shield(tmp_path / "plate.toml")
    expected = 3.2e-3 / 0.6 * (2700 / 2800) ** 0.5 * (7 * math.cos(0.3)) ** (-2 / 3)
    assert shield.critical_diameter(*IMPACT) == pytest.approx(expected, rel=1e-12)
    assert not shield.valid(*IMPACT)


def test_the_example_of_the_theory_runs(tmp_path, repo_root) -> None:
    (code,) = blocks(repo_root / "docs" / "theory.md", "python", "two_regimes")
    shield = load(
        tmp_path, code, equation="own.py:two_regimes", coefficients="border = 5000.0"
    )
    breaks = shield.speed_breaks([0.0, 1.0], 2800.0)
    assert breaks[:, 0] == pytest.approx([5e3, 5e3 / math.cos(1.0)])
    assert shield.valid(*IMPACT)
    assert not shield.valid(9e3, 0.3, 2800.0)
    flat = shield.critical_diameter([5e3, 50e3], 0.0, 2700.0)
    assert flat == pytest.approx(3.2e-3 * 5 ** (-2 / 3))


# -- what the function is given ------------------------------------------------------


def test_quantities_of_the_layers_in_si(tmp_path) -> None:
    code = (
        "def f(speed, obliquity, density, *, bumper_thickness, bumper_areal_density,"
        " wall_density, wall_yield, wall_brinell, wall_sound_speed, standoff,"
        " bumper_standoff, blanket_areal_density, criterion, factors, k=3.0,"
        " other=1.0):\n"
        "    global seen\n    seen = dict(locals())\n    return 1e-3 / speed * 1e3\n"
    )
    layers = BLANKET + BUMPER + BLANKET.replace("gap_mm = 0.0", "gap_mm = 7.0") + WALL
    load(tmp_path, code, layers, coefficients="factors = [1.0, 2.0]\nother = 4.0")
    (module,) = (
        m
        for name, m in sys.modules.items()
        if name.startswith("mmod_own_") and m.__file__ == str(tmp_path / "own.py")
    )
    seen = module.seen
    assert seen["bumper_thickness"] == pytest.approx(1.3e-3)
    assert seen["bumper_areal_density"] == pytest.approx(1.3 * 2.7)
    assert seen["wall_density"] == pytest.approx(2840.0)
    assert seen["wall_yield"] == pytest.approx(57 * 6.895e6, rel=1e-3)
    assert seen["wall_brinell"] == 130.0
    assert seen["wall_sound_speed"] == pytest.approx(5100.0)
    assert seen["standoff"] == pytest.approx(0.107)
    assert seen["bumper_standoff"] == pytest.approx(0.107)
    assert seen["blanket_areal_density"] == pytest.approx(1.0)
    assert seen["criterion"] == "perforation"
    assert seen["factors"].tolist() == [1.0, 2.0]
    assert (seen["k"], seen["other"]) == (3.0, 4.0)
    assert seen["speed"].ndim == 1
    assert seen["speed"].shape == seen["obliquity"].shape == seen["density"].shape
    assert seen["obliquity"].max() <= 89 * DEGREE


def test_layers_as_a_whole(tmp_path) -> None:
    code = (
        "def f(speed, obliquity, density, *, layers):\n"
        "    return sum(x.thickness for x in layers) * (1e3 / speed)\n"
    )
    shield = load(tmp_path, code, BUMPER + WALL)
    assert shield.critical_diameter(1e3, 0.0, 1e3) == pytest.approx(4.5e-3)


def test_a_number_in_the_place_of_a_material(tmp_path) -> None:
    layers = WALL.replace('material = "Al 2219-T87"\n', "")
    code = "def f(speed, obliquity, density, *, wall_density, wall_thickness):\n"
    code += "    return wall_density / 1e6 * 1e3 / speed\n"
    assert "layer.wall" in refused(tmp_path, code, layers)
    shield = load(tmp_path, code, layers, coefficients="wall_density = 2700.0")
    assert shield.critical_diameter(1e3, 0.0, 1e3) == pytest.approx(2.7e-3)
    found = refused(tmp_path, code, WALL, coefficients="wall_density = 2700.0")
    assert "beside" in found["coefficients.wall_density"]


def test_other_coefficients_where_they_are_taken(tmp_path) -> None:
    code = "def f(speed, obliquity, density, *, wall_thickness, **more):\n"
    code += "    return wall_thickness * more['k'] * 1e3 / speed\n"
    shield = load(tmp_path, code, coefficients="k = 0.5")
    assert shield.critical_diameter(1e3, 0.0, 1e3) == pytest.approx(1.6e-3)


@pytest.mark.parametrize(
    ("parameters", "layers", "coefficients", "key", "words"),
    [
        ("wall_thickness, k", WALL, "", "coefficients.k", "a number"),
        ("wall_thickness", WALL, "k = 1.0", "coefficients.k", "parameter"),
        ("wall_thickness", BUMPER + WALL, "", "layer[0].role", "structure"),
        ("wall_thickness, bumper_thickness", WALL, "", "layer", "bumper_thickness"),
        ("wall_thickness, standoff", WALL, "", "layer", "standoff"),
        ("wall_thickness", WALL.replace("thickness_mm = 3.2", "plies = 1").replace(
            "Al 2219-T87", "Nextel AF62"), "", "layer.wall", "thickness_mm"),
        ("wall_thickness, bumper_density", BUMPER + BUMPER + WALL, "", "layer.bumper",
         "one such layer"),
    ],
)  # fmt: skip
def test_what_does_not_fit(tmp_path, parameters, layers, coefficients, key, words):
    code = f"def f(speed, obliquity, density, *, {parameters}):\n    return 1 / speed\n"
    found = refused(tmp_path, code, layers, coefficients=coefficients)
    assert words in found[key]
    assert "own.py:f" in found[key]


def test_described_layers_are_left_alone(tmp_path) -> None:
    code = SIMPLE + "    return wall_thickness * 1e3 / speed\n"
    layers = WALL + 'gap_mm = 5.0\n[[layer]]\nrole = "structure"\nthickness_mm = 9.0\n'
    shield = load(tmp_path, code, layers)
    assert shield.critical_diameter(1e3, 0.0, 1e3) == pytest.approx(3.2e-3)


def test_criterion(tmp_path) -> None:
    code = (
        "def f(speed, obliquity, density, *, wall_thickness, criterion):\n"
        "    factor = {'perforation': 1.8, 'spall': 3.0}[criterion]\n"
        "    return wall_thickness / factor * 1e3 / speed\n"
    )
    one = load(tmp_path, code).critical_diameter(*IMPACT)
    other = load(tmp_path, code, criterion="spall").critical_diameter(*IMPACT)
    assert one / other == pytest.approx(3.0 / 1.8)
    assert "KeyError: 'leak'" in refused(tmp_path, code, criterion="leak")["equation"]
    assert "criterion" in refused(tmp_path, code, criterion="none")


# -- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 1e-3", "shape of speed"),
        ("return speed[:1] * 0 + 1e-3", "shape of speed"),
        ("return np.outer(speed, speed)", "shape of speed"),
        ("return None", "real numbers"),
        ("return -wall_thickness + 0 * speed", "gave -0.0032 for 100 m/s"),
        ("return 0.0 * speed", "gave 0.0 for 100 m/s, 0 deg, 100 kg/m3"),
        ("return np.where(speed > 9e4, np.nan, 1e-3)", "gave nan for 100000 m/s"),
        ("return np.where(density > 8e3, np.inf, 1e-3)", "gave inf for"),
        ("return (2e3 - density) ** 0.5", "gave nan for 100 m/s, 0 deg, 2800 kg/m3"),
        ("raise ValueError('no such wall')", "ValueError: no such wall"),
        ("return speed.no_such_thing", "AttributeError"),
        ("return speed + 1j", "complex128"),
        ("return ['a'] * len(speed)", "real numbers"),
        ("speed[:] = 1.0; return speed", "read-only"),
        ("return 1e-3 * speed / speed.max()", "whatever else"),
        ("return 1e-3 * np.arange(1.0, len(speed) + 1)", "whatever else"),
    ],
)
def test_wrong_results(tmp_path, body, words) -> None:
    found = refused(tmp_path, f"{SIMPLE}    {body}\n")
    assert set(found) & {"equation", "its result", "shape of its result"}
    assert words in " ".join(found.values())
    assert "own.py:f" in " ".join(found.values())


def test_a_nan_between_the_tried_impacts_is_refused_when_it_comes(tmp_path) -> None:
    body = "    return np.where(abs(speed - 6e3) < 100.0, np.nan, 1e-3)\n"
    shield = load(tmp_path, SIMPLE + body)
    assert shield.critical_diameter(*IMPACT) == pytest.approx(1e-3)
    with pytest.raises(InputError, match=r"card\.toml.*gave nan for 6000 m/s"):
        shield.critical_diameter([5e3, 6e3], 0.0, 2800.0)


def test_bad_impacts_are_not_the_equations_fault(tmp_path) -> None:
    shield = load(tmp_path, SIMPLE + "    return wall_thickness * 1e3 / speed\n")
    with pytest.raises(InputError, match="impact conditions: speed"):
        shield.critical_diameter(-1.0, 0.0, 2800.0)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("1.0", "not float"),
        ("FunctionLimit(lambda v, a, r: 1e-3 + 0 * v, angle_breaks=(2.0,))", "angle_b"),
        ("FunctionLimit(lambda v, a, r: 1e-3 + 0 * v, density_breaks=(-1.0,))", "dens"),
        (
            "FunctionLimit(lambda v, a, r: 1e-3 + 0 * v, borders=lambda a, r: [-1.0])",
            "speeds",
        ),
        (
            "FunctionLimit(lambda v, a, r: 1e-3 + 0 * v, borders=lambda a, r: [a[:2]])",
            "ValueError",
        ),
        ("FunctionLimit(lambda v: v)", "TypeError"),
    ],
)
def test_wrong_limits(tmp_path, returned, words) -> None:
    code = f"def f(*, wall_thickness):\n    return {returned}\n"
    assert words in refused(tmp_path, code)["equation"]


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("own.py:g", "a function 'g' of own.py"),
        ("own.py:f.g", "a function"),
        ("own.py:np.pi", "a function"),
        ("other.py:f", "folder of the card"),
        ("../own.py:f", "folder of the card"),
        ("sub/own.py:f", "folder of the card"),
        ("no_such_package.limits:f", "ModuleNotFoundError"),
        ("sys:exit", "module sys that comes from a file"),
        ("https://host/own:f", "beside the card"),
        ("own:f", "ModuleNotFoundError"),
        ("os.path:no_such", "a function"),
    ],
)
def test_where_an_equation_may_come_from(tmp_path, equation, words) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "own.py").write_text("def f(): ...\n")
    folder = tmp_path / "cards"
    folder.mkdir()
    (tmp_path / "own.py").write_text("raise SystemError('ran')\n")
    found = refused(folder, SIMPLE + "    return 1 / speed\n", equation=equation)
    assert re.search(words, found["equation"])
    assert "ran" not in found["equation"]


def test_a_file_that_fails_to_run_names_the_card(tmp_path) -> None:
    assert "ZeroDivisionError" in refused(tmp_path, "1 / 0\n")["equation"]
    assert "SyntaxError" in refused(tmp_path, "def f(:\n")["equation"]
    assert "SystemExit" in refused(tmp_path, "raise SystemExit(3)\n")["equation"]


# -- as fast and as exact as a built-in one ------------------------------------------

NNO = "mmod.shields.ballistic_limits.whipple_nno:whipple_nno"
TWO_WALLS = BUMPER + WALL


def pair(folder: Path, equation: str) -> list[Shield]:
    """Return a built-in equation and the same one as if it were the user's."""
    criterion = "perforation_or_detached_spall"
    return [
        load(folder, "", TWO_WALLS, equation=name, criterion=criterion)
        for name in ("whipple.nno", equation)
    ]


def curve() -> SizeCurve:
    x = np.log(np.geomspace(1e-5, 0.1, 41))
    low, high = x[0], x[-1]
    rho = math.log(2800.0)
    pieces = np.array([[-np.inf, low], [low, high], [high, np.inf]])
    return SizeCurve(x, -20.0 - 3.0 * x, pieces, np.full((3, 2), rho))


def test_the_kernel_is_handed_the_same_tables(tmp_path) -> None:
    """So it does the same work: no callable, the same arrays, bit by bit."""
    tables = [
        build_tables([shield], [[curve()]], np.array([1e-4, 1e-3]))
        for shield in pair(tmp_path, f"{NNO}_limit")
    ]
    assert len(tables[0]) > 10
    for name, mine, theirs in zip(tables[0]._fields, *tables, strict=True):
        assert np.array_equal(mine, theirs), name
        assert not callable(theirs), name


def test_the_function_alone_gives_the_same_diameters(tmp_path) -> None:
    built_in, mine = pair(tmp_path, NNO)
    speed = np.geomspace(200.0, 60e3, 50)[:, None]
    angle = np.linspace(0.0, 88.0 * DEGREE, 20)
    np.testing.assert_allclose(
        mine.critical_diameter(speed, angle, 2800.0),
        built_in.critical_diameter(speed, angle, 2800.0),
        rtol=1e-12,
    )


def test_breaks_that_are_not_declared_cost_accuracy_and_it_shows(tmp_path) -> None:
    rng = np.random.default_rng(5)
    speeds, weights = rng.uniform(2e3, 15e3, 4000), np.full(4000, 1.0)
    errors = []
    for shield in pair(tmp_path, NNO):
        tables = build_tables([shield], [[curve()]], np.array([1e-3]))
        errors.append(table_error(tables, [shield], [[curve()]], [speeds], [weights]))
    assert errors[0] < 1e-3
    assert errors[1] > 2 * errors[0]


def test_a_compiled_function_is_a_function(tmp_path) -> None:
    code = (
        "import numba\n@numba.njit\n"
        "def f(speed, obliquity, density, wall_thickness):\n"
        "    out = np.zeros(speed.size)\n"
        "    for i in range(speed.size):\n"
        "        out[i] = wall_thickness * 1e3 / speed[i]\n"
        "    return out\n"
    )
    shield = load(tmp_path, code)
    assert shield.critical_diameter(1e3, 0.0, 1e3) == pytest.approx(3.2e-3)


def test_function_limit_by_itself() -> None:
    def diameter(speed, obliquity, density):
        return 1e-3 * (7e3 / speed) * np.cos(obliquity) ** -1.0

    limit = FunctionLimit(diameter, angle_breaks=(0.5,), cap=60.0 * DEGREE)
    assert isinstance(limit, Limit)
    assert limit.angle_breaks == (0.5, 60.0 * DEGREE)
    assert limit.speed_breaks([0.1, 0.2], 1e3).shape == (2, 0)
    found = limit.critical_diameter([[7e3], [3.5e3]], [0.0, 1.5], 1e3)
    assert found == pytest.approx(np.array([[1e-3, 2e-3], [2e-3, 4e-3]]))
    nno = whipple_nno_limit(
        bumper_thickness=1e-3,
        bumper_density=2700.0,
        standoff=0.1,
        wall_thickness=3e-3,
        wall_yield=4e8,
    )
    assert FunctionLimit(nno.critical_diameter).critical_diameter(
        *IMPACT
    ) == pytest.approx(float(nno.critical_diameter(*IMPACT)))
