"""Refused alike: what a contract refuses its twin refuses with the same error and numbers, and is as it was before.

Each case is one call that a contract refuses, and a difference planted in its twin that must be told with both values.
The random plays of the mechanisms' own tests compare every refusal, too (`called` in `rig.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from market_sim.blockchain.guarded_amm import GuardedAmm
from market_sim.blockchain.guarded_amm_model import HaltRule
from market_sim.blockchain.option_models import Answer
from market_sim.blockchain.settlement import ChainReverted
from market_sim.blockchain.twins import Twinned
from market_sim.core.errors import InvariantBroken
from tests.unit.blockchain.bonding import NOTICE, Bonding
from tests.unit.blockchain.rig import Rig, called
from tests.unit.blockchain.test_call_auction import Called
from tests.unit.blockchain.test_lending import Lending
from tests.unit.blockchain.test_margin_vault import Margin
from tests.unit.blockchain.test_option_series import EXPIRY, Series
from tests.unit.blockchain.test_oracle import Asking
from tests.unit.blockchain.test_prediction_market import Asked
from tests.unit.blockchain.test_warrant import Company

OTHER = "0x" + "ab" * 20


class Stage(NamedTuple):
    """A contract where a call is refused: its adapter, the stage, and the call by an account."""

    contract: Twinned
    context: Any
    call: tuple[Any, ...]

    def make(self) -> None:
        called(self.contract, self.context, 9, *self.call)


def written(rig: Rig) -> Stage:
    series = Series(rig)
    series.call("alice", "write", 7)
    return Stage(series.series, series.context, ("alice", "transfer", "bob", 9))


def over(rig: Rig) -> Stage:
    series = Series(rig)
    series.asking.pass_epochs(EXPIRY)
    return Stage(series.series, series.context, ("alice", "write", 1))


def penniless(rig: Rig) -> Stage:
    series = Series(rig)
    return Stage(series.series, series.context, ("alice", "write", 10**6))


def undecided(rig: Rig) -> Stage:
    series = Series(rig)
    return Stage(series.series, series.context, ("bob", "expire"))


def issued(rig: Rig) -> Stage:
    company = Company(rig)
    return Stage(company.warrant, company.context, ("bob", "issue", 1))


def split(rig: Rig) -> Stage:
    asked = Asked(rig)
    asked.call("alice", "split", 3)
    return Stage(asked.market, asked.context, ("alice", "merge", 4))


def collecting(rig: Rig) -> Stage:
    stage = Called(rig)
    stage.call("alice", "buy", 100, 3)
    return Stage(stage.auction, stage.context, ("bob", "cancel", 1))


def closed(rig: Rig) -> Stage:
    stage = Called(rig)
    stage.close()
    return Stage(stage.auction, stage.context, ("alice", "sell", 100, 3))


def proposed(rig: Rig) -> Stage:
    asking = Asking(rig)
    asking.call("alice", "propose", 0, 1)
    return Stage(asking.oracle, asking.context, ("alice", "dispute", 0))


def disputed(rig: Rig) -> Stage:
    asking = Asking(rig)
    asking.call("alice", "propose", 0, 1)
    asking.call("bob", "dispute", 0)
    return Stage(asking.oracle, asking.context, ("alice", "decide", 0, 1))


def leaving(rig: Rig) -> Stage:
    bonding = Bonding(rig)
    bonding.call("alice", "deposit", 0)
    bonding.call("alice", "give_notice", 0)
    return Stage(bonding.bonds, bonding.context, ("alice", "withdraw", 0))


def bonded(rig: Rig) -> Stage:
    bonding = Bonding(rig)
    return Stage(bonding.bonds, bonding.context, ("alice", "deposit", 4))


def secured(rig: Rig) -> Stage:
    lending = Lending(rig).opened()
    lending.call("bob", "pledge", 100)
    return Stage(lending.pool, lending.context, ("bob", "borrow", 5_001))


def flashed(rig: Rig) -> Stage:
    lending = Lending(rig).opened()
    return Stage(lending.flash, lending.context, ("bob", "run", 0, 10, 2_000, 100))


def bought(rig: Rig) -> Stage:
    margin = Margin(rig)
    margin.call("alice", "deposit", 6_000)
    return Stage(margin.vault, margin.context, ("alice", "buy", 200, 10**6))


def beyond_all_money(rig: Rig) -> Stage:
    margin = Margin(rig)
    return Stage(margin.vault, margin.context, ("alice", "buy", 5_000, 10**7))


def empty(rig: Rig) -> Stage:
    margin = Margin(rig)
    return Stage(margin.vault, margin.context, ("alice", "sell", 0, 0))


def halted(rig: Rig) -> Stage:
    margin = Margin(rig, pool=GuardedAmm(fee_bps=0, rule=HaltRule(500, 2, 3)))
    margin.call("fees", "sell", 1_000, 0, of=margin.pool)
    return Stage(margin.pool, margin.context, ("bob", "buy", 1, 10**6))


def told(**fields: object) -> Callable[[Stage], None]:
    """Plant these fields in the twin."""
    return lambda stage: vars(stage.contract.twin).update(fields)  # type: ignore[attr-defined]


def terms(**fields: object) -> Callable[[Stage], None]:
    """Plant these terms in the twin."""

    def plant(stage: Stage) -> None:
        stage.contract.twin.terms = stage.contract.twin.terms._replace(**fields)  # type: ignore[attr-defined]

    return plant


def other_pool(stage: Stage) -> None:
    stage.contract.second.twin.quoteReserve *= 2  # type: ignore[attr-defined]


def other_issuer(stage: Stage) -> None:
    stage.contract.twin.issuer = stage.context.address_of("bob")  # type: ignore[attr-defined]


def forgotten_notice(stage: Stage) -> None:
    bonds = stage.contract.twin.bonds  # type: ignore[attr-defined]
    for validator, bond in bonds.items():
        bonds[validator] = bond._replace(until=0)


class Case(NamedTuple):
    """The stage of a refused call, what the contract says, a planted difference, and what is told of the twin."""

    stage: Callable[[Rig], Stage]
    says: str
    plant: Callable[[Stage], None]
    twin: str


CASES = [
    Case(written, r"ShortOfOptions\(owner=0x\w+, held=7, needed=9\)", told(longOf={}),
         r"refuses it with ShortOfOptions\(owner=0x\w+, held=0, needed=9\)"),
    Case(over, r"SeriesExpired\(expiry=2, settled=2\)", terms(expiry=3), "makes it"),
    Case(penniless, r"ShortOfTokens\(owner=0x\w+, held=\d+, needed=500000000\)", terms(expiry=0),
         r"refuses it with SeriesExpired\(expiry=0, settled=0\)"),
    Case(undecided, r"NotFinal\(epoch=2\)", told(isExpired=True), r"refuses it with ExpiredBefore"),
    Case(issued, r"NotIssuer\(caller=0x\w+\)", other_issuer, "makes it"),
    Case(split, r"ShortOfOutcomes\(owner=0x\w+, held=3, needed=4\)", told(isResolved=True),
         "refuses it with ResolvedBefore"),
    Case(collecting, r"NotYourOrder\(order=1, owner=0x\w+\)", told(orders=[]),
         r"refuses it with UnknownOrder\(order=1\)"),
    Case(closed, r"Closed\(closes=2, settled=2\)", terms(closes=3), "makes it"),
    Case(proposed, r"OwnProposal\(epoch=0\)", told(answers={0: Answer(OTHER, "", 1, 4, 1)}), "makes it"),
    Case(disputed, r"TooFewSignatures\(found=0, validators=4\)", told(answers={}),
         r"refuses it with NotDisputed\(epoch=0\)"),
    Case(leaving, rf"NoticeRuns\(until={NOTICE}, settled=0\)", forgotten_notice, "makes it"),
    Case(bonded, r"UnknownPlace\(place=4, validators=4\)", told(), ""),
    Case(secured, r"DebtTooLarge\(debt=5002, limit=5000\)", told(price=101 * 10**6), "makes it"),
    Case(flashed, r"GainTooSmall\(gain=\d+, least=100\)", other_pool, "makes it"),
    Case(bought, r"MarginTooSmall\(has=20000, needs=24409\)", told(price=10**6),
         r"refuses it with MarginTooSmall\(has=200, needs=14509\)"),
    Case(beyond_all_money, r"ShortOfTokens\(owner=0x\w+, held=100000, needed=1000\d+\)", told(), ""),
    Case(empty, "NothingToSwap", told(sharesOf={}), ""),
    Case(halted, r"TradingHalted\(until=5, settled=2\)", told(haltedUntil=0), "makes it"),
]  # fmt: skip


def with_twins(stage: Stage) -> list[Any]:
    """The contract and those that it names, as far as they have twins."""
    return [part for part in (stage.contract, *vars(stage.contract).values()) if hasattr(part, "twin")]


def play(case: Case, rig: Rig) -> None:
    """The contract refuses the call, its twin as well, and afterwards both are as they were."""
    stage = case.stage(rig)
    adapters = with_twins(stage)
    before = deepcopy([adapter.twin for adapter in adapters])
    with pytest.raises(ChainReverted, match=f"^{case.says}"):
        stage.make()
    assert [adapter.twin for adapter in adapters] == before
    for adapter in adapters:
        adapter.reconcile(stage.context)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stage.__name__)
def test_a_refused_call_is_refused_by_the_twin_and_leaves_it_as_it_was(case: Case) -> None:
    play(case, Rig())


@pytest.mark.thorough
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stage.__name__)
def test_a_call_that_the_compiled_contract_refuses_is_refused_by_the_twin(chain_rig: Rig, case: Case) -> None:
    play(case, chain_rig)


def test_a_twin_is_asked_at_the_epoch_that_contracts_see_before_the_relay_knows_of_it() -> None:
    """Contracts see a batch that is on the chain and not confirmed yet."""
    stage = over(Rig())
    with pytest.raises(ChainReverted, match="SeriesExpired"):
        stage._replace(context=stage.context._replace(settled_epoch=lambda: 0)).make()


PLANTED = [case for case in CASES if case.twin]


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.stage.__name__)
def test_a_planted_difference_in_a_refusal_is_told_with_the_name_and_both(case: Case) -> None:
    stage = case.stage(Rig())
    case.plant(stage)
    function = stage.call[1]
    expected = rf"^call 9: {stage.contract.name} refused {function} with {case.says}, and its twin {case.twin}"
    with pytest.raises(InvariantBroken, match=expected):
        stage.make()
