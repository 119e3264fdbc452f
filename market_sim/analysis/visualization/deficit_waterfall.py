"""The waterfall of deficits: what bankrupt accounts could not pay, and who covered it, in the order of rule 2.6.

The first bar is all that was missing. Each further one begins where the one before ended: the insurance fund, the
capital of the clearing house, winners whose positions were closed, all who hold the contract, the broker. What then
remains was not paid: creditors got less than they had won.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from market_sim.analysis.history.mechanism_history import MechanismHistory
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.liquidation_waterfall import deficits
from market_sim.analysis.visualization.chart import Chart, Panel, Part, PlainAxis, Table
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import bars
from market_sim.core.models.mechanism_events import LossShared

PAYERS = (
    ("insurance", "insurance fund", "flow-credit"),
    ("clearing", "clearing house", "flow-gain"),
    ("deleveraged", "winners closed (ADL)", "act"),
    ("shared", "all holders", "flow-pair"),
    ("broker", "broker", "flow-fee"),
)
"""The payers in the order of the bars: key, words, colour."""


@dataclass(frozen=True)
class Waterfall:
    """The payments by account and payer, and the unpaid rest."""

    history: MechanismHistory
    paid: dict[str, dict[str, int]]
    """By account and payer."""
    unpaid: int

    def by(self, payer: str) -> int:
        """The sum of this payer's payments."""
        return sum(parts.get(payer, 0) for parts in self.paid.values())

    @property
    def total(self) -> int:
        """The sum of all deficits."""
        return sum(sum(parts.values()) for parts in self.paid.values()) + self.unpaid

    def text(self, amount: int) -> str:
        """An amount in the currency of the run."""
        return self.history.words.amount(self.history.quote, amount)

    def figure(self, amount: int) -> str:
        """The same without the currency."""
        return self.history.words.figure(self.history.quote, amount)


def waterfall_charts(run: RunHistory) -> Iterator[Chart]:
    """The chart of the deficits of a run, if there are any."""
    waterfall = deficit_waterfall(run.mechanisms)
    if waterfall is not None:
        head = ("account", "could not pay", *(words for _, words, _ in PAYERS))
        table = Table("Deficits by account", head, list(waterfall_rows(waterfall)))
        axis, sentence = waterfall_axis(waterfall), waterfall_sentence(waterfall)
        title, draw = "Who paid for the bankrupt", partial(waterfall_panels, waterfall)
        yield Chart("deficits", title, sentence, "mechanisms", axis, draw, table=table)


def deficit_waterfall(history: MechanismHistory) -> Waterfall | None:
    """The deficits of a run; None when every account could pay what it owed."""
    events = [each.event for each in history.decisions]
    paid = {each.account: {payer: getattr(each, payer) for payer, *_ in PAYERS} for each in deficits(events)}
    # A loss shared by holders is recorded by their payments, too; a rest without payments was not paid.
    told = sum(event.amount for event in events if isinstance(event, LossShared))
    unpaid = max(0, told - sum(parts.get("shared", 0) for parts in paid.values()))
    return Waterfall(history, paid, unpaid) if paid or unpaid else None


def waterfall_axis(waterfall: Waterfall) -> PlainAxis:
    """The panel with the bars, one for each payer."""
    named = ["missing", *(words for _, words, _ in PAYERS), "not paid"]
    # In two lines they stand side by side on a small screen, too.
    names = [words.replace(" ", "<br>", 1) for words in named]
    return PlainAxis("who paid, in the order of the rule", -0.6, len(names) - 0.4, names)


def waterfall_panels(waterfall: Waterfall) -> list[Panel]:
    """The bars, each with its amount."""
    history, left = waterfall.history, waterfall.total
    panel = Panel(
        f"What bankrupt accounts could not pay, {history.quote}",
        240,
        {"tickformat": ",~r", "nticks": 6, "showgrid": True, "range": [0, left / history.unit * 1.12]},
    )
    panel.traces.append(_bar(waterfall, 0, "missing", 0, left, "bad"))
    for place, (payer, words, role) in enumerate(PAYERS, 1):
        amount = waterfall.by(payer)
        left -= amount
        panel.traces.append(_bar(waterfall, place, words, left, amount, role))
    panel.traces.append(_bar(waterfall, len(PAYERS) + 1, "not paid", 0, left, "ink"))
    panel.shapes += list(_steps(waterfall))
    return [panel]


def _bar(waterfall: Waterfall, place: int, words: str, base: int, amount: int, role: str) -> Part:
    unit = waterfall.history.unit
    return bars(
        words,
        [place],
        [amount / unit],
        role,
        [f"{words}: {waterfall.text(amount)}"],
        base=[base / unit],
        width=[0.62],
        text=[waterfall.figure(amount) if amount else "–"],
        textposition="outside",
        textangle=0,
        constraintext="none",
        cliponaxis=False,
        textfont={"size": 12, "color": LIGHT["ink"]},
    )


def _steps(waterfall: Waterfall) -> Iterator[Part]:
    """Thin lines from the end of one bar to the beginning of the next."""
    left = waterfall.total
    for place, amount in enumerate([0, *(waterfall.by(payer) for payer, _, _ in PAYERS)]):
        left -= amount
        height = left / waterfall.history.unit
        yield {
            "type": "line",
            "x0": place + 0.31,
            "x1": place + 0.69,
            "y0": height,
            "y1": height,
            "line": {"color": LIGHT["muted"], "width": 1, "dash": "dot"},
        }


def waterfall_sentence(waterfall: Waterfall) -> str:
    """The accounts with deficits, the amounts, and the payers, in one sentence."""
    parts = [(words, waterfall.by(payer)) for payer, words, _ in PAYERS] + [("nobody", waterfall.unpaid)]
    said = ", ".join(f"{words} {waterfall.text(amount)}" for words, amount in parts if amount)
    number = len(waterfall.paid)
    accounts = "One account" if number == 1 else f"{number} accounts"
    return f"{accounts} could not pay {waterfall.text(waterfall.total)}; it was paid by: {said}."


def waterfall_rows(waterfall: Waterfall) -> Iterator[tuple[str, ...]]:
    """The table: a row for each account that failed."""
    for account, parts in waterfall.paid.items():
        paid = [parts.get(payer, 0) for payer, _, _ in PAYERS]
        yield account, waterfall.text(sum(paid)), *(waterfall.figure(amount) for amount in paid)
