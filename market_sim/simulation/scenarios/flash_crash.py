"""A flash crash: one large sale by a program that does not look at the price (after Kirilenko et al. 2017).

The makers buy what it sells and want to be paid more for holding more (Grossman and Miller 1988), so the price falls
with their inventory, though the value does not, and comes back as patient buyers take that over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import about_seconds, counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import SELL
from market_sim.core.money import dollars, written
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import gained, prices_of, traded, trading_gain
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.execution.schedules import Twap
from market_sim.strategies.market_making.inventory_models import GueantLehalleTapia
from market_sim.strategies.traditional.informed import Fundamentalist
from market_sim.strategies.traditional.noise import Noise

SELLER = "program"
BEGINS, ENDS = 3.0, 5.0


@dataclass(frozen=True)
class FlashCrash(Scenario):
    """What one careless order can do: a program sells on schedule, and the makers run out of room."""

    name: ClassVar[str] = "flash-crash"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = "The price falls by more than 1.5 %, and more than half of that is made up in the end."

    quantity: int = bounded(2_000, least=0, most=20_000)
    patient: int = bounded(4, least=0, most=100)

    def build(self, world: World) -> None:
        """A steady value, makers with limited room for inventory, noise, patient buyers, and the program."""
        world.list(Stock("ACME"), value=dollars(100))
        for number in range(2):
            maker = GueantLehalleTapia(size=20, max_position=1_500, gamma=0.05, sigma=20.0, k=0.2, intensity=5.0)
            world.join(f"maker-{number}", maker, dollars(2_000_000), {"ACME": 9_000}, every_ms=40 + 7 * number)
        for number in range(4):
            world.join(f"noise-{number}", Noise(trade_probability=0.3, patience=0), dollars(9_000), {"ACME": 60})
        for number in range(self.patient):
            buyer = Fundamentalist(error_percent=0.1, threshold_bps=40, size=10, max_position=1_500)
            world.join(f"patient-{number}", buyer, dollars(400_000), {"ACME": 2_000}, every_ms=250)
        if self.quantity:
            program = Twap(side=SELL, quantity=self.quantity, start_s=BEGINS, end_s=ENDS, slices=40)
            world.join(SELLER, program, 0, {"ACME": self.quantity}, every_ms=50)

    def fall(self, journal: Journal) -> tuple[int, int, int, int]:
        """The last price before the sale, the lowest one after, when that was, and the last of all."""
        told = prices_of(journal, "ACME")
        before = [price for time, price in told if time < BEGINS * SECOND] or [dollars(100)]
        after = [(price, time) for time, price in told if time >= BEGINS * SECOND] or [(before[-1], 0)]
        lowest, when = min(after)
        return before[-1], lowest, when, after[-1][0]

    def holds(self, journal: Journal) -> bool:
        """Whether it fell far and came back."""
        before, lowest, _, last = self.fall(journal)
        return lowest < before * 0.985 and last - lowest > (before - lowest) / 2

    def conclusion(self, journal: Journal) -> str:
        """How far the price fell, when, where it ended, and what the sale cost the seller."""
        if not any(time >= BEGINS * SECOND for time, _ in prices_of(journal, "ACME")):
            return "Nothing was traded after the sale should have begun."
        before, lowest, when, last = self.fall(journal)
        sold = traded(journal, SELLER)
        outcome = f"the program sold {counted(sold, 'share')} and {gained(trading_gain(journal, SELLER))} by it"
        return (
            f"The price was {written(before)} before the sale, {written(lowest)} at its lowest "
            f"({about_seconds(when)} into the run), and {written(last)} at last; measured at the value, "
            f"{outcome if sold else 'the program sold nothing'}."
        )
