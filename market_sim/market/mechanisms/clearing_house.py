"""The clearing house: guarantees payments between accounts, with a default waterfall.

Every payment that an instrument's rules require goes through it. The waterfall has these steps: the debtor's free cash;
the cash that open orders reserve (these orders are withdrawn); the debtor's lenders; the capital of the house; the
creditor loses the rest. Each step is an event. No balance is ever below zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, CancelAll
from market_sim.core.models.mechanism_events import DeficitCovered, LossShared
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.mechanism import Mechanism

CLEARING = "clearing"
PLEDGES = "pledges"
"""The account for the pledges of option writers, which the house holds and does not own."""

Lender = Callable[[str, str, int], None]
"""Lends an account (first argument) an amount (last) of an asset; it may lend all of it, a part or nothing."""


class ClearingHouse(Mechanism):
    """The accounts of the clearing house, and guaranteed payments."""

    name: ClassVar[str] = "the clearing house"

    def __init__(self, capital: int, quote: str = "USD") -> None:
        super().__init__()
        if type(capital) is not int or capital < 0:
            raise InputError(f"the capital of a clearing house is a whole number from 0 on, found {capital!r}")
        self.capital = capital
        self.quote = quote
        self.lenders: list[Lender] = []
        """The lenders to a debtor, in order; a broker that gives margin loans is one."""

    def begin(self) -> None:
        """Open the accounts of the house."""
        self.account(CLEARING)
        self.account(PLEDGES)
        if self.capital:
            self.ledger.deposit(CLEARING, self.quote, self.capital)

    def free(self, name: str, asset: str, amount: int) -> int:
        """Free this amount of an account's asset as far as possible; returns the free amount."""
        balance = self.exchange.accounts[name].balance(asset)
        if balance.total - balance.reserved < amount and balance.reserved:
            self._end_orders(name, asset)
        if balance.total < amount:
            for lender in self.lenders:
                lender(name, asset, amount - balance.total)
        return min(max(balance.total - balance.reserved, 0), amount)

    def pay(self, source: str, target: str, asset: str, amount: int, reason: str, symbol: str, kept: int = 0) -> int:
        """Pay a debt from one account to another; returns the amount that the creditor got.

        `kept` is cash in the account of the house that it does not own.
        """
        own = self.free(source, asset, amount)
        paid = own + self._cover(source, asset, amount - own, symbol, kept)
        if paid:
            self.ledger.transfer(source, target, asset, paid, reason, symbol)
        return paid

    def _cover(self, debtor: str, asset: str, missing: int, symbol: str, kept: int) -> int:
        """Cover what a debtor lacks out of the capital of the house; the creditor loses the rest."""
        if not missing:
            return 0
        now = self.exchange.clock.now
        given = min(missing, max(0, self.exchange.accounts[CLEARING].balance(asset).total - kept))
        if given:
            self.ledger.transfer(CLEARING, debtor, asset, given, "DEFICIT_COVERED", symbol)
            self.journal.record(DeficitCovered(now, debtor, CLEARING, asset, given, symbol))
        if missing > given:
            self.journal.record(LossShared(now, symbol, asset, missing - given))
        return given

    def end_trading(self, symbol: str) -> None:
        """Withdraw all orders of an instrument and end its trading for good."""
        for venue in self.venues:
            if symbol not in venue.listings:
                continue
            for name in venue.accounts:
                venue.cancel_all(name, CancelAll(symbol), "INSTRUMENT_ENDED")
            venue.phases.close(symbol, "INSTRUMENT_ENDED")

    def _end_orders(self, name: str, asset: str) -> None:
        """Withdraw the orders that reserve some of this asset."""
        for venue in self.venues:
            held_by = dict.fromkeys(
                order.intent.symbol
                for _, order in sorted(venue.accounts[name].open.items())
                if asset == (venue.listings[order.intent.symbol].quote if order.side == BUY else order.intent.symbol)
            )
            for symbol in held_by:
                venue.cancel_all(name, CancelAll(symbol), "FUNDS_NEEDED")


def positions(exchange: Exchange, symbol: str) -> dict[str, int]:
    """Every open position in an instrument, in the order of account numbers."""
    held = ((name, account.balance(symbol).total) for name, account in exchange.accounts.items())
    return {name: quantity for name, quantity in held if quantity}


def pairs(exchange: Exchange, symbol: str) -> list[tuple[str, str, int]]:
    """The longs and shorts of a derivative, paired in the order of account numbers: (long, short, quantity)."""
    open_now = positions(exchange, symbol)
    shorts = [(name, -held) for name, held in open_now.items() if held < 0]
    matched: list[tuple[str, str, int]] = []
    for name, held in open_now.items():
        while held > 0:
            writer, left = shorts.pop(0)
            quantity = min(held, left)
            matched.append((name, writer, quantity))
            held -= quantity
            if left > quantity:
                shorts.insert(0, (writer, left - quantity))
    return matched
