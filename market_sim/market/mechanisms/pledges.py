"""Pledges: the collateral of an option writer without a margin account.

A covered call is a call whose writer holds the underlying, a cash-secured put one whose writer holds the strike
(rulebook F-2.3: neither needs any further margin). This mechanism moves the cover to the clearing house when the order
to write is accepted, and returns it as soon as the order or the position is closed. The loss on a cash-settled call has
no limit, so nothing covers it and only margin accounts write it. The pledge covers the worst case: every open sell
order filled, and no buy order.
"""

from __future__ import annotations

from typing import ClassVar

from market_sim.core.errors import InvariantBroken, RuleViolation
from market_sim.core.models.derivatives import Option
from market_sim.core.models.event import Event
from market_sim.core.models.intents import SELL, Amend, PlaceOrder
from market_sim.core.models.market_events import OrderAmended, OrderCancelled, OrderRejected, Trade, Transferred
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.exchange.member import Member
from market_sim.market.mechanisms.clearing_house import PLEDGES

MOVES = (Trade, OrderCancelled, OrderAmended, OrderRejected, Transferred)
"""The events after which a smaller pledge may suffice."""


class Pledges(Mechanism):
    """The pledged contracts by account and option; a gate that takes the pledge for an order to write."""

    name: ClassVar[str] = "pledges"

    def __init__(self, symbols: dict[str, None]) -> None:
        super().__init__()
        self.symbols = symbols
        self.contracts: dict[tuple[str, str], int] = {}
        self._moved = False

    def begin(self) -> None:
        """Add the gate."""
        self.exchange.add_gate(self)

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Take the pledge for an order to write, or refuse the order."""
        more = self.ask(account, listing, intent, limit, quantity)
        if more > 0:
            self._take(account, self.option(listing.symbol), more)

    def ask(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> int:
        """The contracts for which an order would take a further pledge; refuses an order without cover."""
        if listing.symbol not in self.symbols or account.on_margin:
            return 0
        selling = sum(_selling(account, listing.symbol).values())
        if isinstance(intent, Amend):
            order = account.open[intent.order]
            if order.side != SELL:
                return 0
            selling += quantity - order.filled - order.remaining
        elif intent.side == SELL:
            selling += quantity
        else:
            return 0
        worst = selling - account.balance(listing.symbol).total
        more = max(0, worst - self.contracts.get((account.name, listing.symbol), 0))
        if more:
            self._require(account, self.option(listing.symbol), more)
        return more

    def read(self, event: Event) -> None:
        """Note that a pledge may have become too large."""
        self._moved = self._moved or type(event) in MOVES

    def react(self) -> None:
        """Return what is no longer needed."""
        if self._moved:
            self._moved = False
            self.give_back()

    def give_back(self) -> None:
        """Compare every pledge with the remaining worst case, and return the excess."""
        for (name, symbol), contracts in [*self.contracts.items()]:
            account = self.exchange.accounts[name]
            worst = sum(_selling(account, symbol).values()) - account.balance(symbol).total
            if worst < contracts:
                self.release(name, symbol, contracts - max(worst, 0))

    def option(self, symbol: str) -> Option:
        """The present terms of an option, which a corporate action may have changed."""
        option = self.exchange.instruments[symbol]
        if not isinstance(option, Option):
            raise InvariantBroken(f"{symbol} is pledged for and is no option")
        return option

    def release(self, name: str, symbol: str, contracts: int) -> None:
        """Return the pledge for this number of contracts, as far as there is one."""
        contracts = min(contracts, self.contracts.get((name, symbol), 0))
        if contracts > 0:
            asset, amount = cover(self.option(symbol))
            self.ledger.transfer(PLEDGES, name, asset, amount * contracts, "PLEDGE_RETURNED", symbol)
            self._count(name, symbol, -contracts)

    def owners(self, asset: str) -> dict[str, int]:
        """The pledged amounts of an asset by owner, who gets the dividends on them."""
        owned: dict[str, int] = {}
        for (name, symbol), contracts in self.contracts.items():
            pledged, amount = cover(self.option(symbol))
            if pledged == asset:
                owned[name] = owned.get(name, 0) + amount * contracts
        return owned

    def cash_for(self, symbol: str) -> int:
        """The cash that is pledged for one written contract; 0 for shares, and for what is no option."""
        if symbol not in self.symbols or self.option(symbol).right == "call":
            return 0
        _, amount = cover(self.option(symbol))
        return amount

    def lower(self, symbol: str, before: int) -> None:
        """Return the cash that is not needed after a corporate action; before it a contract needed this amount."""
        less = before - self.cash_for(symbol)
        for (name, written), contracts in self.contracts.items():
            if written == symbol and less:
                quote = self.option(symbol).quote
                self.ledger.transfer(PLEDGES, name, quote, less * contracts, "PLEDGE_RETURNED", symbol)

    def _require(self, account: Member, option: Option, contracts: int) -> None:
        if option.right == "call" and option.delivery == "cash":
            raise RuleViolation("NO_COVER_EXISTS", symbol=option.symbol, account=account.name)
        asset, amount = cover(option)
        needed, available = amount * contracts, account.balance(asset).available
        if available < needed:
            raise RuleViolation(
                "UNCOVERED", quantity=contracts, symbol=option.symbol, needed=needed, asset=asset, available=available
            )

    def _take(self, account: Member, option: Option, contracts: int) -> None:
        asset, amount = cover(option)
        needed = amount * contracts
        self.ledger.transfer(account.name, PLEDGES, asset, needed, "PLEDGED", option.symbol)
        self._count(account.name, option.symbol, contracts)

    def _count(self, name: str, symbol: str, more: int) -> None:
        contracts = self.contracts.pop((name, symbol), 0) + more
        if contracts:
            self.contracts[name, symbol] = contracts
        self.ledger.cover(name, symbol, contracts)


def cover(option: Option) -> tuple[str, int]:
    """The cover of one written contract: the underlying of a call, the strike of a put."""
    if option.right == "call":
        return option.underlying, option.delivers
    return option.quote, option.costs


def _selling(account: Member, symbol: str) -> dict[int, int]:
    """The remaining quantities of the account's open sell orders in an instrument, by order."""
    return {
        number: order.remaining
        for number, order in account.open.items()
        if order.side == SELL and order.intent.symbol == symbol
    }
