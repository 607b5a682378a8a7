"""Judge a mesh: closed, outward, without degenerate or doubled faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.geometry.coincidence import coincidence
from mmod.geometry.mesh import Mesh

if TYPE_CHECKING:
    from mmod.geometry.vehicle import Vehicle

IntArray = NDArray[np.int64]

DEGENERATE = 1e-10
"""A face is degenerate when its area is below this times its longest edge squared."""
_NAMED = 3  # faces named in one message


@dataclass(frozen=True, eq=False)
class MeshReport:
    """What `check_mesh` found; faces are indices into ``mesh.triangles``.

    Parameters
    ----------
    n_faces, n_vertices, n_solids, n_panels, n_zones : int
        Sizes; solids are the closed ones.
    n_normals : int
        Distinct (bit-identical) normals.
    area, volume : float
        One side of all faces [m2]; sum over closed solids, overlaps counted twice
        [m3].
    degenerate_faces, duplicate_faces, flipped_faces, open_faces : array
        Zero-area faces; second and later copies; faces turned against their
        neighbours; faces beside a hole.
    inverted_solids : list of str
        Closed solids whose normals point inwards.
    empty_zones : list of str
        Zones that no face refers to.
    coincident_faces : array
        Faces that lie on a face of another part and can be hit: counted twice.
    problems : list of Problem
        All of it in words; empty for a sound mesh.
    flags : list of str
        What is not refused: parts of which some faces coincide, and over which area.
    """

    n_faces: int
    n_vertices: int
    n_solids: int
    n_panels: int
    n_zones: int
    n_normals: int
    area: float
    volume: float
    degenerate_faces: IntArray
    duplicate_faces: IntArray
    flipped_faces: IntArray
    open_faces: IntArray
    inverted_solids: list[str]
    empty_zones: list[str]
    coincident_faces: IntArray
    problems: list[Problem]
    flags: list[str]

    @property
    def ok(self) -> bool:
        """True when nothing was found."""
        return not self.problems

    @property
    def watertight(self) -> bool:
        """True when every closed solid is closed."""
        return self.open_faces.size == 0

    def raise_if_bad(self) -> None:
        """Raise `InputError` with every problem, if there is one.

        Raises
        ------
        InputError
            When the mesh is not sound.
        """
        if self.problems:
            raise InputError(self.problems)


def check_mesh(
    vehicle: Vehicle | Mesh, zone_names: list[str] | None = None
) -> MeshReport:
    """Check a vehicle's mesh.

    Parameters
    ----------
    vehicle : Vehicle or Mesh
        What to check.
    zone_names : list of str, optional
        Names of the zones when a bare mesh is given.

    Returns
    -------
    MeshReport
        Findings; call ``raise_if_bad`` to refuse a bad mesh.

    Notes
    -----
    Every closed solid must be a set of closed, consistently oriented surfaces, each
    with positive signed volume. An edge is met once in either direction; vertices at
    the same place but with other numbers are not joined (readers join them). Panels
    are checked for degenerate and duplicated faces alone. That rays meet no back face
    first is a matter of overlapping solids and is measured by the engine.

    Parts may overlap, but where faces of two of them coincide, neither shadows the
    other and both are hit in full. A part of which every face does so is refused as
    doubled; less than that is flagged. See `mmod.geometry.coincidence.coincidence`.
    """
    if isinstance(vehicle, Mesh):
        mesh, source = vehicle, "mesh"
        names = zone_names or [
            f"zone {i}" for i in range(int(mesh.face_zone.max()) + 1)
        ]
    else:
        mesh, source = vehicle.mesh, str(vehicle.card)
        names = [zone.name for zone in vehicle.zones]
    return _Check(mesh, source, names).report()


class _Check:
    def __init__(self, mesh: Mesh, source: str, zone_names: list[str]) -> None:
        self.mesh, self.source, self.zone_names = mesh, source, zone_names
        self.problems: list[Problem] = []
        self.flags: list[str] = []

    def report(self) -> MeshReport:
        mesh = self.mesh
        degenerate = self._degenerate()
        duplicate = self._duplicate()
        flipped, opened = self._edges(duplicate)
        inverted = self._inverted(flipped.size == 0 and opened.size == 0)
        used = np.zeros(len(self.zone_names), dtype=bool)
        unknown = mesh.face_zone >= len(used)
        self._name("unknown zone", np.flatnonzero(unknown), "a zone of the vehicle")
        used[mesh.face_zone[~unknown]] = True
        empty = [
            name for name, seen in zip(self.zone_names, used, strict=True) if not seen
        ]
        for name in empty:
            self._add("unreferenced zone", name, "at least one face in every zone")
        coincident = self._coincident()
        return MeshReport(
            n_faces=mesh.n_faces,
            n_vertices=len(mesh.vertices),
            n_solids=int((~mesh.solid_is_panel).sum()),
            n_panels=int(mesh.solid_is_panel.sum()),
            n_zones=len(self.zone_names),
            n_normals=len(np.unique(mesh.normals.view("V24"))),
            area=float(mesh.areas.sum()),
            volume=float(mesh.solid_volumes().sum()),
            degenerate_faces=degenerate,
            duplicate_faces=duplicate,
            flipped_faces=flipped,
            open_faces=opened,
            inverted_solids=inverted,
            empty_zones=empty,
            coincident_faces=coincident,
            problems=self.problems,
            flags=self.flags,
        )

    def _add(self, key: str, value: object, expected: str) -> None:
        self.problems.append(Problem(self.source, key, value, expected))

    def _name(self, what: str, faces: IntArray, expected: str) -> None:
        """One problem per solid that has such faces."""
        mesh = self.mesh
        for solid in np.unique(mesh.face_solid[faces]):
            mine = faces[mesh.face_solid[faces] == solid]
            listed = ", ".join(
                f"{face} at ({', '.join(f'{x:.3f}' for x in mesh.centroids[face])})"
                for face in mine[:_NAMED]
            )
            more = f" and {mine.size - _NAMED} more" if mine.size > _NAMED else ""
            key = f"{mesh.solid_name[solid]}: {what}"
            self._add(key, f"{mine.size}: face {listed}{more}", expected)

    def _degenerate(self) -> IntArray:
        mesh = self.mesh
        corners = mesh.vertices[mesh.triangles]
        edges = corners - np.roll(corners, 1, axis=1)
        longest = (edges**2).sum(axis=2).max(axis=1)
        faces = np.flatnonzero(~(mesh.areas > DEGENERATE * longest))
        self._name("zero-area face", faces, "faces with an area")
        return faces

    def _duplicate(self) -> IntArray:
        mesh = self.mesh
        corners = np.sort(mesh.triangles, axis=1).astype(np.int64)
        n = len(mesh.vertices)
        order = np.lexsort((corners[:, 2], corners[:, 0] * n + corners[:, 1]))
        same = (corners[order[1:]] == corners[order[:-1]]).all(axis=1)
        faces = np.sort(order[1:][same])  # lexsort is stable: the first copy stays
        self._name("duplicated face", faces, "every face once")
        return faces

    def _coincident(self) -> IntArray:
        """Faces that lie on those of another part: whole parts refused, others said."""
        mesh = self.mesh
        found = coincidence(mesh)
        solid, other = mesh.face_solid[found.face], mesh.face_solid[found.other]
        lying = np.bincount(
            mesh.face_solid[np.unique(found.face)], minlength=len(mesh.solid_name)
        )
        whole = lying == np.bincount(mesh.face_solid, minlength=len(lying))
        seen = ~found.hidden
        doubled = []
        for part in np.unique(solid[seen]):
            under = np.unique(other[solid == part])
            # of parts that are the same, the first one may stay
            if whole[part] and ((under < part) | ~whole[under]).any():
                doubled.append(part)
                names = ", ".join(mesh.solid_name[u] for u in under)
                area = mesh.areas[mesh.face_solid == part].sum()
                self._add(
                    f"{mesh.solid_name[part]}: doubled part",
                    f"all {lying[part]} faces ({area:.3g} m2) lie on {names}",
                    "faces of its own, 1 mm or more off, or one part less: of two faces"
                    " in one place, both are hit in full",
                )
        said = seen & ~np.isin(solid, doubled) & ~np.isin(other, doubled)
        self._flag_pairs(found.face[said], found.other[said])
        return np.unique(found.face[seen])

    def _flag_pairs(self, face: IntArray, other: IntArray) -> None:
        """One flag for each two zones of which faces coincide."""
        mesh = self.mesh
        mine = np.stack([mesh.face_solid[face], mesh.face_zone[face]], axis=1)
        theirs = np.stack([mesh.face_solid[other], mesh.face_zone[other]], axis=1)
        first = mine[:, 0] < theirs[:, 0]
        pair = np.where(first[:, None], np.c_[mine, theirs], np.c_[theirs, mine])
        for row in np.unique(pair, axis=0):
            of = (pair == row).all(axis=1)
            sides = [mesh.areas[face[of & s]] for s in (first, ~first)]
            # small faces follow the outline of the overlap better than large ones
            area = min((s for s in sides if s.size), key=np.mean).sum()
            one, two = (
                self.zone_names[z] if z < len(self.zone_names) else f"zone {z}"
                for z in (row[1], row[3])
            )
            self.flags.append(
                f"{one} and {two}: their faces coincide over about {area:.3g} m2, where"
                " both are hit in full"
            )

    def _edges(self, duplicate: IntArray) -> tuple[IntArray, IntArray]:
        """Faces turned against their neighbours, faces beside a hole."""
        mesh = self.mesh
        keep = ~mesh.two_sided
        keep[duplicate] = False
        faces = np.flatnonzero(keep)
        start = mesh.triangles[faces].astype(np.int64)
        end = np.roll(start, -1, axis=1)
        owner = np.repeat(faces, 3)
        start, end = start.ravel(), end.ravel()
        low, high = np.minimum(start, end), np.maximum(start, end)
        key = low * len(mesh.vertices) + high
        order = np.argsort(key, kind="stable")
        sorted_key = key[order]
        _, first, count = np.unique(sorted_key, return_index=True, return_counts=True)
        once = order[first[count == 1]]
        opened = np.unique(owner[once])
        self._name("open edge (missing face)", opened, "a closed surface")
        many = np.unique(owner[np.isin(key, sorted_key[first[count > 2]])])
        self._name("edge of three or more faces", many, "two faces at every edge")
        a, b = order[first[count == 2]], order[first[count == 2] + 1]
        against = (start < end)[a] == (start < end)[b]
        flipped = np.zeros(0, dtype=np.int64)
        if against.any():
            touched = np.isin(
                mesh.face_solid,
                mesh.face_solid[owner[np.concatenate([a, b])[np.tile(against, 2)]]],
            )
            mine = touched[owner[a]]
            flipped = _minority(owner[a][mine], owner[b][mine], against[mine])
            self._name("flipped face", flipped, "all normals outwards")
        return flipped, np.union1d(opened, many)

    def _inverted(self, sound: bool) -> list[str]:
        """Find closed surfaces with negative volume, where edges are in order."""
        mesh = self.mesh
        if not sound:
            return []
        wrong = ~mesh.solid_is_panel & ~(mesh.solid_volumes() > 0.0)
        wrong[self._solids_with_inverted_pieces()] = True
        found = [mesh.solid_name[solid] for solid in np.flatnonzero(wrong)]
        for name in found:
            expected = "normals outwards (positive volume) on every closed surface"
            self._add(f"{name}: inverted solid", "negative volume", expected)
        return found

    def _solids_with_inverted_pieces(self) -> IntArray:
        """Find solids of which one of several separate surfaces is inside out."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        mesh = self.mesh
        faces = np.flatnonzero(~mesh.two_sided)
        triangles = mesh.triangles[faces]
        rows, columns = triangles[:, :2].ravel(), triangles[:, 1:].ravel()
        links = (np.ones(rows.size, np.int8), (rows, columns))
        graph = coo_array(links, shape=(len(mesh.vertices),) * 2)
        pieces, label = connected_components(graph, directed=False)
        piece = label[triangles[:, 0]]
        first = np.zeros(pieces, dtype=np.int64)
        first[piece[::-1]] = triangles[::-1, 0]
        corners = mesh.vertices[triangles] - mesh.vertices[first[piece]][:, None]
        sixth = np.linalg.det(corners) / 6.0
        volume = np.bincount(piece, weights=sixth, minlength=pieces)
        inverted: IntArray = mesh.face_solid[faces[volume[piece] <= 0.0]]
        return np.unique(inverted).astype(np.int64)


def _minority(left: IntArray, right: IntArray, against: NDArray[np.bool_]) -> IntArray:
    """Faces to flip so that neighbours agree: the smaller side of each surface."""
    neighbours: dict[int, list[tuple[int, bool]]] = {}
    for a, b, turned in zip(
        left.tolist(), right.tolist(), against.tolist(), strict=True
    ):
        neighbours.setdefault(a, []).append((b, turned))
        neighbours.setdefault(b, []).append((a, turned))
    side: dict[int, bool] = {}
    found: list[int] = []
    for seed in neighbours:
        if seed in side:
            continue
        side[seed] = False
        surface, waiting = [seed], [seed]
        while waiting:
            face = waiting.pop()
            for other, turned in neighbours[face]:
                if other not in side:
                    side[other] = side[face] != turned
                    surface.append(other)
                    waiting.append(other)
        flipped = [face for face in surface if side[face]]
        kept = [face for face in surface if not side[face]]
        found.extend(flipped if len(flipped) <= len(kept) else kept)
    return np.array(sorted(found), dtype=np.int64)
