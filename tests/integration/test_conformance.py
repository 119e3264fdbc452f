"""Every mechanism keeps what mechanisms promise: money, determinism, no debts on the chain, an end to every act.

A mechanism of one's own is held to it by one more entry in CASES. The planted mechanisms at the end show that each
promise is really looked at.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable

import pytest

from market_sim.core.errors import InvariantBroken, RuleViolation
from market_sim.core.models.derivatives import Future, Note, Option, Perpetual, PredictionContract, Warrant
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Exercise
from market_sim.core.models.market_events import AuctionHeld, OrderRejected, Trade, Transferred
from market_sim.core.models.mechanism_events import (
    Assigned,
    CorporateActionTaken,
    FundingPaid,
    InstrumentExpired,
    MarkedToMarket,
    Resolved,
    SharesIssued,
)
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.mechanisms import batch_auction
from market_sim.market.mechanisms.batch_auction import BatchAuction
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.corporate_actions import CorporateAction, CorporateActions
from market_sim.market.mechanisms.futures import Futures
from market_sim.market.mechanisms.initial_margin import InitialMargin
from market_sim.market.mechanisms.margin import Agreement, MarginAccounts, MarginTerms
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.notes import Notes
from market_sim.market.mechanisms.options import OptionsClearing, option_chain
from market_sim.market.mechanisms.perpetuals import Perpetuals
from market_sim.market.mechanisms.prediction import PredictionMarket
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.market.mechanisms.warrants import Warrants
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.run import Options as RunOptions
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.strategies.traditional.bettor import Bettor, Oracle
from market_sim.strategies.traditional.lmsr_maker import LmsrMaker
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder, OptionHolder
from market_sim.strategies.traditional.option_maker import OptionMaker
from market_sim.strategies.traditional.perpetual_maker import PerpetualMaker
from tests.integration.conformance import Case, act_breaches, breaches, movement_breaches


def share(world: World, volatility_bps: float = 30) -> tuple[ClearingHouse, Marks]:
    """A share with a maker and some traders, and a clearing house beside it."""
    world.list(Stock("ACME"), value=10_000, volatility_bps=volatility_bps)
    world.join("maker", MarketMaker(spread_bps=10), cash=100_000_000, holdings={"ACME": 2_000})
    for number in range(3):
        world.join(f"noise-{number}", Noise(trade_probability=0.4), cash=5_000_000, holdings={"ACME": 50})
    house = ClearingHouse(capital=1_000_000)
    world.attach(house)
    return house, Marks(world.values)


def options(world: World, delivery: str = "physical") -> None:
    chain = option_chain("ACME", [9_900, 10_100], expiry=4 * SECOND, delivery=delivery, multiplier=10)
    for option in chain:
        world.list(option)
    house, marks = share(world, 60)
    # A call settled in cash has no cover: only puts are written without margin then.
    written = tuple(option for option in chain if delivery == "physical" or option.right == "put")
    for number in range(2):
        world.join(f"writer-{number}", OptionMaker(written), cash=50_000_000, holdings={"ACME": 500})
    for option in chain:
        world.join(f"holder-{option.symbol}", OptionHolder(option, 5, 50), cash=5_000_000, holdings={"ACME": 60})
    world.attach(OptionsClearing(house, SettlementPrices(marks), world.randomness))


def options_on_margin(world: World, delivery: str = "physical") -> None:
    """Writers who own nothing but cash and a margin account; the broker lends what an assignment takes."""
    chain = option_chain("ACME", [9_900, 10_100], expiry=4 * SECOND, delivery=delivery, multiplier=10)
    for option in chain:
        world.list(option)
    house, marks = share(world, 60)
    writers = [f"writer-{number}" for number in range(2)]
    for name in writers:
        world.join(name, OptionMaker(tuple(chain)), cash=200_000)
    for option in chain:
        world.join(f"holder-{option.symbol}", OptionHolder(option, 8, 50), cash=5_000_000, holdings={"ACME": 60})
    margin = MarginAccounts({name: Agreement() for name in writers}, MarginTerms(), world.values)
    world.attach(margin)
    house.lenders.append(margin.credit.top_up)
    world.attach(OptionsClearing(house, SettlementPrices(marks), world.randomness))


def corporate_actions(world: World) -> None:
    option = Option("CALL", underlying="ACME", strike=9_000, expiry=5 * SECOND, delivery="physical", multiplier=10)
    put = Option("PUT", underlying="ACME", strike=9_800, expiry=5 * SECOND, right="put", multiplier=10)
    for each in (option, put):
        world.list(each)
    house, marks = share(world)
    world.join("company", Holder(), cash=10_000_000, holdings={"ACME": 20_000})
    world.join("writer", OptionMaker((option, put)), cash=9_000_000, holdings={"ACME": 200})
    for each in (option, put):
        world.join(f"holder-{each.symbol}", OptionHolder(each, 4), cash=5_000_000)
    life = OptionsClearing(house, SettlementPrices(marks), world.randomness)
    world.attach(life)
    actions = [
        CorporateAction(2 * SECOND, "split", 2),
        CorporateAction(3 * SECOND, "dividend", 50),
        CorporateAction(3 * SECOND + 1, "special dividend", 400),
    ]
    world.attach(CorporateActions(house, "ACME", "company", actions, marks, life))


def warrants(world: World) -> None:
    warrant = Warrant("WARRANT", underlying="ACME", issuer="company", strike=8_000, expiry=4 * SECOND, ratio=2)
    world.list(warrant)
    house, marks = share(world)
    world.join("company", Holder(), holdings={"ACME": 500})
    for number, gain in enumerate((1, 1, None)):
        holder = OptionHolder(warrant, early_gain=gain, after=2 * SECOND)
        world.join(f"holder-{number}", holder, cash=2_000_000, holdings={"WARRANT": 50})
    world.attach(Warrants(house, marks))


def contracts_on_margin(world: World, instrument: Future | Perpetual) -> tuple[ClearingHouse, Marks]:
    world.list(instrument)
    house, marks = share(world, 80)
    names = ["quotes", "crowd-0", "crowd-1"]
    quotes = PerpetualMaker(instrument.symbol, "ACME", most=60)
    world.join("quotes", quotes, cash=10_000_000, holdings={"ACME": 1_000}, every_ms=50)
    for name in names[1:]:
        world.join(name, Noise(instrument.symbol, trade_probability=0.4), cash=800_000)
    world.attach(InitialMargin(names, marks, rate_bps=1_500))
    return house, marks


def futures(world: World, delivery: str = "cash") -> None:
    future = Future("FUTURE", underlying="ACME", expiry=4 * SECOND, multiplier=10, delivery=delivery)
    house, marks = contracts_on_margin(world, future)
    world.attach(Futures(house, SettlementPrices(marks)))


def perpetuals(world: World) -> None:
    house, marks = contracts_on_margin(world, Perpetual("PERP", underlying="ACME", funding_every=SECOND))
    world.attach(Perpetuals(house, marks))


def prediction(world: World) -> None:
    for symbol, value in (("YES", 50), ("NO", None)):
        world.list(PredictionContract(symbol, question="Will it?"), value=value, volatility_bps=200)
    world.join("maker", LmsrMaker(), cash=50_000)
    for number in range(6):
        world.join(f"bettor-{number}", Bettor(bias=5 * (number % 3 - 1)), cash=6_000)
    world.join("oracle", Oracle(at=4 * SECOND))
    house = ClearingHouse(capital=0)
    world.attach(house)
    world.attach(PredictionMarket(house, "YES", "NO", "oracle"))


def notes(world: World) -> None:
    note = Note("NOTE", underlying="ACME", issuer="bank", protected=1_000, strike=10_000, maturity=4 * SECOND)
    world.list(note)
    house, marks = share(world)
    world.join("bank", Holder(), cash=10_000)  # it cannot pay all: protection is worth what the issuer is worth
    for number in range(2):
        world.join(f"saver-{number}", Holder(), holdings={"NOTE": 40})
    world.attach(Notes(house, SettlementPrices(marks)))


def batches(world: World) -> None:
    share(world)
    world.attach(BatchAuction("ACME"))


CASES = [
    Case("options-delivered", options),
    Case("options-in-cash", lambda world: options(world, "cash")),
    Case("options-on-margin", options_on_margin),
    Case("cash-options-on-margin", lambda world: options_on_margin(world, "cash")),
    Case("corporate-actions", corporate_actions),
    Case("warrants", warrants),
    Case("futures-in-cash", futures),
    Case("futures-delivered", lambda world: futures(world, "physical")),
    Case("perpetuals", perpetuals),
    Case("prediction", prediction),
    Case("notes", notes),
    Case("batch-auction", batches),
]

PROOF = {
    "options-delivered": InstrumentExpired,
    "options-in-cash": InstrumentExpired,
    "options-on-margin": Assigned,
    "cash-options-on-margin": Assigned,
    "corporate-actions": CorporateActionTaken,
    "warrants": SharesIssued,
    "futures-in-cash": MarkedToMarket,
    "futures-delivered": MarkedToMarket,
    "perpetuals": FundingPaid,
    "prediction": Resolved,
    "notes": InstrumentExpired,
    "batch-auction": AuctionHeld,
}
"""The event that shows that a case came to what it is about."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mechanism_keeps_what_mechanisms_promise(case):
    assert list(breaches(case)) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_comes_to_what_it_is_about(case):
    journal = case.play().journal
    assert any(journal.of(PROOF[case.name]))
    assert any(journal.of(Transferred)) or case.name == "batch-auction"
    if case.name not in ("notes",):
        assert any(journal.of(Trade))


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_after_every_event_of_every_scenario_nothing_was_made_lost_or_owed(kind):
    journal = simulate(kind(), RunOptions(epochs=12, settlement="none", paranoid=True)).journal
    assert list(movement_breaches(journal)) == []


def test_the_worked_example_fits_into_forty_lines():
    tree = ast.parse(inspect.getsource(batch_auction))
    lines = {
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.expr) and hasattr(node, "lineno")
    }
    assert 10 < len(lines) < 40


# The promises are looked at: each planted mechanism breaks one of them.


class Overdraws(Mechanism):
    """Takes more than is there."""

    def times(self) -> Iterable[int]:
        now = self.exchange.clock.now
        return [now - now % SECOND + SECOND]

    def act(self, now: int) -> None:
        self.exchange.ledger.transfer("noise-0", "maker", "USD", 100_000_000, "TAX", "ACME")


class Forges(Overdraws):
    """Gives itself money that no event tells of."""

    def act(self, now: int) -> None:
        self.exchange.accounts["maker"].balance("USD").total += 1


class Remembers(Overdraws):
    """Does something else in every run, because it counts across runs."""

    runs = 0

    def begin(self) -> None:
        Remembers.runs += 1

    def act(self, now: int) -> None:
        self.exchange.ledger.transfer("maker", "noise-0", "USD", Remembers.runs, "GIFT", "ACME")


class NeverEnds(Overdraws):
    """Moves the same cent for ever, or nearly."""

    def act(self, now: int) -> None:
        for _ in range(6_000):
            self.exchange.ledger.transfer("maker", "noise-0", "USD", 1, "DRIP", "ACME")


class RunsBackwards(Overdraws):
    """Wants to act in the wrong order."""

    def times(self) -> Iterable[int]:
        return [2 * SECOND, SECOND]

    def act(self, now: int) -> None:
        pass


class RefusesInSilence(Mechanism):
    """Refuses without saying why."""

    def begin(self) -> None:
        self.exchange.add_gate(self)

    def check(self, *_: object) -> None:
        raise RuleViolation("UNCOVERED")


PLANTED = {
    Overdraws: "TAX of ACME takes 100000000 from it",
    Remembers: "the same seed gave another journal",
    RunsBackwards: "wants to act at",
    RefusesInSilence: "UNCOVERED lacks",
}


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.__name__)
def test_a_broken_promise_is_found(planted):
    def build(world: World) -> None:
        share(world)
        world.attach(planted())

    found = list(breaches(Case("planted", build, days=3)))
    assert any(PLANTED[planted] in sentence for sentence in found), found[:5]


def test_an_act_without_end_is_found():
    def build(world: World) -> None:
        share(world)
        world.attach(NeverEnds())

    assert any("led to" in sentence for sentence in act_breaches(Case("planted", build, days=3)))


def test_money_behind_the_journal_stops_the_run():
    def build(world: World) -> None:
        share(world)
        world.attach(Forges())

    with pytest.raises(InvariantBroken, match="account maker holds"):
        Case("planted", build, days=3).play()


def test_an_intent_that_no_mechanism_understands_is_refused():
    world = World(7)
    share(world)
    refusal = world.exchange.submit("maker", Exercise("ACME", 1))
    assert isinstance(refusal, OrderRejected)
    assert refusal.reason == "BAD_INTENT"
