"""`simulate.py iceberg 1000`: how much of an iceberg to display, and what that is expected to cost."""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.pricing.iceberg import IcebergMarket, best_slice, slice_costs
from market_sim.ui.cli.arguments import Parser

SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
"""The shares of the order that the table shows beside the best slice."""
HEAD = f"{'slice':>9} {'slices':>7} {'time':>10} {'risk, bps':>10} {'seen, bps':>10} {'cost, bps':>10}"


def iceberg(arguments: Sequence[str]) -> int:
    """Print the best slice, its expected cost, and what other slices cost."""
    typed = _parser().parse_args(list(arguments))
    depth = typed.ahead if typed.depth is None else typed.depth
    market = IcebergMarket(typed.ahead, typed.rate, typed.volatility, depth, typed.information, typed.risk_aversion)
    costs = slice_costs(typed.quantity, market, typed.lot)
    best = best_slice(typed.quantity, market, typed.lot)
    places = {max(0, round(share * len(costs)) - 1) for share in SHARES}
    print(HEAD)
    for one in sorted({costs[place] for place in places} | {best}):
        print(
            f"{one.display:>9,} {one.slices:>7,} {one.time:>10,.2f} {one.risk_bps:>10.2f} {one.information_bps:>10.2f} "
            f"{one.total_bps:>10.2f}{' best' if one == best else ''}"
        )
    print(f"display {best.display:,} of {typed.quantity:,}: the expected cost is {best.total_bps:.2f} bps")
    return 0


def _parser() -> Parser:
    made = Parser(prog="simulate.py iceberg", description="How much of an iceberg order to display.")
    made.add_argument("quantity", metavar="QUANTITY", type=int, help="the whole order")
    made.add_argument("--lot", type=int, default=1, help="slices are whole lots of this size (1)")
    made.add_argument("--ahead", type=float, default=300, help="displayed ahead of each slice when it joins (300)")
    made.add_argument("--rate", type=float, default=50, help="traded at the price in a minute (50)")
    made.add_argument("--volatility", type=float, default=4, help="in basis points for the root of a minute (4)")
    made.add_argument("--information", type=float, default=20, help="cost in bps of displaying the usual depth (20)")
    made.add_argument("--depth", type=float, help="the usual depth at a price, default as much as is ahead")
    made.add_argument("--risk-aversion", type=float, default=1.0, help="weight of the risk while waiting (1)")
    return made
