"""Runs from the command line that settle on anvil and are killed, on a node that fails or mines by itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.blockchain.settlement_log import FILE, lines
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.ui.cli.main import main
from tests.anvil import running
from tests.faulty_node import FaultyNode, behind, serving
from tests.integration.killing import SCENARIO
from tests.integration.test_resume import killed
from tests.integration.test_settlement_on_a_node import on_a_node, settled_and_reconciled

pytestmark = [pytest.mark.system, pytest.mark.skipif(os.name != "posix", reason="SIGKILL and fork are of POSIX")]
KILLS = int(os.environ.get("KILLS", "6"))


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    (tmp_path / "small.py").write_text(SCENARIO)
    return str(tmp_path / "small.py")


def blocks(run: Path) -> list[tuple[int, int, int]]:
    return [(event.first, event.last, event.trades) for event in open_run(run).journal.of(BlockSettled)]


def test_a_run_that_is_killed_at_any_line_settles_each_block_once(
    needs: Callable[[str], str], scenario: str, tmp_path: Path
) -> None:
    with running(needs("anvil")) as url:
        assert on_a_node(scenario, url, tmp_path / "whole") == 0
    [whole] = (tmp_path / "whole").iterdir()
    count = sum(1 for _ in lines(whole / FILE))
    for point in sorted({2 + number * (count - 3) // max(KILLS - 1, 1) for number in range(KILLS)}):
        with running(needs("anvil")) as url:
            assert killed([str(point)], tmp_path, "--scenario", scenario, "--chain", url) == {str(point): [-9, 0]}
        [run] = (tmp_path / str(point)).iterdir()
        settled_and_reconciled(run)
        assert blocks(run) == blocks(whole), f"killed at line {point} of {count}"


def test_faults_between_the_run_and_anvil_change_nothing(
    needs: Callable[[str], str], scenario: str, tmp_path: Path
) -> None:
    with running(needs("anvil")) as anvil:
        node = FaultyNode(behind(anvil), seed=13, rate=0.25)
        with serving(node) as url:
            assert on_a_node(scenario, url, tmp_path / "out") == 0
    [run] = (tmp_path / "out").iterdir()
    settled_and_reconciled(run)
    assert all(node.seen[fault] for fault in ("lost", "arrived all the same", "txpool is full")), node.seen


@pytest.mark.parametrize("settings", [("--block-time", "1"), ("--hardfork", "osaka")], ids=" ".join)
def test_a_chain_that_mines_by_itself_or_caps_the_gas_of_a_transaction_is_settled_on(
    needs: Callable[[str], str], scenario: str, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    with running(needs("anvil"), *settings) as url:
        assert on_a_node(scenario, url, tmp_path / "out") == 0
    [run] = (tmp_path / "out").iterdir()
    settled_and_reconciled(run)


def test_a_node_with_small_blocks_is_refused_before_anything_is_written(
    needs: Callable[[str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(needs("anvil"), "--gas-limit", "10000000") as url:
        assert main(["--chain", url, "--epochs", "2", "--headless", "--out", str(tmp_path)]) == 2
    assert "holds 10,000,000 gas, and a batch may need 16,777,216" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
