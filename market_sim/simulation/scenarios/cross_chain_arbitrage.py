"""Cross-chain arbitrage: shares are dearer on another chain, and an atomic swap brings their price home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from market_sim.blockchain.htlc import Htlc
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed
from market_sim.core.models.instruments import Stock
from market_sim.core.models.settlement_events import CallExecuted, ContractDeployed
from market_sim.core.money import dollars, written
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import trades_of, yearly_volatility
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.arbitrage.cross_chain import CrossChainArbitrage
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.swap_sides import SwapBuyer, SwapCustomer, SwapTerms

ARBITRAGEUR = "arbitrageur"
VALUE = dollars(100)
TAKER_BPS = 5
CUSTOMERS = {"eve": 0, "fay": 2, "gus": 4}
"""Who needs shares on the other chain, and the day on which each offers money for them."""
SPECULATOR, SPECULATES = "hal", 1
"""Who offers about the price of the book, and takes the shares only if they have risen."""
SPECULATOR_PERCENT = 0.4
SHARES_AFTER, MONEY_AFTER = 5, 8
"""The deadlines, in days after the offer: the money is locked for longer, so that its claim can become final."""


class Traded(NamedTuple):
    """What the arbitrageur delivered on the other chain and got for it, and what it bought in the book and paid."""

    sold: int
    received: int
    bought: int
    paid: int
    unclaimed: int
    """The money that waits for it, because the shares against it were taken."""

    @property
    def gain(self) -> int:
        """What is left after all fees."""
        return self.received - self.paid


@dataclass(frozen=True)
class CrossChainArbitrageScenario(Scenario):
    """What is a higher price on another chain worth? Shares are sold there by swaps, and bought here in the book."""

    name: ClassVar[str] = "cross-chain-arbitrage"
    epochs: ClassVar[int] = 14
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = (
        "The arbitrageur gains after all fees, and buys in the book as many shares as it delivers on the other chain."
    )

    shares: int = bounded(20, least=1, most=200)
    premium_percent: float = bounded(2.5, least=-50.0, most=100.0)
    volatility_bps: float = bounded(20.0, least=0.0, most=500.0)
    counts_time: bool = True

    def build(self, world: World) -> None:
        """A book here, locks on both chains, customers over there, a speculator, and the arbitrageur between them."""
        world.list(Stock("ACME"), FeeSchedule(taker=bps(TAKER_BPS)), value=VALUE, volatility_bps=self.volatility_bps)
        maker = MarketMaker(size=40, max_position=20_000)
        world.join("maker", maker, cash=dollars(2_000_000), holdings={"ACME": 10_000})
        for number in range(2):
            world.join(f"noise-{number}", Noise(trade_probability=0.4), cash=dollars(9_000), holdings={"ACME": 50})
        home = world.chain("eth-tester")
        away = home.beside("away")
        money, shares = home.deploy(Htlc("usd-lock", "USD")), away.deploy(Htlc("acme-lock", "ACME"))
        seen, offers = (money.events, shares.events), []
        for name, day in {**CUSTOMERS, SPECULATOR: SPECULATES}.items():
            percent = SPECULATOR_PERCENT if name == SPECULATOR else self.premium_percent
            paid = round(self.shares * VALUE * (100 + percent) / 100)
            days = day + MONEY_AFTER, day + SHARES_AFTER
            terms = SwapTerms(name, ARBITRAGEUR, "ACME", self.shares, paid, money.name, shares.name, *days)
            decides = day + SHARES_AFTER - 0.3
            buyer = SwapBuyer(terms, decides, seen) if name == SPECULATOR else SwapCustomer(terms, seen=seen)
            world.join(name, buyer, from_epoch=day)
            home.give(name, "USD", paid)
            offers.append(terms)
        trader = CrossChainArbitrage(tuple(offers), seen, TAKER_BPS, self.volatility, counts_time=self.counts_time)
        world.join(ARBITRAGEUR, trader, cash=dollars(1_000_000))
        away.give(ARBITRAGEUR, "ACME", self.shares * len(offers))

    @property
    def volatility(self) -> float:
        """The volatility of the shares for a year."""
        return yearly_volatility(self.volatility_bps)

    def holds(self, journal: Journal) -> bool:
        """Whether it gained, and holds as many shares as before on both chains together."""
        traded = trades_across(journal)
        return traded.gain > 0 and traded.sold == traded.bought > 0

    def conclusion(self, journal: Journal) -> str:
        """The offers that were answered, what was sold there and bought here, and what is left of the difference."""
        if not any(journal.of(ContractDeployed)):
            return "This run settles on no chain, so there was no other chain to sell on."
        traded, answered = trades_across(journal), _locks(journal)
        if not answered:
            return "No offer of the other chain covered the book, the fee and the time, so none was answered."
        outcome = f"gained {written(traded.gain)}" if traded.gain >= 0 else f"lost {written(-traded.gain)}"
        if traded.unclaimed:
            outcome = f"had still to claim {written(traded.unclaimed)} when the run ended"
        return (
            f"Of {counted(len(CUSTOMERS) + 1, 'offer')} the arbitrageur answered those of {listed(answered)}: it "
            f"delivered {counted(traded.sold, 'share')} on the other chain for {written(traded.received)}, bought "
            f"{counted(traded.bought, 'share')} in the book for {written(traded.paid)} with fees, and {outcome}."
        )


def trades_across(journal: Journal) -> Traded:
    """What the arbitrageur delivered and got there, and bought and paid here, by the calls and trades of a run."""
    locked = {(call.contract, call.numbers["swap"]): int(call.numbers["amount"]) for call in _done(journal, "lock")}
    delivered = sum(locked["acme-lock", call.numbers["swap"]] for call in _done(journal, "claim", "acme-lock"))
    received = sum(locked["usd-lock", call.numbers["swap"]] for call in _done(journal, "claim", "usd-lock"))
    bought = paid = 0
    for trade, side, fee in trades_of(journal, ARBITRAGEUR):
        bought, paid = bought + side * trade.quantity, paid + side * trade.quantity * trade.price + fee
    return Traded(delivered, received, bought, paid, _worth_of_taken(journal) - received)


def _worth_of_taken(journal: Journal) -> int:
    """The money behind the shares that others took there."""
    digests = {call.numbers["swap"]: call.numbers["digest"] for call in _done(journal, "lock", "acme-lock")}
    taken = {digests[call.numbers["swap"]] for call in _done(journal, "claim", "acme-lock")}
    money = _done(journal, "lock", "usd-lock")
    return sum(int(call.numbers["amount"]) for call in money if call.numbers["digest"] in taken)


def _locks(journal: Journal) -> list[str]:
    """Whose offers the arbitrageur answered with a lock; another lock has a digest that no offer has."""
    payers = {str(call.numbers["digest"]): call.account for call in _done(journal, "lock", "usd-lock")}
    digests = [str(call.numbers["digest"]) for call in _done(journal, "lock", "acme-lock")]
    return [payers[digest] for digest in digests if digest in payers]


def _done(journal: Journal, function: str, contract: str = "") -> list[CallExecuted]:
    return [
        call
        for call in journal.of(CallExecuted)
        if call.succeeded and call.function == function and contract in ("", call.contract)
    ]
