"""Orifice flow and leaks against integrated equations, scipy's roots, printed numbers."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import integrate, optimize

from mmod.errors import InputError
from mmod.forensics.case import load_case
from mmod.forensics.leak_history import NO_ORIGIN, fit_to_hole, leak_history
from mmod.forensics.leaks import (
    Cabin,
    effective_area,
    effective_diameter,
    effective_diameter_of_flow,
    mass_flow,
    net_rate,
    open_hole_rate,
    pressure_rate,
    time_constant,
    time_constant_between,
    time_to_pressure,
)
from mmod.forensics.orifice import (
    AIR_GAS_CONSTANT,
    critical_ratio,
    flow_factor,
    liquid_flow,
    orifice_flow,
)
from mmod.units import DAY, HOUR, MBAR, MM, MMHG

STATION = Cabin((916.0, 916.0), (295.0, 295.0))


def fixed(value):
    return (value, value)


@pytest.mark.parametrize(
    ("unit", "discharge", "diameter_mm"),
    [
        ("mbar/h", 0.62, 1.44),
        ("mbar/h", 0.80, 1.27),
        ("mbar/h", 1.0, 1.13),
        ("mmHg/h", 0.62, 1.66),
        ("mmHg/h", 0.80, 1.46),
        ("mmHg/h", 1.0, 1.31),
    ],
)
def test_ms09_printed_diameters(unit, discharge, diameter_mm):
    rate = fixed(pressure_rate(0.8, unit))
    found = effective_diameter(rate, STATION, fixed(discharge))
    assert found.central / MM == pytest.approx(diameter_mm, abs=5e-3)
    assert found.low == pytest.approx(found.high)


def test_ms09_other_printed_numbers():
    hour = MBAR / HOUR
    low, high = (
        open_hole_rate(fixed(2.0 * MM), STATION, fixed(c)).central / hour
        for c in (0.62, 1.0)
    )
    assert (low, high) == pytest.approx((1.55, 2.49), abs=6e-3)
    rate = fixed(pressure_rate(0.8, "mbar/h"))
    area = effective_area(rate, STATION).central
    assert time_constant(916.0, area, 295.0) / DAY == pytest.approx(53, abs=0.5)
    mass = rate[0] * 916.0 / (AIR_GAS_CONSTANT * 295.0)
    assert mass * DAY == pytest.approx(20.8, abs=0.05)
    assert time_constant(916.0, 2.95e-6, 295.0) / DAY == pytest.approx(18.0, abs=0.1)
    tau = time_constant(916.0, 0.62 * math.pi * MM**2, 295.0)
    assert time_to_pressure(tau, 1013.0 / 650.0) / DAY == pytest.approx(12.1, abs=0.05)
    larger = effective_diameter(rate, Cabin(fixed(1000.0), fixed(295.0)), fixed(0.62))
    smaller = effective_diameter(rate, STATION, fixed(0.62))
    assert larger.central / smaller.central == pytest.approx(1.045, abs=5e-4)


def test_zvezda_printed_numbers():
    small = fixed(mass_flow(1.4, "kg/day"))
    large = fixed(mass_flow(3.7, "lb/day"))
    for flow, diameter in ((small, 0.37), (large, 0.41)):
        found = effective_diameter_of_flow(flow, STATION, fixed(0.62))
        assert found.central / MM == pytest.approx(diameter, abs=5e-3)
    fall = small[0] * AIR_GAS_CONSTANT * 295.0 / 916.0 * DAY / MMHG
    assert fall == pytest.approx(0.97, abs=5e-3)
    tau = time_constant_between(730.0, 678.0, 11.5 * HOUR)
    assert tau / HOUR == pytest.approx(155.6, abs=0.05)


def test_air_constants():
    assert flow_factor() == pytest.approx(0.684731, abs=5e-7)
    assert critical_ratio() == pytest.approx(0.5283, abs=5e-5)


def nozzle(upstream, downstream, temperature, area):
    """Isentropic nozzle through the throat's Mach number, solved for by scipy."""
    g = 1.4

    def pressure(mach):
        return (1 + 0.5 * (g - 1) * mach**2) ** (-g / (g - 1))

    mach = 1.0
    if downstream / upstream > pressure(1.0):
        mach = optimize.brentq(lambda m: pressure(m) - downstream / upstream, 0.0, 1.0)
    throat = temperature / (1 + 0.5 * (g - 1) * mach**2)
    density = upstream * pressure(mach) / (AIR_GAS_CONSTANT * throat)
    return density * area * mach * math.sqrt(g * AIR_GAS_CONSTANT * throat)


@pytest.mark.parametrize("ratio", [0.0, 0.3, 0.5282, 0.5284, 0.7, 0.95, 0.9999, 1.0])
def test_flow_against_the_nozzle_relation(ratio):
    flow = orifice_flow(1.2e5, ratio * 1.2e5, 300.0, 3e-6, 1.0)
    assert flow == pytest.approx(nozzle(1.2e5, ratio * 1.2e5, 300.0, 3e-6), rel=1e-9)


def test_flow_is_continuous_where_it_chokes():
    limit = critical_ratio()
    below, above = (
        orifice_flow(1e5, 1e5 * limit * f, 295.0, 1e-6, 0.7)
        for f in (1 - 1e-9, 1 + 1e-9)
    )
    assert below == pytest.approx(above, rel=1e-12)
    assert orifice_flow(0.0, 0.0, 295.0, 1e-6, 0.7) == 0.0


@pytest.mark.parametrize("adiabatic", [False, True])
def test_times_against_the_integrated_equation(adiabatic):
    volume, temperature, area, discharge = 60.0, 300.0, 2e-5, 0.8
    first, last, g = 1.0e5, 0.4e5, 1.4

    def slope(_, state):
        pressure, heat = state
        flow = orifice_flow(pressure, 0.0, heat, area, discharge)
        mass = pressure * volume / (AIR_GAS_CONSTANT * heat)
        if adiabatic:
            return [-g * pressure * flow / mass, -(g - 1) * heat * flow / mass]
        return [-pressure * flow / mass, 0.0]

    def reached(_, state):
        return state[0] - last

    reached.terminal = True
    done = integrate.solve_ivp(
        slope, (0.0, 1e6), [first, temperature], events=reached, rtol=1e-10, atol=1e-6
    )
    tau = time_constant(volume, discharge * area, temperature)
    found = time_to_pressure(tau, first / last, adiabatic=adiabatic)
    assert found == pytest.approx(done.t_events[0][0], rel=1e-7)
    # the wrong limit misses by far
    other = time_to_pressure(tau, first / last, adiabatic=not adiabatic)
    assert other != pytest.approx(done.t_events[0][0], rel=0.05)


def test_liquid():
    assert liquid_flow(2e5, 1000.0, 1e-6, 0.6) == pytest.approx(0.6e-6 * math.sqrt(4e8))


def test_corners_hold_every_combination():
    generator = np.random.Generator(np.random.Philox(key=9))
    cabin = Cabin((900.0, 1000.0), (290.0, 300.0), (9.8e4, 1.02e5))
    rate = (0.02, 0.025)
    found = effective_diameter(rate, cabin)
    for u in generator.random((300, 5)):
        ends = [
            (a + (b - a) * x)
            for (a, b), x in zip(
                (rate, cabin.volume, cabin.temperature, cabin.pressure, (0.6, 0.85)),
                u,
                strict=True,
            )
        ]
        one = Cabin(fixed(ends[1]), fixed(ends[2]), fixed(ends[3]))
        d = effective_diameter(fixed(ends[0]), one, fixed(ends[4])).central
        assert found.low <= d <= found.high
        back = open_hole_rate(fixed(d), one, fixed(ends[4])).central
        assert back == pytest.approx(ends[0])


@pytest.mark.parametrize(
    "unit", ["", "mbar", "h", "mmhg/h", "torr/h", "mbar/hour", None]
)
def test_a_bare_or_unknown_unit_is_refused(unit):
    with pytest.raises(InputError, match="mbar/h"):
        pressure_rate(0.8, unit)


def test_units_are_not_confused():
    assert pressure_rate(0.8, "mmHg/h") / pressure_rate(0.8, "mbar/h") == pytest.approx(
        1.333224
    )
    with pytest.raises(TypeError):
        pressure_rate(0.8)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), True])
def test_bad_rates_are_refused(value):
    with pytest.raises(InputError):
        pressure_rate(value, "mbar/h")
    with pytest.raises(InputError):
        mass_flow(value, "kg/day")


@pytest.mark.parametrize(
    "call",
    [
        lambda: orifice_flow(1e5, 2e5, 295.0, 1e-6, 0.7),
        lambda: orifice_flow(1e5, 0.0, -295.0, 1e-6, 0.7),
        lambda: orifice_flow(1e5, 0.0, 295.0, 1e-6, 1.7),
        lambda: orifice_flow(float("nan"), 0.0, 295.0, 1e-6, 0.7),
        lambda: liquid_flow(-1.0, 1000.0, 1e-6, 0.6),
        lambda: flow_factor(1.0),
        lambda: time_constant(0.0, 1e-6, 295.0),
        lambda: time_to_pressure(10.0, 0.5),
        lambda: time_constant_between(600.0, 700.0, 1.0),
        lambda: effective_diameter((0.0, 1.0), STATION),
        lambda: effective_diameter((2.0, 1.0), STATION),
        lambda: effective_diameter((1.0, 1.0), STATION, (0.6, 1.1)),
        lambda: effective_diameter_of_flow((-1.0, 1.0), STATION),
        lambda: open_hole_rate((0.0, 1e-3), STATION),
    ],
)
def test_bad_arguments_are_refused(call):
    with pytest.raises(InputError):
        call()


def test_a_cabin_says_all_that_is_wrong():
    with pytest.raises(InputError) as caught:
        Cabin((-1.0, 2.0), (300.0, 290.0), (0.0, 1.0))
    assert [p.key for p in caught.value.problems] == [
        "volume",
        "temperature",
        "pressure",
    ]


def test_background_is_subtracted_and_make_up_added():
    assert net_rate((0.03, 0.04), (0.001, 0.002), (0.01, 0.01)) == pytest.approx(
        (0.038, 0.049)
    )
    with pytest.raises(InputError, match="no leak is left"):
        net_rate((0.03, 0.04), (0.03, 0.05))
    with pytest.raises(InputError):
        net_rate((0.03, 0.04), (-0.03, 0.05))


def test_leak_beside_the_hole():
    rate = fixed(pressure_rate(0.8, "mbar/h"))
    fit = fit_to_hole(rate, fixed(2.0 * MM), STATION, (0.62, 1.0))
    assert fit.open_share == pytest.approx((0.32, 0.52), abs=5e-3)
    assert fit.fits
    assert NO_ORIGIN in fit.sentence
    assert not fit_to_hole(fixed(10 * rate[0]), fixed(2.0 * MM), STATION).fits


def day(month):
    return datetime(2024, month, 1, tzinfo=UTC)


def test_growth_is_told_from_steadiness():
    grows = leak_history([(day(4), (3.65, 3.75)), (day(2), (2.35, 2.45))])
    assert (grows.kind, grows.route) == ("growing", "crack")
    assert grows.growth == pytest.approx((3.65 / 2.45, 3.75 / 2.35))
    steady = leak_history([(day(2), (2.35, 2.45)), (day(4), (2.4, 2.5))], "sudden")
    assert (steady.kind, steady.route) == ("steady", "")
    wide = leak_history([(day(2), (1.0, 3.0)), (day(4), (2.0, 6.0))])
    assert (wide.kind, wide.route) == ("unclear", "")
    falls = leak_history([(day(2), (3.0, 3.1)), (day(4), (1.0, 1.1))])
    assert falls.kind != "growing"
    # a patch that fails: the flow is back, and no larger than it was
    back = leak_history(
        [(day(1), (1.0, 1.1)), (day(2), (0.2, 0.2)), (day(4), (0.9, 0.9))]
    )
    assert (back.kind, back.route) == ("unclear", "")
    beyond = leak_history(
        [(day(1), (1.0, 1.1)), (day(2), (0.2, 0.2)), (day(4), (1.2, 1.3))]
    )
    assert beyond.kind == "growing"
    assert leak_history([]).kind == "unclear"
    with pytest.raises(InputError):
        leak_history([(day(2), (0.0, 1.0))])


def records(name):
    leak = load_case(name).leak
    assert leak is not None
    flows = [(f.date, tuple(mass_flow(v, f.unit) for v in f.flow)) for f in leak.flow]
    return leak, leak_history(flows, leak.onset)


def test_prk_is_routed_to_a_crack():
    leak, history = records("zvezda_prk")
    assert (history.kind, history.route) == ("growing", "crack")
    assert (
        leak.rate is None
    )  # a volume is known of the station only: no diameter of PrK


def test_ms09_leak_agrees_and_points_nowhere():
    leak, history = records("ms09")
    assert history.route == ""
    low, high = (pressure_rate(v, leak.rate_unit) for v in leak.rate)
    cabin = Cabin(leak.volume_m3, leak.temperature_kelvin)
    fit = fit_to_hole((low, high), load_case("ms09").size.diameter, cabin)
    assert fit.fits
    assert 1.1 < fit.diameter.low / MM < fit.diameter.high / MM < 1.6
