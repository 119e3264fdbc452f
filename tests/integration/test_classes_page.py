"""docs/classes.md tells the truth: its commands are commands, and what they write after a class is there."""

from __future__ import annotations

import csv
import re
import shlex

import pytest

from market_sim.core.data import archive
from market_sim.core.models.inputs import OPERATOR, Join, StartCompetition
from market_sim.core.models.intents import Buy
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.cli.class_options import check_class
from market_sim.ui.cli.main import main
from market_sim.ui.cli.serving import _parser
from market_sim.ui.web.pages.classes import ACTIONS
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "classes.md").read_text(encoding="utf-8")
COMMANDS = [line.removeprefix("python simulate.py ") for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
            for line in block.splitlines()]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The stored run of a class of two."""
    session = Session(FirstMarket(traders=6), Options(epochs=3, settlement="none"))
    for name in ("ann", "bob"):
        session.take(name, Join({"USD": 1_000_000}))
    session.step(epoch=1)
    session.submit("ann", Buy("ACME", 3))
    session.take(OPERATOR, StartCompetition())
    session.submit("bob", Buy("ACME", 4))
    folder = tmp_path_factory.mktemp("results") / "class"
    archive.save(session.run().journal, folder)
    return folder


def test_the_market_of_a_class_is_opened_by_the_options_that_there_are():
    [opening] = [one for one in COMMANDS if one.startswith("serve ")]
    typed = _parser().parse_args(shlex.split(opening)[1:])
    check_class(typed)
    assert (typed.class_name, typed.host, typed.speed) == ("9b", "0.0.0.0", 2)
    for option in re.findall(r"`(--\w+) [\d.]+`", PAGE):
        assert option in opening or (f"typed.{option[2:]}" and hasattr(typed, option[2:]))


def test_what_comes_afterwards_runs(run, capsys):
    after = [shlex.split(one.replace("results/RUN", str(run))) for one in COMMANDS if not one.startswith("serve ")]
    assert [arguments[0] for arguments in after] == ["replay", "export", "dashboard"]
    for arguments in after:
        assert main(arguments) == 0, arguments
    assert "ACME" in (run / "dashboard.html").read_text(encoding="utf-8")
    with (run / "tables" / "competition.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["account"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"ann", "bob"}
    assert rows["ann"]["trades"] == "0", "she traded before the competition"
    assert int(rows["bob"]["trades"]) > 0
    assert int(rows["ann"]["practice"]) != 0 == int(rows["bob"]["practice"])
    capsys.readouterr()


def test_each_button_that_the_page_names_is_there():
    template = (ROOT / "market_sim/ui/web/templates/class.html").read_text(encoding="utf-8")
    for button in (
        "Pause trading",
        "Reopen by a call auction",
        "Start the competition",
        "Grant the appeal",
        "Results",
        "The data set",
    ):
        assert button in template
        assert button.split(" by ")[0].split(" the ")[-1].lower() in PAGE.lower()
    assert set(re.findall(r"act\('([\w-]+)'|action='([\w-]+)'", template)) >= {("pause", ""), ("", "news")}
    assert len(ACTIONS) == 8
