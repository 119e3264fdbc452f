"""The margin for the settlement lag: a naive search for what waits, its formula, and more for a longer lag."""

from __future__ import annotations

import re
from math import ceil, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_sim import Options, simulate
from market_sim.analysis.settlement_lag import covered, epoch_ns, lag_of, measured, most_waiting, volatilities
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed
from market_sim.core.models.market_events import Trade
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.scenarios.streamlet_faults import Partition
from market_sim.ui.cli.main import main
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "settlement.md").read_text(encoding="utf-8")
SHOWN = re.search(r"## Three clocks.*?```text\n(.*?)```", PAGE, re.DOTALL)[1]
SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def split() -> Journal:
    return simulate(Partition(), Options(settlement="memory")).journal


def every_time(changes: list[tuple[int, int]], lag: int) -> int:
    """The largest net of any successive changes that fit into less than the lag, by trying all."""
    return max(
        (
            abs(sum(change for _, change in changes[first:end]))
            for first in range(len(changes))
            for end in range(first + 1, len(changes) + 1)
            if changes[end - 1][0] - changes[first][0] < lag
        ),
        default=0,
    )


changes_of_an_account = st.lists(st.tuples(st.integers(0, 6), st.integers(-9, 9)), max_size=8).map(
    lambda steps: [(sum(step for step, _ in steps[: place + 1]), change) for place, (_, change) in enumerate(steps)]
)


@pytest.mark.thorough
@settings(max_examples=100)
@given(changes_of_an_account, st.integers(1, 30))
def test_what_waits_is_the_largest_net_of_any_time_below_the_lag(changes, lag) -> None:
    assert most_waiting(changes, lag) == every_time(changes, lag)
    assert most_waiting(changes, lag) <= most_waiting(changes, 2 * lag)


def test_the_margin_is_the_formula_and_twice_the_lag_never_needs_less(split: Journal) -> None:
    prices = {one.symbol: one.value for one in split if type(one).__name__ == "ValueMoved"}
    trades = list(split.of(Trade))
    more = 0
    for epochs in (1, 2, 3, 5, 8):
        once, twice = (covered(split, each * epoch_ns(split)) for each in (epochs, 2 * epochs))
        for one, other in zip(once, twice, strict=True):
            assert (one.account, one.symbol, one.currency) == (other.account, other.symbol, "USD")
            assert other.waits >= one.waits and other.margin > one.margin > 0
            more += other.waits > one.waits
            own = [
                (trade.time, trade.side * trade.quantity * (1 if trade.taker == one.account else -1))
                for trade in trades
                if one.account in (trade.taker, trade.maker)
            ]
            assert one.waits == every_time(own, epochs * SECOND)
            # A standard normal variable is below 2.3263 with 99 %; a year has 252 days of a second.
            move = 2.3263 * volatilities(split)["ACME"].value * sqrt(epochs / 252)
            assert abs(one.margin - ceil(one.waits * prices["ACME"] * move)) <= 1
    assert more > 3


def test_the_wait_is_measured_from_the_match_to_the_payment(split: Journal) -> None:
    matched = [trade.time for trade in split.of(Trade)]
    held = {one.block: one.trades for one in split.of(BlockProposed)}
    heights = {one.height: held[one.block] for one in split.of(BlockFinalized)}
    waits: list[int] = []
    for paid in split.of(BlockSettled):
        for _ in range(sum(heights[height] for height in range(paid.first, paid.last + 1))):
            waits.append(paid.time - matched[len(waits)])
    assert measured(split) == ("settled", sum(waits) // len(waits), max(waits))
    assert lag_of(measured(split), split) == -(-max(waits) // SECOND)
    without = simulate(Partition(), Options(settlement="none")).journal
    final: dict[int, int] = {}
    for event in without.of(BlockFinalized):
        final.setdefault(event.height, event.time)
    waits = []
    for height, time in sorted(final.items()):
        waits += [time - matched[len(waits) + number] for number in range(heights[height])]
    assert measured(without) == ("final", sum(waits) // len(waits), max(waits))
    assert measured(without.until(5)) == ("final", None, None)


def test_the_command_prints_both(tmp_path, capsys) -> None:
    kept = ["--headless", "--no-plot", "-q", "--out", str(tmp_path), "--settlement", "memory"]
    assert main(["--scenario", "partition", *kept]) == 0
    (run,) = tmp_path.iterdir()
    capsys.readouterr()
    assert main(["clocks", str(run), "--epoch", "5", "--lag", "2"]) == 0
    assert capsys.readouterr().out == SHOWN
    assert main(["clocks", str(run), "--epoch", "5", "--lag", "3"]) == 0
    told = capsys.readouterr().out
    assert (
        told.startswith("as of the end of epoch 5: ") and "if the 17 trades not final then never became final" in told
    )
    assert "waits for 3 epochs  margin for 3 epochs  waits for 6 epochs  margin for 6 epochs\n" in told
    lines = [line.split() for line in told.partition("account  instrument")[2].splitlines()]
    (sums,) = (line for line in lines if line[:2] == ["all", "USD"])
    each = [line for line in lines if line[1:2] == ["ACME"]]
    assert len(each) == 5
    for place, column in ((2, 3), (3, 5)):
        assert float(sums[place]) == pytest.approx(sum(float(line[column]) for line in each))
    assert main(["clocks", str(run), "--epoch", "13"]) == 2
    assert "this run has the epochs 1 to 12, there is no epoch 13" in capsys.readouterr().err
    assert main(["clocks", str(run), "--lag", "0"]) == 2
    assert "--lag: expected a whole number from 1 to 1000, found '0'" in capsys.readouterr().err
