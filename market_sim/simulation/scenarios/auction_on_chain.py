"""One call auction held twice, on the exchange and on the chain, with the same orders."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from market_sim.blockchain.auction_model import AuctionTerms
from market_sim.blockchain.call_auction import ChainCallAuction
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import AuctionHeld, Trade
from market_sim.core.models.settlement_events import CallExecuted, ContractDeployed
from market_sim.core.money import dollars, written
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.auction_sides import Auctioneer, AuctionTrader
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

SYMBOL, REFERENCE, ORDERS, AFTERWARDS, CLOSES = "ACME", dollars(100), 2, 2, 5


class Traded(NamedTuple):
    """What an auction came to: price and volume, and what each participant gained or gave of shares and of money."""

    price: int
    volume: int
    shares: Counter[str]
    money: Counter[str]

    @property
    def sentence(self) -> str:
        """Price and volume in words."""
        return f"traded {counted(self.volume, 'share')} at {written(self.price)}" if self.volume else "traded nothing"


@dataclass(frozen=True)
class AuctionOnChain(Scenario):
    """A call auction on the exchange and on the chain: the same orders find the same price, and trade the same."""

    name: ClassVar[str] = "auction-on-chain"
    epochs: ClassVar[int] = 12
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = (
        "The exchange and the chain find the same price for the same orders, and each participant trades the same."
    )

    traders: int = bounded(8, least=2, most=16)
    reach_cents: int = bounded(5, least=0, most=1_000)
    largest_order: int = bounded(20, least=1, most=10_000)

    def build(self, world: World) -> None:
        """Buyers and sellers with two orders each, and an auctioneer for the chain."""
        world.list(Stock(SYMBOL), value=REFERENCE, volatility_bps=2)
        chain = world.chain("eth-tester")
        auction = chain.deploy(ChainCallAuction("auction", AuctionTerms(REFERENCE, CLOSES), SYMBOL))
        world.at(epoch=1, do=open_the_call)
        world.at(epoch=2, do=end_the_call)
        shares = ORDERS * self.largest_order
        money = shares * (REFERENCE + self.reach_cents)
        for number in range(self.traders):
            is_buyer = number % 2 == 0
            name = f"{'buyer' if is_buyer else 'seller'}-{number // 2}"
            trader = AuctionTrader(
                auction.name, auction.is_held, is_buyer, REFERENCE, self.reach_cents, self.largest_order, ORDERS, SYMBOL
            )
            world.join(name, trader, cash=money if is_buyer else 0, holdings={} if is_buyer else {SYMBOL: shares})
            chain.give(name, *(("USD", money) if is_buyer else (SYMBOL, shares)))
        world.join("auctioneer", Auctioneer(auction.name, auction.is_due))
        # The settled epoch grows with the trades that follow the auction of the exchange.
        world.join("maker", MarketMaker(), cash=dollars(100_000), holdings={SYMBOL: 1_000}, from_epoch=AFTERWARDS)
        for number in range(4):
            noise, name = Noise(trade_probability=0.5), f"noise-{number}"
            world.join(name, noise, cash=dollars(9_000), holdings={SYMBOL: 50}, from_epoch=AFTERWARDS)

    def holds(self, journal: Journal) -> bool:
        """Whether both auctions were held and collected, and came to the same."""
        exchange, chain = _on_the_exchange(journal), _on_the_chain(journal)
        return exchange is not None and exchange == chain and not _uncollected(journal)

    def conclusion(self, journal: Journal) -> str:
        """What both auctions came to, and who traded otherwise on one than on the other."""
        if not any(journal.of(ContractDeployed)):
            return "This run settles on no chain, so there was no auction on the chain."
        exchange, chain = _on_the_exchange(journal), _on_the_chain(journal)
        if exchange is None:
            return "The auction of the exchange is not held yet."
        if chain is None:
            return f"The exchange {exchange.sentence}. The auction on the chain is not held yet."
        told = f"The exchange {exchange.sentence}, and the chain {chain.sentence}."
        if waiting := _uncollected(journal):
            return f"{told} Not collected yet: {listed(waiting)}."
        names = sorted(exchange.shares.keys() | chain.shares.keys())
        other = [
            name for name in names
            if (exchange.shares[name], exchange.money[name]) != (chain.shares[name], chain.money[name])
        ]  # fmt: skip
        if other:
            return f"{told} Traded otherwise on the chain: {listed(other)}."
        return f"{told} {counted(self.traders, 'participant')} traded the same shares for the same money in both."


def open_the_call(world: World) -> None:
    """Let the exchange collect orders."""
    world.exchange.phases.call(SYMBOL, reference=REFERENCE)


def end_the_call(world: World) -> None:
    """Let the exchange trade them at one price."""
    world.exchange.phases.uncross(SYMBOL)


def _on_the_exchange(journal: Journal) -> Traded | None:
    held = next(journal.of(AuctionHeld), None)
    if held is None:
        return None
    shares, money = Counter[str](), Counter[str]()
    for trade in journal.of(Trade):
        if trade.time == held.time:
            buyer, seller = (trade.taker, trade.maker) if trade.side == BUY else (trade.maker, trade.taker)
            for name, sign in ((buyer, 1), (seller, -1)):
                shares[name] += sign * trade.quantity
                money[name] -= sign * trade.quantity * trade.price
    return Traded(held.price or 0, held.volume, shares, money)


def _on_the_chain(journal: Journal) -> Traded | None:
    """What was collected of the auction on the chain, less what was locked before."""
    held: CallExecuted | None = None
    shares, money = Counter[str](), Counter[str]()
    locked: dict[int | str, Counter[str]] = {}
    for call in journal.of(CallExecuted):
        if not call.succeeded:
            continue
        if call.function == "hold":
            held = call
        elif call.function == "collect":
            shares[call.account] += int(call.numbers["base"])
            money[call.account] += int(call.numbers["quote"])
        elif call.function in ("buy", "sell"):
            side = locked[call.numbers["order"]] = money if call.function == "buy" else shares
            side[call.account] -= int(call.numbers["locked"])
        elif call.function == "cancel":
            locked[call.numbers["order"]][call.account] += int(call.numbers["released"])
    if held is None:
        return None
    return Traded(int(held.numbers["price"]), int(held.numbers["volume"]), shares, money)


def _uncollected(journal: Journal) -> list[str]:
    """Who placed an order on the chain and has not collected what it has there."""
    done = [call for call in journal.of(CallExecuted) if call.succeeded]
    collected = {call.account for call in done if call.function == "collect"}
    return sorted({call.account for call in done if call.function in ("buy", "sell")} - collected)
