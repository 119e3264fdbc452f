"""The table of making: what each maker earned on each venue from the spread, from prices and from fees."""

from __future__ import annotations

from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.market.exchange.making import makings

MAKING = columns(
    account="whose resting orders traded",
    venue="where; empty where there is one venue without a name",
    trades="the number of its trades as a maker",
    volume="how much was traded in them",
    spread="what they earned beside the midpoint before each of them, before fees",
    prices="what prices made of that until the last mark: the gain or loss of the inventory",
    fees="the rebates received, less the fees paid",
    total="all three together",
)


def making_table(journal: Journal) -> Table:
    """Every account that made a trade, by venue."""
    rows = [
        (one.account, one.venue, one.trades, one.volume, one.spread, one.prices, one.fees, one.total)
        for one in makings(journal)
    ]
    return Table("making", MAKING, rows)
