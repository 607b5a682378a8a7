"""A fake engine and fake results: the command line is tested without computing."""

from __future__ import annotations

import sys
import types

import pytest

RUN = """
schema_version = 1
title = "fake"
vehicle = "cube"
[[phase]]
start = 2018-01-01
end = 2018-02-01
altitude_km = 404.0
inclination_deg = 51.64
[[environment]]
model = "nasa91"
kind = "debris"
"""


class FakePlan:
    def __init__(self, config):
        self.config = config

    def to_text(self):
        return f"plan of {self.config.title}: {self.config.phase[0].altitude_km:g} km"

    def to_dict(self):
        return {"title": self.config.title, "memory": float("nan")}


class FakeEngine:
    """Remembers what it was asked, and does what it is told."""

    def __init__(self):
        self.calls = []
        self.error = None

    def run(self, config, *, progress, **where):
        self.calls.append({"config": config, **where})
        if self.error is not None:
            raise self.error
        progress("round 1", 1, 2)
        return f"results of {config.name}"

    def check(self, config):
        if self.error is not None:
            raise self.error
        return FakePlan(config)


def module(monkeypatch, name, **content):
    fake = types.ModuleType(name)
    vars(fake).update(content)
    monkeypatch.setitem(sys.modules, name, fake)
    parent, _, leaf = name.rpartition(".")
    monkeypatch.setattr(f"{parent}.{leaf}", fake, raising=False)
    return fake


@pytest.fixture
def run_file(tmp_path, monkeypatch):
    folder = tmp_path / "case"
    folder.mkdir()
    file = folder / "run.toml"
    file.write_text(RUN)
    monkeypatch.chdir(tmp_path)
    return file


@pytest.fixture
def engine(monkeypatch):
    fake = FakeEngine()
    module(monkeypatch, "mmod.engine.run", run=fake.run, check=fake.check)
    return fake


@pytest.fixture
def results(monkeypatch):
    """Results are text; saving writes it, so that tests see what was written."""
    from mmod.cli import report
    from mmod.results import io

    def save(tree, path):
        path.write_text(tree)
        return path

    monkeypatch.setattr(io, "save", save)
    monkeypatch.setattr(io, "open_results", lambda path: path.read_text())
    monkeypatch.setattr(
        report,
        "text",
        lambda tree, *, all_zones, **chosen: f"{tree}, {all_zones}, {chosen}",
    )
    monkeypatch.setattr(
        report, "document", lambda tree, **chosen: {"tree": tree, **chosen}
    )
