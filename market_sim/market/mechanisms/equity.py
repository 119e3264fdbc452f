"""Equity: the value of an account with all assets at their marks and all debts subtracted (rulebook F-2.1).

    equity = cash - loans + sum of (held - borrowed) x mark x multiplier + unpaid gains of margined contracts

It is always summed from scratch (L1): a running sum would be faster, but would hide its first error for good. At each
of the three clocks it is the same sum over a prefix of the journal: up to the last entry that is matched, finalized or
settled.

>>> equity({"USD": 5_000, "ACME": 100}, Owing(loan=4_000), {"ACME": 80}, {"ACME": Terms("USD", 1)})
9000
>>> equity({"USD": 15_000}, Owing(borrowed={"ACME": 100}), {"ACME": 80}, {"ACME": Terms("USD", 1)})
7000
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from market_sim.core.data.fold import Fold
from market_sim.core.models.event import Event
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.market_events import entry_number
from market_sim.market.mechanisms.liabilities import ContractPosition, Liabilities


class Terms(NamedTuple):
    """The terms of an instrument that the valuation of a position needs."""

    quote: str
    multiplier: int
    on_margin: bool = False


class Owing(NamedTuple):
    """The obligations of an account: its loan, borrowed shares by symbol, and its margined contracts."""

    loan: int = 0
    borrowed: Mapping[str, int] = {}
    contracts: Mapping[str, ContractPosition] = {}


def terms_of(instruments: Iterable[Instrument]) -> dict[str, Terms]:
    """The terms of these instruments by symbol."""
    return {each.symbol: Terms(each.quote, each.multiplier, each.on_margin) for each in instruments}


def equity(
    balances: Mapping[str, int], owing: Owing, marks: Mapping[str, int], terms: Mapping[str, Terms], quote: str = "USD"
) -> int:
    """The equity in one currency. An owned asset without a mark counts as zero."""
    total = balances.get(quote, 0) - owing.loan
    for symbol, held in balances.items():
        known = terms.get(symbol)
        if held and known is not None and not known.on_margin and known.quote == quote:
            total += held * marks.get(symbol, 0) * known.multiplier
    for symbol, shares in owing.borrowed.items():
        total -= shares * marks.get(symbol, 0) * terms[symbol].multiplier
    for symbol, contract in owing.contracts.items():
        mark = marks.get(symbol)
        if mark is not None and terms[symbol].quote == quote:
            total += contract.gain(mark, terms[symbol].multiplier)
    return total


def owing_of(liabilities: Liabilities, account: str) -> Owing:
    """The present obligations of one account."""
    borrowed = {symbol: sum(lenders.values()) for symbol, lenders in liabilities.borrowed.get(account, {}).items()}
    return Owing(liabilities.loans.get(account, 0), borrowed, liabilities.contracts.get(account, {}))


def equity_after(
    events: Iterable[Event], entry: int, marks: Mapping[str, int], terms: Mapping[str, Terms], quote: str = "USD"
) -> dict[str, int]:
    """The equity of every account after the entry with this number.

    With the last matched, finalized or settled entry this is the equity at that clock; the numbers come from
    `market_sim.analysis.three_clocks`.
    """
    balances, liabilities = Fold(), Liabilities()
    for event in events:
        if entry_number(event) > entry:
            break
        balances.add(event)
        liabilities.read((event,))
    return {
        account: equity(assets, owing_of(liabilities, account), marks, terms, quote)
        for account, assets in balances.balances.items()
    }
