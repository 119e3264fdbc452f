"""A statement of more accounts than one call reads: page by page, as of one block, and equal to a statement in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.blockchain.ethereum import settlement as ethereum
from market_sim.core.models.settlement_events import Reconciled, SettlementOpened
from market_sim.ui.cli.main import main
from tests.unit.blockchain.rig import Rig, wallet


def calls_for_pages(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of calls for nine accounts, each second one of which has something, in pages of five lengths."""
    settlement: Any = rig.settlement
    for number in range(4, 10):
        settlement.open_account(wallet(f"account/{number}").address)
        if number % 2:
            settlement.deposit(number, number % 4 // 2, number)
    whole = settlement.statement()
    assert {place: amount for place, amount in whole.balances.items() if place[0] > 3} == {
        (5, 0): 5, (7, 1): 7, (9, 0): 9
    }  # fmt: skip
    asked: list[tuple[Any, ...]] = []
    call = settlement.chain.call

    def counting(contract: Any, function: str, *arguments: Any, **further: Any) -> Any:
        asked.append((function, *arguments, further.get("block")))
        return call(contract, function, *arguments, **further)

    monkeypatch.setattr(settlement.chain, "call", counting)
    now = settlement.block_number()
    pages = []
    for slots in (2, 6, 7, 12, 14):
        monkeypatch.setattr(ethereum, "PAGE", slots)
        asked.clear()
        assert settlement.statement() == whole
        assert {one[-1] for one in asked} == {now if len(asked) > 1 else "latest"}
        pages.append(len(asked))
    return pages


def test_pages_come_to_the_statement_in_one_call(chain_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    assert calls_for_pages(chain_rig, monkeypatch) == [9, 3, 3, 2, 1]


@pytest.mark.thorough
def test_a_run_of_the_command_line_with_several_pages_is_the_run_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ["--epochs", "3", "--headless", "--no-plot", "-q", "--out", str(tmp_path)]
    assert main(typed) == 0
    [whole] = tmp_path.iterdir()
    monkeypatch.setattr(ethereum, "PAGE", 3)
    pages: list[int] = []
    read = ethereum.EthereumSettlement.statement
    monkeypatch.setattr(
        ethereum.EthereumSettlement,
        "statement",
        lambda self, at="latest": (pages.append(self._accounts), read(self, at))[1],
    )
    assert main([*typed[:-1], str(tmp_path / "paged")]) == 0
    [paged] = (tmp_path / "paged").iterdir()
    assert paged.name == whole.name, "the same fingerprint"
    journal = open_run(paged).journal
    (opened,) = journal.of(SettlementOpened)
    assert len(pages) == len(list(journal.of(Reconciled))) and opened.accounts > 2, "more accounts than a page has"
