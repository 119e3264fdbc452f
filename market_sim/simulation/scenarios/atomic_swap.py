"""Atomic swaps: money on one chain for shares on another, by two hash time locks with one secret.

The money is on the chain of the settlement, the shares are on another chain. Each side can lose time and nothing else;
but the side that knows the secret decides last, which is an option that it did not pay for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from market_sim.blockchain.htlc import Htlc
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.models.settlement_events import CallExecuted, ContractDeployed
from market_sim.core.money import dollars, written
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.pricing.hash_lock import free_option
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import yearly_volatility
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.swap_sides import SwapBuyer, SwapSeller, SwapTerms

PRICE = dollars(100)
"""The agreed price of a share, which is its value when the run begins."""
SHOCK_EPOCH = 4
DECIDES = 4.8
SHARE_DAY, MONEY_DAY = 5, 8
"""The deadlines: the money is locked for longer, so that a claim with the secret can become final in time."""
PAIRS = (("ACME", "ann", "bob"), ("BETA", "carol", "dave"))
"""The share, its buyer and its seller."""


class Outcome(NamedTuple):
    """The two legs of a swap at the end of a run, and the value of the buyer's free option when it began."""

    money: str
    shares: str
    premium: float

    @property
    def is_whole(self) -> bool:
        """Whether both legs ended in the same way."""
        return self.money == self.shares

    @property
    def told(self) -> str:
        """What became of the two legs; one that is open has not ended, the run has."""
        if self.is_whole:
            ends = {"open": "were both still locked when the run ended", "never locked": "were never locked"}
            return ends.get(self.money, f"were both {self.money}")
        if "open" not in self:
            return f"ended apart: the money was {self.money}, the shares were {self.shares}"
        states = {"open": "still locked", "never locked": "not locked"}
        money, shares = (states.get(leg, leg) for leg in (self.money, self.shares))
        return f"had not both ended when the run did: the money was {money}, the shares were {shares}"

    @property
    def was_decided(self) -> bool:
        """Whether the buyer had a choice and its time is over."""
        return self.shares in ("claimed", "refunded")


@dataclass(frozen=True)
class AtomicSwap(Scenario):
    """Cash on one chain for shares on another: one swap completes, the other times out and both legs are refunded."""

    name: ClassVar[str] = "atomic-swap"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = (
        "The swap of the share that rose is claimed on both chains, that of the share that fell is refunded on both."
    )

    claim_settlement: ClassVar[str] = "memory"

    shares: int = bounded(10, least=1, most=1_000)
    rise_percent: float = bounded(4.0, least=0.0, most=100.0)
    fall_percent: float = bounded(4.0, least=0.0, most=90.0)
    volatility_bps: float = bounded(20.0, least=0.0, most=500.0)

    def build(self, world: World) -> None:
        """Two shares with a market each, a lock for each token on its chain, and two pairs that agreed on terms."""
        home = world.chain("eth-tester")
        away = home.beside("away")
        money = home.deploy(Htlc("usd-lock", "USD"))
        for symbol, _, _ in PAIRS:
            world.list(Stock(symbol), value=PRICE, volatility_bps=self.volatility_bps)
        for symbol, buyer, seller in PAIRS:
            maker = MarketMaker(symbol=symbol)
            world.join(f"{symbol.lower()}-maker", maker, cash=dollars(100_000), holdings={symbol: 1_000})
            for number in range(2):
                noise = Noise(symbol=symbol, trade_probability=0.5)
                world.join(f"{symbol.lower()}-noise-{number}", noise, cash=dollars(9_000), holdings={symbol: 50})
            shares = away.deploy(Htlc(f"{symbol.lower()}-lock", symbol))
            terms = SwapTerms(
                buyer, seller, symbol, self.shares, self.shares * PRICE, money.name, shares.name, MONEY_DAY, SHARE_DAY
            )
            seen = money.events, shares.events
            world.join(buyer, SwapBuyer(terms, DECIDES, seen))
            world.join(seller, SwapSeller(terms, seen=seen))
            home.give(buyer, "USD", terms.money)
            away.give(seller, symbol, terms.shares)
        for (symbol, _, _), percent in zip(PAIRS, (self.rise_percent, -self.fall_percent), strict=True):
            if percent:
                world.at(epoch=SHOCK_EPOCH, shock=PriceShock(symbol, percent=percent))

    def outcome(self, journal: Journal, symbol: str, buyer: str, seller: str) -> Outcome:
        """How the two legs of a pair ended: "claimed", "refunded", "open" or "never locked"."""
        calls = [call for call in journal.of(CallExecuted) if call.succeeded]
        money = _leg(calls, "usd-lock", buyer)
        shares = _leg(calls, f"{symbol.lower()}-lock", seller)
        begun = next((call.time for call in calls if call.function == "lock" and call.account == seller), None)
        return Outcome(money, shares, 0.0 if begun is None else self.premium(journal, symbol, begun))

    def premium(self, journal: Journal, symbol: str, begun: int) -> float:
        """The value of the buyer's choice at the moment at which both legs were locked."""
        years = max(0, SHARE_DAY * TRADING_DAY_NS - begun) / (TRADING_DAYS_A_YEAR * TRADING_DAY_NS)
        return free_option(_price(journal, symbol, begun), PRICE, self.shares, years, self.volatility)

    @property
    def volatility(self) -> float:
        """The volatility of the shares for a year, without the two shocks."""
        return yearly_volatility(self.volatility_bps)

    def holds(self, journal: Journal) -> bool:
        """Whether the first pair swapped and the second got back what it locked."""
        first, second = (self.outcome(journal, *pair) for pair in PAIRS)
        return (first.money, first.shares, second.money, second.shares) == ("claimed",) * 2 + ("refunded",) * 2

    def conclusion(self, journal: Journal) -> str:
        """Both legs of each pair, the price at which the buyer decided, and the value of that choice."""
        if not any(journal.of(ContractDeployed)):
            return "This run settles on no chain, so nothing could be locked."
        told = " ".join(self._told(journal, *pair) for pair in PAIRS)
        if not any(self.outcome(journal, *pair).was_decided for pair in PAIRS):
            return told
        return (
            f"{told} No buyer paid for that choice (Black-Scholes, strike {written(PRICE)}, volatility "
            f"{self.volatility:.1%})."
        )

    def _told(self, journal: Journal, symbol: str, buyer: str, seller: str) -> str:
        found = self.outcome(journal, symbol, buyer, seller)
        money, shares = f"{written(self.shares * PRICE)} of {buyer}", f"{self.shares:,} {symbol} of {seller}"
        if not found.was_decided:
            return f"{money} and {shares} {found.told}."
        price = _price(journal, symbol, int(DECIDES * TRADING_DAY_NS))
        return (
            f"{money} and {shares} {found.told}; {symbol} stood at {written(price)} when {buyer} decided, and the "
            f"choice was worth {written(round(found.premium))} when it began."
        )


def _leg(calls: list[CallExecuted], contract: str, payer: str) -> str:
    """What became of the lock of a payer in a contract."""
    own = next(
        (call for call in calls if (call.contract, call.function, call.account) == (contract, "lock", payer)), None
    )
    if own is None:
        return "never locked"
    ends = (
        call.function for call in calls if call.contract == contract and call.numbers["swap"] == own.numbers["swap"]
    )
    return {"claim": "claimed", "refund": "refunded"}.get(list(ends)[-1], "open")


def _price(journal: Journal, symbol: str, time: int) -> int:
    """The last price of a share at a time; the agreed one before it has traded."""
    return ([trade.price for trade in journal.of(Trade) if trade.symbol == symbol and trade.time <= time] or [PRICE])[
        -1
    ]
