"""Corporate actions: what dividends and a split do to an owner, a short seller and a call (rulebook F-3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed, was
from market_sim.core.models.derivatives import Option
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade, Transferred
from market_sim.core.models.mechanism_events import CorporateActionTaken, Exercised, InstrumentExpired, TermsAdjusted
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.money import cents, dollars, written
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.corporate_actions import CorporateAction, CorporateActions
from market_sim.market.mechanisms.margin import MarginAccounts, MarginTerms
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.options import OptionsClearing
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.market.mechanisms.short_selling import MANUFACTURED_DIVIDEND
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder, OptionHolder
from market_sim.strategies.traditional.option_maker import OptionMaker
from market_sim.strategies.traditional.position_taker import PositionTaker


@dataclass(frozen=True)
class CorporateActionsScenario(Scenario):
    """Why a split makes nobody richer: what dividends and a split do to an owner, a short seller and a call."""

    name: ClassVar[str] = "corporate-actions"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = (
        "The company acts three times, and no action changes what the owner's shares and cash are worth by more than "
        "half a percent."
    )

    dividend: int = bounded(100, least=0, most=1_000)
    """The dividend of the third day in cents for each share; 0 for none."""
    split: int = bounded(2, least=1, most=10)
    """New shares for each old one on the fifth day; 1 for no split."""
    special: int = bounded(300, least=0, most=500)
    """The special dividend of the seventh day in cents for each share; 0 for none."""
    sold_short: int = bounded(30, least=1, most=100)
    calls: int = bounded(3, least=1, most=10)

    EXPIRY_DAY: ClassVar[int] = 9
    OWNED: ClassVar[int] = 100
    CALL: ClassVar[Option] = Option(
        "ACME-CALL", underlying="ACME", strike=dollars(90), expiry=EXPIRY_DAY * SECOND, delivery="physical",
        multiplier=10,
    )  # fmt: skip

    def build(self, world: World) -> None:
        """A company with authorised shares and cash, an owner, a short seller and its lender, and a holder of calls."""
        world.list(Stock("ACME", tick=cents(1)), value=dollars(100), volatility_bps=10)
        world.list(self.CALL)
        world.join("company", Holder(), cash=dollars(400_000), holdings={"ACME": 100_000})
        maker = MarketMaker(spread_bps=10, size=20, levels=4, max_position=100_000)
        world.join("maker", maker, cash=dollars(200_000), holdings={"ACME": 2_000})
        for number in range(4):
            world.join(f"noise-{number}", Noise(), cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)
        world.join("owner", Holder(), holdings={"ACME": self.OWNED})
        world.join("lender", Holder(), holdings={"ACME": 200})
        world.join("bear", PositionTaker(target=-self.sold_short), cash=dollars(20_000))
        # Its quotes do not follow changes of the option's terms, so it stops before the first one.
        quotes = OptionMaker((self.CALL,), until=2 * SECOND)
        world.join("writer", quotes, cash=dollars(20_000), holdings={"ACME": 500}, every_ms=50)
        holder = OptionHolder(self.CALL, quantity=self.calls)
        world.join("holder", holder, cash=dollars(20_000), every_ms=100)
        house, marks = ClearingHouse(capital=dollars(20_000)), Marks(world.values)
        options = OptionsClearing(house, SettlementPrices(marks), world.randomness)
        planned: tuple[CorporateAction, ...] = (
            CorporateAction(3 * SECOND, "dividend", self.dividend),
            CorporateAction(5 * SECOND, "split", self.split if self.split > 1 else 0),
            CorporateAction(7 * SECOND, "special dividend", self.special),
        )
        world.attach(house)
        world.attach(options)
        acts = [action for action in planned if action.amount]
        world.attach(CorporateActions(house, "ACME", "company", acts, marks, options))
        world.attach(MarginAccounts({"bear": Agreement()}, MarginTerms(lenders=("lender",)), world.values))

    def conclusion(self, journal: Journal) -> str:
        """The company's actions, and their effect on the owner's shares, the bear's debt and the calls."""
        taken = [*journal.of(CorporateActionTaken)]
        if not taken:
            return "The company did nothing before the run ended."
        did = listed(_told(event) for event in taken)
        return f"The company {did}. {self._owned(journal)}; {self._owed(journal)}. {self._calls(journal)}."

    def worths(self, journal: Journal) -> list[tuple[int, int]]:
        """What the owner's shares and cash were worth just before and soon after each action."""
        shares, cash, found = self.OWNED, 0, list[tuple[int, int]]()
        pending: int | None = None
        for event in journal:
            if isinstance(event, CorporateActionTaken):
                pending = shares * event.price + cash
                new, old = event.ratio
                shares = shares * new // old
                cash += shares * event.amount if event.action in ("dividend", "special dividend") else 0
            elif pending is not None and isinstance(event, ValueMoved) and event.symbol == "ACME":
                found.append((pending, shares * event.value + cash))
                pending = None
        return found

    def holds(self, journal: Journal) -> bool:
        """Whether there were three actions, each of which left the owner as rich as it was."""
        found = self.worths(journal)
        return len(found) == 3 and all(abs(after - before) * 200 < before for before, after in found)

    def _owned(self, journal: Journal) -> str:
        """The shares and the cash of the owner, which never trades."""
        moved = [event for event in journal.of(Transferred) if event.target == "owner"]
        shares = self.OWNED + sum(event.amount for event in moved if event.asset == "ACME")
        cash = sum(event.amount for event in moved if event.asset == "USD")
        return f"The owner's {self.OWNED:,} shares are {shares:,} and {written(cash)} in cash now"

    @staticmethod
    def _owed(journal: Journal) -> str:
        """The shares that the bear sold and owes, and the dividends that it paid to its lender."""
        sold = owed = 0
        for event in journal:
            if isinstance(event, Trade) and event.taker == "bear":
                sold -= event.side * event.quantity
                owed -= event.side * event.quantity
            elif isinstance(event, CorporateActionTaken):
                new, old = event.ratio
                owed = owed * new // old
        paid = sum(event.amount for event in journal.of(Transferred) if event.reason == MANUFACTURED_DIVIDEND)
        return f"the bear sold {counted(sold, 'share')} short, owes {owed:,} now and paid its lender {written(paid)}"

    def _calls(self, journal: Journal) -> str:
        """The adjusted terms of one call, and the end of the calls."""
        call = self.CALL
        adjusted = [*journal.of(TermsAdjusted)]
        shares, cash = call.multiplier, 0
        if adjusted:
            last = adjusted[-1]
            shares, cash = call.multiplier * last.shares // last.parts, call.multiplier * last.cash // last.parts
        told = f"A call on {call.multiplier} shares for {written(call.strike * call.multiplier)} stands for {shares}"
        told += f" and {written(cash)} in cash" if cash else ""
        ended = next(journal.of(InstrumentExpired), None)
        if ended is None:
            return f"{told}, and had not expired when the run ended"
        used = sum(event.quantity for event in journal.of(Exercised))
        end = f"{was(used)} exercised at the expiry, when ACME settled at {written(ended.price)}"
        return f"{told}; {counted(used, 'call')} of the holder {end}"


def _told(event: CorporateActionTaken) -> str:
    """One action of the company."""
    if event.action == "split":
        return f"split its share {event.amount} for 1"
    kind = "a special dividend" if event.action == "special dividend" else "a dividend"
    return f"paid {kind} of {written(event.amount)} on {event.entitled:,} shares"
