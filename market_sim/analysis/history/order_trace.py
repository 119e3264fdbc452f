"""The trace of an order: book, trades, blocks, votes, finality, transaction, and the balances it changed.

All facts come from the journal and are verified again: the payload of the block holds the trade (its digest is
recomputed), a vote is the validator's (its signature is verified), the batch contains the trade (its Merkle proof is
checked).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from market_sim.analysis.history.block_contents import BlockContents, Paid
from market_sim.analysis.history.books import Books
from market_sim.core.data.fold import FEES, Fold
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized, VoteCast
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
    book_name,
)
from market_sim.core.models.run_events import AgentJoined
from market_sim.core.models.settlement_events import TradeRefused

Pair = tuple[int | None, int | None]


@dataclass(frozen=True)
class Placed:
    """An event with its number in the journal."""

    number: int
    event: Any


@dataclass(frozen=True)
class Queue:
    """The quantity at the order's price on its own side, before and after its arrival."""

    before: int
    after: int
    opposite: int
    """The shown quantity on the other side that it could take at once."""


@dataclass(frozen=True)
class BlockWay:
    """A block that holds the trade or the call, with its votes, notarizations and finalizations."""

    proposed: Placed
    place: int
    """The index of the trade among the trades of the block, or of the call among its calls, from 1."""
    digest_matches: bool
    votes: tuple[Placed, ...]
    notarized: tuple[Placed, ...]
    finalized: tuple[Placed, ...]

    @property
    def is_final(self) -> bool:
        """Whether the block is final for a validator."""
        return bool(self.finalized)


@dataclass(frozen=True)
class Change:
    """One balance that the trade changed."""

    account: str
    asset: str
    before: int
    after: int
    chain_before: int | None
    chain_after: int | None
    """The balance on the chain before and after the batch; None when the trade is not settled."""


@dataclass(frozen=True)
class TradeTrace:
    """One trade with its blocks, its payment and its changes of balances."""

    trade: Placed
    ways: tuple[BlockWay, ...]
    """The blocks that hold the trade, the final one first; orphaned blocks can hold it, too."""
    paid: Paid | None
    refused: Placed | None
    changes: tuple[Change, ...]

    @property
    def state(self) -> str:
        """The last of the three states that the trade has reached."""
        if self.paid is not None:
            return "refused on chain" if self.refused else "settled"
        return "final" if any(way.is_final for way in self.ways) else "matched"


@dataclass(frozen=True)
class OrderTrace:
    """One order from its acceptance to its end."""

    accepted: Placed
    strategy: str
    queue: Queue | None
    later: tuple[Placed, ...]
    """Its amendments and cancellations, in order."""
    trades: tuple[TradeTrace, ...]


class Tracer:
    """Traces any order or trade of one journal."""

    def __init__(self, journal: Journal, books: Books) -> None:
        self.journal = journal
        self._books = books
        self.orders: dict[int, int] = {}
        self.trades: dict[int, int] = {}
        self._of_order: dict[int, list[int]] = {}
        for number, event in enumerate(journal):
            if isinstance(event, OrderAccepted):
                self.orders[event.order] = number
            elif isinstance(event, Trade):
                self.trades[event.trade] = number
                self._of_order.setdefault(event.maker_order, []).append(number)
                self._of_order.setdefault(event.taker_order, []).append(number)
            elif isinstance(event, (OrderAmended, OrderCancelled)):
                self._of_order.setdefault(event.order, []).append(number)

    @cached_property
    def blocks(self) -> BlockContents:
        """The contents of the blocks, read at the first use."""
        return BlockContents(self.journal)

    def order(self, order: int, most: int) -> OrderTrace | None:
        """The trace of an order with at most `most` of its trades; None when there is no such order."""
        number = self.orders.get(order)
        if number is None:
            return None
        accepted = self._placed(number)
        own = [self._placed(place) for place in self._of_order.get(order, [])]
        trades = [one.event.trade for one in own if type(one.event) is Trade][:most]
        return OrderTrace(
            accepted,
            next((e.strategy for e in self.journal.of(AgentJoined) if e.agent == accepted.event.account), ""),
            self._queue(number),
            tuple(one for one in own if type(one.event) is not Trade),
            tuple(self.trade(trade) for trade in trades),
        )

    def fills(self, order: int) -> int:
        """The number of trades of an order."""
        return sum(1 for place in self._of_order.get(order, []) if type(self.journal[place]) is Trade)

    def trade(self, trade: int) -> TradeTrace:
        """The trace of one trade."""
        number = self.trades[trade]
        blocks = self.blocks
        ways = tuple(self.way(block, trade - blocks.first_trade(block) + 1) for block in blocks.holding(trade))
        ways = tuple(sorted(ways, key=lambda way: not way.is_final))
        final = next((way for way in ways if way.is_final), None)
        paid = self.blocks.paid(trade) if final else None
        refused = next(
            (Placed(place, e) for place, e in self.blocks.refusals if e.trade == trade and type(e) is TradeRefused),
            None,
        )
        return TradeTrace(self._placed(number), ways, paid, refused, self._changes(number, paid))

    def _placed(self, number: int) -> Placed:
        return Placed(number, self.journal[number])

    def way(self, block: str, place: int) -> BlockWay:
        """A block that holds an item at this place."""
        contents = self.blocks
        return BlockWay(
            self._placed(contents.proposed[block]),
            place,
            contents.digest_matches(block),
            *(
                tuple(self._placed(place) for place in contents.about[block].get(kind, ()))
                for kind in (VoteCast, BlockNotarized, BlockFinalized)
            ),
        )

    def _queue(self, number: int) -> Queue | None:
        """The queue at the order's price; None for a market order."""
        accepted: Any = self.journal[number]
        terms = accepted.terms
        if terms.limit is None:
            return None
        side = 0 if terms.side == BUY else 1
        book = book_name(terms.symbol, terms.venue)
        before = self._books.at(number - 1, book)
        opposite = sum(size for price, size in before[1 - side].items() if terms.side * (terms.limit - price) >= 0)
        # Its trades at the same instant are part of its arrival.
        arrived = number
        while arrived + 1 < len(self.journal) and self._is_fill(arrived + 1, accepted.order):
            arrived += 1
        after = self._books.at(arrived, book)
        return Queue(before[side].get(terms.limit, 0), after[side].get(terms.limit, 0), opposite)

    def _is_fill(self, place: int, order: int) -> bool:
        event = self.journal[place]
        return isinstance(event, Trade) and event.taker_order == order

    def _changes(self, number: int, paid: Paid | None) -> tuple[Change, ...]:
        """The balances of both sides and of the fee account, before and after."""
        trade: Any = self.journal[number]
        fold = Fold()
        for place in range(number):
            fold.add(self.journal[place])
        quote = next(e.quote for e in self.blocks.listings if e.symbol == trade.symbol)
        places = [(who, what) for who in (trade.maker, trade.taker) for what in (trade.symbol, quote)]
        places.append((FEES, quote))
        places = list(dict.fromkeys(places))
        before = [fold.balances.get(who, {}).get(what, 0) for who, what in places]
        fold.add(trade)
        after = [fold.balances.get(who, {}).get(what, 0) for who, what in places]
        chain = self._on_chain(places, paid)
        return tuple(
            Change(*place, *pair, *on_chain)
            for place, pair, on_chain in zip(places, zip(before, after, strict=True), chain, strict=True)
        )

    def _on_chain(self, places: list[tuple[str, str]], paid: Paid | None) -> list[Pair]:
        """The balances in the contract before and after the batch; None for assets that are no tokens."""
        register = self.blocks.register
        found: list[Pair] = []
        for account, asset in places:
            if paid is None or not register.is_token(asset):
                found.append((None, None))
                continue
            place = register.accounts[account], register.token(asset)
            before = paid.batch.before.get(place, 0)
            moved = sum(row.delta for row in paid.batch.execution.rows if (row.account, row.token) == place)
            found.append((before, before + moved))
        return found
