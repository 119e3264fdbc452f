"""What is traded on a share that is split: each derivative by itself, at the numbers that went wrong once."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Future, Note, Option, Perpetual, PredictionContract, Warrant
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, CancelAll, Conditions, Exercise, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderCancelled, Trade
from market_sim.core.models.mechanism_events import (
    CorporateActionTaken,
    Exercised,
    SettlementPriceSet,
    ShortSalesRestricted,
)
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.models.unit import Unit
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.outlier import OutlierRule
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.corporate_actions import CorporateAction, CorporateActions
from market_sim.market.mechanisms.futures import Futures
from market_sim.market.mechanisms.initial_margin import InitialMargin
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.notes import Notes
from market_sim.market.mechanisms.options import OptionsClearing
from market_sim.market.mechanisms.perpetuals import Perpetuals
from market_sim.market.mechanisms.requirements import PortfolioMargin, us_strategy
from market_sim.market.mechanisms.short_selling import Recall
from market_sim.market.mechanisms.warrants import Warrants
from tests.unit.market.mechanisms.brokerage import DAY, Market, check_promises
from tests.unit.market.mechanisms.stage import Stage
from tests.unit.market.mechanisms.test_margin import reason

END = 1_000
TWO_FOR_ONE = (10, "split", 2)


def scene(*instruments, action=TWO_FOR_ONE, spot: int = 100_00) -> Stage:
    """Two people, a bank and a company that is about to act."""
    rich = {"USD": 100_000_00, "ACME": 1_000}
    stage = Stage(
        instruments, {name: dict(rich) for name in ("ann", "bob", "bank")} | {"company": {"ACME": 10_000}}, spot=spot
    )
    stage.exchange.ledger.deposit("company", "USD", 100_000_00)
    stage.actions = CorporateActions(stage.house, "ACME", "company", [action], stage.marks)
    return stage


def acted(stage: Stage) -> Stage:
    """The company acts; nothing else happens."""
    stage.attach(stage.actions)
    stage.at(10, stage.actions)
    return stage


def test_a_warrant_is_worth_exercising_after_a_split_if_it_was_before():
    stage = scene(Warrant("W", underlying="ACME", issuer="company", strike=80_00, expiry=END))
    stage.exchange.ledger.deposit("ann", "W", 3)
    stage.attach(Warrants(stage.house, stage.marks))
    acted(stage)
    assert stage.value.price == 50_00
    assert stage.refusal("ann", Exercise("W", 3)) == ""
    # Two shares of 50.00 for 80.00, as before one of 100.00.
    assert (stage.has("ann"), stage.has("ann", "ACME")) == (100_000_00 - 3 * 80_00, 2_000 + 6)
    assert [(event.strike, event.price) for event in stage.told(Exercised)] == [(40_00, 50_00)]
    assert stage.sound()


def test_futures_and_perpetuals_lose_nothing_by_a_split():
    future = Future("F", underlying="ACME", expiry=END, multiplier=10)
    stage = scene(future, Perpetual("P", underlying="ACME", funding_every=500))
    stage.attach(InitialMargin(("ann", "bob"), stage.marks))
    futures = stage.attach(Futures(stage.house, stage.prices, every_ns=100))
    perpetuals = stage.attach(Perpetuals(stage.house, stage.marks, samples=1))
    stage.trade("ann", "bob", "F", 1, 100_00)
    stage.trade("ann", "bob", "P", 10, 100_00)
    acted(stage)
    stage.at(500, perpetuals)
    stage.at(END, futures)
    assert (stage.has("ann"), stage.has("bob")) == (100_000_00, 100_000_00)
    assert [event.price for event in stage.told(SettlementPriceSet) if event.symbol == "ACME"] == [50_00]
    assert stage.sound()


def test_a_future_delivers_as_many_shares_as_its_units_stand_for():
    stage = scene(Future("F", underlying="ACME", expiry=END, multiplier=10, delivery="physical"))
    stage.attach(InitialMargin(("ann", "bob"), stage.marks))
    futures = stage.attach(Futures(stage.house, stage.prices))
    stage.trade("ann", "bob", "F", 1, 100_00)
    acted(stage)
    stage.value.price = 55_00
    stage.at(END, futures)
    # A gain of 2 x 5.00 for each of ten units, and twenty shares at 55.00.
    assert stage.has("ann") == 100_000_00 + 100_00 - 20 * 55_00
    assert stage.has("ann", "ACME") == 2_000 + 20
    assert stage.sound()


def test_a_note_pays_the_rise_of_the_share_and_not_its_split():
    stage = scene(Note("N", underlying="ACME", issuer="bank", protected=1_000_00, strike=100_00, maturity=END))
    stage.exchange.ledger.deposit("ann", "N", 1)
    notes = stage.attach(Notes(stage.house, stage.prices))
    acted(stage)
    stage.value.price = 65_00  # 130.00 before the split: a rise of 30 %
    stage.at(END, notes)
    assert stage.has("ann") == 100_000_00 + 1_300_00
    assert stage.sound()


@pytest.mark.parametrize("amount", [4_00, 40_00])
def test_a_special_dividend_is_part_of_what_a_unit_stands_for(amount):
    future = Future("F", underlying="ACME", expiry=END)
    warrant = Warrant("W", underlying="ACME", issuer="company", strike=80_00, expiry=END)
    note = Note("N", underlying="ACME", issuer="bank", protected=1_000_00, strike=80_00, maturity=END)
    stage = scene(future, warrant, note, action=(10, "special dividend", amount))
    stage.attach(InitialMargin(("ann", "bob"), stage.marks))
    futures = stage.attach(Futures(stage.house, stage.prices))
    stage.attach(Warrants(stage.house, stage.marks))
    notes = stage.attach(Notes(stage.house, stage.prices))
    stage.exchange.ledger.deposit("bob", "W", 1)
    stage.exchange.ledger.deposit("bob", "N", 1)
    stage.trade("ann", "bob", "F", 10, 100_00)
    acted(stage)
    assert stage.value.price == 100_00 - amount
    assert stage.refusal("bob", Exercise("W", 1)) == ""
    paid = 1_000 * amount
    assert stage.has("bob") == 100_000_00 + paid - (80_00 - amount)
    stage.at(END, futures)
    stage.at(END, notes)
    assert stage.has("ann") == 100_000_00 + paid
    assert stage.has("bob") == 100_000_00 + paid - (80_00 - amount) + 1_250_00
    assert stage.sound()


def test_a_question_about_a_share_stops_its_split_and_not_its_dividend():
    asks = PredictionContract("YES", question="Will ACME stand above 120.00?", underlying="ACME")
    stage = scene(asks, action=(10, "reverse split", 5))
    with pytest.raises(
        InputError, match="YES is a question in words about ACME, which cannot be adjusted to a reverse split"
    ):
        stage.attach(stage.actions)
    acted(scene(asks, action=(10, "dividend", 5)))
    acted(scene(PredictionContract("RAIN", question="Will it rain?")))


@pytest.mark.parametrize(
    ("instrument", "action", "said"),
    [
        (
            Warrant("W", underlying="ACME", issuer="company", strike=9, expiry=END, ratio=3),
            ("reverse split", 2),
            "W: a re",
        ),
        (Future("F", underlying="ACME", expiry=END, delivery="physical"), ("stock dividend", 1), "F: a stock dividend"),
        (
            Option("C", underlying="ACME", strike=9, expiry=END, multiplier=5),
            ("reverse split", 2),
            "the 5 ACME that one",
        ),
        (Option("C", underlying="ACME", strike=9, expiry=END), ("special dividend", 9), "nothing of its strike of 9"),
    ],
)
def test_what_leaves_no_terms_that_can_be_fulfilled_is_refused_when_it_is_announced(instrument, action, said):
    stage = scene(instrument, action=(10, *action))
    with pytest.raises(InputError, match=said):
        stage.attach(stage.actions)
    ended = scene(instrument, action=(END, *action))
    ended.attach(ended.actions)  # the instrument has ended by then


def test_a_value_that_cannot_follow_is_refused():
    class Fixed:
        price = 100_00

    stage = scene()
    stage.actions.marks = Marks({"ACME": Fixed()})
    with pytest.raises(InputError, match="believed value of ACME cannot follow"):
        stage.attach(stage.actions)


def test_everything_that_remembers_a_price_of_the_share_follows():
    stage = scene()
    stage.value = None
    stage.marks.values = {}
    listing = stage.exchange.listings["ACME"]
    listing.outlier = Listing(Stock("ACME"), listing.fees, outlier=OutlierRule(at_least=1)).outlier
    stage.trade("ann", "bob", "ACME", 1, 100_00)
    stage.exchange.phases.call("ACME", reference=98_00)
    stage.exchange.submit("ann", Sell("ACME", 1, 102_00))
    acted(stage)
    assert (listing.last, listing.reference, listing.indicative) == (50_00, 49_00, (None, 0, 0))
    stage.exchange.phases.uncross("ACME")
    assert stage.refusal("ann", Buy("ACME", 1, 90_00)) == "FAT_FINGER"
    assert stage.refusal("ann", Buy("ACME", 1, 51_00)) == ""


def test_stops_and_pegged_orders_on_the_share_end_with_the_others():
    stage = scene()
    for conditions in (Conditions(stop=90_00), Conditions(peg="mid"), None):
        stage.exchange.submit("ann", PlaceOrder("ACME", -1, 1, 80_00, conditions=conditions))
    acted(stage)
    assert [event.reason for event in stage.told(OrderCancelled)] == ["TERMS_CHANGED"] * 3
    stage.trade("ann", "bob", "ACME", 1, 50_00)  # wakes up nothing
    assert len(stage.told(Trade)) == 1
    assert stage.sound()


def test_without_a_believed_value_the_mark_of_the_book_is_what_is_split():
    stage = scene(action=(10, "reverse split", 4))
    stage.marks.values = {}
    stage.exchange.submit("ann", Sell("ACME", 1, 26_00))
    stage.exchange.submit("bob", Buy("ACME", 1, 24_00))
    acted(stage)
    assert stage.marks.mark(stage.exchange.listings["ACME"]) == 100_00
    assert stage.told(ValueMoved) == []


def test_a_settlement_price_counts_no_trade_from_before_a_split():
    stage = scene()
    stage.attach(stage.actions)
    stage.trade("ann", "bob", "ACME", 1, 100_00)
    assert stage.prices.settle(stage.exchange, stage.journal, "ACME") == 100_00
    stage.clock.now = 10
    assert stage.prices.settle(stage.exchange, stage.journal, "ACME") == 100_00
    stage.at(10, stage.actions)
    assert stage.prices.settle(stage.exchange, stage.journal, "ACME") == 50_00
    stage.trade("ann", "bob", "ACME", 1, 52_00)
    stage.clock.now = 20
    assert stage.prices.settle(stage.exchange, stage.journal, "ACME") == 52_00


def test_fractions_of_shares_are_paid_in_cash_by_the_company():
    stage = scene(action=(10, "reverse split", 3))
    stage.exchange.ledger.deposit("ann", "ACME", 1)  # 1,001: two thirds of a share are left, at 300.00
    acted(stage)
    assert (stage.has("ann", "ACME"), stage.has("ann")) == (333, 100_000_00 + 200_00)
    assert (stage.has("bob", "ACME"), stage.has("bob")) == (333, 100_000_00 + 100_00)
    assert stage.has("company", "ACME") == 10_000 + 668 + 2 * 667
    assert stage.sound()


def test_an_option_is_as_much_in_the_money_after_a_split_and_delivers_twice_the_shares():
    call = Option(
        "C", underlying="ACME", strike=80_00, expiry=END, style="american", delivery="physical", multiplier=10
    )
    stage = scene(call)
    stage.attach(OptionsClearing(stage.house, stage.prices, stage.randomness))
    stage.trade("ann", "bob", "C", 1, 25_00)
    acted(stage)
    assert stage.refusal("ann", Exercise("C", 1)) == ""
    assert stage.has("ann") == 100_000_00 - 250_00 - 800_00
    assert stage.has("ann", "ACME") == 2_000 + 20
    assert stage.sound()


# With a broker


def broker(action: str, amount: int, **terms: object) -> tuple[Market, CorporateActions]:
    market = Market({"sid": Agreement(), "sue": Agreement()}, clearing="variation", **terms)
    for name in ("sid", "sue"):
        market.fund(name, 100_000_00)
    market.exchange.ledger.open_account("company")
    market.fund("company", 1_000_000_00)
    market.exchange.ledger.deposit("company", "ACME", 500_000)
    house = ClearingHouse(capital=0)
    house.attach(market.exchange, market.journal)
    marks = Marks({"ACME": market.value})
    actions = CorporateActions(house, "ACME", "company", [CorporateAction(2 * DAY, action, amount)], marks)
    actions.attach(market.exchange, market.journal)
    return market, actions


def test_a_split_is_no_fall_and_restricts_nobody():
    market, actions = broker("split", 2, uptick_rule=True)
    market.buy("sue", 10, 100_00)
    market.later(by=DAY)
    market.clock.now = 2 * DAY
    actions.act(market.clock.now)
    market.margin.follow()
    market.buy("sue", 1, 50_00)
    market.bid(49_00, 10)
    assert reason(market.exchange.submit("sid", Sell("ACME", 1, 49_00))) == "accepted"
    assert market.events(ShortSalesRestricted) == []
    market.exchange.cancel_all("mm", CancelAll())
    market.buy("sue", 1, 45_00)  # a tenth below the close of 50.00
    market.bid(44_00, 10)
    assert reason(market.exchange.submit("sid", Sell("ACME", 1, 44_00))) == "UPTICK_RULE"
    assert [event.close for event in market.events(ShortSalesRestricted)] == [50_00]


def test_whoever_owes_shares_owes_the_new_ones_and_the_fraction_in_cash():
    market, actions = broker("reverse split", 4)
    market.sell("sid", 102, 100_00)
    worth = market.margin.calculator.equity("sid")
    actions.carry_out(actions.actions[0])
    market.margin.follow()
    assert (market.owed("sid"), market.margin.calculator.marks["ACME"]) == (25, 400_00)
    assert [(event.source, event.target, event.amount) for event in market.transfers("CASH_IN_LIEU")][-1] == (
        "sid", "lender", 200_00,
    )  # fmt: skip
    assert market.margin.calculator.equity("sid") == worth
    check_promises(market)


def test_a_debt_of_less_than_a_new_share_is_paid_off():
    market, actions = broker("reverse split", 4)
    market.sell("sid", 3, 100_00)
    actions.carry_out(actions.actions[0])
    market.margin.follow()
    assert market.owed("sid") == 0
    assert market.margin.calculator.equity("sid") == 100_000_00
    market.later()
    check_promises(market)


def test_a_recall_that_is_due_counts_the_new_shares():
    market, actions = broker("split", 2, recalls=[Recall(DAY, "lender", "ACME", 80, 5 * DAY)])
    market.sell("sid", 100, 100_00)
    market.later(by=DAY)
    actions.carry_out(actions.actions[0])
    market.margin.follow()
    market.offer(50_00, 1_000)
    market.later(by=5 * DAY)
    assert market.owed("sid") == 200 - 160


def test_marks_and_room_are_those_after_the_split_at_once():
    market, actions = broker("reverse split", 10)
    market.buy("sue", 10, 100_00)
    actions.carry_out(actions.actions[0])
    # 400 shares of 1,000.00 would need 200,000.00: the room from before the split is worth nothing.
    answer = market.exchange.submit("sue", Buy("ACME", 400, 1_000_00))
    assert reason(answer) == "INITIAL_MARGIN"
    assert market.margin.calculator.marks["ACME"] == 1_000_00


@pytest.mark.parametrize("profile", [us_strategy, PortfolioMargin()])
def test_what_a_written_option_needs_stays(profile):
    terms = {"underlying": "ACME", "strike": 100_00, "expiry": END, "multiplier": 100}
    before = {"C": Option("C", **terms), "P": Option("P", right="put", **terms), "ACME": Stock("ACME")}
    unit = Unit().split(2, 1)
    after = before | {name: Option(name, right=before[name].right, unit=unit, **terms) for name in ("C", "P")}
    marks = {"ACME": 98_00, "C": 3_00, "P": 4_00}
    for held in ({"C": -1}, {"P": -2}, {"C": -1, "ACME": 100}, {"C": -1, "P": -1, "ACME": 50}):
        twice = held | {"ACME": 2 * held.get("ACME", 0)}
        needs = [
            profile.requirement(positions, marks | {"ACME": spot}, terms, initial=True)
            for positions, spot, terms in ((held, 98_00, before), (twice, 49_00, after))
        ]
        assert abs(needs[0] - needs[1]) <= 1


def test_an_event_tells_what_a_price_from_before_means_now():
    taken = CorporateActionTaken(0, "ACME", "stock dividend", 5_000, 10, 150_00)
    assert (taken.ratio, taken.restated(150_00)) == ((3, 2), 100_00)
    assert CorporateActionTaken(0, "ACME", "special dividend", 5_00, 10).restated(3_00) == 0
