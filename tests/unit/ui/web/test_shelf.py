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
from market_sim.ui.web.shelf import Shelf


@pytest.fixture
def shelf(tmp_path, small_run):
    shutil.copytree(small_run, tmp_path / "small-run")
    return Shelf(tmp_path)


def test_a_run_whose_program_was_killed_is_in_the_list_and_opens(shelf):
    session = Session(FirstMarket(traders=3), Options(epochs=5, settlement="none"))
    with RunWriter(shelf.folder) as writer:
        for epoch in range(3):
            session.step(epoch=epoch)
            writer.epoch(session.journal, epoch)
        entry = shelf.find(writer.folder.name)
        assert (entry.manifest.complete, entry.manifest.finished, entry.manifest.reached) == (False, False, 2)
        run = shelf.open(entry)
        assert (run.result.complete, len(run.result.journal), run.cut) == (False, len(session.journal), "")
        # The run goes on, and the list follows it.
        session.step(epoch=3)
        writer.epoch(session.journal, 3)
        assert shelf.find(writer.folder.name).manifest.reached == 3


def test_what_the_scenario_concluded_is_part_of_the_run(shelf):
    journal = Journal()
    for event in shelf.open(shelf.find("small-run")).result.journal:
        journal.record(event)
    with RunWriter(shelf.folder) as writer:
        writer.finish(journal, "nobody was called", "told")
    assert shelf.open(shelf.find("told")).result.conclusion == "nobody was called"


def test_a_run_is_as_old_as_its_manifest(shelf):
    manifest = shelf.folder / "small-run" / "manifest.json"
    os.utime(manifest, (1_000_000, 1_000_000))
    assert shelf.find("small-run").written == 1_000_000


def test_damage_that_only_the_whole_journal_shows_is_named_when_it_is_opened_and_no_path_is_told(shelf):
    path = shelf.folder / "small-run" / "journal.jsonl.gz"
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 4
    path.write_bytes(damaged)
    with pytest.raises(InputError, match=r"^run small-run cannot be shown: small-run/journal.jsonl.gz.* line \d+ of "):
        shelf.open(shelf.find("small-run"))
