"""``tree.mmod``: tables, pictures, export and merging of a result."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mmod.results import risk
from mmod.results.layout import Row
from mmod.results.merge import merge
from mmod.results.outcome import PENETRATION
from mmod.results.schema import group
from mmod.results.table import Order, RiskTable, make_table
from mmod.results.text import report

_PLOTTER = "mmod.plot"
"""Module that draws; imported when a picture is asked for."""


@xr.register_datatree_accessor("mmod")  # type: ignore[no-untyped-call,unused-ignore]
class MmodAccessor:
    """What can be asked of a result tree, as ``tree.mmod``.

    Parameters
    ----------
    tree : xarray.DataTree
        A result of `mmod.run` or `mmod.open_results`.
    """

    def __init__(self, tree: xr.DataTree) -> None:
        self._tree = tree

    def zones(self, environment: str = "total", order: Order = "risk") -> RiskTable:
        """Return the table of zones: area, impacts, penetrations, PNP, drivers.

        Parameters
        ----------
        environment : str
            Label of `environment`.
        order : {"risk", "module", "file"}
            Order of the rows.

        Returns
        -------
        RiskTable
            Rows with numbers in SI; ``str()`` gives aligned text.

        Raises
        ------
        InputError
            When the environment or the order is unknown.
        """
        return make_table(self._tree, by="zone", environment=environment, order=order)

    def modules(self, environment: str = "total", order: Order = "risk") -> RiskTable:
        """Return the table of modules: their zones summed.

        Parameters
        ----------
        environment : str
            Label of `environment`.
        order : {"risk", "module", "file"}
            Order of the rows.

        Returns
        -------
        RiskTable
            Errors in quadrature, intervals with Satterthwaite's degrees of freedom.

        Raises
        ------
        InputError
            When the environment or the order is unknown.
        """
        return make_table(self._tree, by="module", environment=environment, order=order)

    def total(self, environment: str = "total") -> Row:
        """Return the totals row: the whole vehicle, numbers in SI.

        Parameters
        ----------
        environment : str
            Label of `environment`.

        Returns
        -------
        dict
            The keys are those of a row of `RiskTable`, with their units.

        Raises
        ------
        InputError
            When the environment is unknown.
        """
        return self.modules(environment).total

    def share(self, environment: str = "total") -> dict[str, float]:
        """Return each module's share of the expected penetrations.

        Parameters
        ----------
        environment : str
            Label of `environment`.

        Returns
        -------
        dict
            Module -> share [1], NaN where nothing penetrates; modules without a
            failure criterion have 0.

        Raises
        ------
        InputError
            When the environment is unknown.
        """
        return risk.share(self._tree, environment)

    def report(self, **options: Any) -> str:
        """Return the report as text: heading, tables, totals by environment.

        Parameters
        ----------
        **options
            Options of `mmod.results.text.report`: ``all``, ``order``, ``by``,
            ``environment``, ``width``.

        Returns
        -------
        str
            Lines without a trailing newline.

        Raises
        ------
        InputError
            When the environment or the order is unknown.
        """
        return report(self._tree, **options)

    def plot(
        self,
        quantity: str = "penetration_flux",
        file: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Any:
        """Draw a picture of the result.

        Parameters
        ----------
        quantity : str
            What to draw; `mmod.plot` lists what it knows.
        file : path, optional
            PNG to write; without it the image is returned.
        **options
            Options of the function that draws, e.g. ``environment``, ``camera``.

        Returns
        -------
        Path or ndarray
            The file, or the image of shape (height, width, 3).

        Raises
        ------
        InputError
            When the quantity or an option is unknown, or nothing that draws is
            installed.
        """
        draw = importlib.import_module(_PLOTTER).draw
        return draw(self._tree, quantity, file=file, **options)

    def to_vtu(self, path: str | os.PathLike[str], environment: str = "total") -> Path:
        """Write mesh and face results as VTU, for ParaView or pyvista.

        Parameters
        ----------
        path : path
            File to write.
        environment : str
            Environment of the numbers.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        InputError
            When the environment is unknown, the name does not end in ``.vtu`` or the
            file cannot be written.

        Notes
        -----
        Expected numbers per face over the exposure, their standard errors, and per
        square metre; body frame, metres; areas count both sides of panels.
        """
        from mmod.geometry.mesh import Mesh
        from mmod.geometry.writers import write_vtu
        from mmod.results.io import check_writable

        target = check_writable(path)
        root = group(self._tree, "/")
        risk.check_label(root, "environment", environment)
        part = root.sel(environment=environment)
        two_sided = root["two_sided"].values
        mesh = Mesh(
            vertices=np.stack([root[f"mesh_node_{a}"].values for a in "xyz"], axis=1),
            triangles=root["mesh_face_nodes"].values,
            face_zone=root["zone_index"].values,
            face_solid=two_sided.astype(np.int32),
            solid_name=["closed", "panel"],
            solid_solidity=np.ones(2),
            solid_is_panel=np.array([False, True]),
            solid_is_thin=np.zeros(2, dtype=np.bool_),
        )
        cells: dict[str, Any] = {
            "area_m2": root["area"].values,
            "exposed_area_m2": root["exposed_area"].values,
            "exposed_area_stderr_m2": root["exposed_area_stderr"].values,
            "normal": root["normal"].values,
        }
        for label in root["damage"].values:
            one = part.sel(damage=label)
            name = _cell_name(str(label))
            cells[name] = one["expected"].values
            cells[f"{name}_stderr"] = one["expected_stderr"].values
            cells[f"{name}_per_m2"] = one["expected"].values / root["area"].values
        cells["probability_of_penetration"] = (
            part["probability"].sel(damage=PENETRATION).values
        )
        return write_vtu(target, mesh, cells)

    def merge(self, *others: xr.DataTree) -> xr.DataTree:
        """Return this result merged with others of the same configuration.

        Parameters
        ----------
        *others : xarray.DataTree
            Results with other seeds or replicates.

        Returns
        -------
        xarray.DataTree
            See `mmod.results.merge.merge`.

        Raises
        ------
        InputError
            When they cannot be merged.
        """
        return merge([self._tree, *others])


def _cell_name(label: str) -> str:
    """Return a damage label without characters that file formats dislike."""
    return "expected_" + label.replace(">=", "_ge_").replace(".", "p")
