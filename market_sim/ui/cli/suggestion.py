"""The suggestion after a run: a question, and a command that answers it."""

from __future__ import annotations

import argparse

from market_sim.analysis.summary import Summary
from market_sim.core.invocation import python
from market_sim.core.models.consensus_events import NetworkFault
from market_sim.simulation.options import DEFAULT_SEED
from market_sim.simulation.scenarios.catalogue import DEFAULT, SCENARIOS
from market_sim.simulation.scenarios.scenario import Scenario

EARLIEST = 3
"""The first epoch of a suggested fault, after two ordinary epochs for comparison."""


def suggestion(typed: argparse.Namespace, scenario: Scenario, summary: Summary) -> tuple[str, str]:
    """The question and the command, which runs as printed, with this Python."""
    # A validator must not be both down and byzantine, so a run with a crash gets a partition.
    crashed = any(event.kind == "crash" for event in summary.result.journal.of(NetworkFault))
    if not summary.committee.byzantine and not typed.partition and not crashed:
        epoch, leader = _byzantine(summary)
        return "what if one validator equivocates?", _run(
            typed, scenario, "--byzantine", f"n{leader}:equivocate@{epoch}"
        )
    if not typed.partition:
        last = summary.result.epochs
        first = max(1, min(4, last - 4))
        until = min(first + 2, last)
        epochs = str(first) if first == until else f"{first}-{until}"
        return "what if the network splits?", _run(typed, scenario, "--partition", epochs)
    names = [kind.name for kind in SCENARIOS]
    place = names.index(typed.scenario) + 1 if typed.scenario in names else 1
    return "what does another market show?", python("--scenario", names[place % len(names)])


def _byzantine(summary: Summary) -> tuple[int, int]:
    """An early epoch of this run with some epochs after it, and its leader."""
    leaders = summary.story.leaders
    last = max(leaders, default=1)
    epoch = min(max(1, min(EARLIEST, last - 2)), last)
    return epoch, leaders.get(epoch, 0)


def _run(typed: argparse.Namespace, scenario: Scenario, *more: str) -> str:
    """The run as it was typed, with one thing more: otherwise two runs answer no question of what if."""
    words: list[str] = []
    if typed.scenario != DEFAULT.name:
        words += ["--scenario", typed.scenario]
    usual = type(scenario)().parameters
    for name, value in scenario.parameters.items():
        if value != usual[name]:
            words += ["--" + name.replace("_", "-"), str(value)]
    words += ["--epochs", str(typed.epochs)]
    for option, value, default in (
        ("--seed", typed.seed, DEFAULT_SEED),
        ("--validators", typed.validators, None),
        ("--leaders", typed.leaders, None),
        ("--rules", typed.rules, None),
        ("--without", typed.without, None),
        ("--settlement", None if typed.settlement == "none" else typed.settlement, None),
    ):
        if value != default:
            words += [option, str(value)]
    if typed.settlement == "none":
        words.append("--no-settle")
    for guest in typed.guests or ():
        words += ["--with", guest]
    return python(*words, *more)
