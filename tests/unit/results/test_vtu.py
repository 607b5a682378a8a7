"""The VTU export, read back with meshio."""

from __future__ import annotations

import numpy as np
import pytest
from unit.results import synthetic

from mmod.errors import InputError
from mmod.results import build


@pytest.fixture(scope="module")
def tree():
    return build(synthetic.outcome())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of meshio
def test_vtu_reads_back(tree, tmp_path):
    meshio = pytest.importorskip("meshio")
    read = meshio.read(tree.mmod.to_vtu(tmp_path / "a.vtu"))
    nodes = np.stack([tree[f"mesh_node_{a}"].values for a in "xyz"], axis=1)
    assert (read.points == nodes).all()
    assert (read.cells_dict["triangle"] == tree["mesh_face_nodes"].values).all()
    cells = {k: v[0] for k, v in read.cell_data.items()}
    expected = tree["expected"].sel(environment="total", damage="penetration").values
    assert np.array_equal(cells["expected_penetration"], expected, equal_nan=True)
    one = tree["expected"].sel(environment="total", damage="impact>=0.1mm").values
    assert (cells["expected_impact_ge_0p1mm"] == one).all()
    per_area = cells["expected_impact_ge_0p1mm_per_m2"] * cells["area_m2"]
    assert per_area == pytest.approx(one)
    assert (cells["zone"] == tree["zone_index"].values).all()


def test_bad_vtu_is_refused(tree, tmp_path):
    for path, environment in ((tmp_path / "a.stl", "total"), (tmp_path / "a.vtu", "x")):
        with pytest.raises(InputError):
            tree.mmod.to_vtu(path, environment)
    assert not list(tmp_path.iterdir())
