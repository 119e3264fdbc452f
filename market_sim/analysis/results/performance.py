"""The performance of accounts: gain, Sharpe ratio, drawdown, fees, turnover, hit rate and largest positions.

All figures come from the account's own trades and from one curve, its gain from trading every 100 ms: its worth at the
current marks, less its dividends and less its worth if it had never traded.

    Sharpe ratio  = mean / standard deviation of the curve's changes, times the root of the changes in a trading day
    drawdown      = the largest fall of the curve below its highest point before
    turnover      = the value of all that it bought and sold
    hit rate      = of its trades that made a position smaller, the share that gained on its average cost

After Sharpe (1994), "The Sharpe Ratio"; a risk-free rate is left out, because a run lasts a few days. In the average
cost deposits count at the price of their time, otherwise at the first known price, and so do transfers by mechanisms,
by an exercise for example. A split does not change the total cost of a position.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean, pstdev

from market_sim.analysis.gains import DIVIDENDS, FROM_TRADING, OWNER, Gain, first_prices, gains
from market_sim.analysis.results.inventory import inventories
from market_sim.analysis.results.table import Table, columns
from market_sim.analysis.results.untraded import SPLIT, Untraded
from market_sim.analysis.results.worth import LOANS, Worth, unit, without_orders
from market_sim.analysis.three_clocks import CLOCKS, last_entry, terms_in
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Trade, Transferred, Withdrawn
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.mechanisms.equity import Terms

SAMPLE_NS = 100_000_000
"""The interval of samples, which is that of the moves of believed values."""
SAMPLES_A_DAY = TRADING_DAY_NS // SAMPLE_NS


@dataclass(frozen=True)
class Performance:
    """One account in one currency; amounts in its smallest unit."""

    gain: Gain
    at_clocks: tuple[int, int, int]
    """The gain from trading by what is matched, by what is final, by what is settled; all at the last marks."""
    trades: int
    fees: int
    """The fees paid, less rebates."""
    turnover: int
    closed: int
    """The number of its trades that reduced a position."""
    hits: int
    drawdown: int
    changes: tuple[int, ...]
    """The changes of its curve."""
    largest: dict[str, int]
    """The position with the largest absolute value, by instrument; the first of equal ones."""

    @property
    def hit_rate(self) -> float | None:
        """The share of closing trades that gained; None without one."""
        return self.hits / self.closed if self.closed else None

    @property
    def sharpe(self) -> float | None:
        """The Sharpe ratio of a trading day; None while nothing has changed."""
        deviation = pstdev(self.changes) if self.changes else 0.0
        return fmean(self.changes) / deviation * sqrt(SAMPLES_A_DAY) if deviation else None


@dataclass
class _Record:
    """The running figures of one account in one currency."""

    trades: int = 0
    fees: int = 0
    turnover: int = 0
    closed: int = 0
    hits: int = 0
    curve: list[int] = field(default_factory=list)
    costs: dict[str, list[int]] = field(default_factory=dict)
    """The position and its total cost, by instrument."""

    def trade(self, symbol: str, change: int, value: int) -> None:
        """Add a trade: a purchase (positive change) or a sale; one that reduces the position counts as closed."""
        position, cost = self.costs.get(symbol, [0, 0])
        if position * change < 0:
            now, average = value * abs(position), cost * abs(change)  # both of as many units
            self.closed += 1
            self.hits += (now > average) if position > 0 else (now < -average)
        self.move(symbol, change, value)

    def move(self, symbol: str, change: int, value: int) -> None:
        """Change a position for this value; a remaining part keeps its average cost."""
        position, cost = self.costs.get(symbol, [0, 0])
        if position * change >= 0:
            cost += value if change > 0 else -value
        else:
            part = min(abs(change), abs(position))
            share = cost * part // abs(position)
            got = value * part // abs(change)
            cost -= share
            if abs(change) > abs(position):
                rest = value - got
                cost = rest if change > 0 else -rest
        self.costs[symbol] = [position + change, cost]


def performances(journal: Journal) -> list[Performance]:
    """The performance of all accounts with holdings or deposits, the largest gain from trading first."""
    rows = {(row.account, row.currency): row for row in gains(journal)}
    events = without_orders(journal)
    terms = terms_in(events)
    split = {event.symbol for event in events if isinstance(event, CorporateActionTaken)}
    reader = _Reader(terms, first_prices(events), split)
    for event in events:
        reader.read(event)
    reader.sample()
    at_clocks = [_from_trading(journal, last_entry(journal, clock)) for clock in CLOCKS]
    largest: dict[str, dict[str, int]] = {}
    for (account, symbol), holdings in inventories(journal).items():
        largest.setdefault(account, {})[symbol] = max((one.position for one in holdings), key=abs)
    found = []
    for (account, currency), row in rows.items():
        record = reader.records.get((account, currency), _Record())
        changes = tuple(after - before for before, after in zip(record.curve, record.curve[1:], strict=False))
        mine = {
            symbol: most
            for symbol, most in largest.get(account, {}).items()
            if most and terms[symbol].quote == currency
        }
        matched, final, settled = (gains.get((account, currency), 0) for gains in at_clocks)
        found.append(
            Performance(
                row, (matched, final, settled), record.trades, record.fees, record.turnover, record.closed,
                record.hits, _drawdown(record.curve), changes, mine,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.gain.currency, -one.gain.from_trading, one.gain.account))


class _Reader:
    """Reads a journal once: trades at their prices, and the curve at every sample."""

    def __init__(self, terms: dict[str, Terms], first: dict[str, int], shares: set[str]) -> None:
        self._shares = shares
        """Those of companies that split them or pay dividends."""
        self.records: dict[tuple[str, str], _Record] = {}
        self._terms, self._first = terms, first
        self._currencies = sorted({one.quote for one in terms.values()})
        self._worth, self._untraded = Worth(), Untraded()
        self._values: dict[str, int] = {}
        self._trades: dict[str, int] = {}
        self._next = SAMPLE_NS

    def read(self, event: Event) -> None:
        while event.time >= self._next:
            self.sample()
            self._next += SAMPLE_NS
        self._worth.read(event)
        self._untraded.read(event)
        if type(event) is Trade:
            self._traded(event)
        elif isinstance(event, Deposited | Withdrawn):
            change = event.amount if isinstance(event, Deposited) else -event.amount
            self._moved(event.account, event.asset, change)
        elif isinstance(event, Transferred):
            of_a_company = event.reason == SPLIT and event.asset in self._shares
            if event.reason not in LOANS and not of_a_company:
                self._moved(event.source, event.asset, -event.amount)
                self._moved(event.target, event.asset, event.amount)
        elif type(event) is CorporateActionTaken:
            self._split(event.symbol)
        elif type(event) is ValueMoved:
            self._values[event.symbol] = event.value

    def sample(self) -> None:
        """Sample the gains from trading of all accounts at the current marks."""
        marks = self._marks
        for currency in self._currencies:
            for account, worth in self._worth.in_currency(currency, marks, self._terms):
                kept = self._untraded.holdings.get(account, {})
                idle = sum(
                    amount * unit(asset, marks.get(asset), self._terms, currency) for asset, amount in kept.items()
                )
                if worth or kept:
                    dividends = self._untraded.dividends(account, currency)
                    self._of(account, currency).curve.append(worth - idle - dividends)

    def _split(self, symbol: str) -> None:
        """Adjust all positions to a split of a share; their total costs stay the same."""
        quote = self._terms[symbol].quote
        for account, assets in self._worth.owned.items():
            record = self.records.get((account, quote))
            if record is not None and symbol in record.costs:
                record.costs[symbol][0] = assets.get(symbol, 0)

    def _moved(self, account: str, asset: str, change: int) -> None:
        """Change a position without a trade, for example by an exercise, at the mark."""
        terms = self._terms.get(asset)
        if terms is not None:
            price = self._marks.get(asset, self._first.get(asset, 0))
            self._of(account, terms.quote).move(asset, change, price * abs(change) * terms.multiplier)

    def _traded(self, event: Trade) -> None:
        self._trades[event.symbol] = event.price
        terms = self._terms[event.symbol]
        value = event.price * event.quantity * terms.multiplier
        bought = event.side * event.quantity
        for account, change, fee in ((event.taker, bought, event.taker_fee), (event.maker, -bought, event.maker_fee)):
            record = self._of(account, terms.quote)
            record.trades += 1
            record.fees += fee
            record.turnover += value
            record.trade(event.symbol, change, value)

    @property
    def _marks(self) -> dict[str, int]:
        return self._trades | self._values

    def _of(self, account: str, currency: str) -> _Record:
        return self.records.setdefault((account, currency), _Record())


def _from_trading(journal: Journal, last: int) -> dict[tuple[str, str], int]:
    return {(row.account, row.currency): row.from_trading for row in gains(journal, last)}


def _drawdown(curve: Iterable[int]) -> int:
    highest = fall = 0
    for gain in curve:
        highest = max(highest, gain)
        fall = max(fall, highest - gain)
    return fall


COLUMNS = (
    *OWNER,
    *columns(gain="what it is worth beyond what was brought in, at the last marks"),
    *FROM_TRADING,
    *DIVIDENDS,
    *columns(
        finalized="the gain from trading by what is final",
        settled="the gain from trading by what the chain has paid out",
        trades="how often it traded",
        fees="what it paid for that, less its rebates",
        turnover="the value of all that it bought and sold",
        hit_rate="of its trades that made a position smaller, the share that gained",
        sharpe="the mean of its curve's changes over their standard deviation, for a trading day",
        drawdown="the largest fall of its curve below its highest point before",
    ),
)


def leaderboard(found: Iterable[Performance]) -> Table:
    """The performance of every account as a table, in the order given."""
    rows = [
        (
            one.gain.account, one.gain.strategy, one.gain.currency, one.gain.gain, one.gain.from_trading,
            one.gain.dividends, one.at_clocks[1], one.at_clocks[2], one.trades, one.fees, one.turnover,
            one.hit_rate, one.sharpe, one.drawdown,
        )
        for one in found
    ]  # fmt: skip
    return Table("leaderboard", COLUMNS, rows)
