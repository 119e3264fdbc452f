"""The prediction chart: the price of yes, from trades of yes and of no, and the answer.

A pair of yes and no pays one payout for certain, so the price of yes and the payout less the price of no are two
prices for the same thing; where they differ, there was an arbitrage (rulebook F-3.7).
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
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import HELD, filled, line, marks
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.core.models.mechanism_events import PairsMade, Resolved

LEGEND = (
    LegendEntry("line", "buy", "last price of yes"),
    LegendEntry("line", "sell", "payout less the last price of no"),
    LegendEntry("star", "ink", "the answer, at what it pays on yes"),
    LegendEntry("circle", "flow-pair", "pairs made"),
)
HEAD = ("epoch", "from (s)", "yes", "payout less no", "trades of yes", "trades of no")


@dataclass(frozen=True)
class Question:
    """One question: the contracts that pay on yes and on no, their trades, the pairs and the answer."""

    yes: str
    no: str
    payout: int
    trades: tuple[Trade, ...]
    pairs: tuple[PairsMade, ...]
    answer: Resolved | None

    def points(self) -> Iterator[tuple[Trade, int]]:
        """The trades, each with its price of yes."""
        for trade in self.trades:
            yield trade, trade.price if trade.symbol == self.yes else self.payout - trade.price

    @property
    def pays(self) -> int | None:
        """The payout of yes; None without an answer."""
        return {"yes": self.payout, "no": 0}.get(self.answer.outcome) if self.answer else None


def questions(journal: Journal) -> list[Question]:
    """The questions of a run: of two contracts on the same question the first one pays on yes."""
    pairs: dict[str, list[InstrumentListed]] = {}
    for event in journal.of(InstrumentListed):
        if event.kind == "prediction":
            pairs.setdefault(str(event.terms.get("question", "")), []).append(event)
    return [_question(journal, *listed) for listed in pairs.values() if len(listed) == 2]


def _question(journal: Journal, yes: InstrumentListed, no: InstrumentListed) -> Question:
    names = yes.symbol, no.symbol
    payout = yes.terms["payout"]
    trades = tuple(event for event in journal.of(Trade) if event.symbol in names)
    pairs = tuple(event for event in journal.of(PairsMade) if event.symbol in names)
    answer = next((event for event in journal.of(Resolved) if event.symbol in names), None)
    return Question(*names, int(str(payout)), trades, pairs, answer)


def question_charts(run: RunHistory) -> Iterator[Chart]:
    """The charts of the questions with trades."""
    history = run.mechanisms
    for question in questions(run.journal):
        table = Table(f"{question.yes} by epoch", HEAD, list(question_rows(question, history, run.axis)))
        draw = partial(question_panels, question, history, run.axis)
        title, sentence = f"The question {question.yes}", question_sentence(question, history)
        yield Chart("question", title, sentence, "mechanisms", run.axis, draw, LEGEND, table, symbol=question.yes)


def question_panels(question: Question, history: MechanismHistory, axis: TimeAxis) -> list[Panel]:
    """Both prices of yes, the pairs below them, the answer at what it pays."""
    unit = history.unit
    vertical = {
        "tickformat": ".2~f",
        "range": [-0.07 * question.payout / unit, 1.09 * question.payout / unit],
        "showgrid": True,
    }
    panel = Panel(f"{question.yes}: what a payout on yes cost, {history.quote}", 260, vertical)
    seen = [(trade, price) for trade, price in question.points() if trade.time >= axis.first]
    end = question.answer.time if question.answer else axis.last
    for symbol, name, role, dash in (
        (question.no, "payout less no", "sell", "dot"),
        (question.yes, "yes", "buy", "solid"),
    ):
        mine = [(seconds(trade.time), price / unit) for trade, price in seen if trade.symbol == symbol]
        if mine:
            panel.traces.append(_line(name, [*mine, (seconds(end), mine[-1][1])], role, dash))
    said = [sentence(one, history.words) for one in question.pairs]
    xs = [seconds(one.time) for one in question.pairs]
    panel.traces.append(marks("pairs made", xs, [0.0] * len(xs), said, filled("circle", 7, "flow-pair")))
    if question.answer is not None:
        said = [sentence(question.answer, history.words)]
        height = (question.payout // 2 if question.pays is None else question.pays) / unit
        panel.traces.append(marks("answer", [seconds(end)], [height], said, filled("star", 15, "ink")))
        panel.annotations.append(_answer(question.answer.outcome, seconds(end), height))
    return [panel]


def _line(name: str, points: list[tuple[float, float]], role: str, dash: str) -> Part:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return line(name, xs, ys, role, f"{name} %{{y:.2f}}<br>%{{x:.2f}} s", {"width": 1.8, "dash": dash, **HELD})


def _answer(outcome: str, x: float, y: float) -> Part:
    font = {"size": 12, "color": LIGHT["ink"]}
    text = f"<b>answer: {outcome}</b>"
    return {"text": text, "x": x, "y": y, "xanchor": "left", "xshift": 12, "showarrow": False, "font": font}


def question_sentence(question: Question, history: MechanismHistory) -> str:
    """The change of the price of yes, the largest gap of the two prices, and the answer, in one sentence."""
    prices = {
        symbol: [price for trade, price in question.points() if trade.symbol == symbol]
        for symbol in (question.yes, question.no)
    }
    words, yes = history.words, prices[question.yes]
    said = f"{question.yes} was not traded"
    if yes:
        went = [words.price(question.yes, price) for price in (yes[0], yes[-1], min(yes), max(yes))]
        said = f"{question.yes} went from {went[0]} to {went[1]}, between {went[2]} and {went[3]}"
    if yes and prices[question.no]:
        apart = abs(yes[-1] - prices[question.no][-1])
        said += f"; at last the payout less {question.no} was {words.price(question.yes, apart)} away from it"
    ended = sentence(question.answer, words) if question.answer else "it was not answered in this run"
    return f"{said}; {ended}."


def question_rows(question: Question, history: MechanismHistory, axis: TimeAxis) -> Iterator[tuple[str, ...]]:
    """The table: for each epoch the last price by either contract, and how often each was traded."""
    for column in axis.columns:
        inside = [one for one in question.points() if column.start <= one[0].time < column.end]
        sides = [[price for trade, price in inside if trade.symbol == symbol] for symbol in (question.yes, question.no)]
        last = [history.words.price(question.yes, prices[-1]) if prices else "" for prices in sides]
        yield str(column.number), f"{seconds(column.start):g}", *last, *(str(len(prices)) for prices in sides)
