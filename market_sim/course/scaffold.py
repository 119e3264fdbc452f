"""Scaffolds for a new scenario, which runs, and a new lesson, which passes `lint`."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from string import Template

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.course.catalogue import lesson_folders
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.finder import find_scenario

TEMPLATES = Path(__file__).parent / "templates"
SCENARIO_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
SHOWN_SEED, SHOWN_EPOCHS = 7, 4


def write_scenario(name: str, folder: Path) -> Path:
    """Write NAME.py: a frozen dataclass with a claim, parameters, participants and one price shock."""
    if not SCENARIO_NAME.fullmatch(name):
        raise InputError(f"a scenario's name is small letters, digits, - and _, such as bank-run; found {name!r}")
    name = name.replace("-", "_").strip("_")
    shipped = name.replace("_", "-")
    if any(kind.name == shipped for kind in SCENARIOS):
        raise InputError(f"{shipped} is the name of a scenario that comes with the sandbox; choose another name")
    file = folder / f"{name}.py"
    if file.exists():
        raise InputError(f"{file} is there already; choose another name")
    kind = "".join(word.capitalize() for word in name.split("_"))
    text = _filled("scenario.py.txt", kind=kind, name=shipped)
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def write_lesson(scenario: str, course: Path, checks_dir: Path | None = None) -> Path:
    """Write lessons/NN-NAME about a scenario, with page, starter, solution, checks, hints and three wrong answers.

    Hidden checks, with the salt of their seeds, go to a folder outside the course, or nowhere.
    """
    kind = find_scenario(scenario)
    result = simulate(kind(), Options(seed=SHOWN_SEED, epochs=SHOWN_EPOCHS, settlement="none"))
    folders = lesson_folders(course) if course.is_dir() else {}
    last = max((int(name[:2]) for name in folders if name[:2].isdigit()), default=0)
    id = f"{last + 1:02}-{kind.name}"
    folder = course / id
    shipped = not scenario.endswith(".py")
    words = {
        "id": id,
        "kind": kind.__name__,
        "scenario": kind.name if shipped else "scenario.py",
        "shown": kind.name if shipped else f"lessons/{id}/scenario.py",
        "summary": kind().summary.replace('"', "'"),
        "seed": str(SHOWN_SEED),
        "epochs": str(SHOWN_EPOCHS),
        "events": str(len(result.journal)),
        "outcome": _larger(result.journal),
    }
    (folder / "wrong").mkdir(parents=True)
    if not shipped:
        (folder / "scenario.py").write_bytes(Path(scenario).read_bytes())
    for template in sorted((TEMPLATES / "lesson").rglob("*.txt")):
        place = folder / template.relative_to(TEMPLATES / "lesson").with_suffix("")
        place.write_text(_filled(f"lesson/{template.relative_to(TEMPLATES / 'lesson')}", **words), encoding="utf-8")
    if checks_dir is not None:
        _write_hidden(id, checks_dir, words)
    return folder


def _larger(journal: Journal) -> str:
    """What the prediction of the new lesson asks: whether the price fell or rose more from one trade to the next."""
    steps = [after.price - before.price for before, after in pairwise(journal.of(Trade))]
    fall, rise = -min(steps, default=0), max(steps, default=0)
    return "the fall" if fall > rise else "the rise" if rise > fall else "neither"


def _write_hidden(id: str, checks_dir: Path, words: dict[str, str]) -> None:
    hidden = checks_dir / id
    hidden.mkdir(parents=True, exist_ok=True)
    (hidden / "checks.py").write_text(_filled("hidden_checks.py.txt", **words), encoding="utf-8")
    salt = checks_dir / "salt.txt"
    if not salt.exists():
        # A secret of the instructor, which is no part of a run and must not be reproducible.
        import secrets

        salt.write_text(secrets.token_hex(16) + "\n", encoding="utf-8")


def _filled(template: str, **words: str) -> str:
    return Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)
