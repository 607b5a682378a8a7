"""What pyproject.toml declares: floors for every dependency, markers that exist."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

import pytest

FLOOR = re.compile(r"[A-Za-z][\w.-]*>=\d+(?:\.\d+)*(?:\.post\d+)?")

COMPANIONS = {
    "llvmlite",
    "pydantic_core",
}  # come with numba and pydantic, at their version
ON_REQUEST = {"meshio"}  # named by an error when a mesh file asks for it


@pytest.fixture(scope="module")
def settings(repo_root):
    text = (repo_root / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def test_every_dependency_has_a_floor_and_no_ceiling(settings):
    project = settings["project"]
    extras = project["optional-dependencies"]
    listed = [
        *project["dependencies"],
        *(r for group in extras.values() for r in group),
    ]
    wrong = [r for r in listed if not FLOOR.fullmatch(r) and not r.startswith("mmod[")]
    assert not wrong, wrong


def test_every_import_of_the_package_is_a_declared_dependency(settings, repo_root):
    project = settings["project"]
    plot = project["optional-dependencies"]["plot"]
    declared = {
        re.split("[>=]", r)[0].lower() for r in [*project["dependencies"], *plot]
    }
    declared |= {"mmod", *COMPANIONS, *ON_REQUEST}
    imported: dict[str, str] = {}
    for path in sorted((repo_root / "mmod").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                imported.setdefault(name.partition(".")[0], str(path))
    outside = set(imported) - sys.stdlib_module_names
    missing = {n: imported[n] for n in outside if n.lower() not in declared}
    assert not missing, missing


def test_markers_in_use_are_declared(settings, repo_root):
    lines = settings["tool"]["pytest"]["ini_options"]["markers"]
    declared = {line.partition(":")[0] for line in lines}
    builtin = {
        "parametrize",
        "skip",
        "skipif",
        "xfail",
        "usefixtures",
        "filterwarnings",
    }
    used = set()
    for path in (repo_root / "tests").rglob("*.py"):
        used |= set(
            re.findall(r"pytest\.mark\.(\w+)", path.read_text(encoding="utf-8"))
        )
    assert used <= declared | builtin, used - declared - builtin
