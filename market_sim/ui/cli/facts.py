"""`simulate.py facts NAME|RUN`: does a market behave like a market? The table of stylised facts with verdicts."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from market_sim.analysis.microstructure.bars import Bars, bars
from market_sim.analysis.microstructure.stylised_facts import CALIBRATED_RETURNS, Fact, passes, stylised_facts
from market_sim.analysis.results.market_tables import book_names
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.results.text_table import aligned
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import configured
from market_sim.ui.cli.arguments import Parser, scenario_parameters, whole

HOLDS, FAILS = 0, 1
SHARE = 0.9
"""The share of the seeds with which the required facts have to hold."""
HEAD = ("fact", "measured", "accepted", "verdict")


def facts(arguments: Sequence[str]) -> int:
    """Print the stylised facts of a stored run, or of a scenario played with some seeds."""
    made = Parser(
        prog="simulate.py facts",
        description="Does a market behave like a market? The stylised facts of its mid-quote returns.",
        epilog="Exit codes: 0 the required facts hold with nine of ten seeds, 1 they do not, 2 bad arguments.",
        allow_abbrev=False,
    )
    made.add_argument("market", metavar="NAME|FILE|RUN", help="a scenario, or the folder of a stored run")
    made.add_argument("--symbol", metavar="BOOK", help="one book; default: the first one")
    made.add_argument("--bar-ms", type=whole(1), default=200, metavar="N", help="length of a bar, default 200")
    made.add_argument(
        "--returns", type=whole(1), default=CALIBRATED_RETURNS, metavar="N",
        help=f"how many returns a scenario is played for, default {CALIBRATED_RETURNS}",
    )  # fmt: skip
    made.add_argument("--seed", type=whole(0), default=1, metavar="N", help="the first seed, default 1")
    made.add_argument("--seeds", type=whole(1, 100_000), default=1, metavar="N", help="how many seeds, default 1")
    made.add_argument("--json", action="store_true", help="one JSON document in place of the table")
    typed, rest = made.parse_known_args(list(arguments))
    stored = Path(typed.market)
    if stored.is_dir():
        if rest:
            raise InputError(f"a stored run takes no parameters, found {' '.join(rest)}")
        result = open_run(stored)
        found = {result.seed: _of(result.journal, typed)}
        name = result.scenario
    else:
        kind = find_scenario(typed.market)
        with explained():
            scenario = configured(kind, **scenario_parameters(rest, kind, made))
        name = kind.name
        # The first bar begins with the first quotes, and a return needs two bars.
        epochs = -(-(typed.returns + 2) * typed.bar_ms // 1_000)
        with redirect_stdout(sys.stderr):  # a strategy may print
            found = {
                seed: _of(market_alone(scenario, seed, epochs), typed)
                for seed in range(typed.seed, typed.seed + typed.seeds)
            }
    held = sum(passes(stylised_facts(one)) for one in found.values())
    kept = held >= SHARE * len(found)
    if typed.json:
        print(json.dumps(_document(name, typed, found, kept), indent=2))
        return HOLDS if kept else FAILS
    for seed, one in found.items():
        print(f"{name}, seed {seed}: {counted(len(one.returns), 'return')} of the mid-quote, bars of {typed.bar_ms} ms")
        print("\n".join(table(stylised_facts(one))))
        print()
    print(f"the required facts hold with {held} of {counted(len(found), 'seed')}; {SHARE:.0%} are needed")
    if any(len(one.returns) < CALIBRATED_RETURNS for one in found.values()):
        print(f"the bounds were chosen for {CALIBRATED_RETURNS:,} returns: with fewer, chance alone can break them")
    return HOLDS if kept else FAILS


def _of(journal: Journal, typed: Namespace) -> Bars:
    """The bars of the chosen book, as many as were asked for."""
    names = book_names(journal)
    book = typed.symbol or names[0]
    if book not in names:
        raise InputError(f"there is no book {book!r}; there is {', '.join(names)}")
    found = bars(journal, book, typed.bar_ms * MILLISECOND)
    most = typed.returns + 1
    return Bars(found.bar_ns, found.middles[:most], found.spreads[:most], found.volumes[:most])


def table(rows: Sequence[Fact]) -> list[str]:
    """The table as lines."""
    cells = [HEAD, *((fact.name, measured(fact), fact.accepted, verdict(fact)) for fact in rows)]
    return aligned(cells, left=range(len(HEAD)))


def measured(fact: Fact) -> str:
    """What was measured, with its names."""
    return "; ".join(f"{name} {'none' if value is None else f'{value:.3f}'}" for name, value in fact.measured.items())


def verdict(fact: Fact) -> str:
    """Whether the fact holds; for one that is only reported, whether it is seen."""
    if fact.required:
        return "holds" if fact.holds else "FAILS"
    return "seen" if fact.holds else "not seen"


def _document(name: str, typed: Namespace, found: dict[int, Bars], kept: bool) -> dict[str, object]:
    runs = [
        {
            "seed": seed,
            "returns": len(one.returns),
            "passes": passes(stylised_facts(one)),
            "facts": [fact._asdict() for fact in stylised_facts(one)],
        }
        for seed, one in found.items()
    ]
    return {"market": name, "bar_ms": typed.bar_ms, "kept": kept, "runs": runs}
