"""The margin picture: for each account on margin its equity, what was required of it, its calls and its liquidations.

One strip for each account, the most troubled first. What is required of shares is drawn all the time; of contracts,
whose rules are an agreement with the broker, from the first call or liquidation that names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from market_sim.analysis.history.margin_history import Margined, Told, margin_history
from market_sim.analysis.history.mechanism_history import MechanismHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.mechanism_words import sentence
from market_sim.analysis.visualization.order_book_timeline import Market
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.panels import Account, LegendEntry, Panel, Part, Table
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.models.mechanism_events import (
    LiquidationEnded,
    LiquidationStarted,
    MarginCalled,
    MarginCallMet,
    PositionSold,
)

MOST_STRIPS = 8
PER_EPOCH = 10
"""As often as marks are taken, when an epoch is a day."""
MARKED = {
    MarginCalled: ("margin call", "triangle-down", "down", "bad"),
    MarginCallMet: ("call met", "circle", "circle", "good"),
    PositionSold: ("forced order", "square", "square", "sell"),
    LiquidationStarted: ("liquidation", "x-thin", "cross", "bad"),
}


def margined_accounts(
    journal: Journal, history: MechanismHistory, markets: Sequence[Market], axis: TimeAxis
) -> list[Margined]:
    """The accounts on margin, at ten moments of each epoch that is drawn."""
    middles = {
        market.listed.symbol: [
            (sample.time, (sample.bid + sample.ask) // 2)
            for sample in market.history.samples
            if sample.bid is not None and sample.ask is not None
        ]
        for market in markets
    }
    return margin_history(journal, [*axis.moments(PER_EPOCH), axis.last - 1], middles, history.quote)


def margin_panels(accounts: Sequence[Margined], history: MechanismHistory, axis: TimeAxis) -> list[Panel]:
    """A strip for each account, as many as can be looked at."""
    return [_strip(account, history, axis) for account in accounts[:MOST_STRIPS]]


def _strip(account: Margined, history: MechanismHistory, axis: TimeAxis) -> Panel:
    unit, height = history.unit, 120 if len(account.told) > 1 else 70
    panel = Panel(
        f"{account.account}: equity, {history.quote}",
        height,
        {"tickformat": ",~r", "nticks": 5 if height > 100 else 3, "showgrid": True, "zeroline": True},
    )
    line = {"color": LIGHT["leader"], "width": 2}
    hover = f"equity of {account.account}: %{{y:,.2f}}<br>%{{x:.2f}} s<extra></extra>"
    panel.traces.append(_line("equity", account.times, [one / unit for one in account.equities], line, hover))
    judged = [event for event in account.told if event.time >= axis.first]
    required = [(time, amount) for time, amount in account.required if time >= axis.first]
    times, needed = (
        [time for time, _ in required],
        [None if amount is None else amount / unit for _, amount in required],
    )
    if needed and needed[-1]:
        times, needed = [*times, axis.last], [*needed, needed[-1]]
    line = {"color": LIGHT["sell"], "width": 1.6, "dash": "dash", "shape": "hv"}
    hover = f"required of {account.account}: %{{y:,.2f}}<br>%{{x:.2f}} s<extra></extra>"
    if any(needed):
        panel.traces.append(_line("required", times, needed, line, hover))
    panel.traces += list(_marks(judged, history.words, unit))
    return panel


def _line(name: str, times: Sequence[int], values: Sequence[float | None], line: Part, hover: str) -> Part:
    xs = [seconds(time) for time in times]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": xs,
        "y": values,
        "line": line,
        "hovertemplate": hover,
    }


def _marks(told: Sequence[Told], words: Words, unit: int) -> Iterator[Part]:
    for kind, (name, symbol, _, role) in MARKED.items():
        events, thin = [event for event in told if type(event) is kind], symbol.endswith("-thin")
        if events:
            yield {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [seconds(event.time) for event in events],
                "y": [event.equity / unit for event in events],
                "customdata": [sentence(event, words) for event in events],
                "hovertemplate": "%{customdata}<extra></extra>",
                "marker": {
                    "symbol": symbol,
                    "size": 10 if kind is not PositionSold else 6,
                    "opacity": 1,
                    "color": LIGHT[role],
                    "line": {"color": LIGHT[role if thin else "paper"], "width": 2.2 if thin else 0.8},
                },
            }


def margin_account(accounts: Sequence[Margined], history: MechanismHistory) -> Account:
    """What the picture says in words."""
    kinds = {type(event) for account in accounts for event in account.told}
    legend = [LegendEntry("line", "leader", "equity")]
    if any(amount for account in accounts for _, amount in account.required):
        legend.append(LegendEntry("line", "sell", "required (maintenance)"))
    legend += [LegendEntry(mark, role, name) for kind, (name, _, mark, role) in MARKED.items() if kind in kinds]
    head = (
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
    table = Table("Accounts on margin", head, list(margin_rows(accounts, history)))
    return Account("Accounts on margin", margin_sentence(accounts, history), tuple(legend), table)


def margin_sentence(accounts: Sequence[Margined], history: MechanismHistory) -> str:
    """How many were on margin, called, liquidated; whose equity was lowest; who has no strip."""
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
            *(history.words.amount(history.quote, amount).split()[0] for amount in (first, one.lowest, last)),
            *(str(one.of(kind)) for kind in (MarginCalled, MarginCallMet, LiquidationStarted, PositionSold)),
            ends[-1] if ends else "",
        )
