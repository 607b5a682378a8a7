"""What the documents name exists: functions, files, commands."""

from __future__ import annotations

import argparse
import importlib
import json
import re
import tomllib

import pytest

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/*.md", "docs/adr/*.md")
NAME = re.compile(r"`(mmod(?:\.[A-Za-z_][A-Za-z0-9_]*)+)`")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
ANYWHERE = re.compile(r"^(?:https?|mailto):")


def documents(root):
    return [p for pattern in DOCUMENTS for p in sorted(root.glob(pattern))]


def resolves(name: str) -> bool:
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            value: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            if not hasattr(value, part):
                return False
            value = getattr(value, part)
        return True
    return False


def test_a_wrong_name_does_not_resolve():
    assert resolves("mmod.errors.InputError")
    assert not resolves("mmod.errors.OutputError")
    assert not resolves("mmod.no_such_module.f")


def test_names_resolve(repo_root):
    missing = []
    for path in documents(repo_root):
        for name in NAME.findall(path.read_text(encoding="utf-8")):
            if not resolves(name):
                missing.append(f"{path.relative_to(repo_root)}: {name}")
    assert not missing, "\n".join(missing)


def test_links_lead_somewhere(repo_root):
    broken = []
    for path in documents(repo_root):
        for link in LINK.findall(path.read_text(encoding="utf-8")):
            if not ANYWHERE.match(link) and not (path.parent / link).exists():
                broken.append(f"{path.relative_to(repo_root)}: {link}")
    assert not broken, "\n".join(broken)


def test_shell_verbs_of_the_documents_exist(repo_root):
    main = pytest.importorskip("mmod.cli.main")
    parser = main.build_parser()
    (verbs,) = (
        action.choices
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    text = "\n".join(p.read_text(encoding="utf-8") for p in documents(repo_root))
    named = set(re.findall(r"(?:`|\.venv/bin/)mmod ([a-z]+)\b", text))
    assert {"run", "mesh"} <= named
    assert named <= set(verbs), named - set(verbs)


def test_version_is_one(repo_root):
    import mmod

    text = (repo_root / "pyproject.toml").read_text(encoding="utf-8")
    version = tomllib.loads(text)["project"]["version"]
    citation = (repo_root / "CITATION.cff").read_text(encoding="utf-8")
    assert mmod.__version__ == version
    assert f"\nversion: {version}\n" in citation


def test_every_public_name_is_documented_and_exists(repo_root):
    import mmod

    names = mmod.__all__
    assert 0 < len(names) <= 20
    for name in names:
        assert getattr(mmod, name).__doc__, name
    code = re.findall(
        r"```python\n(.*?)```", (repo_root / "README.md").read_text(), re.DOTALL
    )
    used = set(re.findall(r"(?<![\w.])mmod\.([a-z_]+)\(", "".join(code)))
    assert used <= set(names), used - set(names)


def test_notebooks_are_stripped(repo_root):
    notebooks = sorted(repo_root.glob("notebooks/*.ipynb"))
    assert notebooks
    for path in notebooks:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] for cell in code), path.name
        assert all(cell["execution_count"] is None for cell in code), path.name
