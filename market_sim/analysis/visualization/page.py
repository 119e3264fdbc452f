"""The exported page of a run: its charts, sentences, legends and tables in one document, which needs no server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from market_sim.analysis import extraction, gain_table, refusal_table
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.story_steps import story_steps
from market_sim.analysis.refusals import refusals
from market_sim.analysis.results import performance_table
from market_sim.analysis.results.result import Result
from market_sim.analysis.visualization.chart import Chart, Part, Table
from market_sim.analysis.visualization.charts import charts_of, drawn_alone, drawn_together, together
from market_sim.analysis.visualization.document import document
from market_sim.analysis.visualization.figure import CONFIG, LEFT, RIGHT
from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.palette import dark_changes
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import RunStarted

FURTHER_BOOKS = 5
"""The number of instruments with an order book beside the most traded one; the others are only named."""
NARROWEST, WIDEST = 760, 1_180
"""The least width of a chart in pixels, when its epochs need little room and when they need much."""
TIMELESS = 620
"""The least width of a picture without epochs."""
LATER = "The sentence and the table tell the whole run; they are here again at its end."
COLUMN = 74
"""The width of an epoch at which its texts do not touch those of its neighbours."""


def least_width(epochs: int) -> int:
    """The least width in pixels of a chart that shows this number of epochs, so that their texts do not touch."""
    return max(NARROWEST, min(WIDEST, LEFT + RIGHT + COLUMN * (epochs + 1)))


def timeline_page(result: Result, cut: str = "") -> str:
    """The whole page as text; `cut` says what is missing at the end of a run whose program was killed."""
    run = RunHistory(result.journal)
    charts = charts_of(run)
    shared = together(charts)
    width = least_width(run.axis.crowd)
    books = [chart for chart in charts if chart.shared and chart not in shared]
    alone = [*(chart for chart in charts if not chart.shared), *books[:FURTHER_BOOKS]]
    figures = [drawn_together(run, shared), *(drawn_alone(run, chart) for chart in alone)]
    steps = story_steps(result.journal, run.axis, run.chain)
    data = {
        "config": CONFIG,
        "figures": [
            {**figure, "dark": dark_changes(figure), "stepped": chart.follows}
            for figure, chart in zip(figures, [shared[0], *alone], strict=True)
        ],
        "steps": {
            "numbers": [number for number, _, _ in steps],
            "times": [time for _, time, _ in steps],
            "texts": [text for _, _, text in steps],
        },
        "window": list(run.axis.opens_on),
        "whole": list(run.axis.whole),
    }
    title = f"{result.scenario}, seed {result.seed}"
    sections = [_figure("The run on one time axis", figures[0], width, 0, shared, _controls(run, len(steps)))]
    for number, (figure, chart) in enumerate(zip(figures[1:], alone, strict=True), 1):
        least = width if chart.follows else TIMELESS
        sections.append(_figure(chart.title, figure, least, number, [chart]))
    left_out = ", ".join(chart.symbol for chart in books[FURTHER_BOOKS:])
    sections += [f"<p>Without a chart here: {escape(left_out)}.</p>"] if left_out else []
    body = (
        _header(result, run),
        _told(result, cut),
        f'<main id="charts">{"".join(sections)}{_refused(result)}{_extracted(result, run)}',
        f"{_made(result, run)}</main>",
    )
    return document(f"{title}: timeline", ("charts", "charts"), body, data, ("as_of.js", "timeline.js"))


def _header(result: Result, run: RunHistory) -> str:
    trades = sum(1 for _ in result.journal.of(Trade))
    facts = [
        ("seed", str(result.seed)),
        (
            "epochs",
            f"{run.axis.total:,}" + ("" if run.axis.shows_all else f", last {len(run.axis.epochs):,} drawn"),
        ),
        ("trades in all", f"{trades:,}"),
        ("events in all", f"{len(result.journal):,}"),
        ("state", "complete" if result.complete else "interrupted"),
        ("fingerprint", result.fingerprint[:16]),
    ]
    items = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return (
        f"<header><h1>{escape(result.scenario)}</h1><dl>{items}</dl>"
        '<button id="theme" type="button" hidden>Dark colours</button></header>'
    )


def conclusion(result: Result) -> str:
    """The conclusion of the run, a landmark of its own between the head and the charts."""
    said = result.conclusion[:1].upper() + result.conclusion[1:]
    told = f'<section aria-label="Conclusion"><p class="conclusion">{escape(said)}</p></section>'
    return told if said else ""


def _told(result: Result, cut: str) -> str:
    """The conclusion, the failures and the parameters of the run."""
    reached = max((event.epoch for event in result.journal.of(EpochStarted)), default=0)
    how_far = f"interrupted in epoch {min(reached, result.epochs)} of {result.epochs}: what happened until then stands"
    wrong = [
        *([] if result.complete else [how_far]),
        *([cut] if cut else []),
        *(f"warning: {warning}" for warning in result.warnings),
        *(f"stopped: {failure}" for failure in result.failures),
    ]
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in wrong)
    return conclusion(result) + (f'<ul class="failures" role="note">{items}</ul>' if items else "") + _settings(result)


def _refused(result: Result) -> str:
    found = refusals(result.journal)
    table = Table("Refusals", refusal_table.HEAD, [row.cells for row in refusal_table.refusal_rows(found)], worded=True)
    return _section("What was refused in the whole run", refusal_table.refusal_sentence(found), table)


def _extracted(result: Result, run: RunHistory) -> str:
    found = extraction.extractions(result.journal)
    if not found:
        return ""
    words = run.mechanisms.words
    table = Table("Extracted", extraction.HEAD, extraction.rows(found, words))
    return _section("What the order gave and took", extraction.sentence(found, words), table)


def _made(result: Result, run: RunHistory) -> str:
    """The leaderboard with its formulas, and the gains behind it."""
    rows, words = result.performances, run.mechanisms.words
    if not rows:
        return ""
    boards = [
        f"<h3>In {escape(currency)}</h3>"
        + table_text(Table(f"Leaderboard in {currency}", performance_table.HEAD, board))
        for currency, board in performance_table.performance_tables(rows, words).items()
    ]
    formulas = "".join(f"<li>{escape(formula)}</li>" for formula in performance_table.FORMULAS)
    gained = Table("Gains", gain_table.HEAD, gain_table.gain_rows((one.gain for one in rows), words))
    return (
        f'<section><h2>What each account made of it</h2>{"".join(boards)}<ul class="formulas">{formulas}</ul>'
        f"<p>{escape(gain_table.SENTENCE)}</p>{_details(gained)}</section>"
    )


def _section(title: str, sentence: str, table: Table) -> str:
    return f"<section><h2>{title}</h2><p>{escape(sentence)}</p>{table_text(table) if table.rows else ''}</section>"


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


def _controls(run: RunHistory, steps: int) -> str:
    window = (
        '<span class="group"><button type="button" data-window="back">◀ 30 epochs</button>'
        '<button type="button" data-window="on">30 epochs ▶</button>'
        '<button type="button" data-window="last">Last 30</button>'
        '<button type="button" data-window="whole">Whole run</button></span>'
        if run.axis.is_long
        else '<span class="group"><button type="button" data-window="whole">Whole run</button></span>'
    )
    depth = '<label><input type="checkbox" id="depth" checked> Waiting orders</label>' if run.markets else ""
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


def _figure(title: str, figure: Part, width: int, number: int, charts: list[Chart], controls: str = "") -> str:
    # The height is said here, too, because a browser that prints forgets what plotly measured.
    size = f"min-width: {width}px; height: {figure['layout']['height']}px"
    sentences = " ".join(chart.sentence for chart in charts)
    legends = "".join(legend_list(chart.title, chart.legend) for chart in charts)
    words = "".join(map(_words, charts))
    tells = "" if charts[0].follows else ' data-tells="whole"'
    return (
        f'<figure role="group" aria-roledescription="chart" aria-label="{escape(sentences)}"{tells}>'
        f'<h2>{escape(title)}</h2>{controls}<div class="legends">{legends}</div>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}: the chart">'
        f'<div class="chart" id="chart-{number}" style="{size}"></div></div>'
        f"<noscript><p>The picture needs JavaScript; the sentences and tables below say the same.</p></noscript>"
        f'<figcaption><p data-tells="step" class="later" hidden>{LATER}</p><div data-tells="whole">{words}</div>'
        "</figcaption></figure>"
    )


def _words(chart: Chart) -> str:
    table = _details(chart.table) if chart.table and chart.table.rows else ""
    name = escape(chart.title)
    return f'<section aria-label="{name}"><p><b>{name}.</b> {escape(chart.sentence)}</p>{table}</section>'


def _details(table: Table) -> str:
    return f"<details><summary>Table: {escape(table.title)}</summary>{table_text(table)}</details>"


def table_text(table: Table) -> str:
    """A table in a box that scrolls on a narrow screen."""
    kind = ' class="worded"' if table.worded else ""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.head)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(table.title)}">'
        f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{''.join(_rows(table.rows))}</tbody></table></div>"
    )


def _rows(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for first, *rest in rows:
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        yield f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'
