"""`simulate.py microscope RUN`: what trading cost in a run, who knew more, and how the market took it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.impact import Impact, coefficients, impacts
from market_sim.analysis.microstructure.adverse_selection import adverse_errors, models
from market_sim.analysis.microstructure.estimator_errors import estimator_errors
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.report_rows import TITLES, UNITS, Money, presented
from market_sim.analysis.microstructure.report_tables import report
from market_sim.analysis.results.result import Result
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.results.table import Table
from market_sim.analysis.results.text_table import aligned
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import configured
from market_sim.ui.cli.arguments import Parser, whole
from market_sim.ui.cli.places import new_folder

DONE = 0
PICTURED = ("toxicity",)
"""Series are for files and pictures."""
MOST_SEEDS = 1_000
LONGEST = 24
"""Longer tables are for files and pages."""


def microscope(arguments: Sequence[str]) -> int:
    """Print the tables of a run, or write them as CSV files or as one JSON document."""
    made = Parser(prog="simulate.py microscope", description="What trading cost in a run, and who knew more.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--agent", metavar="NAME", help="whose orders; default: those whose strategy states an order")
    made.add_argument(
        "--csv", metavar="FOLDER", type=new_folder, help="write each table as a CSV file into this folder"
    )
    made.add_argument("--json", action="store_true", help="one JSON document in place of the tables")
    made.add_argument(
        "--truth", type=whole(1, MOST_SEEDS), metavar="N",
        help="with --agent: play N more seeds with and without it, and say how wrong each estimate is on them",
    )  # fmt: skip
    typed = made.parse_args(list(arguments))
    if typed.truth is not None and typed.agent is None:
        raise InputError("--truth needs --agent NAME: whose trades are to be left out")
    result = open_run(typed.run)
    tables = report(Microscope(result.journal, typed.agent))
    if typed.truth is not None:
        tables[:0] = _truth(result, typed.agent, typed.truth)
    if typed.csv is not None:
        written = _written(tables, typed.csv)
        if not typed.json:
            print("\n".join(written))
    if typed.json:
        print(json.dumps({table.name: list(table) for table in tables}, indent=2))
    elif typed.csv is None:
        money = Money(result.journal.of(InstrumentListed))
        for table in tables:
            if table.rows and table.name not in PICTURED:
                print("\n".join(_lines(table, money)), end="\n\n")
        print(UNITS)
    return DONE


def _truth(result: Result, agent: str, seeds: int) -> list[Table]:
    """The errors of estimates of cost and of adverse selection, over the seeds that follow that of the run."""
    scenario = configured(find_scenario(result.scenario), **result.parameters)
    learned, found, unseen = coefficients(result.journal), list[Impact](), list[Journal]()
    for seed in range(result.seed + 1, result.seed + seeds + 1):
        unseen.append(with_it := market_alone(scenario, seed, result.epochs))
        without_it = market_alone(scenario, seed, result.epochs, without=agent)
        found += impacts(with_it, without_it, agent, learned)
    return [estimator_errors(found), adverse_errors(models(result.journal), unseen)]


def _lines(table: Table, money: Money) -> list[str]:
    """The table with its title, at most its first rows."""
    head, *rows = presented(table, money)
    texts = [place for place, value in enumerate(table.rows[0]) if isinstance(value, str)]
    lines = aligned([head, *rows[:LONGEST]], left=texts)
    more = len(rows) - LONGEST
    rest = [f"and {counted(more, 'row')} more, with --csv or --json"] if more > 0 else []
    return [TITLES[table.name], *lines, *rest]


def _written(tables: Sequence[Table], folder: Path) -> list[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in tables:
            table.save(folder / f"{table.name}.csv")
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror or error}") from None
    return [f"{folder / table.name}.csv: {counted(len(table), 'row')}" for table in tables]
