"""docs/format.md, the schema and a built tree name the same variables."""

from __future__ import annotations

import re

import pytest
from unit.results import synthetic

from mmod.results import build, schema

_ROW = re.compile(r"^\| `(\w+)`( \(coordinate\))? \| ([^|]*) \| (\w+) \| ([^|]*) \|")
_HEADINGS = {
    "## Group `/`": "/",
    "## Group `/zones`": "/zones",
    "## Group `/drivers`": "/drivers",
    "## Group `/events`": "/events",
    "## Group `/threats`": "/threats",
    "### Subgroups `/threats": "/threats/*",
}
_KINDS = {"f": "float64", "U": "string", "O": "string", "b": "bool", "T": "string"}


def documented(text: str) -> dict[str, dict[str, tuple[str, str, str, bool]]]:
    """Return group -> variable -> (dimensions, type, unit, coordinate)."""
    groups: dict[str, dict[str, tuple[str, str, str, bool]]] = {}
    current = None
    for line in text.splitlines():
        if line.startswith("#"):
            found = [g for h, g in _HEADINGS.items() if line.startswith(h)]
            current = found[-1] if found else current
        row = _ROW.match(line)
        if row and current:
            name, coordinate, dims, kind, unit = row.groups()
            groups.setdefault(current, {})[name] = (
                dims.strip(),
                kind,
                unit.strip(),
                bool(coordinate),
            )
    return groups


@pytest.fixture(scope="module")
def text(repo_root):
    return (repo_root / "docs" / "format.md").read_text(encoding="utf-8")


def test_document_and_schema_agree(text):
    groups = documented(text)
    assert set(groups) == set(schema.VARIABLES)
    for group, variables in schema.VARIABLES.items():
        wanted = {
            name: (", ".join(v.dims) or "(scalar)", v.units or "-", v.coordinate)
            for name, v in variables.items()
        }
        found = {n: (d, u, c) for n, (d, _, u, c) in groups[group].items()}
        assert found == wanted, group


def test_document_and_tree_agree(text):
    groups = documented(text)
    for node in build(synthetic.outcome()).subtree:
        rows = groups[schema.group_key(node.path)]
        data = node.to_dataset(inherit=True)
        used = {d for v in data.data_vars.values() for d in v.dims}
        names = {
            str(n)
            for n in data.variables
            if n in data.data_vars or n in rows or n in used
        }
        assert names <= set(rows), node.path
        assert set(rows) - names <= {"side"}, node.path
        for name in names:
            variable = data[name]
            dims, kind, unit, _ = rows[name]
            assert (", ".join(map(str, variable.dims)) or "(scalar)") == dims, name
            numeric = variable.dtype.kind in "iu"
            assert (
                variable.dtype.name if numeric else _KINDS[variable.dtype.kind]
            ) == kind, name
            if "units" in variable.attrs:
                assert variable.attrs["units"] == unit, name


def test_attributes_are_documented(text):
    for name in schema.ROOT_ATTRIBUTES:
        assert f"| `{name}` |" in text
    assert schema.FORMAT_VERSION in text.splitlines()[0]


def test_a_lost_row_is_seen(text):
    """Planted: without one row the documents differ."""
    cut = "\n".join(s for s in text.splitlines() if not s.startswith("| `share`"))
    assert documented(cut)["/zones"] != documented(text)["/zones"]
