"""`serve --resume RUN` opens a market where the store of a killed one ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Buy
from market_sim.core.models.run_events import InputReceived
from market_sim.ui.cli.serving import _opened, _parser
from tests.unit.api.store.crashed import PURSE, image, opened, until


def test_the_market_goes_on_with_the_scenario_options_and_inputs_of_the_store(tmp_path: Path) -> None:
    killed = opened(tmp_path / "first", epochs=5)
    killed.market.join("ann", *PURSE)
    until(killed, 2)
    killed.market.submit("ann", Buy("ACME", 3, 9_000))
    folder = image(killed, tmp_path / "crash")
    until(killed, 5)
    ended = image(killed, tmp_path / "ended")
    killed.close()

    typed = _parser().parse_args(["--resume", str(folder), "--out", str(tmp_path / "out"), "--seed", "1"])
    live = _opened(typed, [], lambda _: None)
    assert live is not None
    live.market.stop_clock()
    live.start()
    live.market.submit("ann", Buy("ACME", 4, 9_000))
    result = live.market.end()
    assert (result.seed, result.epochs, result.scenario) == (7, 5, "first-market")
    taken = [event.terms.get("quantity") for event in result.journal.of(InputReceived)]
    assert taken == [None, 3, 4]
    assert live.close().parent == tmp_path / "out"
    assert folder.is_dir(), "what was killed is left alone"

    with pytest.raises(InputError, match="has come to its end"):
        _opened(_parser().parse_args(["--resume", str(ended), "--out", str(tmp_path / "more")]), [], lambda _: None)
    assert not (tmp_path / "more").exists()
