"""The gains of a run: the deposits of each account, its worth at the last marks, and the parts of the difference.

    gain = worth at the last marks - deposits at the prices of their time
    from prices = deposits at the last marks - deposits at the prices of their time
    dividends = dividends received - dividends paid
    from trading = gain - from prices - dividends

A split changes the number of deposited shares. So an account that never trades gains from prices and dividends alone.
Over all accounts of a currency the gains from trading, fees included, sum to zero, and so do dividends. Assets that are
lent or pledged count for their owner, and unpaid gains of futures and perpetuals count as paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from market_sim.analysis.results.market_facts import MarketFacts
from market_sim.analysis.results.table import Table, columns
from market_sim.analysis.results.untraded import Untraded
from market_sim.analysis.results.worth import ORDERS, Worth, unit, without_orders
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Withdrawn, entry_number

PIECE = 2_000
"""The number of events that are read from a journal at once."""


@dataclass(frozen=True)
class Gain:
    """One account in one currency; amounts in its smallest unit."""

    account: str
    strategy: str
    """Its strategy; "" for an account of the house, such as the one for fees."""
    currency: str
    brought: int
    """The deposits, each at the price of its time (or at the first known price)."""
    worth: int
    from_prices: int
    dividends: int
    """What dividends paid to the account, less what it paid of them, as a short seller or as the company."""
    cash: int
    holdings: Mapping[str, int]
    """The holdings by instrument, with lent and pledged ones, without borrowed ones."""

    @property
    def gain(self) -> int:
        """The worth of the account less its deposits."""
        return self.worth - self.brought

    @property
    def from_trading(self) -> int:
        """The gain beyond that of holding the deposits, without dividends."""
        return self.gain - self.from_prices - self.dividends


class GainFold:
    """What the gains of all accounts are worked out from, event by event: worth, deposits, and untraded holdings."""

    def __init__(self) -> None:
        self.facts = MarketFacts()
        self.worth, self.untraded = Worth(), Untraded()
        self._brought: dict[str, dict[str, _Brought]] = {}

    def read(self, event: Event) -> None:
        """Add one event that is not of an order."""
        self.facts.read(event)
        self.worth.read(event)
        self.untraded.read(event)
        if isinstance(event, Deposited | Withdrawn):
            brought = self._brought.setdefault(event.account, {}).setdefault(event.asset, _Brought())
            brought.add(event.amount if isinstance(event, Deposited) else -event.amount, self.facts.mark(event.asset))

    def rows(self, facts: MarketFacts | None = None) -> list[Gain]:
        """The gains of all accounts with holdings or deposits; at later marks, if the facts are later ones."""
        facts = self.facts if facts is None else facts
        terms, marks = facts.terms, facts.marks
        found: list[Gain] = []
        for currency in facts.currencies:
            units = {asset: unit(asset, marks.get(asset), terms, currency) for asset in (currency, *terms, *marks)}
            for account, assets in self.worth.owned.items():
                brought = self._brought.get(account, {})
                then = sum(one.value(asset, facts, currency) for asset, one in brought.items())
                kept = self.untraded.holdings.get(account, {})
                now = sum(amount * units.get(asset, 0) for asset, amount in kept.items())
                worth = sum(amount * units.get(asset, 0) for asset, amount in assets.items())
                worth += self.worth.unpaid(account, currency, marks, terms)
                holdings = {
                    asset: count for asset, count in assets.items() if asset in terms and terms[asset].quote == currency
                }
                cash = assets.get(currency, 0)
                strategy = facts.strategies.get(account, "")
                if strategy or brought or worth or cash or holdings:
                    dividends = self.untraded.dividends(account, currency)
                    found.append(Gain(account, strategy, currency, then, worth, now - then, dividends, cash, holdings))
        return sorted(found, key=lambda one: (one.currency, -one.gain, one.account))

    def from_trading(self, facts: MarketFacts) -> dict[tuple[str, str], int]:
        """The gain from trading by account and currency, at these marks."""
        return {(row.account, row.currency): row.from_trading for row in self.rows(facts)}


@dataclass
class _Brought:
    """The deposits of one asset into one account, less its withdrawals."""

    amount: int = 0
    priced: int = 0
    """The sum of those after the first price, each at the price of its time."""
    unpriced: int = 0
    """The amount that came before the first price."""

    def add(self, amount: int, price: int | None) -> None:
        self.amount += amount
        if price is None:
            self.unpriced += amount
        else:
            self.priced += amount * price

    def value(self, asset: str, facts: MarketFacts, currency: str) -> int:
        """What they were worth in a currency."""
        if asset == currency:
            return self.amount
        each = unit(asset, 1, facts.terms, currency)
        return each * (self.priced + self.unpriced * facts.first.get(asset, 0))


class LaggingGains:
    """The gains by the entries that are final, or settled: a fold that stays some entries behind the journal."""

    def __init__(self) -> None:
        self._fold = GainFold()
        self._read = 0
        self._next = 0
        """The number of the entry for which it waits."""

    def advance(self, journal: Journal, until: int, last: int) -> None:
        """Read on up to the entry with this number, within the first `until` events."""
        while self._read < until and self._next <= last:
            for event in journal.between(self._read, min(until, self._read + PIECE)):
                if entry_number(event) > last:
                    self._next = entry_number(event)
                    return
                self._read += 1
                if type(event) not in ORDERS:
                    self._fold.read(event)

    def from_trading(self, facts: MarketFacts) -> dict[tuple[str, str], int]:
        """The gain from trading by account and currency, at these marks."""
        return self._fold.from_trading(facts)


def gains(journal: Journal, last: int | None = None) -> list[Gain]:
    """The gains of all accounts with holdings or deposits, by currency, the largest first.

    With the number of a `last` entry, later entries do not count; the marks are those of the end of the run.
    """
    events, fold, facts = without_orders(journal), GainFold(), MarketFacts()
    for event in events:
        facts.read(event)
    for event in events:
        if last is not None and entry_number(event) > last:
            break  # entries are numbered in their order, and a split that comes later has not happened either
        fold.read(event)
    return fold.rows(facts)


def gain_documents(rows: Iterable[Gain]) -> list[dict[str, object]]:
    """The gains as plain values, for programs."""
    return [
        {
            "account": row.account,
            "strategy": row.strategy or None,
            "currency": row.currency,
            "brought": row.brought,
            "worth": row.worth,
            "gain": row.gain,
            "from_trading": row.from_trading,
            "from_prices": row.from_prices,
            "dividends": row.dividends,
            "cash": row.cash,
            "holdings": dict(row.holdings),
        }
        for row in rows
    ]


OWNER = columns(
    account="whose it is",
    strategy="what decides for it; empty for an account of the house",
    currency="in which all amounts are",
)
FROM_TRADING = columns(from_trading="the gain beyond that of holding the deposits, without dividends")
DIVIDENDS = columns(dividends="the dividends received, less those paid")
COLUMNS = (
    *OWNER,
    *columns(
        brought="what was brought in, each deposit at the price of its time",
        worth="what it is worth at the last marks",
        gain="the worth less what was brought in",
    ),
    *FROM_TRADING,
    *columns(from_prices="the gain of holding the deposits, without dividends"),
    *DIVIDENDS,
    *columns(
        cash="what it has of the currency, with what is pledged",
        holdings="how much it owns of each instrument, in lots of its smallest unit",
    ),
)


def gain_table(rows: Iterable[Gain]) -> Table:
    """The gains as a table, in the order given."""
    cells = [
        (
            one.account, one.strategy, one.currency, one.brought, one.worth, one.gain, one.from_trading,
            one.from_prices, one.dividends, one.cash,
            ", ".join(f"{symbol} {count}" for symbol, count in one.holdings.items()),
        )
        for one in rows
    ]  # fmt: skip
    return Table("gains", COLUMNS, cells)
