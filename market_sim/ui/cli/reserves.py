"""`simulate.py reserves RUN`: what the vault of a run held against what it owed, at each settled block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.reserves import COLUMNS, holes, last_of_each, verdict
from market_sim.analysis.reserves import reserves as compared
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.words import Words
from market_sim.ui.cli.arguments import Parser

DONE, HOLE = 0, 1


def reserves(arguments: Sequence[str]) -> int:
    """Print the reserves of a stored run; 1 when the vault held less than it owed."""
    made = Parser(prog="simulate.py reserves", description="What the vault held against what it owed, by token.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--list", action="store_true", help="print every settled block, not the last one alone")
    typed = made.parse_args(list(arguments))
    journal = open_run(typed.run).journal
    found, words = compared(journal), Words(journal)
    missing = holes(found)
    shown = found if typed.list else list(dict.fromkeys([*missing, *last_of_each(found)]))
    if shown:
        print(f"{COLUMNS[0]:>6}  {COLUMNS[1]:<8}" + "".join(f" {name:>20}" for name in COLUMNS[2:]))
    for one in shown:
        amounts = (words.figure(one.token, amount) for amount in (one.held, one.owed, one.claimable, one.beyond))
        print(f"{one.block:>6}  {one.token:<8}" + "".join(f" {amount:>20}" for amount in amounts))
    print(verdict(found, words))
    return HOLE if missing else DONE
