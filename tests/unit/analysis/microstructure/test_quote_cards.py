"""Quote cards: the quotes of each maker are those that stand, and the terms of its model give them."""

from __future__ import annotations

from math import ceil, floor, log, sqrt

import pytest

from market_sim import Buy, Sell
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.quote_cards import MOVED, NO_MODEL, NO_REFERENCE, Terms, quote_cards
from market_sim.analysis.microstructure.report_rows import Money, presented
from market_sim.analysis.microstructure.report_tables import report
from market_sim.core.models.market_events import (
    Deposited,
    InstrumentListed,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
)
from market_sim.core.models.run_events import AgentJoined, ValueMoved
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.maker_school import MakerSchool

SECOND = 1_000_000_000
STATED = {"symbol": "ACME", "size": 5, "gamma": 0.02, "sigma": 10.0, "k": 0.3, "session_s": 8.0, "target": None}


@pytest.fixture(scope="module")
def school():
    return market_alone(MakerSchool(), 9, 3)


def standing(journal, account):
    """The open orders of an account at the end, one by one: side, limit, quantity."""
    left = {one.order: [one.terms.side, one.terms.limit, one.terms.quantity]
            for one in journal.of(OrderAccepted) if one.account == account}  # fmt: skip
    for event in journal:
        if isinstance(event, OrderCancelled) and event.order in left:
            left[event.order][2] -= event.quantity
        elif isinstance(event, Trade):
            for order in {event.maker_order, event.taker_order} & left.keys():
                left[order][2] -= event.quantity
    return [one for one in left.values() if one[2]]


def test_a_card_has_the_best_quotes_that_stand_and_their_sizes(school):
    cards = {one.account: one for one in quote_cards(school, {"A": 1, "B": 1, "C": 1})}
    assert set(cards) == {"fixed", "avellaneda-stoikov", "gueant-lehalle-tapia"}
    for account, card in cards.items():
        for side, price, size in ((1, card.bid, card.bid_size), (-1, card.ask, card.ask_size)):
            mine = [one for one in standing(school, account) if one[0] == side]
            best = max((one[1] * side for one in mine), default=None)
            assert price == (None if best is None else best * side)
            assert size == sum(one[2] for one in mine if one[1] == price)
    assert cards["fixed"].terms is None and cards["fixed"].note == NO_MODEL


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_terms_are_those_of_the_papers_and_give_the_quotes(seed):
    """Avellaneda and Stoikov (2008), equations 3.17 and 3.18; Gueant, Lehalle and Fernandez-Tapia (2013), section 4."""
    gamma, sigma, k = 0.02, 10.0, 0.3
    journal = market_alone(MakerSchool(), seed, 3)
    cards = {one.account: one for one in Microscope(journal).cards}
    for name in ("avellaneda-stoikov", "gueant-lehalle-tapia"):
        card = cards[name]
        last = max(one.time for one in journal.of(OrderAccepted) if one.account == name) - 1_000_000
        q = card.held / 5
        left = 8 - last / 1e9 % 8
        root = sqrt(sigma**2 * gamma / (2 * k * 5.0) * (1 + gamma / k) ** (1 + k / gamma))
        wanted = (
            (-q * gamma * sigma**2 * left, gamma * sigma**2 * left / 2)
            if name.startswith("a")
            else (-q * root, root / 2)
        )
        assert card.terms == pytest.approx((*wanted, log(1 + gamma / k) / gamma))
        centre, half = card.reference + card.terms.inventory, card.terms.volatility + card.terms.risk
        assert card.note == ""
        assert card.bid in (None, floor(centre - half)) and card.ask in (None, ceil(centre + half))
        assert (card.bid, card.ask) != (None, None)


def test_the_table_has_a_row_for_each_maker_in_the_money_of_its_book(school):
    [table] = [one for one in report(Microscope(school)) if one.name == "quotes"]
    cards = Microscope(school).cards
    assert [(row["account"], row["bid"], row["ask_size"], row["inventory"]) for row in table] == [
        (one.account, one.bid, one.ask_size, one.held) for one in cards
    ]
    head, *rows = presented(table, Money(school.of(InstrumentListed)))
    priced = dict(zip(head, rows[1], strict=True))
    assert float(priced["bid"]) == cards[1].bid / 100
    assert float(priced["risk term"]) == pytest.approx(cards[1].terms.risk / 100, abs=5.1e-5)


def joined(**more):
    return AgentJoined(0, "maker", "AvellanedaStoikov", {**STATED, **more}, 50.0, 1.0)


def bid(time, order, limit, quantity=5, account="maker"):
    return OrderAccepted(time, order, account, Buy("ACME", quantity, limit))


def test_what_it_holds_counts_from_its_target_up_to_its_last_decision():
    events = [
        joined(target=10), Deposited(0, "maker", "ACME", 15), ValueMoved(0, "ACME", 10_000),
        bid(SECOND, 1, 9_900), OrderAccepted(SECOND, 2, "maker", Sell("ACME", 5, 10_100)),
        Trade(SECOND + 5, 1, "ACME", 9_900, 5, -1, 1, 9, "maker", "ann", 0, 0),
        bid(2 * SECOND, 3, 9_800, 4), OrderAmended(2 * SECOND, 3, 3, 9_850, False),
        Trade(2 * SECOND + 5, 2, "ACME", 9_850, 1, -1, 3, 9, "maker", "ann", 0, 0),
    ]  # fmt: skip
    [card] = quote_cards(events, {"ACME": 1})
    assert (card.bid, card.bid_size, card.ask, card.ask_size) == (9_850, 2, 10_100, 5)
    assert card.held == 15 - 10 + 5, "the second trade came after the decision"
    assert card.terms.inventory == pytest.approx(-2 * 0.02 * 100 * (8 - 1.999)) and card.note == MOVED


def test_without_a_value_the_last_price_of_the_book_is_the_reference_and_without_both_there_is_none():
    started = [joined(), bid(SECOND, 1, 9_900)]
    [card] = quote_cards(started, {"ACME": 1})
    assert (card.reference, card.terms, card.note) == (None, None, NO_REFERENCE)
    traded = Trade(5, 1, "ACME", 10_000, 1, 1, 7, 8, "ann", "bob", 0, 0)
    [card] = quote_cards([joined(), traded, bid(SECOND, 1, 9_900)], {"ACME": 1})
    assert card.reference == 10_000


def test_a_model_without_inventory_lies_even_around_its_reference_and_prices_are_on_their_ticks():
    terms = Terms(0.0, 2.0, 3.5)
    assert terms.quotes(100.0, 1) == (94, 106) and terms.quotes(100.0, 5) == (90, 110)
    assert terms._replace(inventory=-4.0).quotes(100.0, 1) == (90, 102)
