"""`simulate.py check NAME`: whether what a scenario claims holds with other seeds."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout

from market_sim.simulation.engine.failures import explained
from market_sim.simulation.options import MOST_EPOCHS
from market_sim.simulation.scenario_check import checked_scenario
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import configured
from market_sim.ui.cli.arguments import Parser, scenario_parameters, whole
from market_sim.ui.cli.rules import rules_text

KEPT, NOT_KEPT = 0, 1


def check(arguments: Sequence[str]) -> int:
    """Play a scenario with many seeds and say in how many of them its claim is true."""
    made = Parser(
        prog="simulate.py check",
        description="Play a scenario with many seeds: does its claim hold, does anything break?",
        epilog="Exit codes: 0 the claim is kept, 1 it is not or something broke, 2 bad arguments.",
        allow_abbrev=False,
    )
    made.add_argument("scenario", metavar="NAME|FILE", help="a shipped scenario or a .py file")
    made.add_argument("--seeds", type=whole(1, 100_000), default=20, metavar="N", help="how many, default 20")
    made.add_argument("--epochs", type=whole(1, MOST_EPOCHS), metavar="N", help="default: as the scenario has it")
    made.add_argument("--rules", metavar="NAME|FILE", help="default: those of the scenario, if it has any")
    made.add_argument("--json", action="store_true", help="one JSON document in place of the sentences")
    typed, rest = made.parse_known_args(list(arguments))
    kind = find_scenario(typed.scenario)
    given = scenario_parameters(rest, kind, made)
    with explained():
        scenario = configured(kind, **given)
    rules = None if typed.rules is None else rules_text(typed.rules)
    with redirect_stdout(sys.stderr):  # a strategy may print
        found = checked_scenario(scenario, typed.seeds, typed.epochs, rules=rules)
    if typed.json:
        document = {
            "scenario": kind.name, "parameters": scenario.parameters, "claim": kind.claim or None,
            "seeds": found.seeds, "held": found.held if kind.claim else None, "needed": kind.claim_share,
            "failed": found.failed, "halts": found.halts, "breaches": found.breaches,
            "students": found.students, "warnings": sorted(found.warnings), "kept": found.is_kept,
        }  # fmt: skip
        print(json.dumps(document, indent=2))
    else:
        for line in found.lines():
            print(line)
    return KEPT if found.is_kept else NOT_KEPT
