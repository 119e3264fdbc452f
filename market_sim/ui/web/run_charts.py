"""The timeline as the site serves it: a figure as JSON for plotly, and in words for everybody."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from markupsafe import Markup

from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.mechanism_pictures import Picture, mechanism_pictures
from market_sim.analysis.visualization.mechanism_timeline import mechanism_accounts, mechanism_panels
from market_sim.analysis.visualization.order_book_timeline import (
    Market,
    order_book_account,
    order_book_panels,
)
from market_sim.analysis.visualization.palette import dark_changes
from market_sim.analysis.visualization.panels import CONFIG, Account, Horizontal, LegendEntry, Panel, layered
from market_sim.analysis.visualization.settlement_timeline import settlement_account, settlement_panel
from market_sim.analysis.visualization.streamlet_timeline import streamlet_account, streamlet_panels
from market_sim.analysis.visualization.timeline import Timeline
from market_sim.core.data.journal import Journal

if TYPE_CHECKING:
    from market_sim.ui.web.shelf import OpenRun


def groups(timeline: Timeline) -> tuple[str, ...]:
    """The parts of the road that this run's timeline can show."""
    there = {
        "market": bool(timeline.markets),
        "mechanisms": timeline.mechanisms is not None,
        "consensus": timeline.chain is not None,
        "settlement": timeline.settlement is not None,
    }
    return tuple(name for name, is_there in there.items() if is_there)


def symbols(timeline: Timeline) -> tuple[str, ...]:
    """Every instrument, the most traded first."""
    return tuple(market.listed.symbol for market in timeline.markets) or ("",)


def figure(run: OpenRun, symbol: str, chosen: tuple[str, ...]) -> bytes:
    """The drawing, made at its first use."""
    return run.once(f"figure/{symbol}/{chosen}", lambda: drawing(run.timeline, symbol, chosen))


def pictures(run: OpenRun) -> list[Picture]:
    """The pictures of the mechanisms that this run has, in the order of the written page."""
    return run.once("pictures", lambda: list(mechanism_pictures(run.timeline)))


def picture(run: OpenRun, number: int) -> bytes:
    """One of them for plotly, made at its first use."""
    shown = pictures(run)[number]
    return run.once(f"picture/{number}", lambda: _answer(layered(shown.panels, shown.axis), shown.axis, stepped=False))


def _answer(figure: dict[str, Any], axis: Horizontal, **more: Any) -> bytes:
    """A figure with what the page must know to draw it: its colours in the dark, how it behaves."""
    figure["layout"].pop("template", None)
    # A kind of mark that this run has none of need not travel.
    figure["data"] = [trace for trace in figure["data"] if trace.get("x", True)]
    known = {"figure": figure, "dark": dark_changes(figure), "config": CONFIG, "long": axis.is_long}
    return msgspec.json.encode({**known, **more})


def prepare(run: OpenRun) -> None:
    """Work out what its page shows at first: the numbers, the words, the timeline, the place at its end."""
    run.once("prepared", lambda: (run.summary, run.stepper, words(run), pictures(run)))
    figure(run, symbols(run.timeline)[0], groups(run.timeline))


def drawing(timeline: Timeline, symbol: str, chosen: tuple[str, ...]) -> bytes:
    """The chosen panels above each other on one time axis, as JSON."""
    axis = timeline.axis
    plain = layered(list(_panels(timeline, symbol, chosen)), axis, timeline.lines())
    return _answer(plain, axis, stepped=True, window=axis.opens_on, whole=axis.whole)


def drawing_so_far(journal: Journal) -> bytes:
    """The same of a run that still goes on: everything that its journal holds by now, of the most traded instrument."""
    timeline = Timeline(journal)
    return drawing(timeline, symbols(timeline)[0], groups(timeline))


def _panels(timeline: Timeline, symbol: str, chosen: tuple[str, ...]) -> Iterator[Panel]:
    if "market" in chosen:
        yield from order_book_panels(market_of(timeline, symbol))
    if "mechanisms" in chosen and timeline.mechanisms is not None:
        yield from mechanism_panels(timeline.mechanisms, timeline.axis)
    if "consensus" in chosen and timeline.chain is not None:
        yield from streamlet_panels(timeline.chain, timeline.axis)
    if "settlement" in chosen and timeline.settlement is not None:
        yield settlement_panel(timeline.settlement, timeline.axis)


def market_of(timeline: Timeline, symbol: str) -> Market:
    """The market of this instrument."""
    return next(market for market in timeline.markets if market.listed.symbol == symbol)


@dataclass(frozen=True)
class Words:
    """A chart in words: which part of the road it shows, its sentence, its legend, its table."""

    group: str
    account: Account


def legend(account: Account) -> Markup:
    """A legend as HTML, which the chart's own module has escaped."""
    return Markup(legend_list(account.name, account.legend))


def legends(charts: Iterable[Words]) -> Iterator[tuple[str, Markup]]:
    """The legend of each group, in which several instruments share their marks."""
    entries: dict[str, dict[LegendEntry, None]] = {}
    for one in charts:
        entries.setdefault(one.group, {}).update(dict.fromkeys(one.account.legend))
    for group, marks in entries.items():
        yield group, Markup(legend_list(group, tuple(marks)))


def words(run: OpenRun) -> list[Words]:
    """What the panels say in words, by group; every instrument has its own."""
    return run.once("words", lambda: _words(run.timeline))


def _words(timeline: Timeline) -> list[Words]:
    told = [Words("market", order_book_account(market)) for market in timeline.markets]
    if timeline.mechanisms is not None:
        told += [Words("mechanisms", account) for account in mechanism_accounts(timeline.mechanisms, timeline.axis)]
    if timeline.chain is not None:
        told.append(Words("consensus", streamlet_account(timeline.chain, timeline.axis)))
    if timeline.settlement is not None:
        told.append(Words("settlement", settlement_account(timeline.settlement, timeline.axis)))
    return told


def plain(value: Any) -> dict[str, Any]:
    """A frozen value as JSON objects."""
    return dataclasses.asdict(value)
