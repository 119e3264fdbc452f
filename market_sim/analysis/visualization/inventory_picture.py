"""The inventory chart: the positions less deposits, over time, of the accounts with the largest changes.

One strip for each instrument, one line for each account, in the same colour and dash in all strips. An inventory of
zero means that the account holds its deposits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.results.inventory import Holding, Inventories, inventories
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.traces import HELD, line
from market_sim.analysis.words import Words, signed
from market_sim.core.english import counted
from market_sim.core.models.run_events import AgentJoined

STYLES = (
    ("leader", "solid"),
    ("flow-pair", "dash"),
    ("flow-loss", "dot"),
    ("flow-gain", "dashdot"),
    ("flow-funding", "longdash"),
    ("stray", "longdashdot"),
)
"""Colour and dash of each line; there are as many lines as styles."""
MOST_STRIPS = 6
HEIGHT, ALONE = 120, 190
"""The height of a strip in pixels, among others and by itself."""
HEAD = ("account", "instrument", "brought in", "least", "most", "at the end", "changes")


class Drawn(NamedTuple):
    """The drawn accounts and instruments."""

    found: Inventories
    accounts: tuple[str, ...]
    """Those with a line, in the order of the legend."""
    symbols: tuple[str, ...]
    """Those with a strip, from top to bottom."""
    others: int
    """The number of accounts with inventory changes and without a line."""
    hidden: tuple[str, ...]
    """The instruments with inventory changes and without a panel."""


def inventory_charts(run: RunHistory) -> Iterator[Chart]:
    """The inventories of a run in which agents traded."""
    drawn = _chosen(run)
    if not drawn.accounts:
        return
    words = Words(run.journal)
    legend = tuple(
        LegendEntry(f"line-{dash}", role, account)
        for account, (role, dash) in zip(drawn.accounts, STYLES, strict=False)
    )
    table = Table("Inventories", HEAD, list(_rows(drawn, words)))
    draw = partial(_panels, drawn, words, run.axis, len(run.journal) - 1)
    yield Chart("inventory", "Inventories over time", _sentence(drawn, words), "market", run.axis, draw, legend, table)


def _chosen(run: RunHistory) -> Drawn:
    """The accounts whose inventories moved farthest, each measured by the farthest of its instrument."""
    agents = {event.agent for event in run.journal.of(AgentJoined)}
    found = {key: path for key, path in inventories(run.journal).items() if key[0] in agents and _farthest(path)}
    # The most traded first; those without a book come last.
    listed = dict.fromkeys([*(market.listed.symbol for market in run.markets), *(symbol for _, symbol in found)])
    traded = [symbol for symbol in listed if any(key[1] == symbol for key in found)]
    widest = {symbol: max(_farthest(path) for key, path in found.items() if key[1] == symbol) for symbol in traded}
    shares: dict[str, float] = {}
    for (account, symbol), path in found.items():
        shares[account] = max(shares.get(account, 0.0), _farthest(path) / widest[symbol])
    ordered = sorted(shares, key=lambda account: (-shares[account], account))
    chosen, strips = ordered[: len(STYLES)], traded[:MOST_STRIPS]
    return Drawn(found, tuple(chosen), tuple(strips), len(ordered) - len(chosen), tuple(traded[MOST_STRIPS:]))


def _farthest(path: Sequence[Holding]) -> int:
    return max(abs(one.inventory) for one in path)


def _panels(drawn: Drawn, words: Words, axis: TimeAxis, last: int) -> list[Panel]:
    return [_strip(drawn, symbol, words, axis, last) for symbol in drawn.symbols]


def _strip(drawn: Drawn, symbol: str, words: Words, axis: TimeAxis, last: int) -> Panel:
    vertical: Part = {"nticks": 5, "tickformat": ",~r", "showgrid": True, "zeroline": True}
    height = HEIGHT if len(drawn.symbols) > 1 else ALONE
    panel = Panel(f"{symbol}: held beyond what was brought in", height, vertical)
    for account, (role, dash) in zip(drawn.accounts, STYLES, strict=False):
        path = drawn.found.get((account, symbol))
        if path is None:
            continue
        points = list(_points(path, axis, last))
        xs = [seconds(time) for time, _, _ in points]
        ys = [amount / words.unit(symbol) for _, amount, _ in points]
        hover = f"{account}: %{{y:+,}} {symbol}<br>%{{x:.2f}} s"
        drawn_line = line(account, xs, ys, role, hover, {"dash": dash, **HELD})
        panel.traces.append({**drawn_line, "born": [born for *_, born in points]})
    return panel


def _points(path: Sequence[Holding], axis: TimeAxis, last: int) -> Iterator[tuple[int, int, int]]:
    """One account's inventory with the event that made it so, level between two changes and up to the end."""
    before = [one for one in path if one.time < axis.first]
    yield axis.first, before[-1].inventory if before else 0, before[-1].event if before else 0
    for one in path:
        if one.time >= axis.first:
            yield one.time, one.inventory, one.event
    yield axis.last, path[-1].inventory, last


def _sentence(drawn: Drawn, words: Words) -> str:
    """The largest inventories, and the accounts without a line, in one sentence."""
    farthest = max(
        (
            (account, symbol)
            for account in drawn.accounts
            for symbol in drawn.symbols
            if (account, symbol) in drawn.found
        ),
        key=lambda key: (_farthest(drawn.found[key]) / words.unit(key[1]), key),
    )
    most = max(drawn.found[farthest], key=lambda one: abs(one.inventory)).inventory
    said = f"The inventory of {farthest[0]} went farthest: {signed(words.size(farthest[1], most))} {farthest[1]}"
    left = f"; {counted(drawn.others, 'account')} more in the table only" if drawn.others else ""
    hidden = f"; without a strip: {', '.join(drawn.hidden)}" if drawn.hidden else ""
    return f"{said}{left}{hidden}."


def _rows(drawn: Drawn, words: Words) -> Iterator[tuple[str, ...]]:
    """The table: a row for each account and instrument, the drawn accounts first."""
    places = {account: place for place, account in enumerate(drawn.accounts)}
    symbols = (*drawn.symbols, *drawn.hidden)
    for account, symbol in sorted(
        drawn.found, key=lambda key: (places.get(key[0], len(places)), key[0], symbols.index(key[1]))
    ):
        path = drawn.found[account, symbol]
        amounts = [one.inventory for one in path]
        figures = path[-1].brought, min(0, *amounts), max(0, *amounts), amounts[-1]
        yield account, symbol, *(words.size(symbol, amount) for amount in figures), f"{len(path):,}"
