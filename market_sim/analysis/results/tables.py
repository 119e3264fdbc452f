"""The tables of a run: trades, orders, quotes and blocks.

Times are nanoseconds of the run's clock, prices and amounts integers of the smallest unit. A cell is empty for an event
that has not happened, such as the settlement of a trade that is not final.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from market_sim.analysis.history.chain_history import ChainHistory, chain_history
from market_sim.analysis.results.table import Column, Table, Value, columns
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.intents import SIDE_NAMES
from market_sim.core.models.market_events import (
    BookOpened,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
    book_name,
)
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.market.exchange.book_replay import Book, BookReplay

TRADES = columns(
    trade="its number among all that is settled",
    time="when it was matched",
    symbol="what was traded",
    price="in ticks of its currency's smallest unit",
    quantity="in lots of the instrument's smallest unit",
    side="what the order did that arrived: buy or sell",
    maker="the account whose order was waiting",
    taker="the account whose order arrived",
    maker_order="the number of the order that was waiting",
    taker_order="the number of the order that arrived",
    maker_fee="what the maker paid; negative for a rebate",
    taker_fee="what the taker paid",
    epoch="the epoch of the final block that holds it",
    finalized="when that block was final for the first validator",
    settled="when the chain had paid it out",
)
ORDERS = columns(
    order="its number",
    time="when it was accepted",
    account="the account that placed it",
    symbol="the instrument",
    side="buy or sell",
    quantity="what it asked for at first",
    limit="its worst price; empty for a market order",
    time_in_force="how long it waits",
    filled="how much of it has traded",
    waiting="how much of it still waits",
    status="open, filled or cancelled",
    reason="why the rest was cancelled",
    ended="when nothing of it was left",
)
QUOTES = columns(
    time="from when on these were the best shown prices",
    symbol="of which instrument",
    bid="the best bid",
    bid_size="for how much",
    ask="the best ask",
    ask_size="for how much",
)
BLOCKS = columns(
    epoch="in which it was proposed",
    height="its place in its chain",
    proposer="the leader that proposed it",
    block="its hash",
    parent="the hash of the block that it extends",
    entries="how many trades and transfers it holds",
    votes="how many validators voted for it",
    proposed="when it was proposed",
    notarized="when the first validator saw a quorum of votes",
    finalized="when it was final for the first validator",
    settled="when the chain had paid it out",
    fate="its state at the end of the run",
)


def trades_table(journal: Journal) -> Table:
    """Every trade with its three clocks."""
    chain, settlements = chain_history(journal), _settlements(journal)
    lasts: list[int] = []
    blocks: list[str] = []
    for block in chain.story.shared_chain() if chain else ():
        lasts.append((lasts[-1] if lasts else 0) + block.trades)
        blocks.append(block.block)
    paid = [last for last, _ in settlements]

    def clocks(number: int) -> tuple[Value, Value, Value]:
        place = bisect_left(lasts, number)
        if chain is None or place == len(lasts):
            return None, None, None
        final = chain.finalized[blocks[place]]
        batch = bisect_left(paid, number)
        return (
            chain.story.blocks[blocks[place]].epoch,
            final.time,
            settlements[batch][1] if batch < len(paid) else None,
        )

    rows = [
        (
            event.trade, event.time, event.symbol, event.price, event.quantity, SIDE_NAMES[event.side], event.maker,
            event.taker, event.maker_order, event.taker_order, event.maker_fee, event.taker_fee, *clocks(event.trade),
        )
        for event in journal.of(Trade)
    ]  # fmt: skip
    return _on_venues(Table("trades", TRADES, rows), journal, [event.venue for event in journal.of(Trade)])


def orders_table(journal: Journal) -> Table:
    """Every accepted order with its final state."""
    found: dict[int, _Order] = {}
    for event in journal:
        if type(event) is OrderAccepted:
            found[event.order] = _Order(event)
        elif type(event) is Trade:
            for number in (event.maker_order, event.taker_order):
                if number in found:
                    found[number].trade(event)
        elif type(event) is OrderCancelled:
            found[event.order].cancel(event)
        elif type(event) is OrderAmended:
            found[event.order].amend(event)
    table = Table("orders", ORDERS, [order.row for order in found.values()])
    return _on_venues(table, journal, [order.accepted.terms.venue for order in found.values()])


def quotes_table(journal: Journal) -> Table:
    """Every change of the best bid and ask; none while orders of a call auction leave the book crossed."""
    # The book of an instrument on one of several venues has a name of its own.
    books = {book_name(event.symbol, event.venue): event for event in journal.of(BookOpened)}
    rows, venues = [], []
    for time, name, *best in _quotes(journal):
        opened = books.get(str(name))
        rows.append((time, opened.symbol if opened else name, *best))
        venues.append(opened.venue if opened else "")
    return _on_venues(Table("quotes", QUOTES, rows), journal, venues)


def blocks_table(journal: Journal) -> Table:
    """Every proposed block with its final state."""
    chain = chain_history(journal)
    if chain is None:
        return Table("blocks", BLOCKS, [])
    settled = {height: time for first, last, time in _batches(journal) for height in range(first, last + 1)}
    return Table("blocks", BLOCKS, [_block(chain, block, settled) for block in chain.story.blocks])


VENUE = Column("venue", "on which venue; the table of a run with one venue leaves it out")


def _on_venues(table: Table, journal: Journal, venues: Sequence[str]) -> Table:
    """The table with a column for the venue after the instrument, if the run has several."""
    if next(journal.of(BookOpened), None) is None:
        return table
    after = table.names.index("symbol") + 1
    columns = (*table.columns[:after], VENUE, *table.columns[after:])
    rows = [(*row[:after], venue, *row[after:]) for row, venue in zip(table.rows, venues, strict=True)]
    return Table(table.name, columns, rows)


class _Order:
    """The state of one order so far."""

    def __init__(self, accepted: OrderAccepted) -> None:
        self.accepted = accepted
        self.total, self.limit = accepted.terms.quantity, accepted.terms.limit
        """The present total quantity (traded and waiting) and limit."""
        self.filled = 0
        self.reason = ""
        self.ended: int | None = None

    def trade(self, event: Trade) -> None:
        self.filled += event.quantity
        self._look(event)

    def cancel(self, event: OrderCancelled) -> None:
        self.total -= event.quantity
        self.reason = event.reason
        self._look(event)

    def amend(self, event: OrderAmended) -> None:
        self.total, self.limit = event.quantity, event.limit

    def _look(self, event: Event) -> None:
        if self.filled >= self.total:
            self.ended = event.time

    @property
    def row(self) -> tuple[Value, ...]:
        terms = self.accepted.terms
        status = "open" if self.ended is None else "cancelled" if self.reason else "filled"
        return (
            self.accepted.order, self.accepted.time, self.accepted.account, terms.symbol, SIDE_NAMES[terms.side],
            terms.quantity, self.limit, terms.time_in_force, self.filled, self.total - self.filled, status,
            self.reason or None, self.ended,
        )  # fmt: skip


def _quotes(journal: Journal) -> Iterator[tuple[Value, ...]]:
    replay = BookReplay()
    told: dict[str, tuple[Value, ...]] = {}
    now = 0
    for event in journal:
        effect = replay.effects.get(type(event))
        if effect is None:
            continue
        if event.time != now:
            yield from _changed(replay, now, told)
            now = event.time
        effect(event)
    yield from _changed(replay, now, told)


def _changed(replay: BookReplay, now: int, told: dict[str, tuple[Value, ...]]) -> Iterator[tuple[Value, ...]]:
    for symbol, book in replay.books.items():
        best = _best(book)
        if best is not None and told.get(symbol) != best:
            told[symbol] = best
            yield now, symbol, *best


def _best(book: Book) -> tuple[Value, ...] | None:
    bid, ask = max(book.bids, default=None), min(book.asks, default=None)
    if bid is not None and ask is not None and bid >= ask:
        return None
    return bid, book.bids.get(bid) if bid else None, ask, book.asks.get(ask) if ask else None


def _block(chain: ChainHistory, name: str, settled: dict[int, int]) -> tuple[Value, ...]:
    block = chain.story.blocks[name]
    notarized, finalized = chain.notarized.get(name), chain.finalized.get(name)
    return (
        block.epoch, block.height, f"n{block.proposer}", name, block.parent, block.trades, len(block.voters),
        chain.proposals[name].time, notarized.time if notarized else None, finalized.time if finalized else None,
        settled.get(block.height) if finalized else None, chain.fates.get(name),
    )  # fmt: skip


def _batches(journal: Journal) -> list[tuple[int, int, int]]:
    """First and last height of every batch, and when it was settled."""
    return [(event.first, event.last, event.time) for event in journal.of(BlockSettled)]


def _settlements(journal: Journal) -> list[tuple[int, int]]:
    """The last entry of every batch, and when it was settled."""
    found: list[tuple[int, int]] = []
    for event in journal.of(BlockSettled):
        found.append(((found[-1][0] if found else 0) + event.trades + event.refused, event.time))
    return found
