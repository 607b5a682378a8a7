"""One-dimensional MASTER spectra: columns are found by name, sums must agree."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from environment_files import model_table, total_flux, write_spectrum

from mmod.constants import YEAR
from mmod.errors import InputError
from mmod.flux.readers import master_spectrum

TABLE = model_table("nasa91")
EDGES = np.geomspace(1e-4, 1e-1, 13)


def read(path: Path, convention: str = "cross_section") -> object:
    return master_spectrum.read(path, area_convention=convention)


@pytest.mark.parametrize(
    "order",
    [
        ("lower", "upper", "Fragments", "NaK", "Total"),
        ("Total", "NaK", "Fragments", "lower", "upper"),
        ("middle", "Fragments", "NaK", "Total"),
    ],
)
def test_sizes_come_back_in_any_order_of_columns(
    order: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "orbit_d.dia"
    write_spectrum(path, TABLE, order=order)
    found = read(path)
    flux = total_flux(TABLE, EDGES)
    np.testing.assert_allclose(found.total, flux[:-1] - flux[1:], rtol=1e-5)
    np.testing.assert_allclose(found.flux["NaK"], 0.25 * found.total, rtol=1e-5)
    assert set(found.flux) == {"Fragments", "NaK"}
    assert found.total_flux == pytest.approx(flux[0] - flux[-1], rel=1e-5)
    assert (found.quantity, found.form) == ("diameter", "differential")
    if "lower" in order:
        np.testing.assert_allclose(found.lower, EDGES[:-1], rtol=1e-5)
        np.testing.assert_allclose(found.upper, EDGES[1:], rtol=1e-5)
        assert found.position == "bin"
    else:
        assert found.position == "middle"
        assert found.lower is None


def test_cumulative_speed_and_area_convention(tmp_path: Path) -> None:
    path = tmp_path / "orbit_c.dia"
    write_spectrum(path, TABLE)
    found = read(path, "tumbling_surface")
    flux = total_flux(TABLE, EDGES)
    np.testing.assert_allclose(found.total, 4.0 * flux[:-1], rtol=1e-5)
    assert found.form == "cumulative"
    path = tmp_path / "orbit_d.vel"
    write_spectrum(path, TABLE, edges=np.arange(0.0, 17.0))
    speeds = read(path)
    assert speeds.quantity == "speed"
    assert speeds.upper[-1] == pytest.approx(16e3)
    assert speeds.total.sum() == pytest.approx(flux[0], rel=1e-5)
    mean = np.sum(speeds.values * speeds.total) / speeds.total.sum()
    assert mean == pytest.approx(10.8e3, rel=0.01)
    # planted: rows per second instead of per year do not fit the footer
    write_spectrum(path, TABLE, edges=np.arange(0.0, 17.0), factor=1 / YEAR, footer=1.0)
    with pytest.raises(InputError, match="from the rows"):
        read(path)


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"title": "Fragments NaK Total"}, "names all 5 columns"),
        ({"title": "lower upper Fragments NaK Total"}, "names all 5 columns"),
        ({"title": "Dia_lower Dia_upper Fragments NaK Sum"}, "one column named Total"),
        ({"title": "Dia_lower Dia_upper Total NaK Fragments"}, "sum of the sources"),
        ({"title": "Dia_upper Dia_lower A B Total"}, "lower and upper edge"),
        ({"title": "Dia_lower Dia_upper A A Total"}, "every name once"),
        ({"title": "Dia_lower[mm] Dia_upper[mm] A B Total"}, "m and 1/m"),
        ({"title": "Dia_lower Dia_upper A B Total [1/m^2/s]"}, "m and 1/m"),
        ({"footer": 1.01}, "from the rows"),
        ({"footer": 4.0}, "from the rows"),
        ({"factor": -1.0, "footer": 1.0}, "a flux >= 0"),
    ],
)
def test_nothing_is_guessed(kwargs: dict, match: str, tmp_path: Path) -> None:
    path = tmp_path / "orbit_d.dia"
    write_spectrum(path, TABLE, **kwargs)
    with pytest.raises(InputError, match=match):
        read(path)


def test_names_and_contents_of_files(tmp_path: Path) -> None:
    path = tmp_path / "orbit_d.dia"
    write_spectrum(path, TABLE)
    text = path.read_text(encoding="ascii")
    lines = text.splitlines(keepends=True)
    for wrong, match in (
        (text[: text.index("# Total")], "cut off"),
        (text[: len(text) // 2], "5 numbers"),
        ("".join(lines[3:]), "names all"),
        ("".join([*lines[:2], *lines[:1:-1]]), "not rising"),
        (text.replace("D-0", "nan", 1), "finite number"),
        ("# nothing\n", "rows of numbers"),
        (text + lines[-1], "one line with the total"),
    ):
        path.write_text(wrong, encoding="ascii")
        with pytest.raises(InputError, match=match):
            read(path)
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(InputError, match="gzip"):
        read(path)
    for name, match in (
        ("orbit_d.xyz", "extension"),
        ("orbit.dia", "_d or _c"),
        ("orbit_c.vel", "differential"),
        ("orbit_d.vel", "names all"),
    ):
        other = tmp_path / name
        other.write_text(text, encoding="ascii")
        with pytest.raises(InputError, match=match):
            read(other)
    with pytest.raises(InputError, match="area_convention"):
        read(path, "both")
    path.write_text(text, encoding="ascii")
    with pytest.raises(InputError, match="as the name of the file says"):
        master_spectrum.read(path, area_convention="cross_section", form="cumulative")
