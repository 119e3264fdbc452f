"""A site over folders of its own, with one small finished run, and a visitor who knows the token."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from market_sim.core.data import archive
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.ui.web.application import create_app
from tests.conftest import ROOT


class CompiledTemplates(BytecodeCache):
    """What the templates were compiled to, for all sites of this process: a site of its own takes most tests' time."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}
ADDRESS = "http://127.0.0.1:5000"
LESSON = "01-order-book"


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """The folder of a run of five epochs, settled in memory."""
    result = simulate(FirstMarket(traders=6), Options(epochs=5, settlement="memory"))
    folder = tmp_path_factory.mktemp("runs") / "small-run"
    archive.save(result.journal, folder)
    return folder


class Visitor:
    """A browser without a screen: keeps its cookie, and sends its token and where it comes from."""

    def __init__(self, app):
        self.app = app
        self.client = app.test_client()

    def get(self, path, **more):
        return self.client.get(path, base_url=ADDRESS, **more)

    def token(self):
        return re.search(r'name="csrf-token" content="([^"]+)"', self.get("/glossary").text)[1]

    def post(self, path, form=None, headers=None, **more):
        form = {"csrf_token": self.token(), **(form or {})}
        headers = {"Origin": ADDRESS, **(headers or {})}
        return self.client.post(path, base_url=ADDRESS, data=form, headers=headers, **more)


@pytest.fixture
def folders(tmp_path, small_run):
    """The settings of a site of its own."""
    shutil.copytree(small_run, tmp_path / "results" / small_run.name)
    (tmp_path / "lessons").mkdir()
    shutil.copytree(ROOT / "lessons" / LESSON, tmp_path / "lessons" / LESSON)
    names = {name.upper(): str(tmp_path / name) for name in ("results", "instance", "lessons", "answers")}
    return {**names, "TESTING": False}


@pytest.fixture
def visitor(folders) -> Visitor:
    return Visitor(create_app(folders))


@pytest.fixture
def run_address(small_run) -> str:
    return f"/runs/{small_run.name}"


@pytest.fixture
def answers(folders) -> Path:
    return Path(folders["ANSWERS"])
