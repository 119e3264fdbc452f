"""The ledger: the accounts and balances of a world, and their only writer.

A world has one ledger and one or more venues (market_sim/market/exchange). A venue reserves balances for orders and
pays trades; a mechanism moves value with `transfer`. Every change of a balance during a run is an entry, and the
entries of all venues share one sequence of numbers, because they are settled in one order. Orders share one sequence
too, so that a number identifies one order in the whole world.

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
from market_sim.core.models.instruments import LARGEST_AMOUNT, Instrument
from market_sim.core.models.market_events import (
    AccountOpened,
    Deposited,
    InstrumentListed,
    Transferred,
    Withdrawn,
)
from market_sim.market.ledger.account import Account


class TimeSource(Protocol):
    """A source of the simulated time."""

    now: int


class Ledger:
    """The accounts of a world, the terms of the listed instruments, and the last numbers of entries and orders."""

    __slots__ = (
        "_accounts",
        "_assets",
        "_changed",
        "_clock",
        "_has_begun",
        "_opened",
        "_record",
        "changes",
        "entries",
        "on_next_entry",
        "orders",
    )

    def __init__(self, clock: TimeSource, journal: Journal) -> None:
        self._clock = clock
        self._record = journal.record
        self._accounts: dict[str, Account] = {}
        self._assets: dict[str, Instrument] = {}
        self._has_begun = False
        self._opened: list[Callable[[Account], None]] = []
        self.entries = 0
        """The number of the last entry: a trade, a transfer, a deposit or a withdrawal during the run."""
        self.on_next_entry: Callable[[], None] | None = None
        """A callback for the next entry, called once, so that a consumer of entries need not poll."""
        self.orders = 0
        """The number of the last order that any venue accepted."""
        self.changes = 0
        """The number of changes beside trades, so that a reader need not scan the journal for transfers."""
        self._changed: list[Callable[[], None]] = []
        self.open_account(FEES)

    # Accounts

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Every account by its name, in the order of their numbers."""
        return self._accounts

    def open_account(self, name: str, owner: str | None = None) -> Account:
        """Open an account for a participant; accounts of one owner never trade with each other."""
        if type(name) is not str or not name or not name.isprintable():
            raise InputError(f"an account needs a name of printable characters, found {name!r}")
        if name in self._accounts:
            raise InputError(f"there is already an account named {name!r}")
        account = self._accounts[name] = Account(name, len(self._accounts) + 1, owner or name)
        for opened in self._opened:
            opened(account)
        self._record(AccountOpened(self._clock.now, name, account.number, account.owner))
        return account

    def on_account(self, opened: Callable[[Account], None]) -> None:
        """Call this function with every account, present and future."""
        for account in self._accounts.values():
            opened(account)
        self._opened.append(opened)

    # Assets

    @property
    def assets(self) -> Mapping[str, Instrument]:
        """The terms of every instrument that is listed on any venue, by symbol."""
        return self._assets

    def admit(self, instrument: Instrument) -> None:
        """Register an instrument that a venue lists: a symbol means the same asset on every venue."""
        known = self._assets.get(instrument.symbol)
        if known is None:
            self._check_names(instrument)
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
                f"{instrument.symbol} is a promise between accounts, which only one venue can keep track of: it cannot "
                f"be listed on a second one"
            )

    def _check_names(self, instrument: Instrument) -> None:
        """Refuse a symbol that is a currency, a currency that is listed itself, and a second smallest unit of one.

        A name means one asset, hence one token of the chain.
        """
        symbol, quote = instrument.symbol, instrument.quote
        quoted = [each.symbol for each in self._assets.values() if each.quote == symbol]
        if quoted:
            raise InputError(f"{symbol} is the currency of {quoted[0]}: an instrument needs a symbol of its own")
        if quote in self._assets:
            raise InputError(f"{symbol} is quoted in {quote}, which is a listed instrument: expected a currency")
        other = next((each for each in self._assets.values() if each.quote == quote), instrument)
        if other.cash_decimals != instrument.cash_decimals:
            raise InputError(
                f"{symbol} counts {quote} in units of {instrument.cash_decimals} decimals (those of its price and its "
                f"quantity together), and {other.symbol} in units of {other.cash_decimals}: expected one smallest unit"
            )

    def adjust(self, instrument: Instrument) -> None:
        """Replace the terms of an instrument, after a corporate action for example."""
        self._assets[instrument.symbol] = instrument
        self.note_change()

    def note_change(self) -> None:
        """Count a change of prices, terms or phases, so that readers update what they derived from them."""
        self.changes += 1
        self._tell()

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call this function at each change beside trades: those that are counted, deposits and withdrawals."""
        self._changed.append(changed)

    def _tell(self) -> None:
        for changed in self._changed:
            changed()

    # Changes of balances beside trades

    def begin(self) -> None:
        """Begin the run: earlier deposits are opening balances, later ones are entries."""
        self._has_begun = True

    def deposit(self, name: str, asset: str, amount: int) -> int:
        """Bring in cash or holdings from outside; returns the entry number, 0 before the run began."""
        balance = self._accounts[name].writable_balance(asset)
        if type(amount) is not int or amount <= 0:
            raise InputError(f"a deposit is a positive whole number of the smallest unit, found {amount!r}")
        if balance.total + amount > LARGEST_AMOUNT:
            raise InputError(
                f"no balance exceeds {LARGEST_AMOUNT:,} of the smallest unit, found {balance.total + amount}"
            )
        balance.total += amount
        number = 0
        if self._has_begun:
            self.entries = number = self.entries + 1
            self.notify_entry()
            self._tell()
        self._record(Deposited(self._clock.now, name, asset, amount, number))
        return number

    def check_deposit(self, name: str, asset: str, amount: int) -> None:
        """Raise InputError, in one sentence, for a deposit that a person asks for and that is not possible."""
        if name not in self._accounts:
            raise InputError(f"there is no account {name!r}; the accounts are {', '.join(self._accounts)}")
        self.check_amount(name, asset, amount, held=self._accounts[name].balance(asset).total)

    def check_amount(self, name: str, asset: str, amount: int, held: int) -> None:
        """Raise InputError for an amount that cannot be brought in by somebody who holds so much already."""
        instrument = self._assets.get(asset)
        currencies = dict.fromkeys(each.quote for each in self._assets.values())
        if instrument is None and asset not in currencies:
            known = ", ".join([*currencies, *self._assets])
            raise InputError(f"a deposit is in a currency or a listed instrument ({known}), found {asset!r}")
        if instrument is not None and not instrument.delivered:
            raise InputError(f"{asset} is a promise between two accounts, which one of them cannot bring in")
        most = LARGEST_AMOUNT - held
        if type(amount) is not int or not 0 < amount <= most:
            raise InputError(f"a deposit of {asset} by {name} is a whole number from 1 to {most}, found {amount!r}")

    def withdraw(self, name: str, asset: str, amount: int) -> int:
        """Take out cash or holdings that no order reserves; returns the entry number."""
        account = self._accounts[name]
        if account.on_margin:
            raise RuleViolation("HELD_AS_MARGIN", account=name)
        balance = account.writable_balance(asset)
        free = balance.total - balance.reserved
        if free < amount:
            raise RuleViolation(
                "WITHDRAWAL_TOO_LARGE", asset=asset, needed=amount, available=free, reserved=balance.reserved
            )
        balance.total -= amount
        self.entries = number = self.entries + 1
        self._record(Withdrawn(self._clock.now, name, asset, amount, number))
        self.notify_entry()
        self._tell()
        return number

    def transfer(self, source: str, target: str, asset: str, amount: int, reason: str, symbol: str) -> None:
        """Move cash or a position between two accounts, by a rule of a mechanism."""
        if type(amount) is not int or amount <= 0:
            raise InvariantBroken(f"a transfer moves a positive whole number, not {amount!r} ({reason}, {symbol})")
        given, instrument = self._accounts[source].writable_balance(asset), self._assets.get(asset)
        if given.total < amount and (instrument is None or instrument.delivered):
            # The chain executes entries in their order and would refuse this one, so the two would differ for good.
            raise InvariantBroken(
                f"{source} holds {given.total} {asset}, and {reason} of {symbol or asset} takes {amount} from it"
            )
        given.total -= amount
        self._accounts[target].writable_balance(asset).total += amount
        self.entries = number = self.entries + 1
        self.note_change()
        self._record(Transferred(self._clock.now, number, source, target, asset, amount, reason, symbol))
        self.notify_entry()

    def notify_entry(self) -> None:
        """Call the callback for the next entry, once."""
        if self.on_next_entry is not None:
            call, self.on_next_entry = self.on_next_entry, None
            call()

    # Margin and cover

    def grant_margin(self, name: str, venue: str = "") -> None:
        """Make an account a margin account on a venue, where the gate of a mechanism checks its orders."""
        self._accounts[name].set_margin(venue, True)

    def end_margin(self, name: str, venue: str = "") -> None:
        """End margin on a venue: the account may trade only what it can pay and deliver."""
        self._accounts[name].set_margin(venue, False)

    def cover(self, name: str, asset: str, amount: int) -> None:
        """Allow a balance to be negative by this amount, because a mechanism holds a pledge for it."""
        self._accounts[name].writable_balance(asset).covered = amount
