"""The result format, version 1.1: every variable with its dimensions and unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import xarray as xr

from mmod.errors import bad
from mmod.results.outcome import DRIVERS

FORMAT = "mmod-result"
FORMAT_VERSION = "1.1"
READABLE_VERSIONS = ("1.0", "1.1")
"""1.1 added the optional variables."""
CONVENTIONS = "CF-1.11 UGRID-1.0"

GROUPS = ("/", "/zones", "/drivers", "/events", "/threats")
"""Groups of a result; ``/threats`` holds one subgroup a phase and model."""


@dataclass(frozen=True)
class Variable:
    """One variable of the format.

    Parameters
    ----------
    dims : tuple of str
        Dimensions, in order.
    units : str
        Unit as CF writes it; "" for names and flags without a unit.
    long_name : str
        What it is.
    attrs : dict
        Further attributes.
    coordinate : bool
        Whether it is a coordinate of the group.
    optional : bool
        Whether a file may do without it.
    """

    dims: tuple[str, ...]
    units: str
    long_name: str
    attrs: dict[str, Any] = field(default_factory=dict)
    coordinate: bool = False
    optional: bool = False

    def attributes(self) -> dict[str, Any]:
        """Return the attributes as they are written."""
        unit = {"units": self.units} if self.units else {}
        return {"long_name": self.long_name, **unit, **self.attrs}


_FACE = {"mesh": "mesh", "location": "face"}
_ED = ("environment", "damage")

_SHARED = {
    "environment": Variable(
        ("environment",),
        "",
        "flux model, or the models of a kind in the total, or the total",
        coordinate=True,
    ),
    "damage": Variable(
        ("damage",), "", "impacts of a least diameter, or penetration", coordinate=True
    ),
    "diameter": Variable(
        ("damage",),
        "m",
        "least particle diameter of the damage class (missing for penetration)",
        coordinate=True,
    ),
}


def _estimates(where: str, extra: dict[str, Any]) -> dict[str, Variable]:
    dims = (where, *_ED)
    return {
        "expected": Variable(
            dims,
            "1",
            "expected number during the exposure",
            {"ancillary_variables": "expected_stderr dof", **extra},
        ),
        "expected_stderr": Variable(
            dims, "1", "standard error of expected (sampling only)", extra
        ),
        "unshadowed": Variable(
            dims, "1", "expected number had nothing cast a shadow", extra
        ),
        "probability": Variable(
            dims, "1", "probability of one or more: 1 - exp(-expected)", extra
        ),
        "probability_lower": Variable(
            dims, "1", "lower 95 % limit of probability (sampling only)", extra
        ),
        "probability_upper": Variable(
            dims, "1", "upper 95 % limit of probability (sampling only)", extra
        ),
        "area": Variable((where,), "m2", "area; both sides of panels", extra),
        "exposed_area": Variable(
            (where,), "m2", "area times cosine-weighted isotropic visibility", extra
        ),
        "exposed_area_stderr": Variable(
            (where,),
            "m2",
            "standard error of exposed_area (sampling only, upper bound)",
            extra,
        ),
        "samples": Variable((where,), "1", "rays cast", extra),
        "seen": Variable((where,), "1", "rays that were not blocked", extra),
    }


_ROOT: dict[str, Variable] = {
    "mesh": Variable(
        (),
        "",
        "topology of the meshed vehicle",
        {
            "cf_role": "mesh_topology",
            "topology_dimension": 2,
            "node_coordinates": "mesh_node_x mesh_node_y",
            "face_node_connectivity": "mesh_face_nodes",
            "face_dimension": "face",
            "comment": "Closed surface in three dimensions; z of the nodes is the"
            " variable mesh_node_z. Body frame, metres.",
        },
    ),
    "mesh_node_x": Variable(("node",), "m", "x of the nodes, body frame"),
    "mesh_node_y": Variable(("node",), "m", "y of the nodes, body frame"),
    "mesh_node_z": Variable(
        ("node",),
        "m",
        "z of the nodes, body frame",
        {"mesh": "mesh", "location": "node"},
    ),
    "mesh_face_nodes": Variable(
        ("face", "three"),
        "",
        "nodes of each face, counter-clockwise from outside",
        {"cf_role": "face_node_connectivity", "start_index": 0},
    ),
    "normal": Variable(
        ("face", "axis"), "1", "outward unit normal (x, y, z), body frame", _FACE
    ),
    "centroid": Variable(("face", "axis"), "m", "centre (x, y, z), body frame", _FACE),
    "two_sided": Variable(("face",), "", "panel that is hit on both sides", _FACE),
    "zone_index": Variable(("face",), "", "zone of the face (from 0)", _FACE),
    "penetrates": Variable(
        ("face",), "", "penetration is defined (the shield is not none)", _FACE
    ),
    "dof": Variable(("face",), "1", "degrees of freedom of expected_stderr", _FACE),
    "extrapolated": Variable(
        ("face", "environment"),
        "1",
        "expected penetrations outside the validity of the damage equation",
        _FACE,
    ),
    "duration": Variable((), "s", "exposure, all phases"),
    **_SHARED,
    **_estimates("face", _FACE),
}

_ZONES: dict[str, Variable] = {
    "zone": Variable(("zone",), "", "zone, vehicle.module.part", coordinate=True),
    "module": Variable(("zone",), "", "module of the zone"),
    "shield": Variable(("zone",), "", "shield card"),
    "equation": Variable(("zone",), "", "damage equation"),
    "criterion": Variable(("zone",), "", "failure criterion"),
    "certainty": Variable(("zone",), "", "how well the shield is known"),
    "geometry_certainty": Variable(("zone",), "", "how well the part's shape is known"),
    "pressurised": Variable(("zone",), "", "the part encloses atmosphere for the crew"),
    "vulnerable_fraction": Variable(
        ("zone",), "1", "share of the face on which a penetration counts"
    ),
    "source": Variable(("zone",), "", "source of the shield data"),
    "dof": Variable(("zone", *_ED), "1", "degrees of freedom of expected_stderr"),
    "expected_lower": Variable(
        ("zone", *_ED), "1", "lower 95 % limit of expected (sampling only)"
    ),
    "expected_upper": Variable(
        ("zone", *_ED), "1", "upper 95 % limit of expected (sampling only)"
    ),
    "share": Variable(("zone", "environment"), "1", "share of the penetrations"),
    "extrapolated_fraction": Variable(
        ("zone", "environment"),
        "1",
        "share of the zone's penetrations outside the validity of the equation",
    ),
    "main_azimuth": Variable(
        ("zone", "environment"),
        "rad",
        "azimuth of the mean radiant of penetrations, from ram towards port",
    ),
    "main_elevation": Variable(
        ("zone", "environment"),
        "rad",
        "elevation of the mean radiant of penetrations, towards zenith",
    ),
    "main_concentration": Variable(
        ("zone", "environment"), "1", "length of the mean radiant vector"
    ),
    "main_direction": Variable(
        ("zone", "environment"), "", "main direction of penetrations, in words"
    ),
    "model": Variable(
        ("model",), "", "flux model of covariance", coordinate=True, optional=True
    ),
    "other_model": Variable(
        ("other_model",), "", "flux model of covariance", coordinate=True, optional=True
    ),
    "covariance": Variable(
        ("zone", "model", "other_model", "damage"),
        "1",
        "covariance of expected under two flux models (sampling only: shared rays)",
        optional=True,
    ),
    "flux_deviate": Variable(
        ("flux_deviate",),
        "1",
        "normal deviate of the flux models; -1.96 and 1.96 hold 95 %",
        coordinate=True,
        optional=True,
    ),
    "expected_given_flux": Variable(
        ("zone", *_ED, "flux_deviate"),
        "1",
        "expected if the flux model is off by the deviate; of the total: its quantiles,"
        " debris and meteoroids independent",
        optional=True,
    ),
    "model_lower": Variable(
        ("zone", *_ED),
        "1",
        "lower 95 % limit of expected (uncertainty of the flux models only)",
        optional=True,
    ),
    "model_upper": Variable(
        ("zone", *_ED),
        "1",
        "upper 95 % limit of expected (uncertainty of the flux models only)",
        optional=True,
    ),
    "duration": Variable((), "s", "exposure, all phases"),
    **_SHARED,
    **_estimates("zone", {}),
}

_DRIVER_NAMES = {
    "azimuth": "azimuth of the radiant, from ram towards port",
    "sin_elevation": "sine of the elevation of the radiant, towards zenith",
    "speed": "impact speed relative to the vehicle",
    "cos_obliquity": "cosine of the obliquity (1 = along the normal)",
    "diameter": "particle diameter",
}

_DRIVERS: dict[str, Variable] = {
    "zone": _ZONES["zone"],
    "environment": _SHARED["environment"],
}
for _name, _unit in DRIVERS.items():
    _DRIVERS[_name] = Variable(
        (_name,),
        _unit,
        f"{_DRIVER_NAMES[_name]}; middle of the bin",
        {"bounds": f"{_name}_bounds"},
        coordinate=True,
    )
    _DRIVERS[f"{_name}_bounds"] = Variable(
        (_name, "bound"),
        "",  # CF: bounds take the unit of their coordinate
        f"{_DRIVER_NAMES[_name]}; edges of the bin",
    )
    _DRIVERS[f"penetrations_by_{_name}"] = Variable(
        ("zone", "environment", _name),
        "1",
        f"expected penetrations by {_DRIVER_NAMES[_name]}",
    )

_EVENTS: dict[str, Variable] = {
    "environment": _SHARED["environment"],
    "face_index": Variable(("event",), "", "face that is hit (from 0)"),
    "zone_index": Variable(("event",), "", "zone of the face (from 0)"),
    "phase_index": Variable(("event",), "", "phase of the run (from 0)"),
    "model_index": Variable(
        ("event",), "", "flux model that the event was drawn from (from 0)"
    ),
    "population_index": Variable(
        ("event",), "", "population of the flux model, as named in its threat table"
    ),
    "size_curve_index": Variable(
        ("event",),
        "",
        "size curve of the threat in the table of its phase and model (from 0)",
        optional=True,
    ),
    "x": Variable(("event",), "m", "x of the impact point, body frame"),
    "y": Variable(("event",), "m", "y of the impact point, body frame"),
    "z": Variable(("event",), "m", "z of the impact point, body frame"),
    "azimuth": Variable(
        ("event",), "rad", "azimuth of the radiant, from ram towards port"
    ),
    "elevation": Variable(
        ("event",), "rad", "elevation of the radiant, towards zenith"
    ),
    "speed": Variable(("event",), "m s-1", "impact speed relative to the vehicle"),
    "obliquity": Variable(("event",), "rad", "angle between path and normal"),
    "diameter": Variable(("event",), "m", "particle diameter"),
    "critical_diameter": Variable(
        ("event",), "m", "least diameter that penetrates here at this speed and angle"
    ),
    "density": Variable(("event",), "kg m-3", "particle density"),
    "penetrating": Variable(("event",), "", "the failure criterion is met"),
    "extrapolated": Variable(
        ("event",), "", "outside the validity of the damage equation"
    ),
    "weight": Variable(
        ("event", "environment"),
        "1",
        "expected number that the event stands for; penetrating weights of a zone sum"
        " to its expected penetrations",
    ),
}

_THREATS: dict[str, Variable] = {
    "model": Variable(("model",), "", "flux model", coordinate=True),
    "kind": Variable(("model",), "", "debris or meteoroid"),
    "in_total": Variable(("model",), "", "enters the total"),
    "phase": Variable(("phase",), "", "phase of the run (from 0)", coordinate=True),
    "group": Variable(("phase", "model"), "", "subgroup that holds the threat table"),
}

_TABLE: dict[str, Variable] = {
    "azimuth_lower": Variable(("threat",), "rad", "least azimuth of the radiant"),
    "azimuth_upper": Variable(("threat",), "rad", "greatest azimuth of the radiant"),
    "sin_elevation_lower": Variable(("threat",), "1", "least sine of elevation"),
    "sin_elevation_upper": Variable(("threat",), "1", "greatest sine of elevation"),
    "speed_lower": Variable(("threat",), "m s-1", "least relative speed"),
    "speed_upper": Variable(("threat",), "m s-1", "greatest relative speed"),
    "side": Variable(
        ("threat",),
        "",
        "+1 port, -1 starboard, where azimuth follows speed",
        optional=True,
    ),
    "weight": Variable(("threat",), "1", "share of the curve's flux in the bin"),
    "size_curve_index": Variable(("threat",), "", "size curve of the bin (from 0)"),
    "population": Variable(("threat",), "", "population of the bin (from 0)"),
    "diameter": Variable(("diameter",), "m", "particle diameter", coordinate=True),
    "flux": Variable(
        ("size_curve", "diameter"),
        "m-2 s-1",
        "cumulative cross-sectional flux of particles of at least the diameter",
    ),
    "density": Variable(("size_curve", "diameter"), "kg m-3", "particle density"),
    "log_stderr": Variable(
        ("diameter",),
        "1",
        "standard error of the log of the flux of at least the diameter",
        optional=True,
    ),
}

VARIABLES: dict[str, dict[str, Variable]] = {
    "/": _ROOT,
    "/zones": _ZONES,
    "/drivers": _DRIVERS,
    "/events": _EVENTS,
    "/threats": _THREATS,
    "/threats/*": _TABLE,
}
"""Group -> name -> variable. ``/threats/*`` are the threat tables."""

ROOT_ATTRIBUTES: dict[str, str] = {
    "Conventions": "CF and UGRID versions",
    "mmod_format": "name of the format",
    "mmod_format_version": "its version, major.minor",
    "title": "title of the run",
    "source": "program and version",
    "history": "when the run started and ended",
    "comment": "frames, and what the intervals hold",
    "confidence": "confidence of every interval",
    "config": "resolved run configuration, canonical JSON",
    "config_sha256": "its SHA-256",
    "seed": "seed of the random numbers",
    "estimator": "importance or forward",
    "provenance": "everything known of the run, JSON",
    "flags": "what the reader must know, one a line",
}


def group_key(path: str) -> str:
    """Return the key of `VARIABLES` for the path of a group, "" when unknown."""
    if path in VARIABLES:
        return path
    return "/threats/*" if path.startswith("/threats/") else ""


def group(tree: xr.DataTree, path: str) -> xr.Dataset:
    """Return a group of a result as a dataset, with the coordinates it inherits.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    path : str
        Path of the group, e.g. ``/zones``.

    Returns
    -------
    xarray.Dataset
        The group.

    Raises
    ------
    InputError
        When the tree has no such group.
    """
    for node in tree.subtree:
        if node.path == path:
            return node.to_dataset(inherit=True)
    raise bad("<tree>", path, "missing", "a result of mmod, with this group")
