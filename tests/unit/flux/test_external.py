"""Cards of external files: what they must say, and where they hold."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from ordem_files import SIZES, STATE, nasa91_case, write_card, write_case

from mmod.errors import InputError
from mmod.flux import FluxModel, load_flux
from mmod.flux.external import FORMATS, ExternalModel, file_digest, split_bins
from mmod.flux.quadrature import face_sums, face_sums_of_model
from mmod.library import sha256

NORMALS = np.vstack([np.eye(3), -np.eye(3)])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(tmp_path_factory.mktemp("ordem"), nasa91_case())


@pytest.fixture
def card(files: Path, tmp_path: Path) -> Path:
    return write_card(tmp_path / "mine", files)


def spoilt(card: Path, old: str, new: str) -> Path:
    text = card.read_text()
    assert old in text
    card.write_text(text.replace(old, new))
    return card


def refusal(card: Path) -> dict[str, str]:
    with pytest.raises(InputError) as error:
        load_flux(str(card))
    return {p.key: f"{p.value!r}: {p.expected}" for p in error.value.problems}


def test_model_of_a_card(card: Path, files: Path) -> None:
    model = load_flux(str(card))
    assert isinstance(model, ExternalModel)
    assert model.name == "mine"
    names = {Path(path).name for path in model.sources}
    assert names == {"model.toml", *(p.name for p in files.iterdir())}
    for path, digest in model.sources.items():
        assert sha256(Path(path)) == file_digest(Path(path)) == digest
    codes = {flag.code for flag in model.validity(STATE)}
    assert codes == {"ordem-marginals", "ordem-density", "ordem-azimuth-sign"}
    assert model.density(SIZES) == pytest.approx(2800.0)
    outside = model.cumulative([1e-6, 1e-5, 1.0, 2.0, 20.0], STATE)
    assert outside[0] == outside[1]  # no particle below the sizes of the file
    assert np.all(np.diff(outside[1:]) < 0.0)


def test_table_and_faces(card: Path) -> None:
    model: FluxModel = load_flux(str(card))
    table = model.threats(STATE)
    flux = model.cumulative(SIZES, STATE)
    sums = face_sums(table, NORMALS, SIZES)
    truth = face_sums_of_model(model, STATE, NORMALS, SIZES)
    np.testing.assert_allclose(sums, truth, rtol=1e-3, atol=1e-20)
    halved = face_sums(model.threats(STATE, refine=2), NORMALS, SIZES)
    np.testing.assert_allclose(sums, halved, rtol=1e-3, atol=1e-20)
    from mmod.flux.table import curve_flux

    np.testing.assert_allclose(curve_flux(table, SIZES).sum(axis=0), flux, rtol=1e-12)


def test_tumbling_surface_is_four_times(card: Path) -> None:
    flux = load_flux(str(card)).cumulative(SIZES, STATE)
    spoilt(card, "cross_section", "tumbling_surface")
    model = load_flux(str(card))
    assert isinstance(model, ExternalModel)
    np.testing.assert_allclose(model.cumulative(SIZES, STATE), 4.0 * flux)
    own = FORMATS["ordem3"].read(card.parent / model.card.path)
    assert own.sigma is not None
    assert model.environment.sigma is not None
    np.testing.assert_allclose(model.environment.sigma.upper, 4.0 * own.sigma.upper)


@pytest.mark.parametrize(
    "change, key, tolerance",
    [
        ({"altitude": 580e3}, "altitude_km", "altitude_km = 31"),
        ({"inclination": 0.87}, "inclination_deg", "inclination_deg = 3"),
        ({"epoch": 2026.0}, "epoch_year", "epoch_year = 2"),
    ],
)
def test_another_orbit_or_year(
    card: Path, change: dict[str, float], key: str, tolerance: str
) -> None:
    far = dataclasses.replace(STATE, accept_extrapolation=False, **change)
    near = dataclasses.replace(STATE, accept_extrapolation=False)
    model = load_flux(str(card))
    assert not any("extrapolated" in f.code for f in model.validity(near))
    with pytest.raises(InputError, match=f"{key}.*the files state") as error:
        model.threats(far)
    assert len(error.value.problems) == 1
    accepted = dataclasses.replace(far, accept_extrapolation=True)
    assert f"extrapolated-{key}" in {f.code for f in model.validity(accepted)}
    with card.open("a") as handle:
        handle.write(f"[tolerance]\n{tolerance}\n")
    assert not any("extrapolated" in f.code for f in load_flux(str(card)).validity(far))


def test_card_must_name_format_path_and_source(card: Path) -> None:
    text = card.read_text()
    for key in ("format", "path", "how_to_get"):
        lines = [line for line in text.splitlines() if not line.startswith(key)]
        card.write_text("\n".join(lines))
        assert key in "".join(refusal(card).values())
    card.write_text(text.replace('family = "external"', 'family = "nasa91"'))
    assert "only external models have" in "".join(refusal(card).values())


def test_card_that_contradicts_the_files(card: Path) -> None:
    spoilt(card, 'kind = "debris"', 'kind = "meteoroid"')
    assert refusal(card) == {"kind": "'meteoroid': 'debris'"}


def test_unknown_format_and_missing_files(card: Path) -> None:
    text = card.read_text()
    spoilt(card, "ordem3", "ordem9")
    assert "ordem3" in refusal(card)["format"]
    card.write_text(text.replace('path = "', 'path = "/nowhere'))
    assert "Debris Program Office" in refusal(card)["path"]


def test_options_go_to_the_reader(card: Path) -> None:
    with card.open("a") as handle:
        handle.write(
            "[options.density_kg_m3]\ndescription = 'all'\ndefault = 2800.0\n"
            "minimum = 10.0\nmaximum = 20000.0\nunit = 'kg/m3'\n"
        )
    assert load_flux(str(card), density_kg_m3=1000.0).density(1e-3) == pytest.approx(
        1000.0
    )
    with card.open("a") as handle:
        handle.write("[options.colour]\ndescription = 'x'\nchoices = ['red']\n")
    assert "density_kg_m3" in refusal(card)["options.colour"]


def test_bins_split_evenly(card: Path) -> None:
    model = load_flux(str(card))
    assert isinstance(model, ExternalModel)
    bins = model.environment.bins
    fine = split_bins(bins, 3)
    assert fine.weight.size == 9 * bins.weight.size  # no width in elevation
    assert fine.weight.sum() == pytest.approx(bins.weight.sum())
    assert fine.azimuth_upper.max() == bins.azimuth_upper.max()
    area = (fine.azimuth_upper - fine.azimuth_lower) * (
        fine.speed_upper - fine.speed_lower
    )
    whole = (bins.azimuth_upper - bins.azimuth_lower) * (
        bins.speed_upper - bins.speed_lower
    )
    assert area.sum() == pytest.approx(whole.sum())
