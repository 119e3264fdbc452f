"""`simulate.py train NAME`: a learner learns and is stored. `simulate.py judge MODEL`: its gains on unseen seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from market_sim.core.english import counted
from market_sim.core.money import written
from market_sim.simulation.training import EPOCHS, FIRST_UNSEEN, SCHOOLS, judged, school_of, trained
from market_sim.strategies.catalogue import name_of, named
from market_sim.strategies.learning.model import stored_model
from market_sim.ui.cli.arguments import Parser, whole
from market_sim.ui.cli.places import new_file

BETTER, NO_BETTER = 0, 1
BAR = 40


def train(arguments: Sequence[str]) -> int:
    """Train a learner, say how its gains rose, and store it."""
    made = Parser(prog="simulate.py train", description="Train a learning strategy and store what it knows.")
    learners = ", ".join(map(name_of, SCHOOLS))
    made.add_argument("strategy", metavar="NAME", help=f"a strategy that learns: {learners}")
    made.add_argument("--seeds", type=whole(1, FIRST_UNSEEN - 1), default=30, metavar="N", help="how many, default 30")
    made.add_argument("--epochs", type=whole(20, 100_000), default=EPOCHS, metavar="N", help="of each run, default 120")
    made.add_argument("--to", type=new_file, metavar="FILE", help="where to; default: NAME.json")
    typed = made.parse_args(list(arguments))
    model = trained(named(typed.strategy), typed.seeds, typed.epochs)
    path: Path = typed.to or Path(f"{model.strategy}.json")
    model.save(path)
    print(f"{model.strategy} learned in {counted(typed.seeds, 'run')} of {typed.epochs} epochs")
    print("mean gain of a run while it learned, exploration included:")
    most = max(map(abs, model.curve)) or 1
    for place, gain in enumerate(model.curve, 1):
        bar = ("#" if gain >= 0 else "-") * round(BAR * abs(gain) / most)
        print(f"  part {place} of {len(model.curve)}  {written(round(gain)):>12}  {bar}".rstrip())
    print(f"stored in {path}; simulate.py judge {path} compares it on seeds that it has not seen, and --with {path}")
    print("joins it to a scenario")
    return BETTER


def judge(arguments: Sequence[str]) -> int:
    """Compare a stored learner with its untrained self and a naive strategy on unseen seeds."""
    made = Parser(
        prog="simulate.py judge",
        description="Play a trained strategy, the same untrained, and a naive one with seeds that training never used.",
        epilog="Exit codes: 0 it gains more than both on average, 1 it does not, 2 bad arguments.",
    )
    made.add_argument("model", type=Path, metavar="MODEL", help="a file that simulate.py train has written")
    made.add_argument("--seeds", type=whole(1, 10_000), default=10, metavar="N", help="how many, default 10")
    made.add_argument("--json", action="store_true", help="one JSON document in place of the table")
    typed = made.parse_args(list(arguments))
    model = stored_model(typed.model)
    found = judged(model, typed.seeds)
    naive = name_of(type(school_of(named(model.strategy)).naive()))
    is_better = fmean(found.trained) > max(fmean(found.untrained), fmean(found.naive))
    if typed.json:
        seeds = list(range(FIRST_UNSEEN, FIRST_UNSEEN + typed.seeds))
        print(json.dumps({"strategy": model.strategy, "seeds": seeds, "naive_strategy": naive, "better": is_better}
                         | found._asdict(), indent=2))  # fmt: skip
        return BETTER if is_better else NO_BETTER
    print(f"{counted(typed.seeds, 'unseen seed')} from {FIRST_UNSEEN:,} on; gain from trading in one run")
    print(f"{'strategy':<28} {'mean':>12} {'least':>12} {'most':>12}")
    rows = (f"{model.strategy}, trained", f"{model.strategy}, untrained", naive)
    for name, gained in zip(rows, found, strict=True):
        figures = (fmean(gained), min(gained), max(gained))
        print(f"{name:<28} " + " ".join(f"{written(round(figure)):>12}" for figure in figures))
    for name, gained in zip(rows[1:], found[1:], strict=True):
        print(f"it gains more than {name} with {found.wins(gained)} of {counted(typed.seeds, 'seed')}")
    return BETTER if is_better else NO_BETTER
