"""The page of a run: one HTML file with the charts, their sentences, legends and tables, that opens without a server.

The file asks no other host for anything, and its content policy forbids it to. What it looks like stands in
`timeline.css`, what it does in `timeline.js`; both travel inside the file, as plotly does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

from market_sim.analysis.history.story_steps import story_steps
from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.mechanism_pictures import mechanism_pictures
from market_sim.analysis.visualization.order_book_timeline import order_book_account, order_book_panels
from market_sim.analysis.visualization.palette import dark_changes, style_variables
from market_sim.analysis.visualization.panels import CONFIG, LEFT, RIGHT, Account, Part, Table, layered
from market_sim.analysis.visualization.timeline import Timeline
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import RunStarted
from market_sim.simulation.engine.result import Result

HERE = Path(__file__).parent
FURTHER_BOOKS = 5
"""Beside the most traded instrument so many others get an order book of their own; the rest are named."""
NARROWEST, WIDEST = 760, 1_180
"""The least width of a chart in pixels, when its epochs need little room and when they need much."""
TIMELESS = 620
"""The least width of a picture without epochs."""
LATER = "The sentences and tables tell the whole run; they are here again at its end."
COLUMN = 74
"""The width of an epoch at which nothing written in it touches its neighbour."""
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'"
)


def timeline_page(result: Result) -> str:
    """The whole page as text."""
    from plotly.offline import get_plotlyjs

    timeline = Timeline(result.journal)
    whole = layered(list(timeline.panels()), timeline.axis, timeline.lines())
    accounts = list(timeline.accounts())
    others = timeline.markets[1 : 1 + FURTHER_BOOKS]
    width = max(NARROWEST, min(WIDEST, LEFT + RIGHT + COLUMN * (timeline.axis.crowd + 1)))
    pictures = list(mechanism_pictures(timeline))
    further = [(layered(one.panels, one.axis), one.account, width if one.has_time else TIMELESS) for one in pictures]
    further += [(layered(order_book_panels(one), timeline.axis), order_book_account(one), width) for one in others]
    steps = story_steps(result.journal, timeline.axis, timeline.chain)
    data = {
        "config": CONFIG,
        "figures": [
            _drawn(whole, stepped=True),
            *(_drawn(figure, stepped=number >= len(pictures)) for number, (figure, _, _) in enumerate(further)),
        ],
        "steps": {
            "numbers": [number for number, _, _ in steps],
            "times": [time for _, time, _ in steps],
            "texts": [text for _, _, text in steps],
        },
        "window": list(timeline.axis.opens_on),
        "whole": list(timeline.axis.whole),
    }
    title = f"{result.scenario}, seed {result.seed}"
    sections = [_figure("The run on one time axis", whole, width, 0, accounts, _controls(timeline, len(steps)))]
    for number, (figure, account, least) in enumerate(further, 1):
        tells = "" if number > len(pictures) else ' data-tells="whole"'
        sections.append(_figure(account.name, figure, least, number, [account], tells=tells))
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{escape(title)}: timeline</title><link rel="icon" href="data:,">',
            f"<style>{_style()}</style></head><body>",
            '<a class="skip" href="#charts">Skip to the charts</a>',
            _header(result, timeline),
            f'<main id="charts">{"".join(sections)}{_left_out(timeline)}</main>',
            f'<script type="application/json" id="data">{_embedded(data)}</script>',
            f"<script>{get_plotlyjs()}</script>",
            f'<script type="module">{_program()}</script>',
            "</body></html>",
        ]
    )


def _drawn(figure: Part, *, stepped: bool) -> dict[str, Any]:
    return {**figure, "dark": dark_changes(figure), "stepped": stepped}


def _program() -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("as_of.js", "timeline.js"))


def _embedded(data: dict[str, Any]) -> str:
    """JSON that cannot end its script element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _style() -> str:
    light, dark = style_variables(dark=False), style_variables(dark=True)
    rules = (HERE / "timeline.css").read_text(encoding="utf-8")
    return (
        f':root {{ color-scheme: light; {light} }}\n:root[data-theme="dark"] {{ color-scheme: dark; {dark} }}\n{rules}'
    )


def _header(result: Result, timeline: Timeline) -> str:
    trades = sum(1 for _ in result.journal.of(Trade))
    facts = [
        ("seed", str(result.seed)),
        (
            "epochs",
            f"{timeline.axis.total:,}"
            + ("" if timeline.axis.shows_all else f", last {len(timeline.axis.epochs):,} drawn"),
        ),
        ("trades", f"{trades:,}"),
        ("events", f"{len(result.journal):,}"),
        ("state", "complete" if result.complete else "interrupted"),
        ("fingerprint", result.fingerprint[:16]),
    ]
    items = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    failures = "".join(f"<li>{escape(failure)}</li>" for failure in result.failures)
    warning = f'<ul class="failures" role="note">{failures}</ul>' if failures else ""
    return (
        f"<header><h1>{escape(result.scenario)}</h1><dl>{items}</dl>"
        '<button id="theme" type="button" hidden>Dark colours</button></header>'
        f"{warning}{_settings(result)}"
    )


def _settings(result: Result) -> str:
    started = next(result.journal.of(RunStarted), None)
    if started is None:
        return ""
    chosen = [
        *started.parameters.items(),
        *((name, value) for name, value in started.options.items() if value is not None),
    ]
    rows = [(name.replace("_", " "), str(value)) for name, value in chosen]
    return _details(Table("Parameters of this run", ("parameter", "value"), rows)) if rows else ""


def _controls(timeline: Timeline, steps: int) -> str:
    window = (
        '<span class="group"><button type="button" data-window="back">◀ 30 epochs</button>'
        '<button type="button" data-window="on">30 epochs ▶</button>'
        '<button type="button" data-window="last">Last 30</button>'
        '<button type="button" data-window="whole">Whole run</button></span>'
        if timeline.axis.is_long
        else '<span class="group"><button type="button" data-window="whole">Whole run</button></span>'
    )
    depth = '<label><input type="checkbox" id="depth" checked> Waiting orders</label>' if timeline.markets else ""
    return (
        '<div class="controls" hidden><span class="group wide">'
        '<button type="button" data-step="-1" aria-label="Step back">◀</button>'
        f'<input type="range" id="step" min="0" max="{steps}" value="{steps}" aria-label="Step through the events" '
        'aria-describedby="told">'
        '<button type="button" data-step="1" aria-label="Step on">▶</button>'
        '<button type="button" id="play">Play</button></span>'
        f'{window}{depth}<output id="told" for="step" role="status">The whole run. Step through it with Play, the '
        "slider, or the left and right keys; Home and End go to the ends.</output></div>"
    )


def _figure(
    title: str, figure: Part, width: int, number: int, accounts: list[Account], controls: str = "", tells: str = ""
) -> str:
    # The height is said here, too, because a browser that prints forgets what plotly measured.
    size = f"min-width: {width}px; height: {figure['layout']['height']}px"
    sentences = " ".join(account.sentence for account in accounts)
    legends = "".join(legend_list(account.name, account.legend) for account in accounts)
    words = "".join(_words(account) for account in accounts)
    return (
        f'<figure role="group" aria-roledescription="chart" aria-label="{escape(sentences)}"{tells}>'
        f'<h2>{escape(title)}</h2>{controls}<div class="legends">{legends}</div>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}: the chart">'
        f'<div class="chart" id="chart-{number}" style="{size}"></div></div>'
        f"<noscript><p>The picture needs JavaScript; the sentences and tables below say the same.</p></noscript>"
        f'<figcaption><p data-tells="step" class="later" hidden>{LATER}</p><div data-tells="whole">{words}</div>'
        "</figcaption></figure>"
    )


def _words(account: Account) -> str:
    table = _details(account.table) if account.table and account.table.rows else ""
    name = escape(account.name)
    return f'<section aria-label="{name}"><p><b>{name}.</b> {escape(account.sentence)}</p>{table}</section>'


def _details(table: Table) -> str:
    kind = ' class="worded"' if table.worded else ""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.head)
    return (
        f"<details><summary>Table: {escape(table.title)}</summary>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(table.title)}">'
        f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{''.join(_rows(table.rows))}</tbody></table></div></details>"
    )


def _rows(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for first, *rest in rows:
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        yield f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'


def _left_out(timeline: Timeline) -> str:
    names = [market.listed.symbol for market in timeline.markets[1 + FURTHER_BOOKS :]]
    return f"<p>Without a chart here: {escape(', '.join(names))}.</p>" if names else ""
