"""Shields: materials, cards, ballistic limit equations."""

from __future__ import annotations

from mmod.shields.ballistic_limits._function import FunctionLimit
from mmod.shields.ballistic_limits._regimes import Limit, Validity
from mmod.shields.materials import Material, MaterialTable, load_materials
from mmod.shields.shield import Shield, load_shield

__all__ = [
    "FunctionLimit",
    "Limit",
    "Material",
    "MaterialTable",
    "Shield",
    "Validity",
    "load_materials",
    "load_shield",
]
