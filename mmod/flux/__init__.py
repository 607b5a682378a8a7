"""Flux models: what arrives, from where, how fast, how large and how dense."""

from mmod.flux.base import ExposureState, Flag, FluxModel
from mmod.flux.card import ModelCard
from mmod.flux.registry import load_flux
from mmod.flux.table import validate_threats

__all__ = [
    "ExposureState",
    "Flag",
    "FluxModel",
    "ModelCard",
    "load_flux",
    "validate_threats",
]
