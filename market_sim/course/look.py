"""The run that a lesson shows: the scenario, options and command in its front matter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from market_sim.analysis.results.result import Result
from market_sim.course.lesson import Lesson
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured


def scenario_of(lesson: Lesson) -> Scenario:
    """The scenario with the lesson's parameters: a shipped one, or a file in the lesson's folder."""
    return configured(find_scenario(scenario_name(lesson)), **dict(lesson.look.parameters))


def scenario_name(lesson: Lesson) -> str:
    """The name of the scenario in the catalogue, or the path of the lesson's own file."""
    return str(lesson.own_scenario or lesson.look.scenario)


def options_of(lesson: Lesson) -> Options:
    """The options of the lesson's run."""
    look = lesson.look
    return Options(seed=look.seed, epochs=look.epochs, byzantine=look.byzantine, settlement=look.settlement)


def look(lesson: Lesson) -> Result:
    """Simulate the lesson's run."""
    return simulate(scenario_of(lesson), options_of(lesson))


def plainly(*words: str) -> str:
    """A command as the lesson's text shows it, the same on every machine."""
    return " ".join(["python simulate.py", *words])


def command_of(lesson: Lesson, typed: Callable[..., str] = plainly) -> str:
    """The command for the same run in a terminal, as the lesson's text shows it or as `typed` writes it."""
    shown = lesson.look
    name = str(Path("lessons", lesson.id, shown.scenario)) if shown.scenario.endswith(".py") else shown.scenario
    words = ["--scenario", name, "--seed", str(shown.seed), "--epochs", str(shown.epochs)]
    for field, value in shown.parameters:
        words += [f"--{field.replace('_', '-')}", str(value)]
    words += ["--byzantine", shown.byzantine] if shown.byzantine else []
    words += ["--no-settle"] if shown.settlement == "none" else []
    return typed(*words)
