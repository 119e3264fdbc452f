"""Settlement follows finality and never runs ahead of it, from the first trade of a run to the last batch."""

from __future__ import annotations

import pytest

from market_sim.analysis.results.result import Result
from market_sim.core.models.consensus_events import BlockFinalized
from market_sim.core.models.settlement_events import BatchCertified, BlockSettled
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket


@pytest.fixture(scope="module")
def run() -> Result:
    return simulate(FirstMarket(), Options(epochs=5, settlement="memory"))


def test_nothing_is_certified_or_settled_before_two_thirds_of_the_validators_hold_it_final(run: Result) -> None:
    final: dict[int, set[int]] = {}
    batches = 0
    for event in run.journal:
        if isinstance(event, BlockFinalized):
            final.setdefault(event.height, set()).add(event.validator)
        elif isinstance(event, (BatchCertified, BlockSettled)):
            batches += 1
            for height in range(event.first, event.last + 1):
                assert len(final.get(height, ())) >= 3, f"block {height} is not final for a quorum yet"
    assert batches >= 6


def test_each_final_block_is_settled_once_and_in_order(run: Result) -> None:
    settled = [event for event in run.journal if isinstance(event, BlockSettled)]
    heights = [height for event in settled for height in range(event.first, event.last + 1)]
    assert heights == list(range(1, len(heights) + 1))
    assert len(heights) == max(event.height for event in run.journal if isinstance(event, BlockFinalized))
