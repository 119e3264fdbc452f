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

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from types import MappingProxyType

from market_sim.analysis.gains import DIVIDENDS, FROM_TRADING, OWNER, Gain, GainFold, gains
from market_sim.analysis.results.inventory import inventories
from market_sim.analysis.results.market_facts import MarketFacts
from market_sim.analysis.results.table import Table, columns
from market_sim.analysis.results.untraded import SPLIT
from market_sim.analysis.results.worth import LOANS, unit, without_orders
from market_sim.analysis.three_clocks import CLOCKS, last_entry
from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import PredictionContract
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Trade, Transferred, Withdrawn
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.run_events import RECORD, ValueMoved
from market_sim.core.trading_day import TRADING_DAY_NS

Key = tuple[str, str]
"""An account and a currency."""
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
    sharpe: float | None
    """The Sharpe ratio of a trading day; None while nothing has changed."""
    largest: dict[str, int]
    """The position with the largest absolute value, by instrument; the first of equal ones."""

    @property
    def hit_rate(self) -> float | None:
        """The share of closing trades that gained; None without one."""
        return self.hits / self.closed if self.closed else None


@dataclass
class _Curve:
    """A curve of gains, of which only the sums are kept that its figures need."""

    last: int | None = None
    highest: int = 0
    fall: int = 0
    changes: int = 0
    total: int = 0
    squares: int = 0

    def add(self, gain: int) -> None:
        """Add a value."""
        if self.last is not None:
            change = gain - self.last
            self.changes += 1
            self.total += change
            self.squares += change * change
        self.last = gain
        self.highest = max(self.highest, gain)
        self.fall = max(self.fall, self.highest - gain)

    def then(self, gain: int) -> _Curve:
        """The curve with one more value."""
        longer = replace(self)
        longer.add(gain)
        return longer

    @property
    def sharpe(self) -> float | None:
        """The mean of the changes over their standard deviation, for a trading day."""
        spread = self.changes * self.squares - self.total**2
        return self.total / sqrt(spread) * sqrt(SAMPLES_A_DAY) if spread else None


@dataclass
class _Record:
    """The running figures of one account in one currency."""

    trades: int = 0
    fees: int = 0
    turnover: int = 0
    closed: int = 0
    hits: int = 0
    curve: _Curve = field(default_factory=_Curve)
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
    fold = PerformanceFold()
    for event in without_orders(journal):
        fold.read(event)
    finalized, settled = (
        {(row.account, row.currency): row.from_trading for row in gains(journal, last_entry(journal, clock))}
        for clock in CLOCKS[1:]
    )
    largest: dict[str, dict[str, int]] = {}
    for (account, symbol), holdings in inventories(journal).items():
        largest.setdefault(account, {})[symbol] = max((one.position for one in holdings), key=abs)
    return [row for row in fold.rows(finalized, settled, largest) if row.gain.account != RECORD]


class PerformanceFold:
    """The performance of all accounts, event by event: trades at their prices, and a curve with a value every sample.

    What it keeps does not grow with the length of a run, so a live market has it at any moment.
    """

    def __init__(self) -> None:
        self._gains = GainFold()
        self._facts = self._gains.facts
        self._records: dict[Key, _Record] = {}
        self._next = SAMPLE_NS

    @property
    def facts(self) -> MarketFacts:
        """Terms and marks, as of the events read so far."""
        return self._facts

    def read(self, event: Event) -> None:
        """Add one event that is not of an order."""
        while event.time >= self._next:
            for key, gain in self._sample():
                self._of(key).curve.add(gain)
            self._next += SAMPLE_NS
        if type(event) in (Trade, ValueMoved) and event.symbol not in self._facts.first:  # type: ignore[attr-defined]
            self._gains.read(event)
            self._price(event.symbol)  # type: ignore[attr-defined]
        else:
            self._gains.read(event)
        if type(event) is Trade:
            self._traded(event)
        elif isinstance(event, Deposited | Withdrawn):
            change = event.amount if isinstance(event, Deposited) else -event.amount
            self._moved(event.account, event.asset, change)
        elif isinstance(event, Transferred):
            of_a_company = event.reason == SPLIT and self._facts.kinds.get(event.asset) != PredictionContract.kind
            if event.reason not in LOANS and not of_a_company:
                self._moved(event.source, event.asset, -event.amount)
                self._moved(event.target, event.asset, event.amount)
        elif type(event) is CorporateActionTaken:
            self._split(event.symbol)

    def rows(
        self,
        finalized: Mapping[Key, int],
        settled: Mapping[Key, int],
        largest: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
    ) -> list[Performance]:
        """The performance so far, given the gains by what is final and by what is settled."""
        latest = dict(self._sample())
        found = []
        for gain in self._gains.rows():
            key = gain.account, gain.currency
            record = self._records.get(key, _Record())
            curve = record.curve.then(latest[key]) if key in latest else record.curve
            mine = {
                symbol: most
                for symbol, most in largest.get(gain.account, {}).items()
                if most and self._facts.terms[symbol].quote == gain.currency
            }
            found.append(
                Performance(
                    gain, (gain.from_trading, finalized.get(key, 0), settled.get(key, 0)), record.trades, record.fees,
                    record.turnover, record.closed, record.hits, curve.fall, curve.sharpe, mine,
                )
            )  # fmt: skip
        return sorted(found, key=lambda one: (one.gain.currency, -one.gain.from_trading, one.gain.account))

    def trades(self) -> dict[Key, int]:
        """How often each account has traded."""
        return {key: record.trades for key, record in self._records.items()}

    def from_trading(self) -> dict[Key, int]:
        """The gain from trading of each account."""
        return self._gains.from_trading(self._facts)

    def _sample(self) -> Iterator[tuple[Key, int]]:
        """The gains from trading of all accounts at the current marks."""
        marks, terms = self._facts.marks, self._facts.terms
        for currency in self._facts.currencies:
            units = {asset: unit(asset, marks.get(asset), terms, currency) for asset in (currency, *terms)}
            for account, worth in self._gains.worth.in_currency(currency, marks, terms):
                kept = self._gains.untraded.holdings.get(account, {})
                if worth or kept:
                    idle = sum(amount * units.get(asset, 0) for asset, amount in kept.items())
                    yield (account, currency), worth - idle - self._gains.untraded.dividends(account, currency)

    def _price(self, symbol: str) -> None:
        """The first price of an instrument is the cost of all that came before it."""
        price, terms = self._facts.first[symbol], self._facts.terms.get(symbol)
        if terms is not None:
            for record in self._records.values():
                if symbol in record.costs:
                    record.costs[symbol][1] = record.costs[symbol][0] * price * terms.multiplier

    def _split(self, symbol: str) -> None:
        """Adjust all positions to a split of a share; their total costs stay the same."""
        quote = self._facts.terms[symbol].quote
        for account, assets in self._gains.worth.owned.items():
            record = self._records.get((account, quote))
            if record is not None and symbol in record.costs:
                record.costs[symbol][0] = assets.get(symbol, 0)

    def _moved(self, account: str, asset: str, change: int) -> None:
        """Change a position without a trade, for example by an exercise, at the mark."""
        terms = self._facts.terms.get(asset)
        if terms is not None:
            value = (self._facts.mark(asset) or 0) * abs(change) * terms.multiplier
            self._of((account, terms.quote)).move(asset, change, value)

    def _traded(self, event: Trade) -> None:
        terms = self._facts.terms[event.symbol]
        value = event.price * event.quantity * terms.multiplier
        bought = event.side * event.quantity
        for account, change, fee in ((event.taker, bought, event.taker_fee), (event.maker, -bought, event.maker_fee)):
            record = self._of((account, terms.quote))
            record.trades += 1
            record.fees += fee
            record.turnover += value
            record.trade(event.symbol, change, value)

    def _of(self, key: Key) -> _Record:
        return self._records.setdefault(key, _Record())


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
        trading_drawdown="the largest fall of its curve below its highest point before",
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
