"""The backtester: lets a strategy trade on the record of a stored run, in a process of its own, for the site."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

from market_sim.analysis.results.performance import performances
from market_sim.analysis.visualization.backtest_picture import backtest_charts
from market_sim.analysis.visualization.chart import Table
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, MarketSimError
from market_sim.simulation.backtest import Backtest, backtest
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.guests import guest
from market_sim.simulation.scenarios.scenario import configured
from market_sim.ui.backtest_report import boards, sentences
from market_sim.ui.web import run_charts
from market_sim.ui.web.player import STOP, Note, limit_memory


@dataclass(frozen=True)
class Trial:
    """A strategy and the run on whose record it trades."""

    run: str
    scenario: str
    """The name of a shipped scenario, or the path of a file that the site was started with."""
    guest: str

    noun: ClassVar[str] = "backtest"
    cut: ClassVar[str] = "nothing was kept. Choose a shorter run."
    lost: ClassVar[str] = "nothing was kept"
    view: ClassVar[str] = "backtests.page"


class Told(NamedTuple):
    """A chart without its panels, which have been drawn."""

    title: str
    sentence: str
    table: Table | None
    legend: str


def trial(request: Trial, results: Path, pipe: Connection) -> None:
    """Do the backtest; the entry of the process."""
    limit_memory()
    door = threading.Lock()
    threading.Thread(target=_listen, args=(pipe, door), name="stop-listener", daemon=True).start()

    def tell(kind: Literal["done", "refused"], content: dict[str, Any], kept: Any = None) -> None:
        with door:
            pipe.send(Note(kind, 0, content, kept))

    try:
        stored = archive.load(results / request.run)
        scenario = configured(find_scenario(request.scenario), **stored.manifest.parameters)
        found = backtest(stored.journal, guest(request.guest), scenario)
        tell("done", {"run": None, "complete": True}, _kept(stored.journal, found))
    except InputError as problem:
        tell("refused", {"sentence": str(problem).replace(f"{results}/", "").replace("--with: ", "")})
    except MarketSimError:
        tell("refused", {"sentence": "a promise of this program broke in this backtest"})
        raise
    except MemoryError:
        tell("refused", {"sentence": "it needs more memory than the site gives to one backtest"})
    finally:
        pipe.close()


def _listen(pipe: Connection, door: threading.Lock) -> None:
    """A backtest has no partial result: one that is stopped says so and ends, and so does one without a site."""
    with contextlib.suppress(EOFError, OSError):
        stopped = pipe.recv() == STOP
        with door:
            if stopped:
                pipe.send(Note("refused", 0, {"sentence": "it was stopped before its end, and nothing was kept"}))
            os._exit(0)


def _kept(record: Journal, found: Backtest) -> dict[str, Any]:
    """What the page shows."""
    chart = next(backtest_charts(record, found.journal, found.name), None)
    return {
        "name": found.name,
        "boards": boards(found, performances(record), Words(record)),
        "sentences": sentences(found),
        "chart": chart and Told(chart.title, chart.sentence, chart.table, run_charts.legend(chart)),
        "figure": b"" if chart is None else run_charts.alone(chart),
    }
