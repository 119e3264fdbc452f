"""`simulate.py without RUN --agent NAME`: a stored run without one participant, and what that one did to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.impact import Impact, impacts
from market_sim.analysis.impact_table import HEAD, NOTES, document, impact_rows, impact_sentences, shown
from market_sim.analysis.results.text_table import aligned
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.simulation.counterfactual import name_without
from market_sim.simulation.counterfactual import without as session_without
from market_sim.simulation.scenarios.finder import scenario_of_run
from market_sim.simulation.scenarios.scenario import configured
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.cli.places import new_file, new_folder
from market_sim.ui.recording import recorded

DONE, INTERRUPTED = 0, 130


def without(arguments: Sequence[str]) -> int:
    """Play a run without a participant; print its true impact and shortfall beside the estimators."""
    typed = _parser().parse_args(list(arguments))
    stored = archive.load(typed.run)
    kind = scenario_of_run(typed.scenario, stored.manifest.scenario)
    scenario = configured(kind, **stored.manifest.parameters)
    session = session_without(stored.journal, typed.agent, scenario)
    name = name_without(typed.run.resolve().name, typed.agent)
    other, folder = recorded(
        scenario, session.options, typed.out, lambda journal, epoch: None, name, begin=lambda: session
    )
    found = shown(impacts(stored.journal, other.journal, typed.agent))
    page = None if typed.no_plot else _written(typed.plot or folder / "impact.html", found, typed.agent, stored.journal)
    if typed.json:
        print(json.dumps(document(found, typed.agent) | {"run": str(folder), "page": page}, indent=2))
        return DONE if other.complete else INTERRUPTED
    if found:
        for line in aligned([HEAD, *impact_rows(found)]):
            print(line)
        print()
    for sentence in (*impact_sentences(found, typed.agent), *(NOTES if found else ())):
        print(sentence)
    print(f"\nrun          {folder}")
    if page:
        print(f"picture      {page}")
    return DONE if other.complete else INTERRUPTED


def _written(path: Path, found: list[Impact], agent: str, journal: Journal) -> str:
    from market_sim.analysis.visualization.impact_page import impact_page

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(impact_page(found, agent, journal), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write there ({error.strerror}); choose another place") from None
    return str(path)


def _parser() -> Parser:
    made = Parser(
        prog="simulate.py without",
        description="Play a stored run again without one participant: its true impact and shortfall.",
    )
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--agent", required=True, metavar="NAME", help="the participant to leave out")
    made.add_argument("--scenario", metavar="FILE", help="the file of its scenario, where that is not a shipped one")
    made.add_argument(
        "--out", type=new_folder, default="results", metavar="DIR", help="the folder for runs, default results/"
    )
    made.add_argument("--plot", type=new_file, metavar="FILE", help="where the picture is written")
    made.add_argument("--no-plot", action="store_true", help="write no picture")
    made.add_argument("--json", action="store_true", help="one JSON document in place of the table")
    return made
