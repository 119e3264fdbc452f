"""`simulate.py budget RUN`: where the time of an order goes, from the network card to its payment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.results.stored import open_run
from market_sim.market.venues.latency_budget import STACKS
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.order_budget import HEAD, NOTE, budget_of, cells


def budget(arguments: Sequence[str]) -> int:
    """Print the stages with their largest, and the path of a slow order."""
    typed = _parser().parse_args(list(arguments))
    kind = find_scenario(typed.scenario) if typed.scenario else None
    found = budget_of(open_run(typed.run), typed.stack, plays=True, kind=kind)
    for row in (HEAD, *cells(found.rows)):
        print(f"{row[0]:<14} {row[1]:>16} {row[2]:>16} {row[3]:>16} {row[4]:>11}")
    print(f"{found.slow}\n{found.path}\n{NOTE}")
    return 0


def _parser() -> Parser:
    made = Parser(prog="simulate.py budget", description="Where the time of an order goes.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--stack", choices=STACKS, help="kernel or bypass; default: that of the run, else kernel")
    made.add_argument("--scenario", metavar="FILE", help="the file of its scenario, where that is not a shipped one")
    return made
