"""The result: what a run returns. Everything in it is read from the journal.

result = simulate("first-market", epochs=12, seed=3)
result.leaderboard                  # who gained, how steadily, at what cost
result.gains                        # what was brought in, what it is worth now, and what made the difference
result.trades.to_pandas()           # the same tables for whatever you do next
result.figure()                     # the whole run on one time axis
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from market_sim.analysis.gains import gain_table, gains
from market_sim.analysis.refusals import refusal_table, refusals
from market_sim.analysis.results.inventory import inventory_table
from market_sim.analysis.results.market_tables import candles_table, depth_table, fees_table
from market_sim.analysis.results.performance import Performance, leaderboard, performances
from market_sim.analysis.results.table import Table
from market_sim.analysis.results.tables import blocks_table, orders_table, quotes_table, trades_table
from market_sim.core.data.fingerprint import digest, fingerprint
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Area


@dataclass(frozen=True)
class Result:
    """One run, finished or interrupted: its scenario, its seed, its journal."""

    scenario: str
    seed: int
    epochs: int
    parameters: dict[str, int | float | str | bool | None]
    journal: Journal = field(repr=False)
    complete: bool = True
    failures: tuple[str, ...] = field(default=())
    """The sentence of every strategy that raised."""
    warnings: tuple[str, ...] = field(default=())
    """What was planned and could not happen, a sentence for each."""
    conclusion: str = ""
    """What the scenario has to say about this run."""
    known_fingerprint: str = field(default="", repr=False)
    """The fingerprint, where writing the run to disk has worked it out already."""

    @cached_property
    def fingerprint(self) -> str:
        """The digest of the whole journal: the same scenario and seed give it again."""
        return self.known_fingerprint or fingerprint(self.journal)

    def digest(self, area: Area) -> str:
        """The digest of one part of the road: of the market, the consensus or the settlement."""
        return digest(self.journal, area)

    @cached_property
    def trades(self) -> Table:
        """Every trade, with when it was matched, final and settled."""
        return trades_table(self.journal)

    @cached_property
    def orders(self) -> Table:
        """Every accepted order and what became of it."""
        return orders_table(self.journal)

    @cached_property
    def quotes(self) -> Table:
        """The best bid and ask of every instrument, each time that they changed."""
        return quotes_table(self.journal)

    @cached_property
    def blocks(self) -> Table:
        """Every proposed block and what became of it."""
        return blocks_table(self.journal)

    @cached_property
    def performances(self) -> list[Performance]:
        """What each account gained, how steadily and at what cost: the definition that every page and table shows."""
        return performances(self.journal)

    @cached_property
    def leaderboard(self) -> Table:
        """What each account gained, how steadily and at what cost; the best first."""
        return leaderboard(self.performances)

    @cached_property
    def gains(self) -> Table:
        """What was brought into each account, what it is worth at the end, and what made the difference."""
        return gain_table(gains(self.journal))

    @cached_property
    def inventory(self) -> Table:
        """Every change of every account's position in an instrument."""
        return inventory_table(self.journal)

    @cached_property
    def refusals(self) -> Table:
        """Every reason for which something was refused, with how often and the first case."""
        return refusal_table(refusals(self.journal))

    @cached_property
    def candles(self) -> Table:
        """The prices of each trading day of each book."""
        return candles_table(self.journal)

    @cached_property
    def fees(self) -> Table:
        """What each side of each trade paid, and at which rate."""
        return fees_table(self.journal)

    @cached_property
    def depth(self) -> Table:
        """Every change of what a book shows, numbered."""
        return depth_table(self.journal)

    @property
    def tables(self) -> tuple[Table, ...]:
        """All of them."""
        return (
            self.leaderboard, self.gains, self.trades, self.orders, self.quotes, self.blocks, self.inventory,
            self.refusals, self.candles, self.fees, self.depth,
        )  # fmt: skip

    def figure(self, chart: str = "", symbol: str | None = None) -> Any:
        """The whole run on one time axis, or the chart of this name, as plotly's `Figure`."""
        # Imported late: a run that nobody draws loads no plotting library.
        from market_sim.analysis.visualization.charts import chart_figure

        return chart_figure(self, chart, symbol)

    def _repr_html_(self) -> str:
        """What a notebook shows: the conclusion, who gained what, and the whole run as a picture."""
        from html import escape

        picture = self.figure().to_html(full_html=False, include_plotlyjs=True, config={"showSendToCloud": False})
        said = escape(f"{self.scenario}, seed {self.seed}, {self.epochs} epochs. {self.conclusion}")
        return f"<p>{said}</p>{self.leaderboard._repr_html_()}{picture}"
