"""Shields: materials, cards, ballistic limit equations."""

from __future__ import annotations

from mmod.shields.materials import Material, MaterialTable, load_materials
from mmod.shields.shield import Shield, load_shield

__all__ = ["Material", "MaterialTable", "Shield", "load_materials", "load_shield"]
