"""docs/deployment.md tells the truth: its backup can be restored, its recovery works, and its codes exist."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.api.live.opening import OpenMarket
from market_sim.api.rest.reasons import API_REASONS
from market_sim.core.models.intents import Buy
from market_sim.core.models.run_events import InputReceived
from market_sim.ui.cli.main import main
from tests.conftest import ROOT
from tests.unit.api.store.crashed import PURSE, image, opened

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
RUN = "first-market-seed7-unfinished"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def commands(name: str) -> list[list[str]]:
    """The lines of the page that begin with this command."""
    lines = [line.split() for block in blocks("bash") for line in block.splitlines()]
    return [line[2:] for line in lines if line[:3] == ["python", "simulate.py", name]]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenMarket]:
    """A live market in the results of an empty folder, which is where commands are typed."""
    monkeypatch.chdir(tmp_path)
    made = opened(Path("results"))
    made.market.join("ann", *PURSE)
    made.market.submit("ann", Buy("ACME", 3, 9_000))
    yield made
    if not made.is_closed:
        made.close()


def test_a_store_that_is_copied_while_the_market_goes_on_is_restored(live: OpenMarket, tmp_path: Path) -> None:
    [backup] = blocks("python")
    (tmp_path / "backup").mkdir()
    (tmp_path / "copy.py").write_text(backup, encoding="utf-8")
    runpy.run_path("copy.py")
    live.market.submit("ann", Buy("ACME", 4, 9_000))
    live.close()
    [command] = [command for command in commands("restore") if "backup" in command]
    assert main(command) == 0
    restored = [open_run(path).journal for path in (tmp_path / "results").iterdir()]
    assert sorted(sum(1 for _ in journal.of(InputReceived)) for journal in restored) == [2, 3]


def test_after_a_crash_the_commands_of_the_page_restore_the_run(
    live: OpenMarket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crash = image(live, tmp_path / "crash")
    live.close()
    (tmp_path / "results").rename(tmp_path / "elsewhere")
    crash.parent.rename(tmp_path / "results")
    for name in ("verify", "restore"):
        [command] = [command for command in commands(name) if RUN in command[-1]]
        assert main(command) == 0
    assert "2 inputs" in capsys.readouterr().out
    assert len(list((tmp_path / "results").iterdir())) == 2
    assert (tmp_path / "results" / RUN).is_dir(), "the old folder is left alone"


def test_the_page_names_codes_that_exist_and_what_a_folder_holds(live: OpenMarket) -> None:
    assert "`NOT_STORED`" in PAGE
    assert "NOT_STORED" in API_REASONS
    assert live.folder.name == RUN
    assert "`live.sqlite`" in PAGE
    assert (live.folder / "live.sqlite").exists()
