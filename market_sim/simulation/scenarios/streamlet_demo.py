"""The Streamlet demonstration: a committee without faults over a quiet market.

It can be run as a module, too:

    python -m market_sim.simulation.scenarios.streamlet_demo --epochs 8 --plot
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized, BlockProposed
from market_sim.core.models.instruments import Stock
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.core.money import cents, dollars
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.final_and_settled import clocks_of_trades
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise


@dataclass(frozen=True)
class StreamletDemo(Scenario):
    """Propose, vote, notarize, finalize: how four validators agree on the order of a few trades."""

    name: ClassVar[str] = "streamlet"

    traders: int = bounded(4, least=1, most=500)

    def build(self, world: World) -> None:
        """One maker and a few traders; the subject is the committee."""
        quiet_market(world, self.traders)

    def conclusion(self, journal: Journal) -> str:
        """How many blocks became final, and how long trades waited for it."""
        seated = next(journal.of(CommitteeSeated), None)
        if seated is None:
            return "This run has no committee, so no block was proposed."
        proposed = len({event.block for event in journal.of(BlockProposed)})
        notarized = len({event.block for event in journal.of(BlockNotarized)})
        final = len({event.block for event in journal.of(BlockFinalized)})
        clocks = clocks_of_trades(journal)
        waits = [one.finalized - one.matched for one in clocks if one.finalized is not None]
        wait = f" {sum(waits) / len(waits) / 1e9:.1f} s after they were matched, on average" if waits else ""
        return (
            f"{counted(seated.validators, 'validator')} proposed {counted(proposed, 'block')}; {notarized} "
            f"{was(notarized)} notarized with {seated.quorum} votes or more, and {final} became final. Of "
            f"{counted(len(clocks), 'trade')} {len(waits)} became final{wait}."
        )


def quiet_market(world: World, traders: int) -> None:
    """One share, one maker, and this number of noise traders."""
    world.list(Stock("ACME", tick=cents(1)), value=dollars(100), volatility_bps=2)
    world.join("maker", MarketMaker(spread_bps=6), cash=dollars(100_000), holdings={"ACME": 500})
    for number in range(traders):
        world.join(f"noise-{number}", Noise(trade_probability=0.3), cash=dollars(5_000), holdings={"ACME": 50})


if __name__ == "__main__":
    import sys

    from market_sim.ui.cli.main import main

    sys.exit(main(["--scenario", "streamlet", *sys.argv[1:]]))
