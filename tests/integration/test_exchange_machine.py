"""Hypothesis looks for fifty steps after which the exchange and the reference model differ (T2).

One instrument, three accounts of two owners, six prices: small enough that every step touches what others left behind.
100 examples here, 2,000 with HYPOTHESIS_PROFILE=ci. A failure is printed as the shortest list of steps.
"""

from __future__ import annotations

import os
import traceback

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, event, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from market_sim.core.models.intents import Amend, Cancel, CancelAll, Conditions, PlaceOrder
from tests.reference.duel import Duel, Market, Operation, Setting
from tests.reference.naive_exchange import SELF_TRADE_MODES

IN_CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
EXAMPLES = 2_000 if IN_CI else 100
PARTS = 5 if IN_CI else 1
"""So that no process works at the end while all others have done."""
STEPS = 50

TICK, LOT = 5, 2
ACCOUNTS = st.sampled_from(("ann", "ben-1", "ben-2"))
SIDES = st.sampled_from((1, -1))
LIMITS = st.integers(17, 22).map(lambda steps: steps * TICK)
QUANTITIES = st.integers(1, 6).map(lambda lots: lots * LOT)
REFERENCES = st.just(0) | LIMITS
AUCTION = st.sampled_from(("auction", "gtc"))
MODES = st.sampled_from(SELF_TRADE_MODES)
FEES = st.sampled_from(((0, 0, 0), (2_000, 5_000, 0), (-1_000, 4_000, 0), (10_000, 30_000, 4)))
BALANCES = st.tuples(st.integers(1, 4_000), st.integers(1, 30))


class TwoExchanges(RuleBasedStateMachine):
    """The exchange and the model, step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    @initialize(fees=FEES, ann=BALANCES, one=BALANCES, two=BALANCES)
    def begin(self, fees, ann, one, two):
        deposits = [
            (name, asset, amount)
            for name, balances in (("ann", ann), ("ben-1", one), ("ben-2", two))
            for asset, amount in zip(("USD", "ACME"), balances, strict=True)
        ]
        owners = (("ann", "ann"), ("ben-1", "ben"), ("ben-2", "ben"))
        self.duel = Duel(Setting((Market("ACME", TICK, LOT, "USD", 3, *fees),), owners, tuple(deposits)))

    def perform(self, kind: str, *rest, **more) -> None:
        self.number += 1
        for happened in self.duel.perform(Operation(self.number, kind, *rest, **more)):
            event(" ".join(str(word) for word in (happened[0], happened[2] if happened[0] == "rejected" else "")))

    def place(self, account, side, quantity, limit, tif="gtc", **conditions) -> None:
        rarer = Conditions(**conditions) if conditions else None
        self.perform("submit", account, PlaceOrder("ACME", side, quantity, limit, tif, None, rarer))

    def target(self, which: int) -> dict:
        """The account and the placing operation of one of the open orders."""
        order = self.duel.model.open[which % len(self.duel.model.open)]
        return {"account": order.account, "target": self.duel.placed_by[order.id]}

    def is_open(self) -> bool:
        return bool(self.duel.model.open)

    @rule(account=ACCOUNTS, side=SIDES, quantity=QUANTITIES, limit=LIMITS)
    def limit_order(self, account, side, quantity, limit):
        self.place(account, side, quantity, limit)

    @rule(account=ACCOUNTS, side=SIDES, quantity=QUANTITIES, limit=LIMITS, mode=MODES)
    def order_with_a_self_trade_mode(self, account, side, quantity, limit, mode):
        self.place(account, side, quantity, limit, self_trade=mode)

    @rule(account=ACCOUNTS, side=SIDES, quantity=QUANTITIES)
    def market_order(self, account, side, quantity):
        self.place(account, side, quantity, None)

    @rule(
        account=ACCOUNTS,
        side=SIDES,
        quantity=QUANTITIES,
        limit=st.none() | LIMITS,
        tif=st.sampled_from(("ioc", "fok")),
        mode=MODES,
    )
    def order_that_does_not_wait(self, account, side, quantity, limit, tif, mode):
        self.place(account, side, quantity, limit, tif, self_trade=mode)

    @rule(
        account=ACCOUNTS,
        side=SIDES,
        quantity=QUANTITIES,
        limit=LIMITS,
        rarer=st.sampled_from(
            ({"display": LOT}, {"display": 2 * LOT}, {"hidden": True}, {"post_only": "reject"}, {"post_only": "slide"},
             {"peg": "mid"})
        ),
        tif=st.sampled_from(("gtc", "gtc", "day")),
    )  # fmt: skip
    def order_with_conditions(self, account, side, quantity, limit, rarer, tif):
        self.place(account, side, quantity, limit, tif, **rarer)

    @rule(account=ACCOUNTS, side=SIDES, quantity=QUANTITIES, limit=st.none() | LIMITS, stop=LIMITS)
    def stop_order(self, account, side, quantity, limit, stop):
        self.place(account, side, quantity, limit, stop=stop)

    @rule(account=ACCOUNTS, side=SIDES, quantity=QUANTITIES, limit=st.none() | LIMITS, tif=AUCTION)
    def auction_order(self, account, side, quantity, limit, tif):
        self.place(account, side, quantity, limit, tif)

    @rule(account=ACCOUNTS, side=SIDES, limit=LIMITS, client_id=st.sampled_from("abc"))
    def order_with_a_name(self, account, side, limit, client_id):
        self.perform("submit", account, PlaceOrder("ACME", side, LOT, limit, "gtc", client_id))

    @rule(account=ACCOUNTS, side=SIDES, quantity=QUANTITIES, limit=LIMITS, lives=st.integers(1, 30))
    def order_that_expires(self, account, side, quantity, limit, lives):
        self.place(account, side, quantity, limit, "gtd", expires=self.duel.model.now + lives)

    @rule(time=st.integers(1, 20))
    def wait(self, time):
        self.perform("wait", amount=time)

    @rule(kind=st.sampled_from(("halt", "resume", "call", "call", "uncross", "uncross", "close")), reference=REFERENCES)
    def change_of_phase(self, kind, reference):
        self.perform(kind, intent="ACME", amount=reference if kind == "call" else 0)

    @rule()
    def end_of_the_day(self):
        self.perform("close_day")

    @rule(account=ACCOUNTS)
    def cancel_all(self, account):
        self.perform("submit", account, CancelAll())

    @rule(which=st.integers(0, 99))
    def cancel(self, which):
        if self.is_open():
            self.perform("submit", intent=Cancel(0), **self.target(which))

    @rule(account=ACCOUNTS, which=st.integers(0, 99))
    def cancel_an_order_of_whomever(self, account, which):
        if self.is_open():
            self.perform("submit", intent=Cancel(0), **self.target(which) | {"account": account})

    @rule(which=st.integers(0, 99), quantity=st.none() | QUANTITIES, limit=st.none() | LIMITS)
    def amend(self, which, quantity, limit):
        if self.is_open():
            self.perform("submit", intent=Amend(0, quantity, limit), **self.target(which))

    @rule(account=ACCOUNTS, quantity=st.integers(-2, 30), limit=st.integers(-5, 120))
    def order_off_the_steps(self, account, quantity, limit):
        self.place(account, 1, quantity, limit)

    @rule(account=ACCOUNTS, asset=st.sampled_from(("USD", "ACME")), amount=st.integers(1, 500))
    def deposit(self, account, asset, amount):
        self.perform("deposit", account, asset, None, amount)

    @invariant()
    def books_and_orders_are_equal(self):
        if self.number:
            self.duel.compare_everything(None)


def look_for_a_difference(examples: int, part: int = 0) -> str:
    """What Hypothesis says of the shortest list of steps that it finds, or nothing; each part draws others."""
    sought = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    try:
        run_state_machine_as_test(seed(part)(type("TwoExchanges", (TwoExchanges,), {})), settings=sought)
    except Exception:
        return traceback.format_exc()
    return ""


@pytest.mark.thorough
@pytest.mark.parametrize("part", range(PARTS))
def test_no_fifty_steps_make_exchange_and_model_differ(part):
    assert (100_000 if IN_CI else 5_000) <= STEPS * EXAMPLES
    if difference := look_for_a_difference(EXAMPLES // PARTS, part):
        pytest.fail(difference, pytrace=False)
