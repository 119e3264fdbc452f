"""Prediction contracts: pairs out of cash and back, bids that meet across two books, one answer, full collateral."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.derivatives import PredictionContract
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Amend, Buy, Merge, Resolve, Sell, Split
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.models.mechanism_events import PairsMade, Resolved
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.mechanisms.margin import MarginAccounts
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.market.mechanisms.prediction import PredictionMarket
from tests.unit.market.mechanisms.stage import Stage, Value

NAMES = ("ann", "bob", "cat")


def stage(cash: int = 10_000, payout: int = 100, tick: int = 1) -> Stage:
    contracts = [PredictionContract(each, question="Will it?", payout=payout, tick=tick) for each in ("YES", "NO")]
    scene = Stage(contracts, {name: {"USD": cash} for name in (*NAMES, "oracle")}, capital=0)
    scene.market = scene.attach(PredictionMarket(scene.house, "YES", "NO", "oracle"))
    return scene


def holdings(scene: Stage, name: str) -> tuple[int, int, int]:
    return scene.has(name), scene.has(name, "YES"), scene.has(name, "NO")


def collateral(scene: Stage) -> int:
    """The cash behind the contracts less what they can cost."""
    return scene.has(scene.market.maker) + 100 * scene.has(scene.market.maker, "YES")


def test_cash_becomes_a_pair_and_a_pair_becomes_cash():
    scene = stage()
    scene.exchange.submit("ann", Split("YES", 5))
    assert holdings(scene, "ann") == (9_500, 5, 5)
    scene.exchange.submit("ann", Merge("NO", 2))
    assert holdings(scene, "ann") == (9_700, 3, 3)
    assert [event.quantity for event in scene.told(PairsMade)] == [5, -2]
    assert collateral(scene) == 0
    assert scene.sound()


def test_two_bids_that_are_worth_a_unit_make_a_pair_and_the_later_one_pays_less():
    scene = stage()
    scene.exchange.submit("ann", Buy("YES", 5, 60))
    scene.exchange.submit("bob", Buy("NO", 3, 45))  # 5 cents more than is needed
    assert holdings(scene, "ann") == (10_000 - 3 * 60, 3, 0)
    assert holdings(scene, "bob") == (10_000 - 3 * 40, 0, 3)
    assert scene.exchange.accounts["ann"].balance("USD").reserved == 2 * 60
    assert collateral(scene) == 0
    assert scene.sound()


def test_two_asks_that_are_worth_no_more_than_a_unit_merge_a_pair():
    scene = stage()
    scene.exchange.submit("ann", Split("YES", 4))
    scene.exchange.submit("ann", Sell("NO", 4, 50))
    scene.trade("bob", "ann", "YES", 4, 60)  # bob holds yes, ann still offers no
    scene.exchange.submit("bob", Sell("YES", 3, 45))
    assert holdings(scene, "bob") == (10_000 - 4 * 60 + 3 * 50, 1, 0)
    assert holdings(scene, "ann") == (10_000 - 400 + 240 + 3 * 50, 0, 1)
    assert collateral(scene) == 0
    assert scene.sound()


def test_bids_that_are_worth_less_than_a_unit_wait():
    scene = stage()
    scene.exchange.submit("ann", Buy("YES", 5, 60))
    scene.exchange.submit("bob", Buy("NO", 5, 39))
    assert scene.told(PairsMade) == []


def test_the_bids_of_one_account_make_pairs_too():
    scene = stage()
    scene.exchange.submit("ann", Buy("YES", 2, 60))
    scene.exchange.submit("ann", Buy("NO", 2, 40))
    assert holdings(scene, "ann") == (9_800, 2, 2)


def on_margin(first: str = "question") -> Stage:
    """The same question, with margin for ann and marks for both contracts; the gates stand in either order."""
    contracts = [PredictionContract(each, question="Will it?") for each in ("YES", "NO")]
    scene = Stage(contracts, {name: {"USD": 10_000} for name in (*NAMES, "oracle")}, capital=0)
    margin = MarginAccounts({"ann": Agreement()}, values={"YES": Value(60), "NO": Value(40)})
    scene.market = PredictionMarket(scene.house, "YES", "NO", "oracle")
    for mechanism in (scene.market, margin) if first == "question" else (margin, scene.market):
        scene.attach(mechanism)
    return scene


@pytest.mark.parametrize("first", ["question", "margin"])
@pytest.mark.parametrize(
    "sale",
    [
        Sell("YES", 6, 50),
        Sell("YES", 6, None, "ioc"),
        Sell("YES", 6, 50, "ioc"),
        Sell("YES", 6, 50, client_id="mine"),
        Sell("YES", 6, 50, stop=50),
    ],
    ids=["the short way", "at the market", "at once", "with a name", "a stop"],
)
def test_an_account_with_margin_sells_no_contract_that_it_does_not_hold(first, sale):
    scene = on_margin(first)
    scene.exchange.submit("bob", Buy("YES", 9, 55))
    scene.exchange.submit("ann", Split("YES", 5))
    refused = scene.exchange.submit("ann", sale)
    assert isinstance(refused, OrderRejected)
    assert (refused.reason, refused.numbers) == ("INSUFFICIENT_HOLDINGS", {"needed": 6, "available": 5})
    scene.exchange.submit("oracle", Resolve("YES", "yes"))
    assert scene.has("ann") == 10_000
    assert scene.sound()


def test_what_waits_to_be_sold_is_not_offered_twice_by_a_second_order_or_an_amendment():
    scene = on_margin()
    scene.exchange.submit("ann", Split("YES", 5))
    order = scene.exchange.submit("ann", Sell("YES", 3, 70))
    bid = scene.exchange.submit("ann", Buy("YES", 3, 20))
    assert scene.refusal("ann", Sell("YES", 3, 70)) == "INSUFFICIENT_HOLDINGS"
    assert scene.refusal("ann", Amend(order.id, quantity=5)) == ""
    scene.trade("bob", "ann", "NO", 1, 40)  # the other contract is not in the way
    scene.exchange.submit("bob", Buy("YES", 2, 70))
    assert (scene.has("ann", "YES"), order.remaining) == (3, 3)
    refused = scene.exchange.submit("ann", Amend(order.id, quantity=6, limit=71))
    assert isinstance(refused, OrderRejected)
    assert (refused.reason, refused.numbers) == ("INSUFFICIENT_HOLDINGS", {"needed": 4, "available": 3})
    assert scene.refusal("ann", Amend(bid.id, quantity=8)) == ""
    scene.exchange.submit("oracle", Resolve("YES", "no"))
    assert scene.sound()


@pytest.mark.parametrize(("outcome", "ann", "bob"), [("yes", 500, 0), ("no", 0, 500), ("void", 250, 250)])
def test_the_answer_pays_one_side_or_half_to_each(outcome, ann, bob):
    scene = stage()
    scene.exchange.submit("ann", Buy("YES", 5, 60))
    scene.exchange.submit("bob", Buy("NO", 5, 40))
    assert scene.refusal("oracle", Resolve("YES", outcome)) == ""
    assert holdings(scene, "ann") == (10_000 - 300 + ann, 0, 0)
    assert holdings(scene, "bob") == (10_000 - 200 + bob, 0, 0)
    assert scene.has(scene.market.maker) == 0
    [told] = scene.told(Resolved)
    assert (told.outcome, told.pairs, told.paid) == (outcome, 5, 500)
    assert scene.sound()


def test_the_odd_cent_of_a_void_question_goes_to_no():
    scene = stage(payout=25)
    scene.exchange.submit("ann", Split("YES", 1))
    scene.exchange.submit("oracle", Resolve("NO", "void"))
    assert [transfer[3] for transfer in scene.moved("RESOLVED") if transfer[2] == "USD"] == [12, 13]
    assert scene.has("ann") == 10_000


@pytest.mark.parametrize(
    ("name", "intent", "code"),
    [
        ("ann", Split("YES", 101), "CANNOT_PAY"),
        ("ann", Split("YES", 0), "BAD_QUANTITY"),
        ("ann", Split("ACME", 1), "NOT_A_QUESTION"),
        ("ann", Split(7, 1), "NOT_A_QUESTION"),
        ("ann", Merge("YES", 1), "NOT_HELD"),
        ("ann", Sell("YES", 1, 50), "INSUFFICIENT_HOLDINGS"),
        ("ann", Buy("YES", 1, 100), "BEYOND_PROBABILITY"),
        ("ann", Buy("NO", 1, 250), "BEYOND_PROBABILITY"),
        ("ann", Buy("YES", 1, 99), ""),
        ("ann", Buy("YES", 1, 1), ""),
        ("ann", Resolve("YES", "yes"), "NOT_THE_ORACLE"),
        ("oracle", Resolve("YES", "perhaps"), "BAD_OUTCOME"),
        ("oracle", Resolve("YES", None), "BAD_OUTCOME"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name, intent, code):
    scene = stage()
    assert scene.refusal(name, intent) == code
    assert scene.sound()


@pytest.mark.parametrize(("price", "tick"), [(99, 1), (97, 1), (95, 5), (50, 1), (1, 1)])
def test_a_market_order_is_protected_by_certainty_itself(price, tick):
    scene = stage(tick=tick)
    scene.exchange.submit("ann", Split("YES", 4))
    scene.exchange.submit("ann", Sell("YES", 2, price))
    assert scene.refusal("bob", Buy("YES", 2)) == ""
    assert scene.has("bob", "YES") == 2
    scene.exchange.submit("ann", Buy("YES", 1, price))
    assert scene.refusal("bob", Sell("YES", 1)) == ""
    scene.exchange.submit("ann", Sell("YES", 1, price))
    assert scene.refusal("cat", Buy("YES", 1, stop=100 - tick)) == ""
    assert scene.sound()


def test_a_question_is_answered_once_and_then_over():
    scene = stage()
    scene.exchange.submit("ann", Split("YES", 1))
    scene.exchange.submit("bob", Buy("YES", 1, 50))
    scene.exchange.submit("oracle", Resolve("YES", "no"))
    for name, intent, code in (
        ("oracle", Resolve("YES", "yes"), "ALREADY_RESOLVED"),
        ("ann", Split("YES", 1), "ALREADY_RESOLVED"),
        ("ann", Merge("YES", 1), "ALREADY_RESOLVED"),
        ("ann", Buy("NO", 1, 50), "CLOSED"),
    ):
        assert scene.refusal(name, intent) == code
    assert scene.exchange.accounts["bob"].balance("USD").reserved == 0


steps = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(["buy", "buy", "buy", "sell", "split", "merge"]),
        st.sampled_from(["YES", "NO"]),
        st.integers(1, 9),
        st.integers(1, 99),
    ),
    max_size=40,
)


@given(steps, st.sampled_from(["yes", "no", "void"]))
def test_the_collateral_is_exact_whatever_happens(done, outcome):
    keep_the_collateral(stage(cash=2_000), done, outcome)


@given(steps, st.sampled_from(["yes", "no", "void"]))
def test_the_collateral_is_exact_where_an_account_has_margin_too(done, outcome):
    keep_the_collateral(on_margin(), done, outcome)


def keep_the_collateral(scene, done, outcome):
    """Do all this, and find at every step that what is owed lies there, and at the end that all of it is paid."""
    brought = sum(scene.has(name) for name in scene.exchange.accounts)
    for name, what, symbol, quantity, price in done:
        makes = {
            "buy": Buy(symbol, quantity, price),
            "sell": Sell(symbol, quantity, price),
            "split": Split(symbol, quantity),
            "merge": Merge(symbol, quantity),
        }
        scene.exchange.submit(name, makes[what])
        assert collateral(scene) == 0
        assert min(scene.has(each, symbol) for each in NAMES) >= 0
        bids = [scene.exchange.listings[each].book.best_bid or 0 for each in ("YES", "NO")]
        assert sum(bids) < 100
    scene.exchange.submit("oracle", Resolve("YES", outcome))
    assert sum(scene.has(name) for name in scene.exchange.accounts) == brought
    assert scene.has(scene.market.maker) == 0
    assert scene.sound()


def test_two_contracts_that_do_not_belong_together_are_refused():
    other = PredictionContract("OTHER", question="Something else?")
    for contracts, symbols, said in (
        ([other, PredictionContract("YES", question="Will it?")], ("YES", "OTHER"), "need one question"),
        ([other, Stock("CORN")], ("OTHER", "CORN"), "not listed as a prediction contract"),
    ):
        scene = Stage(contracts, {"oracle": {}}, capital=0)
        with pytest.raises(InputError, match=said):
            scene.attach(PredictionMarket(scene.house, *symbols, "oracle"))


def test_a_contract_with_fees_cannot_be_paired():
    scene = Stage([], {"oracle": {}}, capital=0)
    for symbol in ("YES", "NO"):
        scene.exchange.list(PredictionContract(symbol, question="Will it?"), FeeSchedule(maker=100, taker=100))
    with pytest.raises(InputError, match="without fees"):
        scene.attach(PredictionMarket(scene.house, "YES", "NO", "oracle"))


def test_a_gate_that_stops_the_pairs_is_a_broken_promise_and_no_endless_loop():
    class Closed:
        def check(self, account, *_):
            if account.name.startswith("pairs"):
                raise RuleViolation("BEYOND_PROBABILITY", limit=0, symbol="YES", least=1, most=99)

    scene = stage()
    scene.exchange.add_gate(Closed())
    scene.exchange.submit("ann", Buy("YES", 1, 60))
    with pytest.raises(Exception, match="was to trade 1 of YES at 60"):
        scene.exchange.submit("bob", Buy("NO", 1, 60))
