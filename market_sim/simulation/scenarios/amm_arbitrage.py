"""A book and a pool: an automated market maker on the chain, a limit order book, and the arbitrageur between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.blockchain.amm import Amm
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.models.settlement_events import CallExecuted, ContractReconciled
from market_sim.core.money import dollars, written
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.arbitrage.pool_arbitrage import PoolArbitrage
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.pool_users import LiquidityProvider, PoolNoise

VALUE = dollars(100)
TO_ANSWER_NS = 4 * SECOND
"""How long an answer can take: the arbitrageur makes one call at a time, and each takes two epochs to become final."""
SPREAD_BPS, TAKER_BPS = 10, 5
ARBITRAGEUR = "arbitrageur"


@dataclass(frozen=True)
class AmmArbitrage(Scenario):
    """A pool on the chain begins at another price than the book: an arbitrageur trades the gap away."""

    name: ClassVar[str] = "amm-arbitrage"
    epochs: ClassVar[int] = 12
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = (
        "The price of the pool ends within the fees and the spread of the price of the book, but for what others "
        "traded there too late for the arbitrageur."
    )

    gap_percent: int = bounded(4, least=-50, most=100)
    pool_shares: int = bounded(10_000, least=10, most=1_000_000)
    pool_fee_bps: int = bounded(30, least=0, most=1_000)
    pool_traders: int = bounded(2, least=0, most=50)
    arbitrage: bool = True

    def build(self, world: World) -> None:
        """A quiet book, a pool with two providers and a few traders, and an arbitrageur with money in both places."""
        world.list(Stock("ACME"), FeeSchedule(taker=bps(TAKER_BPS)), value=VALUE, volatility_bps=0.5)
        maker = MarketMaker(spread_bps=SPREAD_BPS, size=200, step_bps=2, lean_bps=2, max_position=10_000)
        world.join("maker", maker, cash=dollars(2_000_000), holdings={"ACME": 20_000})
        for number in range(4):
            world.join(f"noise-{number}", Noise(trade_probability=0.3), cash=dollars(9_000), holdings={"ACME": 50})
        chain = world.chain("eth-tester")
        pool = chain.deploy(Amm(fee_bps=self.pool_fee_bps))
        money = self.pool_shares * VALUE * (100 + self.gap_percent) // 100
        for name, part, stays_ms in (("provider", 1, None), ("visitor", 10, 4_000)):
            base, quote = max(1, self.pool_shares // part), max(1, money // part)
            begins = 0 if stays_ms is None else 2
            world.join(name, LiquidityProvider(pool.name, base, quote, stays_ms), every_ms=500, from_epoch=begins)
            chain.give(name, "ACME", base)
            chain.give(name, "USD", quote)
        for number in range(self.pool_traders):
            name = f"swapper-{number}"
            world.join(name, PoolNoise(pool.name, VALUE, size=3), every_ms=500, from_epoch=4)
            chain.give(name, "ACME", 500)
            chain.give(name, "USD", 500 * VALUE)
        if self.arbitrage:
            trader = PoolArbitrage(pool, TAKER_BPS, size=2_000)
            world.join(ARBITRAGEUR, trader, cash=dollars(500_000), holdings={"ACME": 5_000})
            chain.give(ARBITRAGEUR, "ACME", 5_000)
            chain.give(ARBITRAGEUR, "USD", dollars(500_000))

    def holds(self, journal: Journal) -> bool:
        """Whether the last prices of pool and book are that near; a trade of the book is at one end of its spread."""
        prices = _prices(journal)
        if not prices:
            return False
        (base, quote), book = prices[-1], _book(journal)
        # The pool moves in whole shares: one share more moves its price by about two in `base`.
        moves = 1 + _too_late(journal)
        bound_bps = self.pool_fee_bps + TAKER_BPS + SPREAD_BPS + 20_000 * moves / base
        return abs(quote / base - book) * 10_000 <= book * bound_bps

    def conclusion(self, journal: Journal) -> str:
        """The gap at the beginning and at the end, what the arbitrageur gained, and the average price of the pool."""
        prices = _prices(journal)
        if not prices:
            return "No liquidity reached the pool, so there was no price beside that of the book."
        (first, last), book = (prices[0], prices[-1]), _book(journal)
        return (
            f"The pool began at {_price(first)} and ended at {_price(last)}, the book at {written(book)}; "
            f"{_gained(journal, book)}.{_average(journal)} "
            f"Contract and twin agreed after {counted(len(prices), 'block')}."
        )


def _prices(journal: Journal) -> list[tuple[int, int]]:
    """The reserves of the pool after each block that changed them."""
    numbers = (event.numbers for event in journal.of(ContractReconciled))
    return [(int(one["baseReserve"]), int(one["quoteReserve"])) for one in numbers if one["baseReserve"]]


def _trades(journal: Journal) -> list[CallExecuted]:
    """What was bought from the pool and sold to it; liquidity may come and go, too."""
    return [call for call in journal.of(CallExecuted) if call.succeeded and call.function in ("buy", "sell")]


def _too_late(journal: Journal) -> int:
    """The shares that others traded with the pool when no call of the arbitrageur could answer any more."""
    done = _trades(journal)
    last = max((event.time for event in done), default=0)
    return sum(
        int(event.numbers["base"])
        for event in done
        if event.account != ARBITRAGEUR and event.time > last - TO_ANSWER_NS
    )


def _price(reserves: tuple[int, int]) -> str:
    return written(round(reserves[1] / reserves[0]))


def _book(journal: Journal) -> int:
    """The last price of the book."""
    return ([VALUE] + [trade.price for trade in journal.of(Trade)])[-1]


def _gained(journal: Journal, book: int) -> str:
    """What the arbitrageur traded with the pool, and its gain; shares that are left count at the last price."""
    calls = [call for call in _trades(journal) if call.account == ARBITRAGEUR]
    if not calls:
        return "nobody traded the gap away"
    cash = shares = 0
    traded = {"buy": 0, "sell": 0}
    for call in calls:
        side, base = (1 if call.function == "buy" else -1), int(call.numbers["base"])
        traded[call.function] += base
        shares += side * base
        cash -= side * int(call.numbers["quote"])
    for trade in journal.of(Trade):
        if trade.taker == ARBITRAGEUR:
            shares += trade.side * trade.quantity
            cash -= trade.side * trade.quantity * trade.price + trade.taker_fee
    gain = cash + shares * book
    how = f"gained {written(gain)}" if gain >= 0 else f"lost {written(-gain)}"
    rest = f", with {counted(abs(shares), 'share')} not closed yet" if shares else ""
    return (
        f"the arbitrageur bought {traded['buy']:,} shares from the pool, sold {traded['sell']:,} to it, "
        f"and after all fees {how}{rest}"
    )


def _average(journal: Journal) -> str:
    """The time-weighted average price of the pool between the first and the last observation."""
    seen = [call.numbers for call in journal.of(CallExecuted) if "cumulative" in call.numbers]
    if len(seen) < 2:
        return ""
    first, last = seen[0], seen[-1]
    epochs = int(last["epoch"]) - int(first["epoch"])
    mean = (int(last["cumulative"]) - int(first["cumulative"])) / epochs / 1_000_000
    return f" Its time-weighted price over {counted(epochs, 'epoch')} was {written(round(mean))}."
