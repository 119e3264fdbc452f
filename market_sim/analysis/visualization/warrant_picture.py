"""The warrant chart: the shares outstanding and the share price around the exercise of warrants.

Exercised warrants make new shares for less than the share costs: the company gets cash, every old share becomes a
smaller part of it, and the price falls towards the average of both (rulebook F-3.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from market_sim.analysis.history.mechanism_history import MechanismHistory
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.mechanism_words import sentence
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.traces import HELD, filled, line, marks
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import SharesIssued

LEGEND = (
    LegendEntry("line", "leader", "last price of the share"),
    LegendEntry("line", "act", "shares outstanding"),
    LegendEntry("star", "act", "new shares were made"),
)
HEAD = ("at (s)", "new shares", "cash for them", "outstanding", "an old share's part", "last price before")


@dataclass(frozen=True)
class Dilution:
    """One share with its trades and its issues of new shares."""

    symbol: str
    issues: tuple[SharesIssued, ...]
    trades: tuple[Trade, ...]

    def price_before(self, time: int) -> int | None:
        """The last price before this moment."""
        return next((trade.price for trade in reversed(self.trades) if trade.time < time), None)

    @property
    def part_left(self) -> float:
        """The dilution: the part of the company of one share, relative to before."""
        return self.issues[0].outstanding_before / self.issues[-1].outstanding


def dilutions(journal: Journal) -> list[Dilution]:
    """Every share of which new ones were made."""
    issues: dict[str, list[SharesIssued]] = {}
    for event in journal.of(SharesIssued):
        issues.setdefault(event.symbol, []).append(event)
    return [
        Dilution(symbol, tuple(made), tuple(trade for trade in journal.of(Trade) if trade.symbol == symbol))
        for symbol, made in issues.items()
    ]


def dilution_charts(run: RunHistory) -> Iterator[Chart]:
    """Every share of which new ones were made."""
    history = run.mechanisms
    for dilution in dilutions(run.journal):
        table = Table(f"New shares of {dilution.symbol}", HEAD, list(dilution_rows(dilution, history)))
        draw = partial(dilution_panels, dilution, history, run.axis)
        symbol, sentence = dilution.symbol, dilution_sentence(dilution, history)
        title = f"Dilution of {symbol}"
        yield Chart("dilution", title, sentence, "mechanisms", run.axis, draw, LEGEND, table, symbol=symbol)


def dilution_panels(dilution: Dilution, history: MechanismHistory, axis: TimeAxis) -> list[Panel]:
    """The price; below, the number of shares."""
    trades = [trade for trade in dilution.trades if trade.time >= axis.first]
    prices = Panel(f"{dilution.symbol}: last price, {history.quote}", 170, {"tickformat": ",~r", "showgrid": True})
    points = [(seconds(trade.time), trade.price / history.unit) for trade in trades]
    prices.traces.append(_line("last price", points, "leader", ",.2f"))
    first = dilution.issues[0]
    steps = [(seconds(axis.first), float(first.outstanding_before))]
    steps += [(seconds(issue.time), float(issue.outstanding)) for issue in dilution.issues]
    steps.append((seconds(axis.last), steps[-1][1]))
    shares = Panel(f"{dilution.symbol}: shares outstanding", 110, {"tickformat": ",d", "showgrid": True, "nticks": 5})
    shares.traces += [_line("shares outstanding", steps, "act", ",d"), _marks(dilution, history)]
    return [prices, shares]


def _line(name: str, points: list[tuple[float, float]], role: str, form: str) -> Part:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return line(name, xs, ys, role, f"{name} %{{y:{form}}}<br>%{{x:.2f}} s", HELD)


def _marks(dilution: Dilution, history: MechanismHistory) -> Part:
    xs, ys = [seconds(issue.time) for issue in dilution.issues], [issue.outstanding for issue in dilution.issues]
    said = [sentence(issue, history.words) for issue in dilution.issues]
    return marks("new shares", xs, ys, said, filled("star", 11, "act"))


def dilution_sentence(dilution: Dilution, history: MechanismHistory) -> str:
    """The change of the shares outstanding, the proceeds, and the change of the price, in one sentence."""
    first, last = dilution.issues[0], dilution.issues[-1]
    words, cash = history.words, sum(issue.cash for issue in dilution.issues)
    before = dilution.price_before(first.time)
    after = dilution.trades[-1].price if dilution.trades and dilution.trades[-1].time > last.time else None
    moved = (
        f"; a share cost {words.price(dilution.symbol, before)} before the first exercise and "
        f"{words.price(dilution.symbol, after)} at the last trade"
        if before is not None and after is not None
        else ""
    )
    return (
        f"{dilution.symbol}: {first.outstanding_before:,} shares became {last.outstanding:,} for "
        f"{words.amount(history.quote, cash)}, so an old share is {dilution.part_left:.1%} of its former part{moved}."
    )


def dilution_rows(dilution: Dilution, history: MechanismHistory) -> Iterator[tuple[str, ...]]:
    """The table: a row for each time new shares were made."""
    before = dilution.issues[0].outstanding_before
    for issue in dilution.issues:
        price = dilution.price_before(issue.time)
        yield (
            f"{seconds(issue.time):.3f}",
            f"{issue.shares:,}",
            history.words.figure(history.quote, issue.cash),
            f"{issue.outstanding:,}",
            f"{before / issue.outstanding:.1%}",
            "" if price is None else history.words.price(dilution.symbol, price),
        )
