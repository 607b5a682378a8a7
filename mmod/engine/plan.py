"""What a run will do, before it does it: `mmod.check`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mmod.constants import YEAR
from mmod.engine.forward import back_face_share
from mmod.engine.problem import ResolvedProblem
from mmod.engine.work import make_blocks

_MOST_PHASES = 12


@dataclass(frozen=True)
class Plan:
    """Resolved facts about a run.

    Parameters
    ----------
    facts : dict
        Ordered names and values, each with its unit in the name.
    flags : tuple of str
        Warnings that will be stored in the results.
    exposure : tuple of dict
        For each phase, where its orbit comes from and its states for every model.
    """

    facts: dict[str, Any]
    flags: tuple[str, ...]
    exposure: tuple[dict[str, Any], ...] = ()

    def __repr__(self) -> str:
        return self.to_text()

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data (for ``--json``)."""
        return {
            **self.facts,
            "exposure": list(self.exposure),
            "flags": list(self.flags),
        }

    def to_text(self) -> str:
        """Return the plan as aligned text."""
        width = max(len(name) for name in self.facts)
        lines = []
        for name, value in self.facts.items():
            rows = value if name == "orbit" else [_text(value)]  # a line a phase
            heads = [name, *[""] * (len(rows) - 1)]
            lines += [f"{h:<{width}}  {r}" for h, r in zip(heads, rows, strict=True)]
        lines += [f"flag: {flag}" for flag in self.flags]
        return "\n".join(lines)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value)
    return str(value)


def make_plan(problem: ResolvedProblem) -> Plan:
    """Describe a resolved run.

    Parameters
    ----------
    problem : ResolvedProblem

    Returns
    -------
    Plan
    """
    config = problem.config
    faces = problem.payload.faces
    sampling = config.sampling
    least = len(faces.areas) * sampling.replicates * len(problem.durations)
    facts: dict[str, Any] = {
        "title": config.title,
        "vehicle": problem.vehicle.name,
        "zones": len(problem.vehicle.zones),
        "faces": len(faces.areas),
        "orientation groups": len(faces.slack),
        "phases": len(problem.durations),
        "exposure [yr]": float(problem.durations.sum() / YEAR),
        **_orbits(problem),
        "models": [
            f"{name} ({model.kind}{'' if e.in_total else ', not in the total'})"
            for name, model, e in zip(
                problem.models, problem.flux_models, config.environment, strict=True
            )
        ],
        "threats": [len(c.threats.chance) for c in problem.cells],
        "cells": [len(c.threats.cell_speed) for c in problem.cells],
        "shields": len(problem.shields),
        "penetration table error [-]": problem.table_error,
        "stop rule": (
            f"{sampling.samples} samples"
            if sampling.samples is not None
            else f"relative standard error {sampling.target_relative_error:g} on zones"
            " with >= 0.1 % of the risk"
            + (" under any model" if sampling.target_for == "every_model" else "")
        ),
        "least number of samples": least,
        "blocks": len(make_blocks(problem.payload, len(problem.vehicle.zones))),
        "first hits on a back face [-]": back_face_share(problem),
        "config sha256": config.sha256,
    }
    exposure = tuple(phase.to_dict() for phase in problem.exposure)
    return Plan(facts, problem.flags, exposure)


def _orbits(problem: ResolvedProblem) -> dict[str, Any]:
    """Return a line for every phase that is not one circular orbit in one state."""
    lines = [
        f"phase {i}: {phase.to_text()}"
        for i, phase in enumerate(problem.exposure)
        if not phase.is_plain
    ]
    more = len(lines) - _MOST_PHASES
    if more > 0:
        lines[_MOST_PHASES:] = [f"... and {more} more (--json has them all)"]
    return {"orbit": lines} if lines else {}
