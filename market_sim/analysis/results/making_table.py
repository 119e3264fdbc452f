"""The table of making: the spread profit and the fee profit of each maker on each venue in columns of their own."""

from __future__ import annotations

from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.market.exchange.making import makings

MAKING = columns(
    account="whose resting orders traded",
    venue="where; empty where there is one venue without a name",
    trades="the number of its trades as a maker",
    volume="how much was traded in them",
    spread="what they gained by the last mark, before fees",
    fees="the rebates received, less the fees paid",
    total="both together",
)


def making_table(journal: Journal) -> Table:
    """Every account that made a trade, by venue."""
    rows = [
        (one.account, one.venue, one.trades, one.volume, one.spread, one.fees, one.total) for one in makings(journal)
    ]
    return Table("making", MAKING, rows)
