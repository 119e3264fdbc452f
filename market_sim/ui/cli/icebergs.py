"""`simulate.py iceberg 1000`: how much of an iceberg to display, and what that is expected to cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.microstructure.iceberg_of_a_run import iceberg_market_of
from market_sim.analysis.results.market_tables import book_names
from market_sim.analysis.results.stored import open_run
from market_sim.core.errors import InputError
from market_sim.pricing.iceberg import USUAL, cheapest, slice_costs
from market_sim.ui.cli.arguments import Parser, whole

HEAD = "{:>9} {:>7} {:>10} {:>10} {:>10} {:>10}"


def iceberg(arguments: Sequence[str]) -> int:
    """Print the best slice, its expected cost, and what other slices cost."""
    typed = _parser().parse_args(list(arguments))
    market = USUAL
    if typed.run:
        journal = open_run(typed.run).journal
        market = iceberg_market_of(journal, typed.book or (book_names(journal) or [""])[0])
    elif typed.book:
        raise InputError("--book chooses a book of a run: it needs --run")
    given = {
        "ahead": typed.ahead, "rate": typed.rate, "volatility_bps": typed.volatility,
        "depth": typed.ahead if typed.depth is None else typed.depth, "information_bps": typed.information,
        "risk_aversion": typed.risk_aversion,
    }  # fmt: skip
    market = market._replace(**{name: value for name, value in given.items() if value is not None})
    costs = slice_costs(typed.quantity, market, typed.lot)
    from market_sim.analysis.visualization.iceberg_picture import iceberg_sentence, told

    best = cheapest(costs)
    if typed.run:
        print(
            f"ahead {market.ahead:g}, rate {market.rate:g} and volatility {market.volatility_bps:g} bps in a second of "
            f"the run, depth {market.depth:g}"
        )
    unit = "s" if typed.run else "min"
    print(HEAD.format("slice", "slices", f"time, {unit}", "risk, bps", "seen, bps", "cost, bps"))
    for one in told(costs):
        print(
            f"{one.display:>9,} {one.slices:>7,} {one.time:>10,.2f} {one.risk_bps:>10.2f} {one.information_bps:>10.2f} "
            f"{one.total_bps:>10.2f}{' best' if one == best else ''}"
        )
    print(iceberg_sentence(costs))
    return 0


def _parser() -> Parser:
    made = Parser(prog="simulate.py iceberg", description="How much of an iceberg order to display.")
    made.add_argument("quantity", metavar="QUANTITY", type=whole(1), help="the whole order")
    made.add_argument("--run", metavar="RUN", type=Path, help="take queue, rate, volatility and depth from this run")
    made.add_argument("--book", help="which book of the run, default the first one")
    made.add_argument("--lot", type=whole(1), default=1, help="slices are whole lots of this size (1)")
    made.add_argument("--ahead", type=float, help=f"displayed ahead of each slice when it joins ({USUAL.ahead})")
    made.add_argument(
        "--rate", type=float, help=f"traded at the price in a minute, with --run in a second of it ({USUAL.rate})"
    )
    made.add_argument(
        "--volatility", type=float, help=f"in basis points for the root of the same time ({USUAL.volatility_bps})"
    )
    made.add_argument(
        "--information", type=float, help=f"cost in bps of displaying the usual depth ({USUAL.information_bps})"
    )
    made.add_argument("--depth", type=float, help="the usual depth at a price, default as much as is ahead")
    made.add_argument("--risk-aversion", type=float, help=f"weight of the risk while waiting ({USUAL.risk_aversion:g})")
    return made
