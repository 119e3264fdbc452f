"""The margin chart: equity, requirement, margin calls and liquidations of each margin account.

It has one panel for each account, those with the most events first. The requirement of shares is drawn at all times;
that of contracts, whose rules are agreed with the broker, from the first call or liquidation that states it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from market_sim.analysis.history.book_history import Market
from market_sim.analysis.history.margin_history import Margined, Told, margin_history
from market_sim.analysis.history.mechanism_history import MechanismHistory
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.mechanism_words import sentence
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.traces import HELD, filled, line, marks
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.models.mechanism_events import (
    LiquidationEnded,
    LiquidationStarted,
    MarginCalled,
    MarginCallMet,
    PositionSold,
)

HEAD = (
    "account",
    "equity at first",
    "lowest",
    "at the end",
    "calls",
    "met",
    "liquidations",
    "forced orders",
    "ended",
)
MOST_STRIPS = 8
PER_EPOCH = 10
"""The number of points in an epoch."""
MARKED = {
    MarginCalled: ("margin call", "triangle-down", "down", "bad"),
    MarginCallMet: ("call met", "circle", "circle", "good"),
    PositionSold: ("forced order", "square", "square", "sell"),
    LiquidationStarted: ("liquidation", "x-thin", "cross", "bad"),
}


def margined_accounts(
    journal: Journal, history: MechanismHistory, markets: Sequence[Market], axis: TimeAxis
) -> list[Margined]:
    """The history of the margin accounts, at ten times of each drawn epoch."""
    middles = {
        market.listed.symbol: [
            (sample.time, (sample.bid + sample.ask) // 2)
            for sample in market.samples
            if sample.bid is not None and sample.ask is not None
        ]
        for market in markets
    }
    return margin_history(journal, [*axis.moments(PER_EPOCH), axis.last - 1], middles, history.quote)


def margin_panels(accounts: Sequence[Margined], history: MechanismHistory, axis: TimeAxis) -> list[Panel]:
    """A panel for each account, up to a limit."""
    return [_strip(account, history, axis) for account in accounts[:MOST_STRIPS]]


def _strip(account: Margined, history: MechanismHistory, axis: TimeAxis) -> Panel:
    unit, height = history.unit, 120 if len(account.told) > 1 else 70
    panel = Panel(
        f"{account.account}: equity, {history.quote}",
        height,
        {"tickformat": ",~r", "nticks": 5 if height > 100 else 3, "showgrid": True, "zeroline": True},
    )
    times = [seconds(time) for time in account.times]
    hover = f"equity of {account.account}: %{{y:,.2f}}<br>%{{x:.2f}} s"
    panel.traces.append(line("equity", times, [one / unit for one in account.equities], "leader", hover))
    judged = [event for event in account.told if event.time >= axis.first]
    required = [(time, amount) for time, amount in account.required if time >= axis.first]
    times = [seconds(time) for time, _ in required]
    needed = [None if amount is None else amount / unit for _, amount in required]
    if needed and needed[-1]:
        times, needed = [*times, seconds(axis.last)], [*needed, needed[-1]]
    hover = f"required of {account.account}: %{{y:,.2f}}<br>%{{x:.2f}} s"
    if any(needed):
        panel.traces.append(line("required", times, needed, "sell", hover, {"width": 1.6, "dash": "dash", **HELD}))
    panel.traces += list(_marks(judged, history.words, unit))
    return panel


def _marks(told: Sequence[Told], words: Words, unit: int) -> Iterator[Part]:
    for kind, (name, symbol, _, role) in MARKED.items():
        events = [event for event in told if type(event) is kind]
        if events:
            xs, ys = [seconds(event.time) for event in events], [event.equity / unit for event in events]
            marker = filled(symbol, 10 if kind is not PositionSold else 6, role, opacity=1)
            yield marks(name, xs, ys, [sentence(event, words) for event in events], marker)


def margin_charts(run: RunHistory) -> Iterator[Chart]:
    """The margin chart of a run with margin accounts."""
    history, axis = run.mechanisms, run.axis
    accounts = margined_accounts(run.journal, history, run.markets, axis)
    if not accounts:
        return
    table = Table("Accounts on margin", HEAD, list(margin_rows(accounts, history)))
    draw, legend = partial(margin_panels, accounts, history, axis), tuple(margin_legend(accounts))
    yield Chart("margin", table.title, margin_sentence(accounts, history), "mechanisms", axis, draw, legend, table)


def margin_legend(accounts: Sequence[Margined]) -> Iterator[LegendEntry]:
    """The marks that occur in this run."""
    kinds = {type(event) for account in accounts for event in account.told}
    yield LegendEntry("line", "leader", "equity")
    if any(amount for account in accounts for _, amount in account.required):
        yield LegendEntry("line", "sell", "required (maintenance)")
    yield from (LegendEntry(mark, role, name) for kind, (name, _, mark, role) in MARKED.items() if kind in kinds)


def margin_sentence(accounts: Sequence[Margined], history: MechanismHistory) -> str:
    """The margin accounts, calls, liquidations and the lowest equity, in one sentence."""
    called = [one.account for one in accounts if one.of(MarginCalled)]
    closed = [one.account for one in accounts if one.of(LiquidationStarted)]
    worst = min(accounts, key=lambda one: one.lowest)
    amount = history.words.amount(history.quote, worst.lowest)
    left = [one.account for one in accounts[MOST_STRIPS:]]
    without = f"; without a strip: {', '.join(left)}" if left else ""
    return (
        f"{len(accounts)} accounts on margin; called: {_names(called)}; liquidated: {_names(closed)}; "
        f"the lowest equity was {amount} ({worst.account}){without}."
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def margin_rows(accounts: Sequence[Margined], history: MechanismHistory) -> Iterator[tuple[str, ...]]:
    """The table: a row for each account."""
    for one in accounts:
        ends = [event.outcome for event in one.told if isinstance(event, LiquidationEnded)]
        first, last = (one.equities[0], one.equities[-1]) if one.equities else (0, 0)
        yield (
            one.account,
            *(history.words.figure(history.quote, amount) for amount in (first, one.lowest, last)),
            *(str(one.of(kind)) for kind in (MarginCalled, MarginCallMet, LiquidationStarted, PositionSold)),
            ends[-1] if ends else "",
        )
