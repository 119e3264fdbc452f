"""The funding chart: the premium of a perpetual over its index, and the funding rate of each interval.

The premium is the distance of the contract's price from the index in parts of the index; its average sets the rate. A
positive rate is paid by longs to shorts, which makes the popular side more expensive to hold (rulebook F-3.6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from market_sim.analysis.history.mechanism_history import MechanismHistory
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.mechanism_words import rate, sentence
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import HELD, bars, line
from market_sim.core.data.journal import Journal
from market_sim.core.models.mechanism_events import BasisMeasured, FundingPaid

LEGEND = (
    LegendEntry("line", "leader", "mark"),
    LegendEntry("line", "sell", "index"),
    LegendEntry("line", "act", "premium over the index"),
    LegendEntry("square", "flow-funding", "funding rate of an interval"),
)
HEAD = ("paid at (s)", "mark", "index", "rate", "longs paid shorts", "shorts paid longs")


@dataclass(frozen=True)
class FundingHistory:
    """One perpetual with its measured premiums and its funding payments."""

    symbol: str
    measures: tuple[BasisMeasured, ...]
    payments: tuple[FundingPaid, ...]

    @property
    def widest(self) -> BasisMeasured | None:
        """The largest premium or discount."""
        return max(self.measures, key=lambda one: abs(one.premium_millionths), default=None)


def funding_histories(journal: Journal) -> list[FundingHistory]:
    """Every perpetual of a run, in the order in which they were first measured."""
    measures: dict[str, list[BasisMeasured]] = {}
    payments: dict[str, list[FundingPaid]] = {}
    for measured in journal.of(BasisMeasured):
        measures.setdefault(measured.symbol, []).append(measured)
    for paid in journal.of(FundingPaid):
        payments.setdefault(paid.symbol, []).append(paid)
    names = dict.fromkeys([*measures, *payments])
    return [FundingHistory(name, tuple(measures.get(name, ())), tuple(payments.get(name, ()))) for name in names]


def funding_charts(run: RunHistory) -> Iterator[Chart]:
    """The funding of every perpetual."""
    history = run.mechanisms
    for funding in funding_histories(run.journal):
        table = Table(f"Funding of {funding.symbol}", HEAD, list(funding_rows(funding, history)))
        draw = partial(funding_panels, funding, history, run.axis)
        sentence, symbol = funding_sentence(funding, history), funding.symbol
        yield Chart("funding", table.title, sentence, "mechanisms", run.axis, draw, LEGEND, table, symbol=symbol)


def funding_panels(funding: FundingHistory, history: MechanismHistory, axis: TimeAxis) -> list[Panel]:
    """Mark and index; below, premium and rate in percent."""
    measures = [one for one in funding.measures if one.time >= axis.first]
    times = [seconds(one.time) for one in measures]
    unit = history.unit
    prices = Panel(f"{funding.symbol}: mark and index, {history.quote}", 150, {"tickformat": ",~r", "showgrid": True})
    prices.traces += [
        _line("index", times, [one.index / unit for one in measures], "sell", ",.2f", dash="dot"),
        _line("mark", times, [one.mark / unit for one in measures], "leader", ",.2f"),
    ]
    vertical = {"tickformat": "+,~r", "ticksuffix": " %", "showgrid": True, "zeroline": True}
    premium = Panel(f"{funding.symbol}: premium over the index, and funding rate", 150, vertical)
    premium.traces += [
        _rates(funding, history, axis),
        _line("premium", times, [one.premium_millionths / 10_000 for one in measures], "act", "+.4f"),
    ]
    return [prices, premium]


def _line(name: str, times: list[float], values: list[float], role: str, form: str, **style: str) -> Part:
    return line(name, times, values, role, f"{name} %{{y:{form}}}<br>%{{x:.2f}} s", HELD | style)


def _rates(funding: FundingHistory, history: MechanismHistory, axis: TimeAxis) -> Part:
    """A bar over the interval for which each rate was paid, which ends with its payment."""
    paid, before = [], 0
    for one in funding.payments:
        if one.time >= axis.first:
            paid.append((one, (before + one.time) / 2, one.time - before))
        before = one.time
    return bars(
        "funding rate",
        [seconds(int(middle)) for _, middle, _ in paid],
        [one.rate_millionths / 10_000 for one, _, _ in paid],
        "flow-funding",
        [sentence(one, history.words) for one, _, _ in paid],
        width=[seconds(width) for _, _, width in paid],
        opacity=0.75,
        marker={"color": LIGHT["flow-funding"], "line": {"color": LIGHT["paper"], "width": 2}},
    )


def funding_sentence(funding: FundingHistory, history: MechanismHistory) -> str:
    """The funding payments and the largest distance from the index, in one sentence."""
    words = history.words
    longs = sum(one.paid for one in funding.payments if one.rate_millionths > 0)
    shorts = sum(one.paid for one in funding.payments if one.rate_millionths < 0)
    widest = funding.widest
    number = len(funding.payments)
    far = (
        f"; the premium was largest at {seconds(widest.time):.3f} s with {rate(widest.premium_millionths)}"
        if widest is not None
        else ""
    )
    return (
        f"{funding.symbol}: in {number} funding payment{'s' if number != 1 else ''} longs paid shorts "
        f"{words.amount(history.quote, longs)} and shorts paid longs {words.amount(history.quote, shorts)}{far}."
    )


def funding_rows(funding: FundingHistory, history: MechanismHistory) -> Iterator[tuple[str, ...]]:
    """The table: a row for each payment."""
    words = history.words
    for one in funding.payments:
        paid = words.figure(history.quote, one.paid)
        yield (
            f"{seconds(one.time):.3f}",
            words.price(one.symbol, one.mark),
            words.price(one.symbol, one.index),
            rate(one.rate_millionths),
            paid if one.rate_millionths > 0 else "",
            paid if one.rate_millionths < 0 else "",
        )
