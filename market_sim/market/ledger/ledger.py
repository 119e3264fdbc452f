"""The ledger: who owns what, and the only one who changes it.

A world has one ledger and one or more venues (market_sim/market/exchange). A venue asks the ledger to hold back what
an order needs and to pay what it trades; a mechanism moves value with `transfer`. Everything that changes what somebody
owns during a run has a number in one count, whatever the venue, because it is settled in one order; orders are
numbered in one count, too, so that a number names one order in the whole world.

>>> from types import SimpleNamespace
>>> ledger = Ledger(SimpleNamespace(now=0), Journal())
>>> for name in ("ann", "bob"):
...     _ = ledger.open_account(name)
>>> _ = ledger.deposit("ann", "USD", 500)
>>> ledger.transfer("ann", "bob", "USD", 200, "GIFT", "")
>>> ledger.accounts["ann"].balance("USD").total, ledger.accounts["bob"].balance("USD").total, ledger.entries
(300, 200, 1)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from market_sim.core.data.fold import FEES
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.market_events import (
    AccountOpened,
    Deposited,
    InstrumentListed,
    Transferred,
    Withdrawn,
)
from market_sim.market.ledger.account import Account


class Timepiece(Protocol):
    """Whatever tells the simulated time."""

    now: int


class Ledger:
    """The accounts of a world, the terms of what they hold, and the counts of entries and orders."""

    __slots__ = (
        "_accounts",
        "_assets",
        "_clock",
        "_has_begun",
        "_opened",
        "_record",
        "awaited",
        "changes",
        "entries",
        "orders",
    )

    def __init__(self, clock: Timepiece, journal: Journal) -> None:
        self._clock = clock
        self._record = journal.record
        self._accounts: dict[str, Account] = {}
        self._assets: dict[str, Instrument] = {}
        self._has_begun = False
        self._opened: list[Callable[[Account], None]] = []
        self.entries = 0
        """The number of the last entry: a trade, a transfer, a deposit or a withdrawal during the run."""
        self.awaited: Callable[[], None] | None = None
        """Called once, when the next entry happens: who waits for entries need not look again and again."""
        self.orders = 0
        """The number of the last order that any venue accepted."""
        self.changes = 0
        """How often something changed beside trades: a reader need not look through the journal for transfers."""
        self.open_account(FEES)

    # Accounts

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Every account by its name, in the order of their numbers."""
        return self._accounts

    def open_account(self, name: str, owner: str | None = None) -> Account:
        """Give a participant an account; accounts of one owner never trade with each other."""
        if name in self._accounts:
            raise InputError(f"there is already an account named {name!r}")
        account = self._accounts[name] = Account(name, len(self._accounts) + 1, owner or name)
        for opened in self._opened:
            opened(account)
        self._record(AccountOpened(self._clock.now, name, account.number, account.owner))
        return account

    def tell_of_accounts(self, opened: Callable[[Account], None]) -> None:
        """Call this with every account there is, and with every one that is opened from now on."""
        for account in self._accounts.values():
            opened(account)
        self._opened.append(opened)

    # Assets

    @property
    def assets(self) -> Mapping[str, Instrument]:
        """The terms of every instrument that is listed on any venue, by symbol."""
        return self._assets

    def admit(self, instrument: Instrument) -> None:
        """Note the terms of an instrument that a venue lists: on every venue a symbol stands for one asset."""
        known = self._assets.get(instrument.symbol)
        if known is None:
            self._assets[instrument.symbol] = instrument
            self._record(
                InstrumentListed(
                    self._clock.now,
                    instrument.symbol,
                    instrument.kind,
                    instrument.tick,
                    instrument.lot,
                    instrument.quote,
                    instrument.cash_multiplier,
                    instrument.price_decimals,
                    instrument.quantity_decimals,
                    instrument.delivered,
                    instrument.further_terms,
                )
            )
            return
        if known != instrument:
            raise InputError(f"{instrument.symbol} is listed with other terms on another venue: {known}")
        if not instrument.delivered:
            raise InputError(
                f"{instrument.symbol} is a promise between accounts, which one venue keeps track of: it cannot be "
                f"listed on a second one"
            )

    def adjust(self, instrument: Instrument) -> None:
        """Let new terms of an instrument hold: a mechanism's rule changed what it stands for."""
        self._assets[instrument.symbol] = instrument
        self.changes += 1

    def note_change(self) -> None:
        """Let it be known that what is known of prices or terms has changed."""
        self.changes += 1

    # What changes balances beside trades

    def begin(self) -> None:
        """The run begins: what has been brought in so far is the opening, and what comes from now on is an entry."""
        self._has_begun = True

    def deposit(self, name: str, asset: str, amount: int) -> int:
        """Bring cash or holdings in from outside; the number of the entry, 0 before the run began."""
        if type(amount) is not int or amount <= 0:
            raise InputError(f"a deposit is a positive whole number of the smallest unit, found {amount!r}")
        self._accounts[name].purse(asset).total += amount
        number = 0
        if self._has_begun:
            self.entries = number = self.entries + 1
            self.tell()
        self._record(Deposited(self._clock.now, name, asset, amount, number))
        return number

    def withdraw(self, name: str, asset: str, amount: int) -> None:
        """Let cash or holdings leave that nothing holds back."""
        account = self._accounts[name]
        if account.on_margin:
            raise RuleViolation("HELD_AS_MARGIN", account=name)
        purse = account.purse(asset)
        free = purse.total - purse.reserved
        if free < amount:
            raise RuleViolation(
                "WITHDRAWAL_TOO_LARGE", asset=asset, needed=amount, available=free, reserved=purse.reserved
            )
        purse.total -= amount
        self.entries = number = self.entries + 1
        self._record(Withdrawn(self._clock.now, name, asset, amount, number))
        self.tell()

    def transfer(self, source: str, target: str, asset: str, amount: int, reason: str, symbol: str) -> None:
        """Move cash or a position between two accounts, because a mechanism's rule says so."""
        if type(amount) is not int or amount <= 0:
            raise InvariantBroken(f"a transfer moves a positive whole number, not {amount!r} ({reason}, {symbol})")
        self._accounts[source].purse(asset).total -= amount
        self._accounts[target].purse(asset).total += amount
        self.changes += 1
        self.entries = number = self.entries + 1
        self._record(Transferred(self._clock.now, number, source, target, asset, amount, reason, symbol))
        self.tell()

    def tell(self) -> None:
        """An entry happened: call who waits for it, once."""
        if self.awaited is not None:
            call, self.awaited = self.awaited, None
            call()

    # What an account may owe

    def grant_margin(self, name: str, venue: str = "") -> None:
        """Let an account owe on a venue, where a mechanism's gate knows how much."""
        self._accounts[name].set_margin(venue, True)

    def end_margin(self, name: str, venue: str = "") -> None:
        """Let an account trade on a venue only what it can pay and deliver."""
        self._accounts[name].set_margin(venue, False)

    def cover(self, name: str, asset: str, amount: int) -> None:
        """Let a balance go this far below zero, because a mechanism holds a pledge for it."""
        self._accounts[name].purse(asset).covered = amount
