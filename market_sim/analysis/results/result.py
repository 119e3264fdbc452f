"""The result: the return value of a run. All of it is read from the journal.

result = simulate("first-market", epochs=12, seed=3)
result.leaderboard                  # gain, Sharpe ratio, drawdown, fees of each account
result.gains                        # deposits, worth and gain of each account
result.trades.to_pandas()           # any table as a pandas DataFrame
result.figure()                     # the whole run on one time axis
result.dashboard                    # its market on one page
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from market_sim.analysis.alerts import ListedAlert, alerts, alerts_table
from market_sim.analysis.extraction import extraction_table
from market_sim.analysis.gains import gain_table, gains
from market_sim.analysis.history.two_instants import difference_table
from market_sim.analysis.refusals import refusal_table, refusals
from market_sim.analysis.results.competition import competition_table
from market_sim.analysis.results.inventory import inventory_table
from market_sim.analysis.results.making_table import making_table
from market_sim.analysis.results.market_tables import adaptations_table, candles_table, depth_table, fees_table
from market_sim.analysis.results.opportunity_table import opportunities_table
from market_sim.analysis.results.performance import Performance, leaderboard, performances
from market_sim.analysis.results.route_table import routes_table
from market_sim.analysis.results.table import Table
from market_sim.analysis.results.tables import blocks_table, orders_table, quotes_table, trades_table
from market_sim.analysis.results.venue_table import venues_table
from market_sim.core.data.fingerprint import digest, fingerprint
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Area

if TYPE_CHECKING:
    from market_sim.analysis.visualization.dashboard import Dashboard


TABLES = (
    "leaderboard", "gains", "trades", "orders", "quotes", "blocks", "inventory", "refusals", "alerts", "candles",
    "fees", "depth", "adaptations", "competition", "venues", "routes", "making", "opportunities", "extracted",
)  # fmt: skip
"""The names of all tables, in the order in which they are listed."""


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
    """A sentence for each strategy that raised."""
    warnings: tuple[str, ...] = field(default=())
    """A sentence for each scheduled event that could not happen."""
    conclusion: str = ""
    """The scenario's sentence about this run."""
    known_fingerprint: str = field(default="", repr=False)
    """The fingerprint, if writing the run has computed it already."""

    @cached_property
    def fingerprint(self) -> str:
        """The digest of the whole journal, the same for the same scenario and seed."""
        return self.known_fingerprint or fingerprint(self.journal)

    def digest(self, area: Area) -> str:
        """The digest of the events of one area: market, consensus or settlement."""
        return digest(self.journal, area)

    @cached_property
    def trades(self) -> Table:
        """Every trade, with when it was matched, final and settled."""
        return trades_table(self.journal)

    @cached_property
    def orders(self) -> Table:
        """Every accepted order with its final state."""
        return orders_table(self.journal)

    @cached_property
    def quotes(self) -> Table:
        """Every change of the best bid and ask of each instrument."""
        return quotes_table(self.journal)

    @cached_property
    def blocks(self) -> Table:
        """Every proposed block with its final state."""
        return blocks_table(self.journal)

    @cached_property
    def performances(self) -> list[Performance]:
        """The performance of each account, which all pages and tables show."""
        return performances(self.journal)

    @cached_property
    def leaderboard(self) -> Table:
        """The performance of each account as a table, the best first."""
        return leaderboard(self.performances)

    @cached_property
    def competition(self) -> Table:
        """The results of everybody who joined from outside, by the points of the competition."""
        return competition_table(self.journal, self.performances)

    @cached_property
    def gains(self) -> Table:
        """The deposits, the worth and the gain of each account."""
        return gain_table(gains(self.journal))

    @cached_property
    def inventory(self) -> Table:
        """Every change of a position, by account and instrument."""
        return inventory_table(self.journal)

    @cached_property
    def refusals(self) -> Table:
        """Every reason of refusals with its count and its first case."""
        return refusal_table(refusals(self.journal))

    @cached_property
    def listed_alerts(self) -> list[ListedAlert]:
        """What surveillance found in it, halts, margin calls and liquidations, failed transactions."""
        return alerts(self.journal)

    @cached_property
    def alerts(self) -> Table:
        """The same as a table."""
        return alerts_table(self.listed_alerts)

    @cached_property
    def candles(self) -> Table:
        """The prices of each trading day of each book."""
        return candles_table(self.journal)

    @cached_property
    def fees(self) -> Table:
        """The fees of each side of each trade, with their rates."""
        return fees_table(self.journal)

    @cached_property
    def depth(self) -> Table:
        """Every change of the displayed books, numbered."""
        return depth_table(self.journal)

    @cached_property
    def adaptations(self) -> Table:
        """Every change that a strategy made to its own parameters, with its reason."""
        return adaptations_table(self.journal)

    @cached_property
    def routes(self) -> Table:
        """Every plan of a router among venues, with what became of it."""
        return routes_table(self.journal)

    @cached_property
    def venues(self) -> Table:
        """Every venue: its terms, what was measured, and what was traded there."""
        return venues_table(self.journal)

    @cached_property
    def making(self) -> Table:
        """What each account earned as a maker on each venue: from the spread, from prices and from fees."""
        return making_table(self.journal)

    @cached_property
    def opportunities(self) -> Table:
        """When a round trip between two venues would have paid its fees, and who took it."""
        return opportunities_table(self.journal)

    @cached_property
    def extracted(self) -> Table:
        """What the order of calls and orders gave and took, by who chose it and by account."""
        return extraction_table(self.journal)

    def difference(self, then: int, now: int) -> Table:
        """What differs between the states just after two events: books, balances, blocks."""
        return difference_table(self.journal, then, now)

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables."""
        return tuple(getattr(self, name) for name in TABLES)

    @cached_property
    def dashboard(self) -> Dashboard:
        """The dashboard: `result.dashboard.generate_html_dashboard()` is one HTML file."""
        from market_sim.analysis.visualization.dashboard import Dashboard

        return Dashboard(self)

    def figure(self, chart: str = "", symbol: str | None = None) -> Any:
        """The whole run on one time axis, or the chart of this name, as plotly's `Figure`."""
        # Imported late: a run without charts loads no plotting library.
        from market_sim.analysis.visualization.charts import chart_figure

        return chart_figure(self, chart, symbol)

    def _repr_html_(self) -> str:
        """The display in a notebook: conclusion, leaderboard and timeline."""
        from html import escape

        picture = self.figure().to_html(full_html=False, include_plotlyjs=True, config={"showSendToCloud": False})
        said = escape(f"{self.scenario}, seed {self.seed}, {self.epochs} epochs. {self.conclusion}")
        return f"<p>{said}</p>{self.leaderboard._repr_html_()}{picture}"
