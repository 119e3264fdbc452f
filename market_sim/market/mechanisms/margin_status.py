"""Margin status: the equity and the requirements of every margin account, at one snapshot of marks.

An account has one pool of equity for everything (cross margin) and a separate one for each isolated contract (isolated
margin, rulebook F-2.5). The equity of an isolated contract is its collateral at entry, entry / leverage, plus its gain
since; its loss is limited to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Numbers
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.intents import BUY
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.order import Order
from market_sim.market.mechanisms.equity import Terms, equity, owing_of, terms_of
from market_sim.market.mechanisms.liabilities import Liabilities
from market_sim.market.mechanisms.marks import Marks, Snapshots
from market_sim.market.mechanisms.requirements import Profile, StrategyMargin, us_strategy
from market_sim.pricing.forward import top_up

EVERYTHING = ""
"""The pool of cross margin: everything that is not isolated."""


@dataclass(frozen=True)
class Agreement:
    """The agreement of a broker with one customer: the margin profile and the isolated contracts."""

    profile: Profile = us_strategy
    isolated: tuple[str, ...] = ()

    @property
    def contracts(self) -> StrategyMargin:
        """The rules for margined contracts."""
        profile = self.profile
        return profile if isinstance(profile, StrategyMargin) else getattr(profile, "contracts", us_strategy)

    @property
    def rules(self) -> Numbers:
        """The parameters of the profile, if it states them."""
        told: Numbers = getattr(self.profile, "rules", {})
        return told


class MarginStatus(NamedTuple):
    """The equity and the maintenance requirement of one pool of one account."""

    account: str
    pool: str
    equity: int
    requirement: int

    @property
    def in_breach(self) -> bool:
        """Whether the equity is strictly below the requirement; meeting it exactly is enough (rulebook F-2.1)."""
        return self.equity < self.requirement


class NewOrder(NamedTuple):
    """An order that is not accepted yet."""

    symbol: str
    side: int
    quantity: int
    limit: int


class MarginCalculator:
    """Computes positions, equity and requirements of the margin accounts of one exchange."""

    def __init__(
        self, exchange: Exchange, journal: Journal, marks: Marks, agreements: Mapping[str, Agreement], quote: str
    ) -> None:
        self.exchange = exchange
        self.ledger = exchange.ledger
        self.agreements = dict(agreements)
        self.quote = quote
        self.liabilities = Liabilities()
        self.snapshots = Snapshots(exchange, marks)
        self._journal = journal
        self.record = journal.record
        self._read = 0
        self._terms: dict[str, Terms] = {}
        self.instruments: Mapping[str, Instrument] = exchange.instruments

    @property
    def marks(self) -> dict[str, int]:
        """The present snapshot of marks."""
        return self.snapshots.known

    def catch_up(self) -> None:
        """Read the new events of the journal into the liabilities."""
        if len(self._journal) > self._read:
            fresh = self._journal.since(self._read)
            self._read += len(fresh)
            self.liabilities.read(fresh)
        if len(self._terms) != len(self.instruments):
            self._terms = terms_of(self.instruments.values())

    def net(self, name: str) -> dict[str, int]:
        """The net position of an account in each instrument: holdings less borrowed shares."""
        self.catch_up()
        instruments, owed = self.instruments, self.liabilities.borrowed.get(name, {})
        found = {
            symbol: balance.total
            for symbol, balance in self.exchange.accounts[name].balances.items()
            if balance.total and symbol in instruments
        }
        for symbol, lenders in owed.items():
            if lenders:
                found[symbol] = found.get(symbol, 0) - sum(lenders.values())
        return found

    def gain_of(self, name: str, symbol: str) -> int:
        """The unpaid gain of an account in a contract, at the snapshot."""
        contract = self.liabilities.contract(name, symbol)
        return contract.gain(self.marks.get(symbol, 0), self.instruments[symbol].multiplier)

    def equity(self, name: str) -> int:
        """The equity of the whole account, summed from scratch."""
        self.catch_up()
        balances = {asset: balance.total for asset, balance in self.exchange.accounts[name].balances.items()}
        return equity(balances, owing_of(self.liabilities, name), self.marks, self._terms, self.quote)

    def status(self, name: str, pool: str = EVERYTHING) -> MarginStatus:
        """The equity and the maintenance requirement of one pool."""
        agreement, positions = self.agreements[name], self.net(name)
        if pool:
            rules, held = agreement.contracts, {pool: positions.get(pool, 0)}
            needed = rules.requirement(held, self.marks, self.instruments, initial=False)
            return MarginStatus(name, pool, self.isolated_equity(name, pool), needed)
        apart = sum(self.isolated_equity(name, symbol) for symbol in agreement.isolated)
        together = {symbol: held for symbol, held in positions.items() if symbol not in agreement.isolated}
        needed = agreement.profile.requirement(together, self.marks, self.instruments, initial=False)
        return MarginStatus(name, pool, self.equity(name) - apart, needed)

    def asked(self, status: MarginStatus) -> int:
        """The amount of a margin call of a whole account; 0 while its equity meets maintenance."""
        agreement, positions = self.agreements[status.account], self.net(status.account)
        contracts = {
            symbol: held
            for symbol, held in positions.items()
            if self._terms[symbol].on_margin and symbol not in agreement.isolated
        }
        more, kept = (
            agreement.contracts.requirement(contracts, self.marks, self.instruments, initial=initial)
            for initial in (True, False)
        )
        if not status.requirement:
            return max(0, -status.equity)
        initial = status.requirement - kept + more
        return top_up(status.equity, initial=initial, maintenance=status.requirement)

    def collateral(self, name: str, symbol: str) -> int:
        """The collateral of an isolated contract: a part of its entry value, rounded up."""
        entry = abs(self.liabilities.contract(name, symbol).entry)
        return -(-entry // self.agreements[name].contracts.leverage)

    def isolated_equity(self, name: str, symbol: str) -> int:
        """The collateral of an isolated contract plus its gain since entry."""
        contract = self.liabilities.contract(name, symbol)
        mark = self.marks.get(symbol)
        if not contract.quantity or mark is None:
            return 0
        return self.collateral(name, symbol) + contract.open_gain(mark, self._terms[symbol].multiplier)

    def breaches(self) -> list[MarginStatus]:
        """All pools below maintenance: the worst margin ratio first, among equals the lower account number (L8)."""
        found = []
        for name, agreement in self.agreements.items():
            for pool in (EVERYTHING, *agreement.isolated):
                status = self.status(name, pool)
                if status.in_breach:
                    found.append(status)
        return sorted(found, key=self._urgency)

    def _urgency(self, status: MarginStatus) -> tuple[float, int, str]:
        # A zero requirement with negative equity is the worst ratio.
        ratio = status.equity / status.requirement if status.requirement else float("-inf")
        return ratio, self.exchange.accounts[status.account].number, status.pool

    def to_open(self, name: str, new: NewOrder | None = None, leaving: Order | None = None) -> tuple[int, int]:
        """The equity, and the initial requirement of all positions with all open orders at their worst (L2).

        Each order also requires its distance from the mark to a worse limit, and its fees.
        """
        agreement, positions, marks = self.agreements[name], self.net(name), self.marks
        account = self.exchange.accounts[name]
        sides: tuple[dict[str, int], dict[str, int]] = {}, {}
        at_worst = 0
        for symbol, side, quantity, limit in self._orders(account, new, leaving):
            listing = self.exchange.listings[symbol]
            by_symbol = sides[0] if side == BUY else sides[1]
            by_symbol[symbol] = by_symbol.get(symbol, 0) + quantity
            positions.setdefault(symbol, 0)
            size = quantity * listing.instrument.multiplier
            at_worst += max(0, side * (limit - marks.get(symbol, 0))) * size
            at_worst += 0 if listing.free else listing.fees.most(limit * quantity * listing.multiplier)
        has, apart, beyond = self.equity(name), 0, 0
        for symbol in agreement.isolated:
            beyond += self._beyond_collateral(account, symbol, new, leaving)
            held = positions.pop(symbol, 0)
            sizes = [by_symbol.pop(symbol, 0) for by_symbol in sides]
            worst = max(abs(held + sizes[0]), abs(held - sizes[1]))
            opened = agreement.contracts.requirement({symbol: worst}, marks, self.instruments, initial=True)
            apart += max(0, opened - self.collateral(name, symbol))
            has -= self.isolated_equity(name, symbol)
        needed = agreement.profile.with_orders(positions, *sides, marks, self.instruments) + apart + at_worst
        # Other equity does not support an isolated contract: a lack of its own collateral always counts.
        return has, max(needed, has) + beyond if beyond else needed

    def _beyond_collateral(self, account: Member, symbol: str, new: NewOrder | None, leaving: Order | None) -> int:
        """The shortfall of an isolated contract if orders on the new order's side trade at their limits.

        Its collateral is a part of its entry value, so an entry far from the mark can use it up at once. The orders
        trade from the worst limit on, and the worst number of them counts.
        """
        mark = self.marks.get(symbol)
        if new is None or new.symbol != symbol or mark is None:
            return 0
        rules, multiplier = self.agreements[account.name].contracts, self._terms[symbol].multiplier
        after = msgspec.structs.replace(self.liabilities.contract(account.name, symbol))
        orders = [
            each for each in self._orders(account, new, leaving) if (each.symbol, each.side) == (symbol, new.side)
        ]
        worst = 0
        for each in sorted(orders, key=lambda each: -each.side * each.limit):
            after.trade(each.side * each.quantity, each.side * each.quantity * each.limit * multiplier)
            needed = rules.requirement({symbol: after.quantity}, self.marks, self.instruments, initial=False)
            collateral = -(-abs(after.entry) // rules.leverage)
            worst = max(worst, needed - collateral - after.open_gain(mark, multiplier))
        return worst

    def _orders(self, account: Member, new: NewOrder | None, leaving: Order | None) -> list[NewOrder]:
        found = [
            NewOrder(order.intent.symbol, order.side, order.remaining, order.cap or order.limit)
            for order in account.open.values()
            if order is not leaving
        ]
        return [*found, new] if new is not None else found
