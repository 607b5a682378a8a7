"""Reproduce the published values that lie beside a flux model's card (checks.csv).

Columns: quantity, arguments (``key=value`` joined by ``;``), expected, unit,
relative_tolerance (half a unit of the last digit printed in the source), source, tag.
Arguments describe the state (``altitude_km``, ``inclination_deg``, ``epoch_year``; 400,
51.6 and 2016.5 where not given; ``start`` and ``end`` for streams), the question (``diameter_mm``, ``mass_g``, ``face``,
``over``, ``speed_km_s``) and options of the model (``option.NAME``). The tag
``comparison`` marks a published value that the model is not expected to meet: its
tolerance states how far it is off.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from mmod.errors import InputError, Problem, bad
from mmod.flux.base import ExposureState, FluxModel
from mmod.flux.card import OptionValue
from mmod.flux.frames import orbit_speed, shadow_angle
from mmod.flux.grun import GrunModel, interplanetary_flux
from mmod.flux.isotropic import full_sky_motion_factor, shielding_factor
from mmod.flux.nasa91 import HorizontalDebris, Nasa91Model, nasa91_speed_law
from mmod.flux.registry import load_flux
from mmod.flux.solar_longitude import seconds_since_j2000, solar_longitude
from mmod.flux.streams import StreamModel
from mmod.units import DEGREE, G_CM3, GRAM, KM, MM, PER_YEAR

COLUMNS = (
    "quantity",
    "arguments",
    "expected",
    "unit",
    "relative_tolerance",
    "source",
    "tag",
)
TAGS = ("read", "recalled", "computed", "estimate", "unverified", "comparison")
FACES: dict[str, tuple[float, float, float]] = {
    "ram": (1.0, 0.0, 0.0),
    "wake": (-1.0, 0.0, 0.0),
    "port": (0.0, 1.0, 0.0),
    "starboard": (0.0, -1.0, 0.0),
    "zenith": (0.0, 0.0, 1.0),
    "nadir": (0.0, 0.0, -1.0),
}


@dataclass(frozen=True)
class Check:
    """One row of a checks.csv.

    Parameters
    ----------
    quantity, unit, source, tag : str
        As in the file.
    arguments : dict
        Key -> text.
    expected, relative_tolerance : float
        In ``unit``; where 0 is expected the tolerance is absolute.
    where : str
        File and row.
    """

    quantity: str
    arguments: dict[str, str]
    expected: float
    unit: str
    relative_tolerance: float
    source: str
    tag: str
    where: str

    def passes(self, value: float) -> bool:
        """Return whether a value agrees within the tolerance."""
        scale = abs(self.expected) if self.expected else 1.0
        return abs(value - self.expected) <= self.relative_tolerance * scale


def read_checks(path: Path) -> list[Check]:
    """Read a checks.csv.

    Parameters
    ----------
    path : Path
        The file; lines that begin with ``#`` are comments.

    Returns
    -------
    list of Check
        Its rows.

    Raises
    ------
    InputError
        Unreadable file, wrong columns, unknown quantity, unit or tag, bad number: all
        of them at once.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise bad(path, "file", str(error), "a readable checks.csv") from None
    reader = csv.DictReader(s for s in text.splitlines() if not s.startswith("#"))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise bad(path, "columns", reader.fieldnames, ", ".join(COLUMNS))
    problems: list[Problem] = []
    checks: list[Check] = []
    for number, row in enumerate(reader, start=1):
        where = f"{path}: row {number}"
        quantity, unit, tag = row["quantity"], row["unit"], row["tag"]
        if quantity not in QUANTITIES:
            known = ", ".join(sorted(QUANTITIES))
            problems.append(Problem(where, "quantity", quantity, f"one of {known}"))
        elif unit != QUANTITIES[quantity][0]:
            problems.append(Problem(where, "unit", unit, QUANTITIES[quantity][0]))
        if tag not in TAGS:
            problems.append(Problem(where, "tag", tag, "one of " + ", ".join(TAGS)))
        numbers = []
        for key in ("expected", "relative_tolerance"):
            try:
                value = float(row[key])
            except (TypeError, ValueError):
                value = math.nan
            if not math.isfinite(value):
                problems.append(Problem(where, key, row[key], "a finite number"))
            numbers.append(value)
        pairs = [p.partition("=") for p in (row["arguments"] or "").split(";") if p]
        arguments = {key.strip(): value.strip() for key, _, value in pairs}
        expected, tolerance = numbers
        checks.append(
            Check(
                quantity,
                arguments,
                expected,
                unit,
                tolerance,
                row["source"],
                tag,
                where,
            )
        )
    if problems:
        raise InputError(problems)
    return checks


def evaluate(model: str | Path, check: Check) -> float:
    """Return what a model gives for a check.

    Parameters
    ----------
    model : str or Path
        Name or card of the model.
    check : Check
        The question.

    Returns
    -------
    float
        The value in the unit of the check.

    Raises
    ------
    InputError
        When the model refuses the state or has no such quantity.
    """
    options: dict[str, OptionValue] = {}
    for key, text in check.arguments.items():
        if key.startswith("option."):
            options[key.removeprefix("option.")] = _option(text)
    loaded = load_flux(str(model), relative_to=None, **options)
    return QUANTITIES[check.quantity][1](loaded, _Arguments(check))


def _option(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


class _Arguments:
    """Arguments of a check, converted to SI."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def number(self, key: str, default: float | None = None) -> float:
        text = self._check.arguments.get(key)
        if text is None and default is not None:
            return default
        try:
            return float(text or "")
        except ValueError:
            raise bad(self._check.where, f"arguments.{key}", text, "a number") from None

    def normal(self, key: str) -> tuple[float, float, float]:
        text = self._check.arguments.get(key, "")
        if text not in FACES:
            raise bad(
                self._check.where,
                f"arguments.{key}",
                text,
                "one of " + ", ".join(FACES),
            )
        return FACES[text]

    @property
    def altitude(self) -> float:
        return self.number("altitude_km", 400.0) * KM

    @property
    def inclination(self) -> float:
        return self.number("inclination_deg", 51.6) * DEGREE

    @property
    def epoch(self) -> float:
        return self.number("epoch_year", 2016.5)

    @property
    def diameter(self) -> float:
        return self.number("diameter_mm") * MM

    @property
    def state(self) -> ExposureState:
        given = self._check.arguments
        return ExposureState(
            self.altitude,
            self.inclination,
            self.epoch,
            start=self.instant("start") if "start" in given else None,
            end=self.instant("end") if "end" in given else None,
        )

    def instant(self, key: str) -> datetime:
        text = self._check.arguments.get(key, "")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            expected = "an instant in ISO 8601"
            raise bad(self._check.where, f"arguments.{key}", text, expected) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def text(self, key: str) -> str:
        return self._check.arguments.get(key, "")


def _nasa91(model: FluxModel) -> Nasa91Model:
    if not isinstance(model, Nasa91Model):
        raise bad(model.path, "family", model.card.family, "nasa91 for this quantity")
    return model


def _grun(model: FluxModel) -> GrunModel:
    if not isinstance(model, GrunModel):
        raise bad(model.path, "family", model.card.family, "grun for this quantity")
    return model


def _streams(model: FluxModel) -> StreamModel:
    if not isinstance(model, StreamModel):
        raise bad(model.path, "family", model.card.family, "streams for this quantity")
    return model


def _stream_share(model: FluxModel, a: _Arguments) -> float:
    mass = a.number("mass_g") * GRAM
    flux = float(_streams(model).flux_at_top(mass, a.state))
    return flux / (4.0 * float(interplanetary_flux(mass)))


def _hourly_rate(model: FluxModel, a: _Arguments) -> float:
    stream = _streams(model).stream(a.text("stream"))
    return float(stream.rate(a.number("solar_longitude_deg") * DEGREE - stream.maximum))


def _solar_longitude(model: FluxModel, a: _Arguments) -> float:
    del model
    of_date = a.text("equinox") == "date"
    seconds = seconds_since_j2000(a.instant("at"))
    return float(solar_longitude(seconds, of_date=of_date)) / DEGREE % 360.0


def _share(model: FluxModel, a: _Arguments, key: str = "face") -> float:
    shares = model.face_shares(a.state, [a.normal(key)])
    if shares.shape[0] != 1:
        raise bad(model.path, "options", model.options, "one size curve for a share")
    return float(shares[0, 0])


def _flux(model: FluxModel, a: _Arguments) -> float:
    return float(model.cumulative(a.diameter, a.state)) / PER_YEAR


def _cube(model: FluxModel, a: _Arguments) -> float:
    normals = list(FACES.values())
    return _flux(model, a) * float(np.sum(model.face_shares(a.state, normals)))


def _mean_speed(model: FluxModel, a: _Arguments) -> float:
    if isinstance(model, GrunModel):
        return model.speed_law(a.altitude).mean(lambda v: v) / KM
    if isinstance(model, HorizontalDebris):
        return nasa91_speed_law(a.inclination).mean(lambda v: v) / KM
    raise bad(model.path, "family", model.card.family, "a family with a speed law")


def _solar_flux(model: FluxModel, a: _Arguments) -> float:
    value = _nasa91(model).solar_flux(a.epoch)
    return math.nan if value is None else value


def _focused_ratio(model: FluxModel, a: _Arguments) -> float:
    def factor(altitude: float) -> float:
        return _grun(model).focusing(altitude) * shielding_factor(
            shadow_angle(altitude)
        )

    return factor(a.altitude) / factor(400.0 * KM)


def _interplanetary(model: FluxModel, a: _Arguments) -> float:
    _grun(model)
    return float(interplanetary_flux(a.number("mass_g") * GRAM)) / PER_YEAR


def _motion(model: FluxModel, a: _Arguments) -> float:
    speed = orbit_speed(a.altitude)
    law = _grun(model).speed_law(a.altitude)
    return law.mean(lambda v: full_sky_motion_factor(v, speed))


def _azimuth(model: FluxModel, a: _Arguments) -> float:
    del model
    ratio = a.number("speed_km_s") * KM / (2.0 * orbit_speed(a.altitude))
    return math.acos(min(ratio, 1.0)) / DEGREE


QUANTITIES: dict[str, tuple[str, Callable[[FluxModel, _Arguments], float]]] = {
    "cross_section_flux": ("1/m2/yr", _flux),
    "tumbling_plate_flux": ("1/m2/yr", lambda m, a: _flux(m, a) / 4.0),
    "face_flux": ("1/m2/yr", lambda m, a: _flux(m, a) * _share(m, a)),
    "cube_flux": ("1/m2/yr", _cube),
    "face_share": ("1", _share),
    "face_over_tumbling": ("1", lambda m, a: 4.0 * _share(m, a)),
    "face_ratio": ("1", lambda m, a: _share(m, a) / _share(m, a, "over")),
    "density": (
        "g/cm3",
        lambda m, a: float(m.density(a.diameter)) / G_CM3,
    ),
    "mean_speed": ("km/s", _mean_speed),
    "arrival_azimuth": ("deg", _azimuth),
    "inclination_factor": (
        "1",
        lambda m, a: _nasa91(m).inclination_factor(a.inclination),
    ),
    "solar_flux": ("sfu", _solar_flux),
    "interplanetary_flux": ("1/m2/yr", _interplanetary),
    "focusing": ("1", lambda m, a: _grun(m).focusing(a.altitude)),
    "shielding": (
        "1",
        lambda _, a: shielding_factor(shadow_angle(a.altitude)),
    ),
    "motion": ("1", _motion),
    "stream_share": ("1", _stream_share),
    "zenithal_hourly_rate": ("1/h", _hourly_rate),
    "solar_longitude": ("deg", _solar_longitude),
    "focused_shielded_ratio": ("1", _focused_ratio),
}
"""Quantity -> unit and how a model answers."""
