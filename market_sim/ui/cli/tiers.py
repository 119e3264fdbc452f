"""`simulate.py tiers RUN`: whether the makers of a stored run kept the spread of their tier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.microstructure.tier_report import LEAST_SHARE, tier_report
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.results.text_table import aligned
from market_sim.ui.cli.arguments import Parser

HEAD = ("maker", "symbol", "tier", "band (bps)", "spread (bps)", "depth", "held", "")


def tiers(arguments: Sequence[str]) -> int:
    """Print a line for each maker with a tier."""
    made = Parser(prog="simulate.py tiers", description="Whether the makers of a stored run kept their tier's spread.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    typed = made.parse_args(list(arguments))
    rows: list[tuple[str, ...]] = [HEAD]
    for maker, symbol, tier, least, most, spread, depth, held, verdict in tier_report(open_run(typed.run).journal).rows:
        quoted = "none" if spread is None else f"{spread:.1f}"
        cells = (maker, symbol, tier, f"{least} to {most}", quoted, f"{depth:,.1f}", f"{held:.1%}", verdict)
        rows.append(tuple(map(str, cells)))
    if len(rows) == 1:
        print("No maker of this run has a tier; the arena has four.")
        return 0
    print("\n".join(aligned(rows, left=range(len(HEAD)))))
    print(f"a tier is held when the maker's own quotes lie in its band for {LEAST_SHARE:.0%} of the time")
    return 0
