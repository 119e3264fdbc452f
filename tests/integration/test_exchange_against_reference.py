"""The exchange does what the rules say: operation by operation the same as a second, naive exchange (T1).

20,000 operations here; a million with MARKET_SIM_OPERATIONS=1000000 or HYPOTHESIS_PROFILE=ci. A failure prints the
fewest operations that show it and the command that plays the seed again.
"""

from __future__ import annotations

import re
from itertools import permutations
from random import Random

import pytest

from market_sim.core.models.intents import Amend, Buy, Sell
from market_sim.core.models.reasons_exchange import EXCHANGE_REASONS
from market_sim.market.exchange.clearing import Clearing
from market_sim.market.exchange.fees import FeeSchedule
from tests.conftest import ROOT
from tests.reference.campaign import IN_ONE_DUEL, IN_ONE_PART, Reached, fight, fight_all, parts_wanted, seeds_wanted
from tests.reference.duel import Duel, Market, Operation, Setting, play, report, shrink
from tests.reference.operations import CLASSES, setting

FEATURES = ("market", "ioc", "fok", "day", "gtd", "auction", "stop", "stop-limit", "display", "hidden", "peg",
            "post_only reject", "post_only slide")  # fmt: skip


PARTS = parts_wanted()


@pytest.fixture(scope="module", params=range(len(PARTS)))
def part(request) -> list[int]:
    """The seeds of one part; each has to meet everything, so that several processes can share them."""
    return PARTS[request.param]


@pytest.fixture(scope="module")
def fought(part) -> Reached:
    """The duels of a part, fought once for all its tests."""
    return fight_all(part)


@pytest.fixture
def reached(fought) -> Reached:
    """What the duels met, when they came to their end."""
    if fought.disagreement:
        pytest.fail("the exchange and the model disagree, so that not all operations were done", pytrace=False)
    return fought


def test_the_parts_are_the_whole():
    assert [seed for part in PARTS for seed in part] == seeds_wanted()
    assert max(map(len, PARTS)) <= 1.5 * IN_ONE_PART


def test_exchange_and_model_agree_after_each_operation(part, fought):
    print(f"{fought.operations} operations", fought.classes.most_common(), fought.counts.most_common())
    if fought.disagreement:
        pytest.fail(fought.disagreement, pytrace=False)
    assert fought.operations == len(part) * IN_ONE_DUEL


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_of_operation_is_one_in_a_hundred(reached, name):
    assert reached.classes[name] >= reached.operations / 100


@pytest.mark.parametrize("feature", FEATURES)
def test_each_kind_of_order_was_accepted_often(reached, feature):
    assert reached.counts[f"accepted {feature}"] >= reached.operations / 500


@pytest.mark.parametrize("happening", ["triggered", "repeated", "auction with a price", "EXPIRED", "indicative"])
def test_each_kind_of_event_happened_often(reached, happening):
    assert reached.counts[happening] >= reached.operations / 500


def test_a_fifth_of_the_operations_trades(reached):
    assert reached.counts["filling operations"] >= reached.operations / 5


NOT_HERE = {
    "MARGIN_ACCOUNT_NEEDED",  # the duel trades stocks, and nothing on margin
    "PAUSED",  # nobody pauses it by hand
    "UNKNOWN_VENUE",  # and on one venue: tests/unit/market/venues/test_venues.py
    "BAD_AMOUNT", "NOTHING_TO_DELIVER", "NO_WALLET", "UNKNOWN_ASSET",  # and without wallets: test_bad_orders.py
}  # fmt: skip
"""Refusals of what the duel does not ask for."""


def reasons_of_the_exchange() -> list[str]:
    """Every reason code that the sources of the exchange name, and that the table of reasons knows."""
    folder = ROOT / "market_sim" / "market" / "exchange"
    named = {code for path in folder.glob("*.py") for code in re.findall(r'"([A-Z_]{4,})"', path.read_text())}
    return sorted(named & {reason.code for reason in EXCHANGE_REASONS} - NOT_HERE)


def test_the_reasons_were_found():
    assert len(reasons_of_the_exchange()) >= 29


@pytest.mark.parametrize("reason", reasons_of_the_exchange())
def test_each_reason_is_met_a_hundred_times(reached, reason):
    assert reached.counts[reason] >= reached.operations / 1000


def test_maker_and_taker_fees_differ_after_rounding(reached):
    assert reached.counts["fees differ"] >= reached.counts["trade"] / 5


# That the duel itself can fail


HERE = Setting(
    (Market("ACME", 1, 1, "USD", 1, 100, 300, 0),),
    (("ann", "ann"), ("ben", "ben")),
    (("ann", "USD", 10_000), ("ben", "ACME", 100)),
)
TRADING = [
    Operation(1, "submit", "ben", Sell("ACME", 3, 50)),
    Operation(2, "wait", amount=5),
    Operation(3, "submit", "ben", Sell("ACME", 2, 40)),
    Operation(4, "submit", "ann", Buy("ACME", 1, 30)),
    Operation(5, "submit", "ben", Amend(0, 1), 3),
    Operation(6, "submit", "ann", Buy("ACME", 2, 60)),
]


def test_an_honest_list_of_operations_agrees():
    assert play(HERE, TRADING) is None


def test_a_fault_of_one_cent_is_seen_and_shrunk_to_what_it_needs(monkeypatch):
    ordinary = Clearing.pay

    def greedy(self, listing, taker, order, fills):
        ordinary(self, listing, taker, order, fills)
        taker.balances[listing.quote].total -= any(maker.limit * quantity >= 50 for maker, quantity in fills)

    monkeypatch.setattr(Clearing, "pay", greedy)
    fewest = shrink(HERE, TRADING)
    assert [operation.number for operation in fewest] == [1, 6]
    text = report(HERE, TRADING, "the command")
    assert "Sell" not in text
    assert "PlaceOrder(symbol='ACME', side=-1, quantity=3, limit=50)" in text
    assert "see it again: the command" in text


def test_a_campaign_names_the_seed_that_disagreed(monkeypatch):
    monkeypatch.setattr(FeeSchedule, "maker_reserve", lambda self, traded, cash: 0)
    sentences = filter(None, (fight(seed, Reached(), 300) for seed in range(5)))
    assert "MARKET_SIM_SEED=" in next(sentences)


def test_the_same_seed_gives_the_same_duel():
    first, second = Reached(), Reached()
    assert fight(3, first, 500) == fight(3, second, 500) == ""
    assert first == second
    assert setting(Random(3)) == setting(Random(3))


def test_an_auction_in_which_one_owner_stands_on_both_sides_leaves_no_crossed_book():
    market = Market("ACME", 1, 1, "USD", 1, 0, 0, 0)
    people = ("carol", "bob", "alice")
    place = Setting(
        (market,),
        tuple((name, name) for name in people),
        tuple((name, asset, 10_000) for name in people for asset in ("USD", "ACME")),
    )
    intents = [
        ("carol", Buy("ACME", 9, 101)), ("bob", Buy("ACME", 5, 99)), ("alice", Buy("ACME", 3, 97, display=2)),
        ("carol", Sell("ACME", 4, 99)), ("alice", Sell("ACME", 4, 99, display=3)), ("alice", Sell("ACME", 3, 100)),
    ]  # fmt: skip
    for order in permutations(intents, 6):
        duel = Duel(place)
        duel.perform(Operation(0, "call", intent="ACME"))
        for number, (name, intent) in enumerate(order, 1):
            duel.perform(Operation(number, "submit", name, intent))
        happened = duel.perform(Operation(7, "uncross", intent="ACME"))
        assert happened[-1] == ("phase", "ACME", "continuous")
        assert not duel.exchange.listings["ACME"].book.is_crossed


def test_operations_keep_their_meaning_when_others_are_left_out():
    duel = Duel(HERE)
    for operation in TRADING[2:5]:
        happened = duel.perform(operation)
    assert happened == [("amended", 1, 1, 40, True)]
