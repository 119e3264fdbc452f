"""The risk report of a run: value at risk and expected shortfall, a backtest of the forecasts, and stress tests.

The equity of each account at the end of each day gives its daily gains; the tail of their distribution gives value at
risk and expected shortfall (rulebook F-5). A forecast for each day from the days before it is compared with the actual
loss (Kupiec). The stress table values every holding before and after named shocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, median, pstdev
from typing import NamedTuple

from market_sim.analysis.instruments import instruments_in
from market_sim.analysis.margin_stress import MarginRules, shocked
from market_sim.analysis.three_clocks import marks_in, terms_in
from market_sim.analysis.volatility import volatility_of
from market_sim.core.data.fold import Fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.market.mechanisms.equity import equity, owing_of
from market_sim.market.mechanisms.liabilities import Liabilities
from market_sim.market.mechanisms.margin_status import MarginStatus
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.risk import (
    KupiecTest,
    breaches,
    historical_shortfall,
    historical_value_at_risk,
    kupiec,
    normal_shortfall,
    normal_value_at_risk,
)
from market_sim.pricing.stress import SHOCKS, Holding, Shock, stress_table

LEAST_DAYS = 2
"""The fewest daily gains for a value at risk."""


class TailRisk(NamedTuple):
    """The tail risk of one account; losses are positive, in cents."""

    account: str
    days: int
    mean: float
    deviation: float
    historical_var: float
    historical_shortfall: float
    normal_var: float
    normal_shortfall: float


class Backtest(NamedTuple):
    """The number of losses beyond their forecast, and the test of whether it fits the confidence level."""

    account: str
    forecasts: int
    breaches: int
    test: KupiecTest


class StressRow(NamedTuple):
    """The effect of one shock on one account."""

    account: str
    shock: str
    loss: int
    equity_after: int
    exit_cost: int
    """The additional cost of closing every position: half of the wider spread."""
    breach: MarginStatus | None = None
    """The equity and requirement of a margin account that would fall below maintenance."""


def daily_equity(journal: Journal, day: int = TRADING_DAY_NS, quote: str = "USD") -> dict[str, list[int]]:
    """The equity of every account at the end of each full day, at the prices of that moment."""
    if day < 1:
        raise InputError(f"a day lasts at least one nanosecond, found {day}")
    terms = terms_in(journal)
    balances, owed, prices = Fold(), Liabilities(), Prices()
    series: dict[str, list[int]] = {}
    end, days = day, 0
    for event in journal:
        while event.time >= end:
            marks = prices.marks
            for account, assets in balances.balances.items():
                known = series.setdefault(account, [0] * days)
                known.append(equity(assets, owing_of(owed, account), marks, terms, quote))
            end, days = end + day, days + 1
        balances.add(event)
        owed.read((event,))
        prices.add(event)
    return series


class Prices:
    """The last known prices, by the rule of `marks_in`, updated event by event."""

    def __init__(self) -> None:
        self._values: dict[str, int] = {}
        self._trades: dict[str, int] = {}

    @property
    def marks(self) -> dict[str, int]:
        """The prices: the believed value, otherwise the last trade."""
        return self._trades | self._values

    def add(self, event: Event) -> None:
        """Update the price that an event contains."""
        if isinstance(event, ValueMoved):
            self._values[event.symbol] = event.value
        elif isinstance(event, Trade):
            self._trades[event.symbol] = event.price


def gains(series: Sequence[int]) -> list[int]:
    """The change from each day to the next."""
    return [after - before for before, after in pairwise(series)]


def tail_risk(account: str, series: Sequence[int], confidence: float = 0.95) -> TailRisk:
    """Value at risk and expected shortfall of one day, historical and by the normal distribution."""
    found = gains(series)
    if len(found) < LEAST_DAYS:
        raise InputError(f"{account} has {len(found)} daily gains; a value at risk needs at least {LEAST_DAYS}")
    mean, deviation = fmean(found), pstdev(found)
    return TailRisk(
        account,
        len(found),
        mean,
        deviation,
        historical_value_at_risk(found, confidence=confidence),
        historical_shortfall(found, confidence=confidence),
        normal_value_at_risk(deviation=deviation, confidence=confidence, mean=mean),
        normal_shortfall(deviation=deviation, confidence=confidence, mean=mean),
    )


def backtest(account: str, series: Sequence[int], confidence: float = 0.95, window: int = 20) -> Backtest:
    """Forecast each day from the `window` days before it, and count the days that lost more (no look-ahead)."""
    found = gains(series)
    if window < LEAST_DAYS or len(found) <= window:
        raise InputError(f"{account} has {len(found)} daily gains; a window of {window} leaves none to forecast")
    forecasts = [
        historical_value_at_risk(found[place - window : place], confidence=confidence)
        for place in range(window, len(found))
    ]
    exceeded = breaches(found[window:], forecasts)
    return Backtest(account, len(forecasts), exceeded, kupiec(exceeded, len(forecasts), confidence))


def stress(
    journal: Journal, shocks: Sequence[Shock] = SHOCKS, quote: str = "USD", accounts: Sequence[str] | None = None
) -> list[StressRow]:
    """The loss of each account by each shock, on its holdings less its borrowed assets, at the last prices.

    A shock moves underlyings. Options and warrants are revalued at the moved price (Black-Scholes-Merton, at the
    volatility of this run), so a put gains by a fall; futures and perpetuals move with their underlying. Prediction
    contracts follow no price and do not move. A margin account is compared with its requirement at the shocked prices.
    """
    terms, marks = terms_in(journal), marks_in(journal)
    options, spreads = written_on(journal, marks), half_spreads(journal)
    still = {symbol for symbol, each in instruments_in(journal).items() if not each.moves_with_prices}
    rules, moved = MarginRules(journal, quote), [shocked(marks, shock, options, still) for shock in shocks]
    balances, owed = Fold(), Liabilities()
    for event in journal:
        balances.add(event)
    owed.read(journal)
    rows = []
    for account, assets in balances.balances.items():
        if accounts is not None and account not in accounts:
            continue
        owing = owing_of(owed, account)
        net = {symbol: assets.get(symbol, 0) - owing.borrowed.get(symbol, 0) for symbol in terms}
        holdings = [
            Holding(
                held, marks.get(symbol, 0), terms[symbol].multiplier, spreads.get(symbol, 0), option=options.get(symbol)
            )
            for symbol, held in net.items()
            if held and symbol not in still and (symbol in marks or symbol in options) and terms[symbol].multiplier
        ]
        before = equity(assets, owing, marks, terms, quote)
        for after, row in zip(moved, stress_table(holdings, shocks), strict=True):
            breach = rules.breach(account, assets, owing, marks, after)
            rows.append(StressRow(account, row.shock, row.loss, before - row.loss, row.exit_cost, breach))
    return rows


def half_spreads(journal: Journal) -> dict[str, int]:
    """An estimate of half the spread: half of the median change between consecutive different trade prices."""
    prices: dict[str, list[int]] = {}
    for trade in journal.of(Trade):
        prices.setdefault(trade.symbol, []).append(trade.price)
    moves = {symbol: [abs(b - a) for a, b in pairwise(seen) if a != b] for symbol, seen in prices.items()}
    return {symbol: max(1, round(median(found) / 2)) for symbol, found in moves.items() if found}


def written_on(journal: Journal, marks: dict[str, int], day_ns: int = TRADING_DAY_NS) -> dict[str, VanillaOption]:
    """The options and warrants that have not expired, at the last price and the volatility of their underlying."""
    now = journal[len(journal) - 1].time if len(journal) else 0
    found: dict[str, VanillaOption] = {}
    for symbol, instrument in instruments_in(journal).items():
        underlying = instrument.underlying
        terms = instrument.as_option(marks[underlying]) if underlying in marks else None
        if terms is not None and terms.expiry > now:
            volatility = volatility_of(journal, underlying, day_ns).value
            years = (terms.expiry - now) / day_ns / TRADING_DAYS_A_YEAR
            found[symbol] = VanillaOption(terms.right, terms.spot, terms.strike, years, volatility)
    return found
