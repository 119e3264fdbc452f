"""`simulate.py sweep NAME --over spread_bps=5..40:5`: many runs over values of parameters, as a table and a picture."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from market_sim.analysis.results.text_table import aligned
from market_sim.analysis.sweep_estimates import SHOWN, Estimates
from market_sim.core.errors import InputError
from market_sim.simulation.options import DEFAULT_SEED, MOST_EPOCHS
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.sweep.axes import axes
from market_sim.simulation.sweep.engines import Engine, dask, local, processes, serial
from market_sim.simulation.sweep.job import Job, Outcome
from market_sim.simulation.sweep.measures import MEANINGS
from market_sim.simulation.sweep.outcomes_file import OutcomesFile
from market_sim.simulation.sweep.plan import MOST_JOBS, Plan
from market_sim.simulation.sweep.summary import summary
from market_sim.ui.cli.arguments import Parser, scenario_parameters, whole
from market_sim.ui.cli.places import new_file, new_folder

INTERRUPTED = 130
BAR = 30


def sweep(arguments: Sequence[str]) -> int:
    """Do all runs that are missing, then show the means and intervals."""
    made = _parser()
    typed, rest = made.parse_known_args(list(arguments))
    kind = find_scenario(typed.scenario)
    plan = Plan(
        typed.scenario, axes(typed.over), tuple(scenario_parameters(rest, kind, made).items()), typed.seeds,
        typed.seed, typed.epochs, "\n".join(typed.guests) if typed.guests else None,
    )  # fmt: skip
    engine = _engine(typed.engine, typed.jobs, typed.scheduler)
    file = OutcomesFile(typed.file or typed.out / f"{plan.name}.jsonl", plan)
    try:
        outcomes = _done(plan, file, engine, typed.quiet)
    except KeyboardInterrupt:
        file.close()
        _say(
            f"interrupted: {len(file.finished)} of {plan.runs} runs are in {file.path}; the same command goes on there"
        )
        return INTERRUPTED
    found = summary(plan, outcomes)
    measures = found.chosen([name.strip() for name in typed.show.split(",")] if typed.show is not None else None)
    page = None if typed.no_plot else _written(file.path.with_suffix(".html"), found, measures)
    if typed.json:
        print(json.dumps(_document(found, str(file.path), page), indent=2))
        return 0
    for line in _table(found, measures):
        print(line)
    print(f"\nruns         {file.path}")
    if page:
        print(f"picture      {page}")
    return 0


def _done(plan: Plan, file: OutcomesFile, engine: Engine, quiet: bool) -> list[Outcome]:
    jobs = list(plan.jobs())
    keys = [job.key for job in jobs]
    missing = [job for job in jobs if job.key not in file.finished]
    if len(missing) < len(jobs):
        _say(f"{len(jobs) - len(missing)} of {len(jobs)} runs were done before and are taken from {file.path}")
    progress = Progress(len(jobs), sys.stderr, quiet)
    progress.show(len(jobs) - len(missing))
    for outcome in _in_turn(engine, missing):
        file.add(outcome)
        progress.show(len(file.finished))
    progress.end()
    return file.finish(keys)


def _in_turn(engine: Engine, missing: Sequence[Job]) -> Iterator[Outcome]:
    return engine(missing) if missing else iter(())


class Progress:
    """The progress bar on a terminal; nothing elsewhere."""

    def __init__(self, whole: int, stream: TextIO, quiet: bool = False) -> None:
        self._whole, self._stream = whole, stream
        self._shown = stream.isatty() and not quiet

    def show(self, count: int) -> None:
        """Draw the bar for this number of finished runs."""
        if self._shown:
            full = BAR * count // self._whole
            bar = "#" * full + "." * (BAR - full)
            print(f"\rsweep [{bar}] {count:,} of {self._whole:,} runs", end="", file=self._stream, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            print(file=self._stream)


def _engine(name: str, jobs: str, scheduler: str | None) -> Engine:
    count = processes(jobs)
    if name != "dask" and scheduler:
        raise InputError(f"--scheduler belongs to --engine dask, found --engine {name}")
    if name == "dask":
        return dask(scheduler, count)
    return serial if name == "serial" or count == 1 else local(count)


def _table(found: Estimates, measures: Sequence[str]) -> list[str]:
    from market_sim.analysis.visualization.sweep_picture import NOTE, sentences, table

    made = table(found, measures)
    others = [name for name in found.measures if name not in measures]
    more = [f"Measured, too (--show): {', '.join(others)}."] if others else []
    return [*aligned([made.head, *made.rows]), NOTE, *more, "", *sentences(found, measures)]


def _document(found: Estimates, file: str, page: str | None) -> dict[str, object]:
    points = [
        {
            **dict(zip(found.axes, point.values, strict=True)), "runs": point.runs,
            "measures": {name: one._asdict() for name, one in point.estimates.items()},
        }
        for point in found.points
    ]  # fmt: skip
    return {"axes": list(found.axes), "points": points, "file": file, "page": page}


def _written(path: Path, found: Estimates, measures: Sequence[str]) -> str:
    from market_sim.analysis.visualization.sweep_picture import sweep_page

    try:
        path.write_text(sweep_page(found, measures), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write there ({error.strerror}); choose another place") from None
    return str(path)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _parser() -> Parser:
    meanings = "; ".join(f"{name}: {what}" for name, what in MEANINGS.items())
    made = Parser(
        prog="simulate.py sweep",
        description="Run a scenario for every value of some parameters, with many seeds: means and intervals.",
        epilog=f"Further flags are parameters of the scenario. Measures: {meanings}.",
        allow_abbrev=False,
    )
    made.add_argument("scenario", metavar="NAME|FILE", help="a shipped scenario or a .py file")
    made.add_argument(
        "--over", action="append", default=[], metavar="NAME=VALUES", help="spread_bps=5..40:5 or traders=4,8,16"
    )
    made.add_argument(
        "--seeds", type=whole(1, MOST_JOBS), default=10, metavar="N", help="runs for each point, default 10"
    )
    made.add_argument(
        "--seed", type=whole(0), default=DEFAULT_SEED, metavar="N", help="the root of all seeds, default 7"
    )
    made.add_argument("--epochs", type=whole(1, MOST_EPOCHS), metavar="N", help="default: as the scenario has it")
    made.add_argument("--with", action="append", dest="guests", metavar="STRATEGY,KEY=VALUE", help="as in a run")
    made.add_argument("--jobs", default="auto", metavar="N", help="processes; auto (default) is one for each core")
    made.add_argument(
        "--engine", choices=("serial", "local", "dask"), default="local", metavar="ENGINE",
        help="local (processes here, the default), serial, or dask (the extra [dask])",
    )  # fmt: skip
    made.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, such as tcp://host:8786")
    made.add_argument("--show", metavar="MEASURES", help=f"the measures to show, by comma; default: the first {SHOWN}")
    made.add_argument(
        "--out",
        type=new_folder,
        default="results",
        metavar="DIR",
        help="the folder for file and picture, default results/",
    )
    made.add_argument(
        "--file", type=new_file, metavar="FILE", help="the file of all runs; the same command goes on with it"
    )
    made.add_argument("--no-plot", action="store_true", help="write no picture")
    made.add_argument("--json", action="store_true", help="one JSON document in place of the table")
    made.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    return made
