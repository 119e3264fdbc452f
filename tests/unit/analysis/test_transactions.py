"""The transactions of a run: their gas adds up to that of its events, and an alert names the reasons of failures."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim import Options, Session, open_run
from market_sim.analysis.transactions import by_function, failure_alert, failure_rate, nothing_sent, transactions
from market_sim.core.data.journal import Journal
from market_sim.core.models.settlement_events import (
    BatchDelayed,
    BlockSettled,
    CallExecuted,
    SettlementOpened,
    SettlementReverted,
)
from market_sim.simulation.scenarios.escrow import EscrowScenario
from market_sim.ui.cli.main import main


def called(*errors: str) -> Journal:
    """A journal in which calls of one function end like this."""
    journal = Journal()
    for number, error in enumerate(errors, start=1):
        journal.record(
            CallExecuted(number, number, "ann", "escrow", "open", not error, error, {}, "ab", 1_000 + number)
        )
    return journal


def test_three_of_ten_are_an_alert_at_twenty_percent_with_the_reasons() -> None:
    sent = list(transactions(called("", "TooLate", "", "", "NotPayer", "", "", "TooLate", "", "")))
    said = "3 of 10 transactions failed, 30.0 %, which is more than 20 %: TooLate 2, NotPayer 1"
    assert failure_alert(sent, 20) == said
    assert failure_alert(sent, 29) and not failure_alert(sent, 30)
    assert not failure_alert([], 0) and not failure_rate([], 0) and not failure_rate(sent, 29)
    said = "3 of 10 transactions failed, 30.0 %, which is not more than the 30 % that raise an alert"
    assert failure_rate(sent, 30) == said
    [use] = by_function(sent)
    assert use == ("escrow", "open", 10, 3, sum(range(1_001, 1_011)))


def test_a_batch_that_the_contract_refused_is_a_failed_transaction() -> None:
    journal = Journal()
    journal.record(BatchDelayed(4, 1, 1, "SettlementPaused", {}, "0x1", 40_000))
    journal.record(SettlementReverted(5, 1, 1, "SettlementEscaped", {}, "0x2", 30_000))
    assert by_function(transactions(journal)) == [("settlement", "settle", 2, 2, 70_000)]
    assert failure_alert(transactions(journal), 20) == (
        "2 of 2 transactions failed, 100.0 %, which is more than 20 %: SettlementEscaped 1, SettlementPaused 1"
    )


def test_a_run_that_only_opened_its_contracts_says_so() -> None:
    journal = Journal()
    assert nothing_sent(journal) == "this run sent nothing to a chain"
    journal.record(SettlementOpened(0, "anvil", 31337, "0x1", ("USD",), ("0x2",), ("0x3",), 3, 12, 3_456_789))
    assert nothing_sent(journal) == (
        "this run opened its contracts with 12 transactions and 3,456,789 gas, and no batch, deposit or call after "
        "that has a receipt"
    )
    assert not list(transactions(journal))


@pytest.mark.thorough
def test_the_gas_of_a_runs_transactions_is_that_of_the_blocks_of_its_chain_failed_calls_included() -> None:
    """A payer with too little money: each lock is allowed by the token and then refused by the contract."""
    session = Session(EscrowScenario(deals=2, wallet=1), Options(epochs=6, settlement="eth-tester"))
    chain: Any = session._pipeline.settlement.settlement.chain  # type: ignore[union-attr]
    opened = chain.block().number
    journal = session.run().journal
    failed = [event for event in journal.of(CallExecuted) if not event.succeeded]
    assert failed
    spent = ether = 0
    for number in range(opened + 1, chain.block().number + 1):
        block = chain._tester.get_block_by_number(number)
        (transaction,) = block["transactions"]
        spent += block["gas_used"]
        ether += 21_000 * bool(chain._tester.get_transaction_by_hash(transaction)["value"])
    assert sum(one.gas for one in transactions(journal)) == spent - ether
    for event in failed:
        receipt = chain.receipt(event.transaction)
        assert not receipt.succeeded and receipt.error == event.reason
        assert event.gas >= receipt.gas > 21_000
    assert any(event.gas > chain.receipt(event.transaction).gas for event in failed), "an allowance counts, too"


@pytest.mark.parametrize("settlement", ["memory", "none"])
def test_the_command_prints_every_function_of_a_run(tmp_path, capsys, settlement: str) -> None:
    asked = ["--scenario", "escrow", "--epochs", "6", "--headless", "--no-plot", "-q", "--settlement", settlement]
    assert main([*asked, "--out", str(tmp_path)]) == 0
    (run,) = tmp_path.iterdir()
    journal = open_run(run).journal
    capsys.readouterr()
    code = main(["transactions", str(run), "--list"])
    said = capsys.readouterr().out
    if settlement == "none":
        assert (code, said) == (0, "this run sent nothing to a chain\n")
        return
    failed = sum(not event.succeeded for event in journal.of(CallExecuted))
    made = len(list(transactions(journal)))
    assert code == (100 * failed > 20 * made)
    assert said.splitlines()[-1].removeprefix("alert: ").startswith(f"{failed} of {made} transactions failed, ")
    table = [line.split() for line in said.splitlines() if line.startswith(("settlement.", "escrow"))]
    assert sum(int(cells[1].replace(",", "")) for cells in table) == made
    assert sum(int(cells[2]) for cells in table) == failed
    settled = list(journal.of(BlockSettled))
    [settle] = [cells for cells in table if cells[0] == "settlement.settle"]
    assert settle[1:4] == [str(len(settled)), "0", f"{sum(event.gas for event in settled):,}"]
    assert len([line for line in said.splitlines() if " s  " in line]) == made
