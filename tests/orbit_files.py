"""Two-body orbits, and element sets and ephemeris messages written from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from mmod.constants import EARTH_GM, EARTH_RADIUS

# Published verification case 06251 (DELTA 1 DEB, near earth, normal drag) and states
# in TEME [km, km/s]: Vallado et al., AIAA 2006-6753, files SGP4-VER.TLE, tcppver.out.
DELTA_DEBRIS = (
    "1 06251U 62025E   06176.82412014  .00008885  00000-0  12808-3 0  3985",
    "2 06251  58.0579  54.0425 0030035 139.1568 221.1854 15.56387291  6774",
)
DELTA_EPOCH = datetime(2006, 6, 25, 19, 46, 43, 980096, tzinfo=UTC)
DELTA_STATES = {
    0.0: (
        (3988.31022699, 5498.96657235, 0.90055879),
        (-3.290032738, 2.357652820, 6.496623475),
    ),
    120.0: (
        (-3935.69800083, 409.10980837, 5471.33577327),
        (-3.374784183, -6.635211043, -1.942056221),
    ),
    1440.0: (
        (-2777.14682335, -5663.16031708, -2462.54889123),
        (4.915493146, 0.123328992, -5.896495091),
    ),
}


def kepler(seconds, *, perigee, apogee, inclination, node, argument=0.0, anomaly=0.0):
    """Return states (n, 3) of a two-body orbit; altitudes [m], angles [rad]."""
    low, high = EARTH_RADIUS + perigee, EARTH_RADIUS + apogee
    a, e = 0.5 * (low + high), (high - low) / (high + low)
    mean = anomaly + np.sqrt(EARTH_GM / a**3) * np.asarray(seconds, dtype=float)
    x = mean.copy()
    for _ in range(60):
        x = x - (x - e * np.sin(x) - mean) / (1.0 - e * np.cos(x))
    p = np.array([np.cos(node), np.sin(node), 0.0])
    tilt = np.array(
        [
            -np.sin(node) * np.cos(inclination),
            np.cos(node) * np.cos(inclination),
            np.sin(inclination),
        ]
    )
    first = np.cos(argument) * p + np.sin(argument) * tilt
    second = -np.sin(argument) * p + np.cos(argument) * tilt
    b = np.sqrt(1.0 - e**2)
    rate = np.sqrt(EARTH_GM / a**3) / (1.0 - e * np.cos(x))
    r = a * (np.outer(np.cos(x) - e, first) + np.outer(b * np.sin(x), second))
    v = (a * rate)[:, None] * (
        np.outer(-np.sin(x), first) + np.outer(b * np.cos(x), second)
    )
    return r, v


def oem_text(
    start: datetime,
    end: datetime,
    *,
    step=240.0,
    frame="TEME",
    system="UTC",
    extra="",
    turn=None,
    offset=0.0,
    **orbit,
):
    """Return an OEM of a two-body orbit; `turn` (3, 3) turns its vectors."""
    count = int(np.ceil((end - start).total_seconds() / step)) + 1
    times = np.linspace(0.0, (end - start).total_seconds(), count)
    r, v = kepler(times, **orbit)
    if turn is not None:
        r, v = r @ turn.T, v @ turn.T
    stamps = [
        (start + timedelta(seconds=float(t) + offset)).strftime("%Y-%m-%dT%H:%M:%S.%f")
        for t in times
    ]
    rows = [
        " ".join([stamp, *(f"{x:.9f}" for x in (*a / 1e3, *b / 1e3))])
        for stamp, a, b in zip(stamps, r, v, strict=True)
    ]
    head = [
        "CCSDS_OEM_VERS = 2.0",
        "CREATION_DATE = 2020-01-01T00:00:00",
        "ORIGINATOR = TEST",
        "",
        "META_START",
        "OBJECT_NAME = TEST",
        "OBJECT_ID = 2000-000A",
        "CENTER_NAME = EARTH",
        f"REF_FRAME = {frame}",
        f"TIME_SYSTEM = {system}",
        f"START_TIME = {stamps[0]}",
        f"STOP_TIME = {stamps[-1]}",
        *([extra] if extra else []),
        "META_STOP",
        "COMMENT made by the tests",
    ]
    return "\n".join([*head, *rows, ""])


def with_checksum(line: str) -> str:
    """Return a line of an element set with the right checksum in column 69."""
    total = sum(int(c) if c.isdigit() else c == "-" for c in line[:68])
    return line[:68] + str(total % 10)


def tle_lines(
    epoch: datetime,
    *,
    perigee=400e3,
    apogee=400e3,
    inclination=51.64,
    node=0.0,
    catalogue=99999,
):
    """Return both lines of a synthetic element set; altitudes [m], angles [deg]."""
    low, high = EARTH_RADIUS + perigee, EARTH_RADIUS + apogee
    a, e = 0.5 * (low + high), (high - low) / (high + low)
    motion = 86400.0 / (2.0 * np.pi * np.sqrt(a**3 / EARTH_GM))
    year = datetime(epoch.year, 1, 1, tzinfo=UTC)
    day = (epoch - year).total_seconds() / 86400.0 + 1.0
    first = (
        f"1 {catalogue:05d}U 00000A   {epoch.year % 100:02d}{day:012.8f}"
        "  .00000000  00000-0  00000-0 0    1"
    )
    second = (
        f"2 {catalogue:05d} {inclination:8.4f} {node:8.4f} {round(e * 1e7):07d}"
        f" {0.0:8.4f} {0.0:8.4f} {motion:11.8f}    1"
    )
    return with_checksum(first), with_checksum(second)
