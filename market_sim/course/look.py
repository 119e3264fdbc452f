"""The run that a lesson shows: the scenario, seed and length of its front matter, played on the one road."""

from __future__ import annotations

from pathlib import Path

from market_sim.course.lesson import Lesson
from market_sim.simulation.engine.result import Result
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured


def scenario_of(lesson: Lesson) -> Scenario:
    """The scenario with the lesson's parameters: a shipped one, or the file scenario.py of the lesson's folder."""
    name = lesson.look.scenario
    kind = find_scenario(str(lesson.folder / name) if name.endswith(".py") else name)
    return configured(kind, **dict(lesson.look.parameters))


def options_of(lesson: Lesson) -> Options:
    """Seed, length, liars and chain of the lesson's run."""
    look = lesson.look
    return Options(seed=look.seed, epochs=look.epochs, byzantine=look.byzantine, settlement=look.settlement)


def look(lesson: Lesson) -> Result:
    """Play the lesson's run."""
    return simulate(scenario_of(lesson), options_of(lesson))


def command_of(lesson: Lesson) -> str:
    """The command that plays the same run on the terminal."""
    shown = lesson.look
    name = str(Path("lessons", lesson.id, shown.scenario)) if shown.scenario.endswith(".py") else shown.scenario
    words = ["python simulate.py", f"--scenario {name}", f"--seed {shown.seed}", f"--epochs {shown.epochs}"]
    words += [f"--{field.replace('_', '-')} {value}" for field, value in shown.parameters]
    words += [f"--byzantine {shown.byzantine}"] if shown.byzantine else []
    words += ["--no-settle"] if shown.settlement == "none" else []
    return " ".join(words)
