"""A second contract on the chain: validators order its calls, both chains tell the same, its money is accounted for."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from market_sim import CallContract, Options, Session, simulate
from market_sim.analysis.event_sentences import SENTENCES
from market_sim.analysis.history.block_contents import BlockContents
from market_sim.analysis.summary import summarize
from market_sim.blockchain.escrow import Escrow
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockFinalized, CallsOrdered
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.models.settlement_events import (
    CallExecuted,
    CallSubmitted,
    ContractDeployed,
    ContractReconciled,
    Reconciled,
    WalletFunded,
)
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.escrow import EscrowScenario

KINDS = (CallExecuted, CallSubmitted, ContractReconciled, WalletFunded, CallsOrdered, Reconciled)


def test_a_scenario_with_a_contract_of_its_own_is_shorter_than_40_lines() -> None:
    lines = inspect.getsource(EscrowScenario).splitlines()
    assert len(lines) < 40
    assert any("chain.deploy(" in line for line in lines) and any("chain.give(" in line for line in lines)


def run(scenario: EscrowScenario | None = None, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario or EscrowScenario(), Options(**chosen)).journal


def told(journal: Journal) -> list[Any]:
    """What does not depend on the chain: all but gas, transactions, and the addresses of contracts."""
    found: list[Any] = [event for event in journal if event.area != "settlement"][1:]
    for event in journal:
        if isinstance(event, CallExecuted):
            found.append((event.time, event.call, event.function, event.succeeded, event.reason, event.numbers))
        elif isinstance(event, KINDS):
            found.append(event)
    return found


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    scenario = EscrowScenario(deals=8, wallet=500, refund_every=50)
    ours, theirs = run(scenario), run(scenario, settlement="eth-tester")
    assert told(ours) == told(theirs)
    refused = [event.reason for event in ours.of(CallExecuted) if not event.succeeded]
    assert set(refused) == {"ShortOfTokens", "UnknownDeal"}, "the wallet is too small for all deals"


def test_each_call_of_a_final_block_is_made_once_in_the_order_of_the_chain() -> None:
    journal = run()
    final = {event.block: event.height for event in journal.of(BlockFinalized)}
    ordered = {event.block: event.calls for event in journal.of(CallsOrdered)}
    by_chain = [call for block in sorted(final, key=final.__getitem__) for call in ordered.get(block, ())]
    made = [event.call for event in journal.of(CallExecuted)]
    assert made and made == by_chain[: len(made)]
    assert len(made) == len(set(made))
    contents = BlockContents(journal)
    with_calls = [block for block in contents.proposed if ordered.get(block)]
    assert with_calls and all(contents.digest_matches(block) for block in with_calls)
    trades_and_calls = [batch for batch in contents.batches if batch.execution.calls and batch.execution.accepted]
    assert trades_and_calls, "no batch had trades and calls"


@pytest.mark.thorough
def test_leaders_can_put_the_calls_of_a_block_in_reverse_order_and_the_conclusion_says_so() -> None:
    reversed_ = EscrowScenario(deals=8, refund_every=50, call_order="reversed")
    journal = run(reversed_)
    blocks = [event.calls for event in journal.of(CallsOrdered) if len(event.calls) > 1]
    assert blocks
    assert all(list(calls) == sorted(calls, reverse=True) for calls in blocks)
    assert all(list(event.calls) == sorted(event.calls) for event in run().of(CallsOrdered))
    assert reversed_.conclusion(journal).endswith("Leaders put the calls of each block in reverse order.")
    assert "reverse" not in EscrowScenario().conclusion(journal)
    assert told(journal) == told(run(reversed_, settlement="eth-tester"))


def test_an_order_of_calls_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="arrival or reversed, found 'fee'"):
        run(EscrowScenario(call_order="fee"))


def test_what_the_escrow_holds_is_what_was_locked_and_has_not_left() -> None:
    journal = run(EscrowScenario(deals=5, refund_every=2), epochs=9)
    [deployed] = journal.of(ContractDeployed)
    assert (deployed.contract, deployed.kind, deployed.terms) == ("escrow", "Escrow", {"asset": "USD"})
    held = 0
    for event in journal:
        if isinstance(event, CallExecuted) and event.succeeded:
            held += int(event.numbers["amount"]) * (1 if event.function == "lock" else -1)
        elif isinstance(event, ContractReconciled):
            assert event.numbers["held"] == held
    summary = summarize(simulate(EscrowScenario(), Options(epochs=12, settlement="memory")))
    assert summary.conserved and summary.settled is not None and summary.settled.reconciled


@pytest.mark.parametrize("deals", [1, 7])
@pytest.mark.parametrize("refund_every", [1, 2, 50])
@pytest.mark.parametrize("wallet", [0, 150, 1_000])
def test_the_conclusion_is_what_the_journal_adds_up_to(deals: int, refund_every: int, wallet: int) -> None:
    scenario = EscrowScenario(deals=deals, refund_every=refund_every, wallet=wallet)
    journal = run(scenario, epochs=10)
    sums = {"lock": 0, "release": 0, "refund": 0}
    refused = 0
    for event in journal.of(CallExecuted):
        if event.succeeded:
            sums[event.function] += int(event.numbers["amount"])
        refused += not event.succeeded
    held = sums["lock"] - sums["release"] - sums["refund"]
    waiting = len(list(journal.of(CallSubmitted))) - len(list(journal.of(CallExecuted)))
    said = scenario.conclusion(journal)
    for amount in sums.values():
        assert f"{amount // 100:,}.00" in said
    rest = f"the contract holds the other {held // 100:,}.00" if held else "nothing is left in the contract"
    assert f"; {rest}. {refused} call" in said
    assert f"{waiting} waited for a final block" in said


def test_without_a_chain_there_is_nothing_to_call() -> None:
    journal = run(settlement="none")
    reasons = {event.reason for event in journal.of(OrderRejected)}
    assert "NO_WALLET" in reasons
    assert not list(journal.of(CallSubmitted))
    assert EscrowScenario().conclusion(journal) == "This run settles on no chain, so there was no escrow to call."


@pytest.mark.parametrize("byzantine", ["n3:equivocate", "n1:silent", "n2:withhold,n2:late"])
def test_a_byzantine_leader_neither_loses_a_call_nor_makes_one_twice(byzantine: str) -> None:
    journal = run(epochs=16, byzantine=byzantine)
    made = [event.call for event in journal.of(CallExecuted)]
    assert len(made) == len(set(made)) >= 6


def test_a_call_that_makes_no_sense_is_refused_before_it_waits() -> None:
    session = Session(EscrowScenario(), Options(epochs=3, settlement="memory"))
    for contract, function, arguments in (
        ("escrw", "lock", ("payee", 1)),
        ("escrow", "unlock", ()),
        ("escrow", "lock", ("payee",)),
        ("escrow", "lock", (1, "payee")),
        ("escrow", "lock", ("payee", True)),
        ("escrow", "lock", ("payee", -1)),
        ("escrow", "lock", ("payee", 2**63)),
        ("escrow", "lock", ("nobody", 1)),
    ):
        session.world.exchange.submit("payer", CallContract(contract, function, arguments))
    refused = [(event.reason, dict(event.numbers)) for event in session.journal.of(OrderRejected)]
    takes = {"function": "lock", "expected": "a name, a whole number"}
    assert refused == [
        ("UNKNOWN_CONTRACT", {"contract": "escrw", "known": "escrow"}),
        ("UNKNOWN_FUNCTION", {"contract": "escrow", "function": "unlock", "known": "lock, release, refund"}),
        *[("BAD_ARGUMENTS", takes)] * 5,
        ("UNKNOWN_ACCOUNT", {"account": "nobody"}),
    ]
    assert not list(session.journal.of(CallSubmitted))


def test_every_event_of_a_contract_has_its_sentence() -> None:
    assert set(KINDS) <= set(SENTENCES)


def test_two_contracts_of_a_chain_have_two_names_and_a_wallet_is_given_something() -> None:
    chain = World(seed=1).chain("memory")
    chain.deploy(Escrow())
    chain.deploy(Escrow(name="other"))
    with pytest.raises(InputError, match="already one named 'escrow'"):
        chain.deploy(Escrow())
    with pytest.raises(InputError, match="a positive whole number of the smallest unit, found 0"):
        chain.give("ann", "USD", 0)
