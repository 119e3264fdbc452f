"""An invalid order is refused with the code of its mistake, and nothing else happens (T12, X10).

Each case names its code. After each refusal the state of the exchange is the one before it, the refusal can be written
and read as a line of the journal, and its sentence can be made from its numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from market_sim.analysis.reason_sources import source_of
from market_sim.analysis.refusals import refusal_documents, refusals
from market_sim.core.data.codec import decode, encode
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import LARGEST_AMOUNT, Stock
from market_sim.core.models.intents import (
    Amend,
    Buy,
    Cancel,
    CancelAll,
    Claim,
    Conditions,
    Deposit,
    PlaceOrder,
    Sell,
    Withdraw,
)
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.models.reasons import REASONS, explain
from market_sim.core.models.reasons_exchange import EXCHANGE_REASONS
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.listing import PAUSED
from market_sim.market.exchange.outlier import OutlierRule
from tests.reference.state import state_hash
from tests.sentences import fields_of


class Whole(int):
    """A whole number that is not of the type that the exchange asks for."""


class Loud:
    """An object that is not even willing to be printed."""

    def __repr__(self) -> str:
        raise ValueError("no")


MANY = 10**5000
"""A number of more digits than the interpreter is willing to print."""

NOT_WHOLE = {
    "nan": math.nan, "inf": math.inf, "-inf": -math.inf, "true": True, "false": False, "text": "12", "empty": "",
    "float": 10.0, "half": 1.5, "none": None, "decimal": Decimal(10), "fraction": Fraction(10), "list": [10],
    "bytes": b"10", "complex": 10j, "subclass": Whole(10), "dict": {10: 10}, "unprintable": Loud(),
}  # fmt: skip
OUT_OF_RANGE = {
    "zero": 0, "negative": -10, "2**63": 2**63, "-2**63": -(2**63), "2**64": 2**64, "10**30": 10**30,
    "5001 digits": MANY, "minus 5001 digits": -MANY,
}  # fmt: skip
ODD_NAMES = {
    "none": None,
    "number": 7,
    "list": [],
    "dict": {},
    "surrogate": "\ud800",
    "bytes": b"ann",
    "unprintable": Loud(),
}


@dataclass(frozen=True)
class Case:
    """One wrong order, who sends it, and the code of its mistake."""

    what: str
    intent: Any
    code: str
    account: Any = "ann"


def orders() -> list[Case]:
    """One field of an ordinary order is wrong."""
    cases = []
    for symbol in ("ACME", "BUSY"):
        # Where nothing rare is going on an order takes a shorter way through the exchange; both ways are tried.
        for name, value in (NOT_WHOLE | OUT_OF_RANGE).items():
            cases.append(Case(f"{symbol}: quantity {name}", PlaceOrder(symbol, 1, value, 100), "BAD_QUANTITY"))
            if value is not None:
                cases.append(Case(f"{symbol}: limit {name}", PlaceOrder(symbol, 1, 10, value), "BAD_PRICE"))
            cases.append(Case(f"{symbol}: side {name}", PlaceOrder(symbol, value, 10, 100), "BAD_SIDE"))
        for name, value in {"2": 2, "-2": -2, "1.0": 1.0, "buy": "buy", "subclass of 1": Whole(1)}.items():
            cases.append(Case(f"{symbol}: side {name}", PlaceOrder(symbol, value, 10, 100), "BAD_SIDE"))
    for name, value in (ODD_NAMES | {"lower": "acme", "space": "ACME ", "nul": "ACME\0", "empty": ""}).items():
        cases.append(Case(f"symbol {name}", PlaceOrder(value, 1, 10, 100), "UNKNOWN_INSTRUMENT"))
        if value != "":
            cases.append(Case(f"venue {name}", PlaceOrder("ACME", 1, 10, 100, venue=value), "UNKNOWN_VENUE"))
    for name, value in (ODD_NAMES | {"capital": "GTC", "empty": "", "long": "ioc" * 9999}).items():
        cases.append(Case(f"time in force {name}", PlaceOrder("ACME", 1, 10, 100, value), "BAD_TIME_IN_FORCE"))
    for name, value in (ODD_NAMES | {"capital": "Ann", "empty": "", "space": " ann"}).items():
        cases.append(Case(f"account {name}", Buy("ACME", 10, 100), "UNKNOWN_ACCOUNT", value))
    return cases


def steps() -> list[Case]:
    """Off the tick, off the lot, too large, too expensive, nobody there."""
    most = LARGEST_AMOUNT
    return [
        *(Case(f"off the lot by {lots - 10}", Buy("BOLT", lots, 500), "BAD_LOT") for lots in (1, 9, 11, 15, 19, most)),
        *(Case(f"off the tick, {limit}", Buy("BOLT", 10, limit), "BAD_TICK") for limit in (1, 4, 499, 501, 504, most)),
        Case("worth 2**63", Buy("ACME", 2**31, 2**32), "NOTIONAL_TOO_LARGE"),
        Case("worth 2**126", Sell("ACME", most, most), "NOTIONAL_TOO_LARGE"),
        Case("worth 2**63 by its multiplier", Buy("CORN", 2**31, 2**27), "NOTIONAL_TOO_LARGE"),
        Case("market order worth too much", Buy("ACME", 2**60), "NOTIONAL_TOO_LARGE"),
        Case("one share more than held", Sell("ACME", 911, 100), "INSUFFICIENT_HOLDINGS", "ben"),
        Case("all that is held, part of it promised", Sell("ACME", 1_000, 100), "INSUFFICIENT_HOLDINGS", "ben"),
        Case("nothing held", Sell("ACME", 1, 100), "INSUFFICIENT_HOLDINGS", "poor"),
        Case("one cent short for the fee", Buy("ACME", 1, 99), "INSUFFICIENT_CASH", "poor"),
        Case("the largest order that is valid", Buy("ACME", 1, most), "INSUFFICIENT_CASH"),
        Case("market order without cash", Buy("ACME", 5), "INSUFFICIENT_CASH", "poor"),
        Case("market order into an empty book", Buy("CORN", 1), "NO_LIQUIDITY"),
        Case("market sell with nobody buying", Sell("BOLT", 10), "NO_LIQUIDITY", "ben"),
        Case("fok larger than what is there", Buy("ACME", 91, 110, "fok"), "FOK_UNFILLABLE"),
        Case("fok too cheap", Buy("ACME", 1, 109, "fok"), "FOK_UNFILLABLE"),
        Case("fok market order", Buy("ACME", 91, None, "fok"), "FOK_UNFILLABLE"),
        Case("fok against one's own order", Buy("ACME", 1, 110, "fok"), "FOK_UNFILLABLE", "ben"),
    ]


def changed(order: PlaceOrder, **fields: object) -> PlaceOrder:
    return msgspec.structs.replace(order, **fields)


def conditions() -> list[Case]:
    """Rarer terms that are wrong by themselves, or that contradict the order or each other."""
    wrong = {
        **{f"client id {name}": {"client_id": value} for name, value in ODD_NAMES.items() if value is not None},
        "client id empty": {"client_id": ""},
        "client id of 65": {"client_id": "x" * 65},
        "client id with a line break": {"client_id": "a\nb"},
        "conditions text": {"conditions": "hidden"},
        "conditions dict": {"conditions": {"hidden": True}},
        "conditions true": {"conditions": True},
        "gtd without a time": {"time_in_force": "gtd"},
        "market iceberg": {"limit": None, "conditions": Conditions(display=1)},
        "market hidden": {"limit": None, "conditions": Conditions(hidden=True)},
        "market peg": {"limit": None, "conditions": Conditions(peg="mid")},
        "market post-only": {"limit": None, "conditions": Conditions(post_only="reject")},
    }
    cases = [Case(name, changed(Buy("ACME", 10, 100), **fields), "BAD_CONDITIONS") for name, fields in wrong.items()]
    for name, value in (NOT_WHOLE | OUT_OF_RANGE | {"larger than the order": 11}).items():
        if value is not None:
            terms = Conditions(display=value)
            cases.append(Case(f"display {name}", changed(Buy("ACME", 10, 100), conditions=terms), "BAD_CONDITIONS"))
            terms = Conditions(stop=value)
            stop = "BAD_PRICE" if name != "larger than the order" else None
            cases += [Case(f"stop {name}", changed(Buy("ACME", 10, 100), conditions=terms), stop)] if stop else []
        terms = Conditions(expires=value)
        if name not in ("2**63", "2**64", "10**30", "5001 digits", "larger than the order"):
            order = changed(Buy("ACME", 10, 100, "gtd"), conditions=terms)
            cases.append(Case(f"expires {name}", order, "BAD_CONDITIONS"))
    for name, value in {"text": "yes", "number": 1, "none": None, "list": []}.items():
        for field in ("hidden", "post_only", "peg", "self_trade"):
            terms = Conditions(**{field: value})
            cases.append(Case(f"{field} {name}", changed(Buy("ACME", 10, 100), conditions=terms), "BAD_CONDITIONS"))
    together = [
        Buy("ACME", 10, 100, hidden=True, display=5), Buy("ACME", 10, 100, "ioc", post_only="reject"),
        Buy("ACME", 10, 100, "fok", post_only="slide"), Buy("ACME", 10, 100, "auction", post_only="reject"),
        Buy("ACME", 10, 100, peg="mid", display=5), Buy("ACME", 10, 100, peg="mid", hidden=True),
        Buy("ACME", 10, 100, peg="mid", post_only="reject"), Buy("ACME", 10, 100, "ioc", peg="mid"),
        Buy("ACME", 10, 100, "fok", peg="mid"), Buy("ACME", 10, 100, "auction", peg="mid"),
        Buy("ACME", 10, 100, stop=100, peg="mid"), Buy("ACME", 10, 100, stop=100, post_only="reject"),
        Buy("ACME", 10, 100, "fok", stop=100), Buy("ACME", 10, 100, "auction", stop=100),
        Buy("ACME", 10, 100, expires=99), Buy("ACME", 10, 100, "day", expires=99), Buy("BOLT", 20, 500, display=5),
        Buy("ACME", 10, 100, "gtd", expires=5), Buy("ACME", 10, 100, "gtd", expires=4),
    ]  # fmt: skip
    return [*cases, *(Case(f"together {number}", order, "BAD_CONDITIONS") for number, order in enumerate(together))]


def phases_and_names() -> list[Case]:
    """What this moment does not allow, and what an account has said before."""
    return [
        Case("limit order in a halt", Buy("HALT", 1, 100), "HALTED"),
        Case("limit order while somebody pauses the market", Buy("HAND", 1, 100), "PAUSED"),
        Case("market order in a halt", Buy("HALT", 1), "HALTED"),
        Case("stop order in a halt", Buy("HALT", 1, stop=100), "HALTED"),
        Case("auction order in a halt", Buy("HALT", 1, 100, "auction"), "HALTED"),
        Case("amend in a halt", Amend(5, 3), "HALTED", "ben"),
        Case("limit order at night", Buy("NIGHT", 1, 100), "CLOSED"),
        Case("ioc order in a call", Buy("CALL", 1, 100, "ioc"), "WRONG_PHASE"),
        Case("fok order in a call", Buy("CALL", 1, 100, "fok"), "WRONG_PHASE"),
        Case("market order in a call without a reference", Buy("CALL", 1), "NO_LIQUIDITY"),
        Case("auction order without a call", Buy("ACME", 1, 100, "auction"), "WRONG_PHASE"),
        Case("limit of a market order in a call", Amend(6, None, 100), "BAD_CONDITIONS"),
        Case("limit of a stop order without one", Amend(7, None, 100), "BAD_CONDITIONS"),
        Case("client id with another quantity", Buy("ACME", 6, 90, client_id="mine"), "DUPLICATE_CLIENT_ID"),
        Case("client id with another limit", Buy("ACME", 5, 91, client_id="mine"), "DUPLICATE_CLIENT_ID"),
        Case("client id with another side", Sell("ACME", 5, 90, client_id="mine"), "DUPLICATE_CLIENT_ID"),
        Case("client id with other terms", Buy("ACME", 5, 90, "day", client_id="mine"), "DUPLICATE_CLIENT_ID"),
        Case("client id of a filled order", Buy("ACME", 11, 110, client_id="bought"), "DUPLICATE_CLIENT_ID"),
        Case("post-only that would take", Buy("ACME", 1, 110, post_only="reject"), "POST_ONLY_WOULD_TAKE"),
        Case("post-only amended to take", Amend(8, None, 110), "POST_ONLY_WOULD_TAKE"),
        Case("sliding order amended to take", Amend(9, None, 110), "POST_ONLY_WOULD_TAKE"),
        Case("a slip of the finger", Buy("SLIP", 1, 150), "FAT_FINGER"),
        Case("a slip of the finger when selling", Sell("SLIP", 1, 50), "FAT_FINGER", "ben"),
        Case("an amended slip", Amend(13, None, 150), "FAT_FINGER"),
        Case("cancel all of an unlisted symbol", CancelAll("NONE"), "UNKNOWN_INSTRUMENT"),
        Case("cancel all of a list", CancelAll([]), "UNKNOWN_INSTRUMENT"),
        Case("cancel all of a number", CancelAll(7), "UNKNOWN_INSTRUMENT"),
    ]


def changes() -> list[Case]:
    """Cancels and amendments. Order 1 is ben's: sell 100 at 110, 10 of it filled; order 2 was filled."""
    cases = []
    for name, value in (NOT_WHOLE | OUT_OF_RANGE | {"filled": 2, "future": 99, "1.0": 1.0, "first": Whole(1)}).items():
        cases.append(Case(f"cancel order {name}", Cancel(value), "UNKNOWN_ORDER", "ben"))
        cases.append(Case(f"amend order {name}", Amend(value, 50), "UNKNOWN_ORDER", "ben"))
        if value not in (None, 2, 99, 1):
            cases.append(Case(f"amend to quantity {name}", Amend(1, value), "BAD_QUANTITY", "ben"))
            cases.append(Case(f"amend to limit {name}", Amend(1, None, value), "BAD_PRICE", "ben"))
    return [
        *cases,
        Case("true is not order 1", Cancel(True), "UNKNOWN_ORDER", "ben"),
        Case("cancel a foreign order", Cancel(1), "NOT_YOUR_ORDER"),
        Case("amend a foreign order", Amend(1, 5), "NOT_YOUR_ORDER"),
        Case("cancel as nobody", Cancel(1), "UNKNOWN_ACCOUNT", "nobody"),
        Case("amend as nobody", Amend(1, 5), "UNKNOWN_ACCOUNT", "nobody"),
        Case("cancel all as nobody", CancelAll(), "UNKNOWN_ACCOUNT", "nobody"),
        Case("amend nothing", Amend(1), "NOTHING_TO_AMEND", "ben"),
        Case("amend to more than is held", Amend(1, 1_011), "INSUFFICIENT_HOLDINGS", "ben"),
        Case("amend to more than can be paid", Amend(3, None, 10**9), "INSUFFICIENT_CASH", "ann"),
        Case("amend off the lot", Amend(4, 15), "BAD_LOT", "ben"),
        Case("amend off the tick", Amend(4, None, 501), "BAD_TICK", "ben"),
        Case("amend to 2**63", Amend(1, 2**31, 2**32), "NOTIONAL_TOO_LARGE", "ben"),
    ]


def wallets() -> list[Case]:
    """What leaves or comes in is an asset that there is, in an amount that is one, and no more than is free."""
    cases = [
        Case("withdraw an unknown asset", Withdraw("NONE", 1), "UNKNOWN_ASSET"),
        Case("withdraw a list", Withdraw([], 1), "UNKNOWN_ASSET"),
        Case("withdraw more than is there", Withdraw("ACME", 10**9), "WITHDRAWAL_TOO_LARGE"),
        Case("deposit without a chain", Deposit("USD", 1), "NO_WALLET"),
        Case("claim without a chain", Claim("USD"), "NO_WALLET"),
    ]
    amounts = (NOT_WHOLE | OUT_OF_RANGE).items()
    return cases + [Case(f"withdraw {name}", Withdraw("USD", value), "BAD_AMOUNT") for name, value in amounts]


def no_orders() -> list[Case]:
    """Things that are no intent at all."""
    odd = ODD_NAMES | {"class": PlaceOrder, "tuple": ("ACME", 1, 10, 100), "true": True, "event": OrderRejected}
    return [Case(f"{name} instead of an intent", value, "BAD_INTENT") for name, value in odd.items()]


ON_MARGIN_ONLY = {"MARGIN_ACCOUNT_NEEDED"}
"""Refusals that need an instrument on margin; here stocks are traded."""

OTHERWISE = {"HELD_AS_MARGIN", "NOTHING_TO_DELIVER", "NOTHING_TO_CLAIM", "VAULT_CLOSED", "WALLET_TOO_SMALL"}
"""Refusals of a wallet's intents that need margin, a derivative or a chain; they have their cases in
test_money_in_and_out.py, tests/unit/blockchain/test_pauses.py and tests/unit/market/ledger/test_ledger.py."""

WITHDRAWALS = {"CANCELLED", "REMAINDER", "SELF_TRADE", "AMENDED_BELOW_FILLED", "EXPIRED"}
"""Reasons of the same table for which an order leaves, not for which one is refused."""

CASES = [*orders(), *conditions(), *phases_and_names(), *steps(), *changes(), *wallets(), *no_orders()]


def an_exchange() -> tuple[Exchange, Journal]:
    """A small exchange with something going on: its orders are named by their number in the cases above."""

    class Clock:
        now = 5

    journal = Journal()
    exchange = Exchange(Clock(), journal)
    exchange.list(Stock("ACME"), FeeSchedule(100, 300, 0))
    exchange.list(Stock("BOLT", tick=5, lot=10))
    exchange.list(Stock("CORN", multiplier=50))
    for symbol in ("BUSY", "HALT", "HAND", "NIGHT", "CALL"):
        exchange.list(Stock(symbol))
    exchange.list(Stock("SLIP"), outlier=OutlierRule(most=3, at_least=2))
    for name, cash, shares in (("ann", 1_000_000, 1), ("ben", 10, 1_000), ("poor", 99, 0)):
        exchange.ledger.open_account(name)
        exchange.ledger.deposit(name, "USD", cash)
        for symbol in ("ACME", "BOLT", "HALT", "SLIP") if shares else ():
            exchange.ledger.deposit(name, symbol, shares)
    exchange.submit("ben", Sell("ACME", 100, 110))
    exchange.submit("ann", Buy("ACME", 10, 110, client_id="bought"))
    exchange.submit("ann", Buy("ACME", 5, 90, client_id="mine"))
    exchange.submit("ben", Sell("BOLT", 20, 500))
    exchange.submit("ben", Sell("HALT", 5, 100))
    exchange.phases.call("HALT", reference=100)
    exchange.submit("ann", Buy("HALT", 5))
    exchange.phases.halt("HALT")
    exchange.phases.halt("HAND", PAUSED)
    exchange.phases.close("NIGHT")
    exchange.phases.call("CALL")
    exchange.submit("ann", Buy("BUSY", 1, stop=120))
    exchange.submit("ann", Buy("ACME", 1, 80, post_only="reject"))
    exchange.submit("ann", Buy("ACME", 1, 80, post_only="slide"))
    exchange.submit("ann", Buy("SLIP", 2, 100))
    for _ in range(2):
        exchange.submit("ben", Sell("SLIP", 1, 100))
    exchange.submit("ann", Buy("SLIP", 2, 100))
    return exchange, journal


@pytest.fixture
def place() -> tuple[Exchange, Journal]:
    return an_exchange()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_a_bad_order_is_refused_with_its_own_code_and_changes_nothing(case, place):
    exchange, journal = place
    before, length = state_hash(exchange), len(journal)
    exchange.submit(case.account, case.intent)
    (refusal,) = journal.since(length)
    assert type(refusal) is OrderRejected
    assert refusal.reason == case.code
    assert state_hash(exchange) == before
    assert decode(encode(refusal)) == refusal
    assert len(encode(refusal)) < 2_000
    sentence = explain(refusal.reason, refusal.numbers)
    assert sentence.replace("{10: 10}", "").replace("{}", "").isprintable()


def test_there_are_enough_cases_and_they_differ():
    assert len(CASES) >= 150
    assert len({case.what for case in CASES}) == len(CASES)


def test_the_state_hash_sees_each_part_of_the_state():
    exchange, _ = an_exchange()
    prints = [state_hash(exchange)]
    exchange.ledger.deposit("ann", "USD", 1)
    prints.append(state_hash(exchange))
    exchange.accounts["ann"].balances["USD"].reserved += 1
    prints.append(state_hash(exchange))
    exchange.submit("ann", Buy("ACME", 1, 80))
    prints.append(state_hash(exchange))
    exchange.submit("ann", Buy("ACME", 1, 110))
    prints.append(state_hash(exchange))
    assert len(set(prints)) == len(prints)
    assert state_hash(an_exchange()[0]) == prints[0]


def test_each_reason_code_has_its_case():
    counts = Counter(case.code for case in CASES)
    missing = {reason.code for reason in EXCHANGE_REASONS} - WITHDRAWALS - ON_MARGIN_ONLY - OTHERWISE - set(counts)
    assert not missing


def test_each_refusal_leads_to_its_rule_its_figures_and_its_lesson():
    exchange, journal = an_exchange()
    for case in CASES:
        exchange.submit(case.account, case.intent)
    told = {one["reason"]: one for one in refusal_documents(refusals(journal))}
    assert set(told) == {one.code for one in EXCHANGE_REASONS} - ON_MARGIN_ONLY - OTHERWISE - WITHDRAWALS
    for one in told.values():
        source = source_of(REASONS[one["reason"]])
        assert (one["rulebook"], one["lesson"]) == tuple(source)
        assert one["rule"] == REASONS[one["reason"]].rule
        assert "{" not in one["example"]["sentence"]
        assert fields_of(REASONS[one["reason"]].template) <= set(one["example"]["numbers"])
    figures = {code: one["example"]["sentence"] for code, one in told.items()}
    assert figures["INSUFFICIENT_CASH"] == "the order needs 1.01 USD, 0.99 USD is available"
    assert figures["BAD_TICK"].startswith(
        "limit 0.01 is not a multiple of the tick 0.05; the nearest valid prices are "
    )
    assert figures["FAT_FINGER"].startswith("the limit 1.50 lies ")
    assert type(told["INSUFFICIENT_CASH"]["example"]["numbers"]["needed"]) is int
