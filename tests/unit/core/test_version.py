"""One version: the package's metadata and the archived runs state the same."""

from __future__ import annotations

from market_sim.core.version import VERSION
from tests.conftest import ROOT


def test_the_metadata_states_the_same_version():
    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text()
