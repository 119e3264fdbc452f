"""Slashing in a whole run: a second signature costs the bond, and each block is paid once all the same."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.blockchain.signed_on import after_conviction
from market_sim.core.data.journal import Journal
from market_sim.core.models.settlement_events import (
    BatchCertified,
    BlockSettled,
    CallExecuted,
    ContractReconciled,
    DoubleSigned,
)
from market_sim.market.agents.reports import CallDone
from market_sim.market.agents.view import View
from market_sim.simulation.scenarios.slashing import Slashing
from market_sim.strategies.traditional.bond_sides import BondOwner
from tests.conftest import ROOT
from tests.integration.test_chain_as_a_place import told


def run(scenario: Slashing | None = None, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario or Slashing(), Options(**chosen)).journal


def calls(journal: Journal, succeeded: bool) -> list[tuple[str, str, str]]:
    return [(call.account, call.function, call.reason) for call in journal.of(CallExecuted)
            if call.succeeded is succeeded and call.function != "deposit"]  # fmt: skip


def test_the_liar_alone_loses_its_bond_once_and_every_block_is_settled_once() -> None:
    journal = run()
    assert Slashing().holds(journal)
    assert [event.first for event in journal.of(BlockSettled)] == [*range(1, 12)]
    assert [(event.validator, event.first) for event in journal.of(DoubleSigned)] == [(3, 4), (3, 5)]
    assert sorted(calls(journal, succeeded=True)) == [
        ("owner-0", "give_notice", ""),
        ("owner-0", "withdraw", ""),
        ("owner-3", "give_notice", ""),
        ("watcher", "report", ""),
    ]
    assert sorted(calls(journal, succeeded=False)) == [
        ("accuser", "report", "OtherHeight"),
        ("accuser", "report", "SameDigest"),
        ("owner-3", "withdraw", "SlashedBefore"),
        ("watcher", "report", "SlashedBefore"),
    ]
    held = [event.numbers["held"] for event in journal.of(ContractReconciled)]
    assert (max(held), held[-1]) == (400_000, 200_000), "of four bonds one was taken and one went back"


def test_the_conclusion_is_what_the_journal_adds_up_to() -> None:
    journal = run(Slashing(bond=333, share_percent=10))
    [paid] = [call.numbers for call in journal.of(CallExecuted) if call.function == "report" and call.succeeded]
    assert (paid["reward"], paid["rest"]) == (3_330, 29_970)
    times = {call.function: int(call.numbers["settled"]) for call in journal.of(CallExecuted)
             if call.account == "owner-0" and "settled" in call.numbers}  # fmt: skip
    waited = times["withdraw"] - times["give_notice"]
    assert waited >= Slashing().window + Slashing().beyond
    events = [one for one in journal if isinstance(one, (DoubleSigned, BatchCertified, CallExecuted))]
    certified, without_bond = 0, 0
    for one in reversed(events):
        if isinstance(one, BatchCertified):
            certified += 1
            assert 3 not in one.signers
        elif isinstance(one, CallExecuted) and (one.account, one.function) == ("owner-0", "withdraw"):
            without_bond = certified
        elif isinstance(one, DoubleSigned) and one.first == 4:
            break
    assert without_bond == 1
    assert Slashing().conclusion(journal) == (
        "Validator n3 signed two results of 2 blocks, and each was settled once. The bond of n3 was taken: 33.30 for "
        "watcher and 299.70 for the treasury. The signature of n3 is in none of the "
        f"{certified} certificates after that. owner-0 got 333.00 back {waited} epochs after the notice. "
        "The signature of n0, now without a bond, is in the one certificate after that. "
        "Refused: report of accuser (SameDigest), report of accuser (OtherHeight), report of watcher (SlashedBefore) "
        "and withdraw of owner-3 (SlashedBefore)."
    )


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    """But for the digest of a result, which names the contract of the settlement."""
    ours, theirs = run(), run(settlement="eth-tester")
    for journal in (ours, theirs):
        for call in journal.of(CallExecuted):
            call.numbers.pop("digest", None)
    assert told(ours) == told(theirs)


@pytest.mark.parametrize(
    ("scenario", "options", "said"),
    [
        (Slashing(), {"without": "watcher"}, "No bond was taken. owner-0 got 1,000.00 back"),
        (Slashing(begins=30), {}, "No validator signed two results. No bond was taken. owner-0 got"),
        (Slashing(), {"epochs": 3}, "No validator signed two results. No bond was taken. No owner got a bond back."),
        (Slashing(), {"settlement": "none"}, "This run settles on no chain, so nobody signed a result and there were"),
    ],
    ids=["nobody watches", "nobody lies", "too short", "no chain"],
)
def test_a_run_that_ends_otherwise_says_so(scenario: Slashing, options: dict[str, Any], said: str) -> None:
    journal = run(scenario, **options)
    assert said in scenario.conclusion(journal)
    assert not scenario.holds(journal)


def test_an_owner_that_comes_too_early_comes_again_and_one_that_is_refused_for_good_does_not() -> None:
    owner, day = BondOwner(2, leaves=1), 1_000_000_000
    made = {"until": 4, "settled": 2}
    steps = [
        (0.5, None, ["deposit"]),
        (2.5, None, ["give_notice"]),
        (4.5, CallDone(0, "bonds", "give_notice", True, made, ""), []),
        (5.5, None, ["withdraw"]),
        (6.5, CallDone(0, "bonds", "withdraw", False, {"until": 4, "settled": 3}, "NoticeRuns"), []),
        (7.5, None, ["withdraw"]),
        (9.5, CallDone(0, "bonds", "withdraw", False, {}, "SlashedBefore"), []),
    ]
    for time, report, wanted in steps:
        view = View({}, time=int(time * day), reports=[report] if report else [])
        assert [intent.function for intent in owner.decide(view)] == wanted, time


def test_of_several_validators_that_sign_twice_each_block_is_counted_once() -> None:
    twice = "n2:double-sign, n3:double-sign"
    journal = run(byzantine=twice, beyond_the_bound=True)
    said = Slashing().conclusion(journal)
    assert "Validators n2 and n3 signed two results of 11 blocks, and each was settled once." in said
    assert len({event.first for event in journal.of(DoubleSigned)}) == 11
    for liar in (2, 3):
        assert f"The signature of n{liar} is in {after_conviction(journal)[liar].signed} of the" in said


def test_the_page_names_the_errors_of_the_contract() -> None:
    page = (ROOT / "docs" / "settlement.md").read_text()
    table = page[page.index("| what is shown |") :].split("\n\n")[0]
    named = {line.split("`")[1] for line in table.splitlines() if "`" in line}
    assert named == {
        "BadEvidence", "NotBonded", "OtherHeight", "OtherSigner", "ReportTooLate", "SameDigest", "SlashedBefore",
        "WrongDomain",
    }  # fmt: skip
    contract = (ROOT / "contracts" / "Bonds.sol").read_text()
    body = contract[contract.index("function report(") : contract.index("function stateOf(")]
    body += contract[contract.index("function _digest(") :]
    assert {part.split("(")[0] for part in body.split("revert ")[1:]} == named
