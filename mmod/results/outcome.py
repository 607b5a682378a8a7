"""What the engine hands to the results: plain arrays, SI, nothing derived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.flux.uncertainty import FLUX_DEVIATES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

PENETRATION = "penetration"
"""Label of the last damage class: the failure criterion of the zone is met."""
RESERVED_LABELS = ("debris", "meteoroid", "total")
"""Labels of `environment` that no model may bear."""
KINDS = ("debris", "meteoroid")
DRIVERS: dict[str, str] = {
    "azimuth": "rad",
    "sin_elevation": "1",
    "speed": "m s-1",
    "cos_obliquity": "1",
    "diameter": "m",
}
"""Quantities over which penetrations are histogrammed, with their units."""
EVENT_COLUMNS: dict[str, str] = {
    "face": "i",
    "zone": "i",
    "phase": "i",
    "model": "i",
    "population": "i",
    "x": "f",
    "y": "f",
    "z": "f",
    "azimuth": "f",
    "elevation": "f",
    "speed": "f",
    "obliquity": "f",
    "diameter": "f",
    "critical_diameter": "f",
    "density": "f",
    "penetrating": "b",
    "extrapolated": "b",
}
"""One-dimensional columns of `Outcome.events` and their kind (`weight` is apart)."""
OPTIONAL_EVENT_COLUMNS: dict[str, str] = {"size_curve": "i"}
"""Columns that older results and other sources of events do without."""


@dataclass(frozen=True)
class Surface:
    """The meshed vehicle and what covers it; body frame, metres.

    Parameters
    ----------
    vertices : ndarray, shape (n, 3) [m]
        Nodes of the mesh.
    triangles : ndarray, shape (f, 3) [1]
        Node indices of each face, counter-clockwise seen from outside.
    normals : ndarray, shape (f, 3) [1]
        Outward unit normals.
    areas : ndarray, shape (f,) [m2]
        Area of one side of each face.
    centroids : ndarray, shape (f, 3) [m]
        Centres of the faces.
    face_zone : ndarray, shape (f,) [1]
        Zone index of each face.
    face_two_sided : ndarray of bool, shape (f,)
        True on panels: one layer of faces that is hit on both sides.
    zone_name, zone_module, zone_shield, zone_equation, zone_criterion,
    zone_certainty, zone_source, zone_geometry_certainty : tuple of str, length z
        Names and labels of the zones; ``zone_equation`` "none" marks a zone that only
        casts shadows; ``zone_certainty`` is that of the shield.
    zone_pressurised : tuple of bool, length z
        True where the part encloses atmosphere for the crew.
    zone_vulnerable_fraction : tuple of float, length z
        Share of the face on which a penetration counts, 0..1.
    """

    vertices: FloatArray
    triangles: NDArray[np.int32]
    normals: FloatArray
    areas: FloatArray
    centroids: FloatArray
    face_zone: NDArray[np.int32]
    face_two_sided: BoolArray
    zone_name: tuple[str, ...]
    zone_module: tuple[str, ...]
    zone_shield: tuple[str, ...]
    zone_equation: tuple[str, ...]
    zone_criterion: tuple[str, ...]
    zone_certainty: tuple[str, ...]
    zone_source: tuple[str, ...]
    zone_geometry_certainty: tuple[str, ...]
    zone_pressurised: tuple[bool, ...]
    zone_vulnerable_fraction: tuple[float, ...]

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with the arrays (empty when sound)."""
        found = _Checker("surface")
        n, f, z = len(self.vertices), len(self.triangles), len(self.zone_name)
        found.array("vertices", self.vertices, (n, 3))
        found.array("triangles", self.triangles, (f, 3), low=0, below=n)
        found.array("normals", self.normals, (f, 3))
        found.array("areas", self.areas, (f,), low=0)
        found.array("centroids", self.centroids, (f, 3))
        found.array("face_zone", self.face_zone, (f,), low=0, below=z)
        found.array("face_two_sided", self.face_two_sided, (f,))
        for name in ("module", "shield", "equation", "criterion", "certainty"):
            found.length(f"zone_{name}", getattr(self, f"zone_{name}"), z)
        found.length("zone_source", self.zone_source, z)
        for name in ("geometry_certainty", "pressurised", "vulnerable_fraction"):
            found.length(f"zone_{name}", getattr(self, f"zone_{name}"), z)
        if len(set(self.zone_name)) != z:
            found.add("zone_name", list(self.zone_name), "names that are all different")
        if f == 0 or z == 0:
            found.add("triangles", f, "at least one face and one zone")
        return found.problems


@dataclass(frozen=True)
class Outcome:
    """Raw result of a run, as the engine hands it over.

    M models, D damage classes, F faces, Z zones, E events. The second axis of the
    arrays "(.., M+1, ..)" holds the models and, last, the total of the models that
    enter it. Everything is summed over the phases.

    Parameters
    ----------
    title : str
        Title of the run.
    models : tuple of str, length M
        Labels of the flux models.
    model_kind : tuple of str, length M
        "debris" or "meteoroid".
    in_total : tuple of bool, length M
        Whether the model enters the total (at most one of a kind).
    damage : tuple of str, length D
        Labels, e.g. "impact>=0.1mm"; the last is "penetration".
    damage_diameter : ndarray, shape (D,) [m]
        Least diameter of an impact class; NaN for penetration.
    duration : float [s]
        Total exposure.
    face_expected, face_variance, face_unshadowed : ndarray, shape (F, M+1, D) [1]
        Expected number, variance of that estimate, and the expected number had
        nothing cast a shadow.
    face_samples, face_seen : ndarray of int, shape (F,) [1]
        Rays cast, and rays that were not blocked.
    face_dof : ndarray, shape (F,) [1]
        Degrees of freedom of the variance.
    face_visibility : ndarray, shape (F,) [1]
        Cosine-weighted isotropic visibility, 0..1; mean of both sides on panels.
    face_visibility_variance : ndarray, shape (F,) [1]
        Variance of that estimate, or an upper bound of it.
    face_extrapolated : ndarray, shape (F, M+1) [1]
        Expected penetrations outside the validity range of the damage equation.
    zone_expected, zone_variance, zone_dof, zone_unshadowed : ndarray, (Z, M+1, D)
        The same by zone, its variance taken over replicates.
    zone_samples, zone_seen : ndarray of int, shape (Z,) [1]
        Rays by zone.
    face_penetrates : ndarray of bool, shape (F,)
        False where the shield is "none": penetration is not defined there.
    drivers : dict of str to (ndarray (n+1,), ndarray (Z, M+1, n))
        Bin edges and expected penetrations for each of `DRIVERS`.
    events : dict of str to ndarray
        Columns of `EVENT_COLUMNS`, shape (E,), and "weight", shape (E, M) [1].
    threats : list of xarray.Dataset
        Threat tables, attributes ``phase`` (index) and ``model`` (label or index).
    vehicle : Surface
        The mesh.
    provenance : dict
        Configuration, seed, versions, hashes.
    flags : tuple of str
        What the reader must know (extrapolated epoch, scenario, ...).
    zone_covariance : ndarray, shape (Z, M, M, D) [1], optional
        Covariance of the sampling of `zone_expected` under two models.
    zone_given_flux : ndarray, shape (Z, M, D, Q) [1], optional
        Expected numbers at `mmod.flux.uncertainty.FLUX_DEVIATES` of each model.
    """

    title: str
    models: tuple[str, ...]
    model_kind: tuple[str, ...]
    in_total: tuple[bool, ...]
    damage: tuple[str, ...]
    damage_diameter: FloatArray
    duration: float
    face_expected: FloatArray
    face_variance: FloatArray
    face_unshadowed: FloatArray
    face_samples: IntArray
    face_seen: IntArray
    face_dof: FloatArray
    face_visibility: FloatArray
    face_visibility_variance: FloatArray
    face_extrapolated: FloatArray
    zone_expected: FloatArray
    zone_variance: FloatArray
    zone_dof: FloatArray
    zone_unshadowed: FloatArray
    zone_samples: IntArray
    zone_seen: IntArray
    face_penetrates: BoolArray
    drivers: dict[str, tuple[FloatArray, FloatArray]]
    events: dict[str, NDArray[Any]]
    threats: list[xr.Dataset]
    vehicle: Surface
    provenance: dict[str, Any]
    flags: tuple[str, ...]
    zone_covariance: FloatArray | None = None
    zone_given_flux: FloatArray | None = None

    def zone_penetrates(self) -> BoolArray:
        """Return which zones have a face on which penetration is defined, (Z,)."""
        result = np.zeros(len(self.vehicle.zone_name), dtype=np.bool_)
        result[self.vehicle.face_zone[self.face_penetrates]] = True
        return result

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with the arrays (empty when sound)."""
        found = _Checker("outcome")
        found.problems.extend(self.vehicle.problems())
        self._check_labels(found)
        self._check_tallies(found)
        self._check_drivers(found)
        self._check_events(found)
        for index, table in enumerate(self.threats):
            for key in ("phase", "model"):
                if key not in table.attrs:
                    found.add(f"threats[{index}].attrs", key, "the attribute is there")
        return found.problems

    def validate(self) -> Outcome:
        """Return the outcome itself when it is sound.

        Raises
        ------
        InputError
            With every problem: shapes, non-finite or negative numbers, labels.
        """
        problems = self.problems()
        if problems:
            raise InputError(problems)
        return self

    def _check_labels(self, found: _Checker) -> None:
        m, d = len(self.models), len(self.damage)
        found.length("model_kind", self.model_kind, m)
        found.length("in_total", self.in_total, m)
        if m == 0 or len(set(self.models)) != m:
            found.add("models", self.models, "at least one, all different")
        for label in set(self.models) & set(RESERVED_LABELS):
            found.add("models", label, f"a label other than {RESERVED_LABELS}")
        for kind in set(self.model_kind) - set(KINDS):
            found.add("model_kind", kind, f"one of {KINDS}")
        chosen = [k for k, t in zip(self.model_kind, self.in_total, strict=False) if t]
        if not chosen or len(set(chosen)) != len(chosen):
            found.add("in_total", self.in_total, "one model of a kind, at least one")
        if d == 0 or self.damage[-1] != PENETRATION or len(set(self.damage)) != d:
            found.add("damage", self.damage, f"labels, the last one {PENETRATION!r}")
        diameter = np.asarray(self.damage_diameter)
        if diameter.shape != (d,) or not np.isnan(diameter[-1:]).all():
            found.add("damage_diameter", diameter.tolist(), f"{d} values, the last NaN")
        elif not (np.isfinite(diameter[:-1]) & (diameter[:-1] > 0.0)).all():
            found.add("damage_diameter", diameter.tolist(), "diameters > 0 [m]")
        if not (np.isfinite(self.duration) and self.duration > 0.0):
            found.add("duration", self.duration, "a time > 0 [s]")

    def _check_tallies(self, found: _Checker) -> None:
        f, z = len(self.vehicle.triangles), len(self.vehicle.zone_name)
        m, d = len(self.models) + 1, len(self.damage)
        found.array("face_penetrates", self.face_penetrates, (f,))
        if not found.array("face_samples", self.face_samples, (f,), low=0):
            found.array("face_seen", self.face_seen, (f,), low=0)
        if not found.array("zone_samples", self.zone_samples, (z,), low=0):
            found.array("zone_seen", self.zone_seen, (z,), low=0)
        found.array("face_dof", self.face_dof, (f,), low=0)
        found.array("face_visibility", self.face_visibility, (f,), low=0, high=1)
        found.array(
            "face_visibility_variance", self.face_visibility_variance, (f,), low=0
        )
        allowed = {"face": np.zeros((f, m, d), bool), "zone": np.zeros((z, m, d), bool)}
        if not found.problems:  # penetration may be missing where it is not defined
            allowed["face"][~self.face_penetrates, :, -1] = True
            allowed["zone"][~self.zone_penetrates(), :, -1] = True
        for where, rows in (("face", f), ("zone", z)):
            for name in ("expected", "variance", "unshadowed"):
                found.array(
                    f"{where}_{name}",
                    getattr(self, f"{where}_{name}"),
                    (rows, m, d),
                    low=0,
                    missing=allowed[where],
                )
        found.array("zone_dof", self.zone_dof, (z, m, d), low=0)
        if self.zone_covariance is not None:
            pairs = (z, m - 1, m - 1, d)
            gaps = np.zeros(pairs, dtype=np.bool_)
            if not found.problems:
                gaps[~self.zone_penetrates(), :, :, -1] = True
            found.array("zone_covariance", self.zone_covariance, pairs, missing=gaps)
        if self.zone_given_flux is not None:
            self._check_given_flux(found, (z, m - 1, d, FLUX_DEVIATES.size))
        found.array(
            "face_extrapolated",
            self.face_extrapolated,
            (f, m),
            low=0,
            missing=allowed["face"][:, :, -1],
        )
        for where in ("face", "zone"):
            seen, cast = (
                getattr(self, f"{where}_seen"),
                getattr(self, f"{where}_samples"),
            )
            if np.shape(seen) == np.shape(cast) and np.any(seen > cast):
                found.add(f"{where}_seen", int(np.max(seen)), "at most the samples")

    def _check_given_flux(
        self, found: _Checker, shape: tuple[int, int, int, int]
    ) -> None:
        given = np.asarray(self.zone_given_flux)
        gaps = np.zeros(shape, dtype=np.bool_)
        if not found.problems:
            gaps[~self.zone_penetrates(), :, -1] = True
        if found.array("zone_given_flux", given, shape, low=0, missing=gaps):
            return
        if np.any(np.diff(given, axis=-1) < -1e-12 * given[..., 1:]):
            found.add("zone_given_flux", "falls", "numbers that rise with the deviate")

    def _check_drivers(self, found: _Checker) -> None:
        z, m = len(self.vehicle.zone_name), len(self.models) + 1
        if set(self.drivers) != set(DRIVERS):
            found.add("drivers", sorted(self.drivers), f"exactly {sorted(DRIVERS)}")
        for name, (edges, values) in self.drivers.items():
            n = len(edges) - 1
            if n < 1 or not (np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
                found.add(f"drivers.{name}", "edges", "two or more, increasing, finite")
            found.array(f"drivers.{name}", values, (z, m, max(n, 0)), low=0)

    def _check_events(self, found: _Checker) -> None:
        wanted = {*EVENT_COLUMNS, "weight"}
        if set(self.events) - set(OPTIONAL_EVENT_COLUMNS) != wanted:
            found.add("events", sorted(self.events), f"exactly {sorted(wanted)}")
            return
        e, m = len(self.events["face"]), len(self.models)
        limits = {
            "face": len(self.vehicle.triangles),
            "zone": len(self.vehicle.zone_name),
            "model": m,
        }
        columns = EVENT_COLUMNS | {
            n: k for n, k in OPTIONAL_EVENT_COLUMNS.items() if n in self.events
        }
        for name, kind in columns.items():
            column = self.events[name]
            if kind == "i":
                top = limits.get(name)
                found.array(f"events.{name}", column, (e,), low=0, below=top)
            else:  # no critical diameter where the shield is none
                gaps = np.full((e,), name == "critical_diameter")
                found.array(f"events.{name}", column, (e,), missing=gaps)
        found.array("events.weight", self.events["weight"], (e, m), low=0)


class _Checker:
    """Collects problems of arrays."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def add(self, key: str, value: object, expected: str) -> None:
        self.problems.append(Problem(self.source, key, value, expected))

    def length(self, key: str, value: tuple[object, ...], expected: int) -> None:
        if len(value) != expected:
            self.add(key, len(value), f"{expected} entries")

    def array(
        self,
        key: str,
        value: NDArray[Any],
        shape: tuple[int, ...],
        *,
        low: float | None = None,
        high: float | None = None,
        below: int | None = None,
        missing: BoolArray | None = None,
    ) -> bool:
        """Check shape, finiteness and range; return whether something is wrong."""
        before = len(self.problems)
        array = np.asarray(value)
        if array.shape != shape:
            self.add(key, array.shape, f"shape {shape}")
            return True
        absent = np.zeros(shape, bool)
        if missing is not None and array.dtype.kind == "f":
            absent = np.isnan(array) & missing
        if array.dtype.kind == "f" and not (np.isfinite(array) | absent).all():
            self.add(key, "not finite", "finite numbers")
        elif low is not None and np.any(array < low):
            self.add(key, array[array < low].flat[0], f"numbers >= {low:g}")
        elif high is not None and np.any(array > high * (1.0 + 1e-9)):
            self.add(key, array[array > high].flat[0], f"numbers <= {high:g}")
        elif below is not None and np.any(array >= below):
            self.add(key, array[array >= below].flat[0], f"indices below {below}")
        return len(self.problems) > before
