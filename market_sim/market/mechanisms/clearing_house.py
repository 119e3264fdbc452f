"""The clearing house: sees to it that what is owed is paid, by the debtor as far as possible, then by its own capital.

Whatever the rules of instruments make somebody owe is paid here. The order is that of a default waterfall: the
debtor's free cash; the cash that open orders hold back (these orders end); whoever lends to the debtor; the house's
capital; and what is missing then, the creditor loses. Each step is an event. No balance is ever below zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, CancelAll
from market_sim.core.models.mechanism_events import DeficitCovered, LossShared
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.mechanisms.mechanism import Mechanism

CLEARING = "clearing"
PLEDGES = "pledges"
"""The account that holds what belongs to somebody else: pledges of writers, the cash behind pairs of contracts."""

Lender = Callable[[str, str, int], None]
"""Asked to give an account (named first) so much (last) more of an asset; it may give all, a part or nothing."""


class ClearingHouse(Mechanism):
    """The accounts of the house, and payments that do not fail."""

    name: ClassVar[str] = "the clearing house"

    def __init__(self, capital: int, quote: str = "USD") -> None:
        super().__init__()
        if type(capital) is not int or capital < 0:
            raise InputError(f"the capital of a clearing house is a whole number from 0 on, found {capital!r}")
        self.capital = capital
        self.quote = quote
        self.lenders: list[Lender] = []
        """Asked in their order for what a debtor lacks; a broker that gives margin loans is one."""

    def begin(self) -> None:
        """Open the accounts of the house."""
        self.account(CLEARING)
        self.account(PLEDGES)
        if self.capital:
            self.ledger.deposit(CLEARING, self.quote, self.capital)

    def free(self, name: str, asset: str, amount: int) -> int:
        """Make so much of an asset free for the house if that can be done, and say how much is."""
        balance = self.exchange.accounts[name].balance(asset)
        if balance.total - balance.reserved < amount and balance.reserved:
            self._end_orders(name, asset)
        if balance.total < amount:
            for lender in self.lenders:
                lender(name, asset, amount - balance.total)
        return min(max(balance.total - balance.reserved, 0), amount)

    def pay(self, source: str, target: str, asset: str, amount: int, reason: str, symbol: str, kept: int = 0) -> int:
        """Let one account pay another what it owes; returns how much the other one got.

        `kept` lies with the house and is not its own.
        """
        own = self.free(source, asset, amount)
        paid = own + self._cover(source, asset, amount - own, symbol, kept)
        if paid:
            self.ledger.transfer(source, target, asset, paid, reason, symbol)
        return paid

    def _cover(self, debtor: str, asset: str, missing: int, symbol: str, kept: int) -> int:
        """Give a debtor what it lacks out of the house's capital; what that lacks too, the creditor loses."""
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
        """Withdraw all orders of an instrument and let nobody trade it any more."""
        for name in self.exchange.accounts:
            self.exchange.cancel_all(name, CancelAll(symbol), "INSTRUMENT_ENDED")
        self.exchange.phases.close(symbol, "INSTRUMENT_ENDED")

    def _end_orders(self, name: str, asset: str) -> None:
        """Withdraw the orders that hold some of this asset back."""
        account = self.exchange.accounts[name]
        held_by = dict.fromkeys(
            order.intent.symbol
            for _, order in sorted(account.open.items())
            if asset
            == (self.exchange.listings[order.intent.symbol].quote if order.side == BUY else order.intent.symbol)
        )
        for symbol in held_by:
            self.exchange.cancel_all(name, CancelAll(symbol), "FUNDS_NEEDED")


def positions(exchange: Exchange, symbol: str) -> dict[str, int]:
    """Every open position in an instrument, in the order of account numbers."""
    held = ((name, account.balance(symbol).total) for name, account in exchange.accounts.items())
    return {name: quantity for name, quantity in held if quantity}


def pairs(exchange: Exchange, symbol: str) -> list[tuple[str, str, int]]:
    """Longs and shorts of a derivative matched with each other, both in the order of account numbers."""
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
