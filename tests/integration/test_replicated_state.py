"""Every validator executes final blocks on a ledger of its own: n equal states, and a wrong one is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from market_sim.analysis.results.result import Result
from market_sim.analysis.states import states
from market_sim.analysis.summary import document, summarize
from market_sim.blockchain.execution import Execution, ExecutionState
from market_sim.blockchain.payload import RECORD, encoded
from market_sim.blockchain.register import Register
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed, ByzantineAct
from market_sim.core.models.market_events import Entry, entry_number
from market_sim.core.models.settlement_events import BatchCertified, BlockSettled, DoubleSigned, StateReached
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main

FORKS = ("two-of-four-lie",)


def played(**options: object) -> Result:
    return simulate(FirstMarket(), Options(**{"epochs": 8, "settlement": "memory", **options}))  # type: ignore[arg-type]


def state_by_hand(result: Result) -> str:
    """The state after the last final block, summed up entry by entry from the journal, without blocks or executions."""
    journal = result.journal
    final = {event.block for event in journal.of(BlockFinalized)}
    last = sum({event.block: event.trades for event in journal.of(BlockProposed) if event.block in final}.values())
    register = Register.of(journal)
    ledger = ExecutionState(bytes(32), register.balances(journal))
    entries: list[Entry] = [event for event in journal if entry_number(event) in range(1, last + 1)]  # type: ignore[misc]
    for entry in entries:
        _, _, token, price, quantity, buyer, seller, *fees = RECORD.unpack(encoded(entry, register))
        cash = register.terms_of[token].cash_token
        for account, moved, amount in (
            (buyer, cash, -price * quantity - fees[0]), (seller, cash, price * quantity - fees[1]),
            (register.collector, cash, sum(fees)), (buyer, token, quantity), (seller, token, -quantity),
        ):  # fmt: skip
            ledger.balances[account, moved] = ledger.balances.get((account, moved), 0) + amount
    return ledger.digest.hex()


@pytest.mark.parametrize("kind", [kind for kind in SCENARIOS if kind.name not in FORKS], ids=lambda kind: kind.name)
def test_all_who_follow_the_rules_reach_the_same_state_in_every_shipped_scenario(kind: type[Scenario]) -> None:
    result = simulate(kind(), Options(epochs=6, settlement="none", paranoid=True))
    found = states(result.journal)
    assert found is not None
    assert found.same
    liars = {event.validator for event in result.journal.of(ByzantineAct)}
    assert {*found.reached} - liars == {*range(4)} - liars
    assert not found.deviations


def test_the_state_is_the_sum_of_the_final_entries() -> None:
    result = played()
    found = states(result.journal)
    assert found is not None
    assert set(found.last.values()) == {state_by_hand(result)}
    final = max(event.height for event in result.journal.of(BlockFinalized))
    assert found.sentence == (
        f"4 validators executed {final} final blocks and reached the same state {state_by_hand(result)[:12]}"
    )


@pytest.mark.parametrize("settlement", ["memory", "none"])
def test_execution_does_not_depend_on_where_trades_are_paid(settlement: str) -> None:
    assert states(played(settlement=settlement).journal).last == states(played().journal).last  # type: ignore[union-attr]


def test_executing_once_for_all_changes_no_batch() -> None:
    shared, own = played(independent=False).journal, played(independent=True).journal
    for kind in (BatchCertified, BlockSettled):
        assert [*shared.of(kind)] == [*own.of(kind)]
    assert not [*shared.of(StateReached)]
    assert states(shared) is None


@pytest.mark.parametrize(("validators", "independent", "told"), [(4, None, 4), (5, None, 0), (7, True, 7)])
def test_up_to_four_validators_execute_for_themselves_unless_somebody_says_otherwise(
    validators: int, independent: bool | None, told: int
) -> None:
    journal = played(validators=validators, independent=independent, epochs=4).journal
    assert len({event.validator for event in journal.of(StateReached)}) == told


def test_one_planted_wrong_execution_is_named() -> None:
    session = Session(FirstMarket(), Options(epochs=8, settlement="memory"))
    while [*session.journal.of(StateReached)][-1:] == [] or [*session.journal.of(StateReached)][-1].height < 4:
        session.step(events=1)
    session.step(epoch=session.epoch + 1)
    height = max(event.height for event in session.journal.of(StateReached) if event.validator == 3)
    session._pipeline.replicas.copies[3].state.balances[2, 0] += 1
    summary = summarize(session.run())
    assert summary.states is not None
    assert not summary.states.same
    [one] = summary.states.deviations
    assert (one.validator, one.height) == (3, height + 1)
    assert f"n3's state differs from block {height + 1} on" in summary.states.sentence
    assert summary.states.sentence.startswith("3 of 4 validators executed 7 final blocks and reached the same state ")


def test_a_liar_that_executes_wrongly_is_named_and_settlement_goes_on_without_it() -> None:
    result = played(byzantine="n3:misexecute@5")
    summary = summarize(result)
    assert summary.states is not None
    assert "n3's state differs from block 5 on (" in summary.states.sentence
    assert summary.states.same, "it is a liar: those who follow the rules agree"
    assert [*result.journal.of(BlockSettled)][-1].last == 7
    assert all(event.signers == (0, 1, 2) for event in result.journal.of(BatchCertified) if 5 <= event.first <= 5)
    assert summary.byzantine == [
        "n3 left the last entry out when it executed a final block, once (misexecute, epoch 6): its balances differ "
        "from block 5 on; nothing came of it, because each validator executes for itself and a batch needs a quorum."
    ]


def test_a_validator_that_signs_two_results_is_named_and_every_block_is_settled_once() -> None:
    result = played(byzantine="n3:double-sign@5")
    [pair] = result.journal.of(DoubleSigned)
    assert (pair.validator, pair.first, pair.last) == (3, 5, 5)
    assert [event.last for event in result.journal.of(BlockSettled)] == [*range(1, 8)]
    assert summarize(result).byzantine == [
        "n3 signed a second result of a final block for the settlement, once (double-sign, epoch 6): each block was "
        "settled once all the same; both signatures prove it, and the journal has them; its signature is in none of "
        "the 3 certificates after that."
    ]


def test_two_who_execute_wrongly_leave_no_quorum_that_signs_the_same_balances() -> None:
    summary = summarize(played(byzantine="n2:misexecute@3,n3:misexecute@3", beyond_the_bound=True))
    assert not [event for event in summary.result.journal.of(BlockSettled) if event.last == 3]
    unpaid = 7 - max(event.last for event in summary.result.journal.of(BlockSettled))
    assert all(f"{unpaid} final blocks were not paid" in sentence for sentence in summary.byzantine)


def test_three_who_execute_wrongly_have_a_wrong_batch_paid_and_the_summary_says_so() -> None:
    summary = summarize(played(byzantine=",".join(f"n{who}:misexecute@3" for who in (1, 2, 3)), beyond_the_bound=True))
    assert summary.settled is not None
    assert not summary.settled.reconciled
    assert summary.settled.refused == 1
    assert all("a quorum signed the same wrong balances, and 1 entry was not paid" in one for one in summary.byzantine)
    assert [one.reason for one in summary.refusals] == ["SETTLEMENT_LEFT_OUT"]


def test_where_the_chains_differ_the_states_do_and_the_sentence_says_why() -> None:
    kind = next(kind for kind in SCENARIOS if kind.name == "two-of-four-lie")
    summary = summarize(simulate(kind(), Options(epochs=9, settlement="none")))
    assert summary.states is not None
    assert "n3's state differs from block 5 on, because another block is final for it" in summary.states.sentence
    assert summary.states.sentence.startswith("n0 executed 5 final blocks and reached the state ")


def test_who_lags_behind_agrees_as_far_as_it_came() -> None:
    result = played(crash="n2@5-9", epochs=9)
    found = states(result.journal)
    assert found is not None
    assert found.same
    behind, ahead = len(found.reached[2]), len(found.reached[0])
    assert 0 < behind < ahead
    assert f"4 validators executed {behind} final blocks and reached the same state " in found.sentence
    assert found.sentence.endswith(f"; n0, n1 and n3 went on, the furthest to block {ahead}")


def test_summary_document_and_manifest_hold_the_states(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--epochs", "4", "--no-plot", "--no-settle", "--json", "-q", "--out", str(tmp_path)]
    assert main([*arguments, "--byzantine", "n3:misexecute@2"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    execution = found["consensus"]["execution"]
    assert f"execution    {execution['sentence']}" in told.err
    manifest = json.loads((Path(found["run"]) / "manifest.json").read_text())
    assert manifest["states"] == execution["states"]
    assert len(set(manifest["states"].values())) == 2
    assert [(one["validator"], one["from_block"]) for one in execution["differ"]] == [(3, 2)]
    assert main([*arguments, "--no-independent"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["consensus"]["execution"] is None
    assert "states" not in json.loads((Path(found["run"]) / "manifest.json").read_text())


def test_honest_validators_that_differ_are_a_broken_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bug that is planted here: whichever copy executes first is given a cent too much."""
    applied, first = ExecutionState.apply, []

    def spoilt(ledger: ExecutionState, execution: Execution) -> None:
        applied(ledger, execution)
        first.append(ledger)
        if ledger is first[0]:
            ledger.balances[1, 0] = ledger.balances.get((1, 0), 0) + 1

    monkeypatch.setattr(ExecutionState, "apply", spoilt)
    arguments = ["--epochs", "4", "--no-plot", "--no-settle", "-q", "--out", str(tmp_path)]
    assert main(arguments) == 3
    assert "state differs from block 1 on" in capsys.readouterr().out


def test_with_paranoid_the_run_stops_there(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(FirstMarket(), Options(epochs=4, settlement="memory", paranoid=True))
    session._pipeline.replicas.copies[1].state.balances[2, 0] += 1
    with pytest.raises(InvariantBroken, match="C10: after block 1"):
        session.run()


def test_a_run_in_which_nothing_is_final_says_nothing_of_states() -> None:
    assert summarize(played(epochs=1)).states is None
    assert document(summarize(played(epochs=1)), None, None)["consensus"]["execution"] is None
