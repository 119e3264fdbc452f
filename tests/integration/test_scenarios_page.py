"""The page on scenarios: every block runs and prints what follows it; it leaves out nothing that a scenario can use."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import pkgutil
import re
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from market_sim.market import mechanisms
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.mechanisms.pledges import Pledges
from market_sim.market.mechanisms.variation_margin import VariationMargin
from market_sim.simulation.engine import schedule
from market_sim.simulation.engine.world import World
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
EXAMPLES = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
WHILE_IT_RUNS = {"credit", "start", "check", "shock"}
"""What the pipeline calls, not a scenario."""
PARTS = {Mechanism, VariationMargin, Pledges}
"""The base of all, the base of futures and perpetuals, and what the clearing of options attaches by itself."""


@pytest.fixture
def names() -> Iterator[dict[str, object]]:
    """The names of a module of the page's own: dataclasses look their module up."""
    page = ModuleType("the_page_on_scenarios")
    sys.modules[page.__name__] = page
    yield vars(page)
    del sys.modules[page.__name__]


def attachable() -> set[type[Mechanism]]:
    found = set()
    for module in pkgutil.iter_modules(mechanisms.__path__):
        for kind in vars(importlib.import_module(f"{mechanisms.__name__}.{module.name}")).values():
            if inspect.isclass(kind) and issubclass(kind, Mechanism):
                found.add(kind)
    return found - PARTS


def test_every_block_prints_what_is_shown_after_it(names) -> None:
    printed, shown = "", 0
    for language, text in re.findall(r"```(python|text)\n(.*?)```", PAGE, re.DOTALL):
        if language == "python":
            assert not printed, f"what an example prints is not shown: {printed}"
            with contextlib.redirect_stdout(io.StringIO()) as out:
                # The page is ours, and what it shows is what is run here.
                exec(compile(text, "docs/scenarios.md", "exec"), names)  # noqa: S102
            printed = out.getvalue()
        else:
            assert text == printed
            printed, shown = "", shown + 1
    assert shown == PAGE.count("```python") > 15


def test_every_method_of_the_world_has_a_section_with_an_example() -> None:
    public = {name for name, what in vars(World).items() if inspect.isfunction(what) and not name.startswith("_")}
    assert public - WHILE_IT_RUNS == set(re.findall(r"^### `world\.(\w+)`$", PAGE, re.MULTILINE))
    for name in public - WHILE_IT_RUNS:
        assert f"world.{name}(" in EXAMPLES, name


def test_every_mechanism_that_can_be_attached_is_listed_and_attached_in_an_example() -> None:
    listed = re.search(r"^\| mechanism \|.*?\n\n", PAGE, re.DOTALL | re.MULTILINE)
    assert listed is not None
    named = {kind.__name__ for kind in attachable()}
    assert named == set(re.findall(r"^\| `(\w+)`", listed[0], re.MULTILINE))
    for name in named:
        assert re.search(rf"world\.attach\({name}\(|house(, marks)? = {name}\(", EXAMPLES), name


def test_every_event_is_listed_and_planned_in_an_example() -> None:
    planned = set(schedule._ACTS)
    assert planned == set(inspect.signature(World.at).parameters) - {"self", "epoch", "time_ms"}
    assert planned == set(re.findall(r"^\| `(\w+)=", PAGE, re.MULTILINE))
    for name in planned:
        assert re.search(rf"world\.at\([^)]*\b{name}=", EXAMPLES), name
