"""`simulate.py attack`: search for a schedule that forks or stalls a committee, and keep the run that shows it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from market_sim.core.errors import InputError
from market_sim.core.invocation import python
from market_sim.simulation.attack_lab import DEPTH, GOALS, STALLED, Answer, Laboratory, Question, depth_for
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.ui.cli.arguments import Parser, whole
from market_sim.ui.cli.places import new_folder
from market_sim.ui.recording import recorded


def attack(arguments: Sequence[str]) -> int:
    """Search, and store a run that shows the schedule found."""
    typed = _parser().parse_args(list(arguments))
    goal, stall = _goal(typed.goal)
    depth = typed.depth or depth_for(goal, stall)
    asked = Question(typed.validators, typed.byzantine, goal, typed.budget, typed.seed, depth, stall)
    answer = Laboratory(asked, StreamletDemo()).search()
    folder = timeline = ""
    if answer.schedule:
        from market_sim.analysis.visualization.page import timeline_page

        result, place = recorded(StreamletDemo(), answer.options, typed.out, lambda journal, epoch: None)
        page = place / "timeline.html"
        page.write_text(timeline_page(result), encoding="utf-8")
        folder, timeline = str(place), str(page)
    if typed.json:
        steps = [step._asdict() for step in answer.schedule]
        told = {"found": bool(answer.schedule), "tried": answer.tried, "sentence": answer.sentence, "steps": steps}
        print(
            json.dumps(told | {"epochs": answer.epochs, "run": folder or None, "timeline": timeline or None}, indent=2)
        )
        return 0
    print(answer.sentence)
    for step in answer.schedule:
        print(f"  epoch {step.epoch:>2}  {f'n{step.who} {step.what}' if step.who >= 0 else f'split {step.what}'}")
    if answer.schedule:
        print(f"\nrun          {folder}\ntimeline     {timeline}\nagain        {command(answer)}")
    return 0


def _goal(words: list[str]) -> tuple[str, int]:
    """The goal, and for a stall how many epochs it lasts."""
    goal, *more = words
    if goal not in GOALS:
        raise InputError(f"the goal is {' or '.join(GOALS)}, found {goal!r}")
    if not more:
        return goal, STALLED
    if goal != "stall" or len(more) > 1 or not more[0].isdecimal():
        raise InputError(f"a goal is fork, stall, or stall and a number of epochs, found {' '.join(words)!r}")
    return goal, int(more[0])


def command(answer: Answer) -> str:
    """The command that runs the schedule again, ready to paste."""
    chosen = answer.options
    words = ["--scenario", StreamletDemo.name, "--seed", str(chosen.seed), "--epochs", str(chosen.epochs)]
    words += ["--validators", str(chosen.validators), "--no-settle"]
    for flag, value in (("--byzantine", chosen.byzantine), ("--partition", chosen.partition)):
        words += [flag, value] if value else []
    return python(*words, *["--beyond-the-bound"] * bool(chosen.beyond_the_bound))


def _parser() -> Parser:
    about = "Search for byzantine behaviours and partitions that fork or stall a committee."
    made = Parser(prog="simulate.py attack", description=about)
    made.add_argument("--validators", type=whole(4, 10), default=4, metavar="N", help="default 4")
    made.add_argument("--byzantine", type=whole(1, 9), default=2, metavar="K", help="how many are byzantine, default 2")
    made.add_argument(
        "--goal", nargs="+", default=["fork"], metavar=("GOAL", "K"),
        help=f"fork (default), or stall K: no new final block in K epochs in a row, default {STALLED}",
    )  # fmt: skip
    made.add_argument(
        "--budget", type=whole(1, 1_000_000), default=20_000, metavar="N", help="schedules, default 20000"
    )
    made.add_argument(
        "--depth", type=whole(5, 40), metavar="D", help=f"epochs of a schedule, default {DEPTH}, or as the stall needs"
    )
    made.add_argument("--seed", type=whole(0), default=1, metavar="N", help="default 1: same seed, same answer")
    made.add_argument(
        "--out", type=new_folder, default="results", metavar="DIR", help="the folder for runs, default results/"
    )
    made.add_argument("--json", action="store_true", help="one JSON document in place of the sentences")
    return made
