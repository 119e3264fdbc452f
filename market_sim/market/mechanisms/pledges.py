"""Pledges: what a writer without a margin account lays aside, so that whoever holds the option is sure of it.

A covered call is a call whose writer holds the underlying, a cash-secured put one whose writer holds the strike
(rulebook F-2.3: neither needs any further margin). Here both are moved to the house when the order to write is
accepted, and go back as soon as the order or the position is gone. A cash-settled call can cost any amount, so
nothing covers it and only margin accounts write it. What is pledged for is the worst case: every open order to sell
filled, none to buy.
"""

from __future__ import annotations

from typing import ClassVar

from market_sim.core.errors import InvariantBroken, RuleViolation
from market_sim.core.models.derivatives import Option
from market_sim.core.models.event import Event
from market_sim.core.models.intents import SELL, Amend, PlaceOrder
from market_sim.core.models.market_events import OrderAmended, OrderCancelled, OrderRejected, Trade, Transferred
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Member
from market_sim.market.mechanisms.clearing_house import PLEDGES
from market_sim.market.mechanisms.mechanism import Mechanism

MOVES = (Trade, OrderCancelled, OrderAmended, OrderRejected, Transferred)
"""The events after which somebody may need less of a pledge."""


class Pledges(Mechanism):
    """Who has pledged for how many contracts of which option; a gate that takes what an order to write needs."""

    name: ClassVar[str] = "pledges"

    def __init__(self, symbols: dict[str, None]) -> None:
        super().__init__()
        self.symbols = symbols
        self.contracts: dict[tuple[str, str], int] = {}
        self._moved = False

    def begin(self) -> None:
        """Ask to be asked before each order."""
        self.exchange.add_gate(self)

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Take the pledge that an order to write needs, or refuse the order."""
        if listing.symbol not in self.symbols or account.on_margin:
            return
        option = self.option(listing.symbol)
        selling = sum(_selling(account, listing.symbol).values())
        if isinstance(intent, Amend):
            order = account.open[intent.order]
            if order.side != SELL:
                return
            selling += quantity - order.filled - order.remaining
        elif intent.side == SELL:
            selling += quantity
        else:
            return
        worst = selling - account.balance(listing.symbol).total
        more = worst - self.contracts.get((account.name, listing.symbol), 0)
        if more > 0:
            self._take(account, option, more)

    def read(self, event: Event) -> None:
        """Notice that a pledge may have become too large."""
        self._moved = self._moved or type(event) in MOVES

    def react(self) -> None:
        """Give back what is not needed any more."""
        if self._moved:
            self._moved = False
            self.give_back()

    def give_back(self) -> None:
        """Compare every pledge with the worst case that is left, and return the rest."""
        for (name, symbol), contracts in [*self.contracts.items()]:
            account = self.exchange.accounts[name]
            worst = sum(_selling(account, symbol).values()) - account.balance(symbol).total
            if worst < contracts:
                self.release(name, symbol, contracts - max(worst, 0))

    def option(self, symbol: str) -> Option:
        """The terms that hold now: a corporate action may have changed them."""
        option = self.exchange.instruments[symbol]
        if not isinstance(option, Option):
            raise InvariantBroken(f"{symbol} is pledged for and is no option")
        return option

    def release(self, name: str, symbol: str, contracts: int) -> None:
        """Give the pledge for so many contracts back, as far as there is one."""
        contracts = min(contracts, self.contracts.get((name, symbol), 0))
        if contracts > 0:
            asset, amount = cover(self.option(symbol))
            self.ledger.transfer(PLEDGES, name, asset, amount * contracts, "PLEDGE_RETURNED", symbol)
            self._count(name, symbol, -contracts)

    def owners(self, asset: str) -> dict[str, int]:
        """Whose the pledged amounts of an asset are: a dividend on them belongs to whoever pledged."""
        owned: dict[str, int] = {}
        for (name, symbol), contracts in self.contracts.items():
            pledged, amount = cover(self.option(symbol))
            if pledged == asset:
                owned[name] = owned.get(name, 0) + amount * contracts
        return owned

    def lower(self, symbol: str, less: int) -> None:
        """Give back what a contract needs less, because what it costs was changed by a corporate action."""
        asset, _ = cover(self.option(symbol))
        for (name, written), contracts in self.contracts.items():
            if written == symbol:
                self.ledger.transfer(PLEDGES, name, asset, less * contracts, "PLEDGE_RETURNED", symbol)

    def _take(self, account: Member, option: Option, contracts: int) -> None:
        if option.right == "call" and option.delivery == "cash":
            raise RuleViolation("NO_COVER_EXISTS", symbol=option.symbol, account=account.name)
        asset, amount = cover(option)
        needed, available = amount * contracts, account.balance(asset).available
        if available < needed:
            raise RuleViolation(
                "UNCOVERED", quantity=contracts, symbol=option.symbol, needed=needed, asset=asset, available=available
            )
        self.ledger.transfer(account.name, PLEDGES, asset, needed, "PLEDGED", option.symbol)
        self._count(account.name, option.symbol, contracts)

    def _count(self, name: str, symbol: str, more: int) -> None:
        contracts = self.contracts.pop((name, symbol), 0) + more
        if contracts:
            self.contracts[name, symbol] = contracts
        self.ledger.cover(name, symbol, contracts)


def cover(option: Option) -> tuple[str, int]:
    """What covers one written contract: the underlying of a call, the strike of a put."""
    if option.right == "call":
        return option.underlying, option.delivers
    return option.quote, option.costs


def _selling(account: Member, symbol: str) -> dict[int, int]:
    """What the account's open orders to sell an instrument have left, by order."""
    return {
        number: order.remaining
        for number, order in account.open.items()
        if order.side == SELL and order.intent.symbol == symbol
    }
