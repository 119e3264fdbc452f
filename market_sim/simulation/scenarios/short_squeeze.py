"""Short squeeze: short sellers have to buy back recalled shares in a thin market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import OrderRejected, Trade, Transferred
from market_sim.core.models.mechanism_events import BoughtIn, PositionSold, Recalled
from market_sim.core.money import cents, dollars, written
from market_sim.market.mechanisms.liabilities import BORROWED, RETURNED
from market_sim.market.mechanisms.margin import MarginAccounts, MarginTerms
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.market.mechanisms.short_selling import Recall
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder
from market_sim.strategies.traditional.position_taker import PositionTaker


@dataclass(frozen=True)
class ShortSqueeze(Scenario):
    """A lender recalls borrowed shares: buying them back lifts the price, which forces more short sellers to buy."""

    name: ClassVar[str] = "short-squeeze"

    sellers: int = bounded(6, least=1, most=200)
    lent: int = bounded(600, least=1, most=100_000)
    recalled: int = bounded(400, least=1, most=100_000)
    borrow_fee_bps: int = bounded(5_000, least=0, most=1_000_000)
    crowd: int = bounded(5, least=0, most=200)
    """Further buyers, who start shortly before the recall is due."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.recalled > self.lent:
            raise InputError(
                f"scenario {self.name}: recalled must be at most the {counted(self.lent, 'share')} that the lender has "
                f"(lent), found {self.recalled:,}"
            )

    def build(self, world: World) -> None:
        """Short sellers, one lender, and makers that follow the last price."""
        world.list(Stock("ACME", tick=cents(1)))
        for number in range(2):
            maker = MarketMaker(
                spread_bps=30 + 10 * number, size=5, levels=8, step_bps=60, start=dollars(100), max_position=600
            )
            world.join(f"maker-{number}", maker, cash=dollars(400_000), holdings={"ACME": 1_500}, latency_ms=1 + number)
        for number in range(6):
            noise = Noise(trade_probability=0.15, max_size=3)
            world.join(f"noise-{number}", noise, cash=dollars(20_000), holdings={"ACME": 30}, latency_ms=5)
        bears = [f"bear-{number}" for number in range(self.sellers)]
        for number, name in enumerate(bears):
            seller = PositionTaker(target=-120, slice=4, start_ns=SECOND // 2)
            world.join(name, seller, cash=dollars(6_100 + 300 * number), every_ms=80)
        for number in range(self.crowd):
            buyer = PositionTaker(target=80, slice=3, start_ns=5 * SECOND)
            world.join(f"crowd-{number}", buyer, cash=dollars(16_000), every_ms=90)
        world.join("lender", Holder(), holdings={"ACME": self.lent})
        terms = MarginTerms(
            capital=dollars(500_000),
            insurance=dollars(2_000),
            lenders=("lender",),
            borrow_fees_bps={"ACME": self.borrow_fee_bps},
            recalls=[Recall(5 * SECOND, "lender", "ACME", self.recalled, SECOND)],
        )
        world.attach(MarginAccounts({name: Agreement() for name in bears}, terms))

    def conclusion(self, journal: Journal) -> str:
        """The shares borrowed and recalled, the forced purchases, and the rise of the price."""
        recalled = [*journal.of(Recalled)]
        at = recalled[0].time if recalled else journal[len(journal) - 1].time
        out = _borrowed(journal, at)
        if not recalled:
            return f"{counted(out, 'borrowed share')} {was(out)} out when the run ended; none had been recalled."
        refused = sum(event.reason == "NO_LOCATE" for event in journal.of(OrderRejected))
        wanted = sum(event.quantity for event in recalled)
        fees = sum(event.amount for event in journal.of(Transferred) if event.reason == "BORROW_FEE")
        return (
            f"{counted(out, 'borrowed share')} {was(out)} out when {wanted:,} {was(wanted)} recalled, and "
            f"{counted(refused, 'short sale')} found none to borrow; {_bought_back(journal, recalled[0].due)}; "
            f"borrowing cost {written(fees)}."
        )


def _borrowed(journal: Journal, until: int) -> int:
    """The number of shares on loan at this time."""
    moved = [event for event in journal.of(Transferred) if event.time <= until]
    return sum({BORROWED: event.amount, RETURNED: -event.amount}.get(event.reason, 0) for event in moved)


def _bought_back(journal: Journal, due: int) -> str:
    """The number of shares bought by force, and the rise of the price since the recall was due."""
    bought = sum(event.filled for event in journal.of(BoughtIn))
    forced = sum(event.filled for event in journal.of(PositionSold) if event.side == BUY)
    if journal[len(journal) - 1].time < due:
        told = "the run ended before they had to be returned"
        return f"{told}; liquidations bought back {forced:,}" if forced else told
    told = f"{bought:,} {was(bought)} bought in, and liquidations bought back {forced:,}"
    before = [trade.price for trade in journal.of(Trade) if trade.time < due]
    after = [trade.price for trade in journal.of(Trade) if trade.time >= due]
    if not before or not after:
        return told
    rose = max(after) > before[-1]
    return f"{told}, {'while the price rose' if rose else 'and the price did not rise'} from {written(before[-1])}" + (
        f" to {written(max(after))}" if rose else ""
    )
