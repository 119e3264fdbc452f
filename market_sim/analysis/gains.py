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

from market_sim.analysis.results.table import Table, columns
from market_sim.analysis.results.untraded import Untraded
from market_sim.analysis.results.worth import Worth, unit, without_orders
from market_sim.analysis.three_clocks import marks_in, terms_in
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Trade, Withdrawn, entry_number
from market_sim.core.models.run_events import AgentJoined, ValueMoved


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


def gains(journal: Journal, last: int | None = None) -> list[Gain]:
    """The gains of all accounts with holdings or deposits, by currency, the largest first.

    With the number of a `last` entry, later entries do not count; the marks are those of the end of the run.
    """
    events = without_orders(journal)
    strategies = {event.agent: event.strategy for event in events if isinstance(event, AgentJoined)}
    terms, marks = terms_in(events), marks_in(events)
    run, untraded = Worth(), Untraded()
    for event in events:
        if last is not None and entry_number(event) > last:
            break  # entries are numbered in their order, and a split that comes later has not happened either
        run.read(event)
        untraded.read(event)
    deposits = _deposits(events, last)
    found: list[Gain] = []
    for currency in sorted({each.quote for each in terms.values()}):
        for account, assets in run.owned.items():
            brought = deposits.get(account, [])
            then = sum(amount * unit(asset, price, terms, currency) for asset, amount, price in brought)
            kept = untraded.holdings.get(account, {})
            now = sum(amount * unit(asset, marks.get(asset), terms, currency) for asset, amount in kept.items())
            worth = sum(amount * unit(asset, marks.get(asset), terms, currency) for asset, amount in assets.items())
            worth += run.unpaid(account, currency, marks, terms)
            holdings = {
                asset: amount for asset, amount in assets.items() if asset in terms and terms[asset].quote == currency
            }
            cash = assets.get(currency, 0)
            strategy = strategies.get(account, "")
            if strategy or brought or worth or cash or holdings:
                dividends = untraded.dividends(account, currency)
                found.append(Gain(account, strategy, currency, then, worth, now - then, dividends, cash, holdings))
    return sorted(found, key=lambda one: (one.currency, -one.gain, one.account))


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


def _deposits(events: Iterable[Event], last: int | None = None) -> dict[str, list[tuple[str, int, int | None]]]:
    """The deposits (withdrawals negative) by account: asset, amount, and the price of its time."""
    values: dict[str, int] = {}
    trades: dict[str, int] = {}
    events = list(events)
    first = first_prices(events)
    found: list[tuple[str, str, int, int | None]] = []
    for event in events:
        if isinstance(event, Deposited | Withdrawn):
            if last is not None and event.trade > last:
                continue
            price = values.get(event.asset, trades.get(event.asset))
            amount = event.amount if isinstance(event, Deposited) else -event.amount
            found.append((event.account, event.asset, amount, price))
        elif isinstance(event, ValueMoved):
            values[event.symbol] = event.value
        elif isinstance(event, Trade):
            trades[event.symbol] = event.price
    deposits: dict[str, list[tuple[str, int, int | None]]] = {}
    for account, asset, amount, price in found:
        deposits.setdefault(account, []).append((asset, amount, first.get(asset) if price is None else price))
    return deposits


def first_prices(events: Iterable[Event]) -> dict[str, int]:
    """The first known price of each instrument, which values deposits made before it."""
    first: dict[str, int] = {}
    for event in events:
        if isinstance(event, ValueMoved):
            first.setdefault(event.symbol, event.value)
        elif isinstance(event, Trade):
            first.setdefault(event.symbol, event.price)
    return first
