"""The list of stored runs tells whole, partial and damaged ones apart, and no damage takes the list away."""

from __future__ import annotations

import os
import shutil

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.data.run_writer import RunWriter
from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.web.run_library import RunLibrary


@pytest.fixture
def library(tmp_path, small_run):
    shutil.copytree(small_run, tmp_path / "small-run")
    return RunLibrary(tmp_path)


def test_a_run_whose_program_was_killed_is_in_the_list_and_opens(library):
    session = Session(FirstMarket(traders=3), Options(epochs=5, settlement="none"))
    with RunWriter(library.folder) as writer:
        for epoch in range(3):
            session.step(epoch=epoch)
            writer.epoch(session.journal, epoch)
        entry = library.find(writer.folder.name)
        assert (entry.manifest.complete, entry.manifest.finished, entry.manifest.reached) == (False, False, 2)
        run = library.open(entry)
        assert (run.result.complete, len(run.result.journal), run.cut) == (False, len(session.journal), "")
        # The run goes on, and the list follows it.
        session.step(epoch=3)
        writer.epoch(session.journal, 3)
        assert library.find(writer.folder.name).manifest.reached == 3


def test_what_the_scenario_concluded_is_part_of_the_run(library):
    journal = Journal()
    for event in library.open(library.find("small-run")).result.journal:
        journal.record(event)
    with RunWriter(library.folder) as writer:
        writer.finish(journal, "nobody was called", "told")
    assert library.open(library.find("told")).result.conclusion == "nobody was called"


def test_a_run_is_as_old_as_its_manifest(library):
    manifest = library.folder / "small-run" / "manifest.json"
    os.utime(manifest, (1_000_000, 1_000_000))
    assert library.find("small-run").written == 1_000_000


def test_damage_that_only_the_whole_journal_shows_is_named_when_it_is_opened_and_no_path_is_told(library):
    path = library.folder / "small-run" / "journal.jsonl.gz"
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 4
    path.write_bytes(damaged)
    with pytest.raises(InputError, match=r"^run small-run cannot be shown: small-run/journal.jsonl.gz.* line \d+ of "):
        library.open(library.find("small-run"))
