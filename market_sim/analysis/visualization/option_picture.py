"""The option charts: open interest over time, and the payoff at expiry.

The payoff shows what holders get from writers for all contracts that were open at the end, over the price of the
underlying: calls rise to the right, puts to the left, and the settlement price picks one point (rulebook F-3.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from market_sim.analysis.history.mechanism_history import MechanismHistory
from market_sim.analysis.history.option_history import OptionLife, open_interest, option_lives
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, PlainAxis, Table
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import HELD, filled, line, marks

SIDES = ((True, "calls", "buy"), (False, "puts", "sell"))
LEGEND = (LegendEntry("line", "buy", "calls"), LegendEntry("line", "sell", "puts"))
PAYOFF_LEGEND = (
    *LEGEND,
    LegendEntry("line", "ink", "both together"),
    LegendEntry("diamond", "ink", "at the settlement price"),
)
HEAD = (
    "option",
    "strike",
    "open at most",
    "open at the end",
    "exercised before",
    "at expiry",
    "lapsed",
    "worth at the end",
)
PAYOFF_HEAD = ("price at expiry", "calls", "puts", "both together")
STEPS = 60


def option_charts(run: RunHistory) -> Iterator[Chart]:
    """The charts of open interest and payoff for each underlying."""
    history, axis = run.mechanisms, run.axis
    by_underlying: dict[str, list[OptionLife]] = {}
    for life in option_lives(run.journal):
        by_underlying.setdefault(life.underlying, []).append(life)
    for underlying, lives in by_underlying.items():
        table, sentence = Table("Options", HEAD, list(option_rows(lives, history))), open_interest_sentence(lives)
        draw = partial(open_interest_panels, lives, axis)
        title = f"Options on {underlying}"
        yield Chart("open-interest", title, sentence, "mechanisms", axis, draw, LEGEND, table, symbol=underlying)
        table = Table(f"Payoff at each strike, {history.quote}", PAYOFF_HEAD, list(payoff_rows(lives, history)))
        draw, prices = partial(payoff_panels, lives, history), payoff_axis(lives, history)
        sentence = payoff_sentence(lives, history)
        title = f"Payoff at expiry of options on {underlying}"
        yield Chart("payoff", title, sentence, "mechanisms", prices, draw, PAYOFF_LEGEND, table, symbol=underlying)


def settled_at(lives: Sequence[OptionLife]) -> int | None:
    """The price of the underlying at which they ended."""
    return next((life.ended.price for life in lives if life.ended is not None and life.ended.price), None)


def open_interest_panels(lives: Sequence[OptionLife], axis: TimeAxis) -> list[Panel]:
    """The open interest of all calls and of all puts."""
    panel = Panel(
        "Open interest: contracts held and written",
        150,
        {"rangemode": "tozero", "showgrid": True},
    )
    for is_call, name, role in SIDES:
        points = list(open_interest([life for life in lives if life.is_call is is_call]))
        shown = [(seconds(time), amount) for time, amount in points if time >= axis.first]
        if shown:
            shown.append((seconds(axis.last), shown[-1][1]))
            hover = f"{name}: %{{y:,}} open<br>%{{x:.2f}} s"
            panel.traces.append(_line(name, shown, role, hover, **HELD))
    return [panel]


def _line(name: str, points: Sequence[tuple[float, float]], role: str, hover: str, **style: str) -> Part:
    return line(name, [x for x, _ in points], [y for _, y in points], role, hover, style)


def payoff_axis(lives: Sequence[OptionLife], history: MechanismHistory) -> PlainAxis:
    """Prices of the underlying from below the lowest strike to above the highest."""
    low, high = _range(lives)
    return PlainAxis(
        f"price of {lives[0].underlying} at expiry, {history.quote}", low / history.unit, high / history.unit
    )


def _range(lives: Sequence[OptionLife]) -> tuple[int, int]:
    known = [life.strike for life in lives] + [price for price in (settled_at(lives),) if price is not None]
    low, high = min(known), max(known)
    margin = max((high - low) // 3, low // 20, 1)
    return max(0, low - margin), high + margin


def payoff_panels(lives: Sequence[OptionLife], history: MechanismHistory) -> list[Panel]:
    """The payoff to holders at each price: calls, puts, and the sum."""
    unit, (low, high) = history.unit, _range(lives)
    strikes = {life.strike for life in lives}
    prices = sorted({*strikes, *range(low, high + 1, max(1, (high - low) // STEPS))})
    panel = Panel(
        f"What holders get from writers at expiry, {history.quote}", 240, {"tickformat": ",~r", "showgrid": True}
    )
    groups = [(name, role, [life for life in lives if life.is_call is is_call]) for is_call, name, role in SIDES]
    for name, role, group in [*groups, ("both together", "ink", list(lives))]:
        points = [(price / unit, sum(life.worth(price) for life in group) / unit) for price in prices]
        hover = f"{name}: %{{y:,.2f}} {history.quote}<br>at %{{x:,.2f}}"
        panel.traces.append(_line(name, points, role, hover, **({"dash": "dot"} if role == "ink" else {})))
    price = settled_at(lives)
    if price is not None:
        panel.traces.append(_settled(price / unit, sum(life.worth(price) for life in lives) / unit, history.quote))
        line = {"color": LIGHT["muted"], "width": 1, "dash": "dash"}
        panel.shapes.append(
            {"type": "line", "x0": price / unit, "x1": price / unit, "yref": "domain", "y0": 0, "y1": 1, "line": line}
        )
    return [panel]


def _settled(price: float, worth: float, quote: str) -> Part:
    diamond = filled("diamond", 11, "ink")
    said = f"settled at {price:,.2f}"
    shown = marks("settlement price", [price], [worth], [f"{said}: holders get {worth:,.2f} {quote}"], diamond)
    text = {"text": [said], "textposition": "top left", "textfont": {"size": 12, "color": LIGHT["ink"]}}
    return {**shown, "mode": "markers+text", **text}


def open_interest_sentence(lives: Sequence[OptionLife]) -> str:
    """The largest open interest, exercises and lapses, in one sentence."""
    most = max((amount for _, amount in open_interest(list(lives))), default=0)
    early, late = (sum(life.exercised_by(way) for life in lives) for way in ("choice", "exception"))
    lapsed = sum(life.lapsed for life in lives)
    return (
        f"{len(lives)} options, at most {most} contracts open at once: {early} exercised by choice, {late} at expiry "
        f"because they were in the money, {lapsed} lapsed."
    )


def payoff_rows(lives: Sequence[OptionLife], history: MechanismHistory) -> Iterator[tuple[str, ...]]:
    """The table: the payoff at each strike and at the settlement price."""
    settled = settled_at(lives)
    for price in sorted({life.strike for life in lives} | ({settled} if settled is not None else set())):
        calls, puts = (sum(life.worth(price) for life in lives if life.is_call is side) for side in (True, False))
        amounts = (history.words.figure(history.quote, amount) for amount in (calls, puts, calls + puts))
        mark = " (settled)" if price == settled else ""
        yield (f"{history.words.price(lives[0].underlying, price)}{mark}", *amounts)


def payoff_sentence(lives: Sequence[OptionLife], history: MechanismHistory) -> str:
    """The payoff of the contracts open at the end, in one sentence."""
    price = settled_at(lives)
    contracts = sum(life.left for life in lives)
    if price is None:
        return f"{contracts} contracts are open and not yet settled; the lines say what they would pay at each price."
    calls, puts = (sum(life.worth(price) for life in lives if life.is_call is side) for side in (True, False))
    words = history.words
    return (
        f"{contracts} contracts were open at expiry, and {lives[0].underlying} was settled at "
        f"{words.price(lives[0].underlying, price)}: calls were worth {words.amount(history.quote, calls)}, puts "
        f"{words.amount(history.quote, puts)}; what holders got, writers gave."
    )


def option_rows(lives: Sequence[OptionLife], history: MechanismHistory) -> Iterator[tuple[str, ...]]:
    """The table: a row for each option."""
    for life in lives:
        worth = life.worth(life.ended.price) if life.ended is not None else None
        counts = (life.most, life.left, life.exercised_by("choice"), life.exercised_by("exception"), life.lapsed)
        yield (
            life.symbol,
            history.words.price(life.symbol, life.strike),
            *(str(count) for count in counts),
            "" if worth is None else history.words.figure(history.quote, worth),
        )
