"""Cards with an equation of the user's own, written into a folder and loaded.

Import as ``from own_equations import load`` (tests/ is on the path).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mmod.errors import InputError
from mmod.shields import load_shield
from mmod.shields.shield import Shield

HEAD = """
title = "Own"
certainty = "assumption"
source = "test"
"""
WALL = """
[[layer]]
role = "wall"
material = "Al 2219-T87"
thickness_mm = 3.2
"""
BUMPER = """
[[layer]]
role = "bumper"
material = "Al 6061-T6"
thickness_mm = 1.3
gap_mm = 100.0
"""
BLANKET = """
[[layer]]
role = "blanket"
areal_density_kg_m2 = 0.5
gap_mm = 0.0
"""
IMPACT = (7e3, 0.3, 2800.0)
IMPORTS = (
    "import numpy as np\nfrom mmod.shields import FunctionLimit, Limit, Validity\n"
)
SIMPLE = "def f(speed, obliquity, density, *, wall_thickness):\n"


def write(
    folder: Path,
    code: str,
    layers: str = WALL,
    *,
    equation: str = "own.py:f",
    criterion: str = "perforation",
    coefficients: str = "",
) -> Path:
    """Write own.py and a card that names it."""
    (folder / "own.py").write_text(IMPORTS + code, encoding="utf-8")
    keys = f'equation = "{equation}"\ncriterion = "{criterion}"\n'
    card = folder / "card.toml"
    card.write_text(f"{HEAD}{keys}[coefficients]\n{coefficients}\n{layers}")
    return card


def load(folder: Path, code: str, layers: str = WALL, **keys: str) -> Shield:
    return load_shield(write(folder, code, layers, **keys))


def refused(folder: Path, code: str, layers: str = WALL, **keys: str) -> dict[str, str]:
    """Return key -> message; every problem names the card."""
    with pytest.raises(InputError) as caught:
        load(folder, code, layers, **keys)
    assert all(p.source == str(folder / "card.toml") for p in caught.value.problems)
    return {p.key: str(p) for p in caught.value.problems}
