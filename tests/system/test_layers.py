"""The layer contracts of pyproject.toml break when an import points outward, and only then."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.conftest import ROOT

MODULES = """
core.models.market_events core.models.intents core.models.instruments core.consensus.streamlet core.protocols.harness
market.exchange.exchange market.agents.agent market.venues.router market.mechanisms.halts market.compliance.limits
strategies.noise blockchain.settlement blockchain.ethereum.backends
simulation.engine.world simulation.scenarios.catalogue simulation.run simulation.session
analysis.metrics analysis.visualization.charts api.rest ui.cli.arguments ui.web.app
""".split()


@pytest.fixture
def verdict(needs, tmp_path):
    """Puts one import into an otherwise empty package of the same shape; returns the contracts that broke."""
    program = needs("lint-imports")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in MODULES:
        module = (tmp_path / "market_sim" / name.replace(".", "/")).with_suffix(".py")
        module.parent.mkdir(parents=True, exist_ok=True)
        module.touch()
    for folder in (tmp_path / "market_sim", *(tmp_path / "market_sim").rglob("*/")):
        if folder.is_dir():
            (folder / "__init__.py").touch()

    def broken(importer: str, statement: str) -> set[str]:
        (tmp_path / "market_sim" / importer.replace(".", "/")).with_suffix(".py").write_text(f"{statement}\n")
        command = [program, "--no-cache", "--no-logo"]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
        assert "Contracts: " in said, said
        return {line.removesuffix(" BROKEN") for line in said.splitlines() if line.endswith(" BROKEN")}

    return broken


@pytest.mark.parametrize(
    ("importer", "statement", "contract"),
    [
        ("core.models.intents", "import market_sim.market.exchange.exchange", "imports point inward"),
        ("blockchain.settlement", "import market_sim.strategies.noise", "imports point inward"),
        ("simulation.engine.world", "import market_sim.simulation.scenarios.catalogue", "imports point inward"),
        ("analysis.metrics", "def late():\n    import market_sim.simulation.run", "imports point inward"),
        ("market.exchange.exchange", "import market_sim.market.agents.agent", "the exchange does not know who trades"),
        (
            "market.mechanisms.halts",
            "import market_sim.market.compliance.limits",
            "the exchange does not know who trades",
        ),
        ("simulation.engine.world", "import market_sim.strategies.noise", "the engine knows no strategy by name"),
        ("core.consensus.streamlet", "import market_sim.core.models.market_events", "consensus orders opaque payloads"),
        ("blockchain.settlement", "import web3.providers", "Ethereum is reached through one port"),
        ("simulation.run", "import eth_tester", "Ethereum is reached through one port"),
        ("analysis.metrics", "import plotly.graph_objects", "charts are drawn in one place"),
        ("ui.cli.arguments", "import flask", "the web stays at the edge"),
    ],
)
def test_an_outward_import_breaks_its_contract(verdict, importer, statement, contract):
    assert verdict(importer, statement) == {contract}


@pytest.mark.parametrize(
    ("importer", "statement"),
    [
        ("simulation.run", "import market_sim.simulation.session"),
        ("simulation.engine.world", "import market_sim.market.agents.agent"),
        ("blockchain.ethereum.backends", "import web3, eth_tester"),
        ("analysis.visualization.charts", "import plotly.graph_objects"),
        ("ui.web.app", "import flask, waitress"),
    ],
)
def test_an_inward_import_breaks_none(verdict, importer, statement):
    assert verdict(importer, statement) == set()
