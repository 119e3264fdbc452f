"""The pictures of the mechanisms: for each family that a run has, one figure beside the timeline.

Which pictures there are follows from the journal: a run without a deficit has no waterfall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from market_sim.analysis.history.option_history import OptionLife, option_lives
from market_sim.analysis.visualization.deficit_waterfall import (
    deficit_waterfall,
    waterfall_account,
    waterfall_axis,
    waterfall_panel,
)
from market_sim.analysis.visualization.funding_picture import funding_account, funding_histories, funding_panels
from market_sim.analysis.visualization.margin_equity import margin_account, margin_panels, margined_accounts
from market_sim.analysis.visualization.option_picture import (
    open_interest_account,
    open_interest_panel,
    payoff_account,
    payoff_axis,
    payoff_panel,
)
from market_sim.analysis.visualization.panels import (
    BARE_TOP,
    Account,
    Horizontal,
    Panel,
    PlainAxis,
    stacked,
    total_height,
)
from market_sim.analysis.visualization.prediction_picture import question_account, question_panel, questions
from market_sim.analysis.visualization.timeline import Timeline
from market_sim.analysis.visualization.warrant_picture import dilution_account, dilution_panels, dilutions

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class Picture:
    """Panels on an axis, and what they say in words."""

    panels: list[Panel]
    axis: Horizontal
    account: Account

    @property
    def has_time(self) -> bool:
        """Whether its axis is that of the run, with room for every epoch."""
        return not isinstance(self.axis, PlainAxis)

    @property
    def height(self) -> int:
        """Its height in pixels, known before it is drawn."""
        return total_height(self.panels, BARE_TOP)

    def figure(self) -> Figure:
        """The picture as plotly draws it."""
        return stacked(self.panels, self.axis)


def mechanism_pictures(timeline: Timeline) -> Iterator[Picture]:
    """Every picture that this run has something for."""
    history, axis = timeline.mechanisms, timeline.axis
    if history is None:
        return
    waterfall = deficit_waterfall(history)
    if waterfall is not None:
        yield Picture([waterfall_panel(waterfall)], waterfall_axis(waterfall), waterfall_account(waterfall))
    margined = margined_accounts(timeline.journal, history, timeline.markets, axis)
    if margined:
        yield Picture(margin_panels(margined, history, axis), axis, margin_account(margined, history))
    for funding in funding_histories(timeline.journal):
        yield Picture(funding_panels(funding, history, axis), axis, funding_account(funding, history))
    for question in questions(timeline.journal):
        yield Picture([question_panel(question, history, axis)], axis, question_account(question, history, axis))
    by_underlying: dict[str, list[OptionLife]] = {}
    for life in option_lives(timeline.journal):
        by_underlying.setdefault(life.underlying, []).append(life)
    for lives in by_underlying.values():
        yield Picture([open_interest_panel(lives, axis)], axis, open_interest_account(lives, history))
        yield Picture([payoff_panel(lives, history)], payoff_axis(lives, history), payoff_account(lives, history))
    for dilution in dilutions(timeline.journal):
        yield Picture(dilution_panels(dilution, history, axis), axis, dilution_account(dilution, history))
