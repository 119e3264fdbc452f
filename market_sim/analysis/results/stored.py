"""Opens a stored run as a result, for pages, commands and notebooks."""

from __future__ import annotations

from pathlib import Path

from market_sim.analysis.results.result import Result
from market_sim.core.data.archive import Archived, load
from market_sim.core.models.run_events import RunStarted, StrategyFailed, WarningGiven


def open_run(folder: Path | str) -> Result:
    """The result of the run in this folder, for example `open_run("results/NAME").trades`."""
    return result_of(load(Path(folder)))


def result_of(archived: Archived) -> Result:
    """The result of a run that was read from disk."""
    journal, manifest = archived.journal, archived.manifest
    start = next(journal.of(RunStarted))
    failures = tuple(f"{event.agent}: {event.cause}" for event in journal.of(StrategyFailed))
    warnings = tuple(event.sentence for event in journal.of(WarningGiven))
    return Result(
        start.scenario, start.seed, start.epochs, start.parameters, journal, manifest.complete, failures, warnings,
        manifest.conclusion, manifest.fingerprint,
    )  # fmt: skip
