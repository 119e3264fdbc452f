"""The difference of two instants of one run: its books, its balances and its blocks, then and now.

An instant is the state just after an event. Every value is worked out from the events before it alone, so the order in
which the two are looked at, and what happens later, does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from market_sim.analysis.comparison import ABSENT, Row
from market_sim.analysis.history.books import Books
from market_sim.analysis.history.chain_story import BlockStory, ChainStory
from market_sim.analysis.history.stepping import Stepper
from market_sim.analysis.history.time_axis import seconds
from market_sim.analysis.results.market_tables import book_names
from market_sim.analysis.results.table import Table, columns
from market_sim.analysis.words import Words, signed
from market_sim.core.data.fold import Balances, fold
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import RECORD
from market_sim.core.models.settlement_events import BlockSettled

SIDES = ("bid", "ask")


@dataclass(frozen=True)
class Amount:
    """One value of an instant that can be subtracted, and how such a number is written."""

    value: int
    write: Callable[[int], str]

    @property
    def text(self) -> str:
        """The value as people read it."""
        return self.write(self.value)


Values = dict[str, Amount | str]
"""The values of one instant by name."""


def difference(
    journal: Journal, then: int, now: int, stepper: Stepper | None = None, books: Books | None = None
) -> dict[str, list[Row]]:
    """The rows by section for the instants after two events; a section may be empty."""
    last = len(journal) - 1
    for at in (then, now):
        if not 0 <= at <= last:
            raise InputError(f"the journal has the events 0 to {last}, there is no event {at}")
    books = books or Books(journal)
    stepper = stepper or Stepper(journal, books)
    words = stepper.sentences.words
    names = book_names(journal)
    ends = [journal.since(0)[: at + 1] for at in (then, now)]
    folds = [fold(events) for events in ends]
    sections: dict[str, list[Values]] = {
        "Where the run is": [dict(_place(stepper, at, names)) for at in (then, now)],
        "The balances": [dict(_amounts(one, words)) for one in folds],
        "The blocks": [dict(_blocks(events, words)) for events in ends],
    }
    found = {title: list(_rows(*sides)) for title, sides in sections.items()}
    levels = [list(_levels(books, at, names, words)) for at in (then, now)]
    return {"Where the run is": found.pop("Where the run is"), "The books": _book_rows(levels), **found}


def difference_table(journal: Journal, then: int, now: int) -> Table:
    """The values that differ between two instants as a table."""
    rows = [
        (section, row.name, row.left, row.right, row.difference)
        for section, found in difference(journal, then, now).items()
        for row in found
        if row.differs
    ]
    means = columns(
        section="books, balances, blocks, or where the run is", value="what differs", then="after the first event",
        now="after the second event", difference="the second less the first, for amounts",
    )  # fmt: skip
    return Table("difference", means, rows)


def _place(stepper: Stepper, at: int, names: Sequence[str]) -> Iterator[tuple[str, Amount | str]]:
    instant = stepper.instant(at, names[0] if names else "")
    yield "event", _count(at)
    yield "time", Amount(stepper.journal[at].time, lambda time: f"{seconds(time):.3f} s")
    yield "epoch", _count(instant.moment.epoch)
    for name in ("matched", "final", "settled"):
        yield f"trades and other entries {name}", _count(getattr(instant, name))


Rank = tuple[int, int, int]
"""The place of a row about books: the number of the book, the side, and the price with the best first."""


def _book_rows(sides: Sequence[Sequence[tuple[Rank, str, Amount | str]]]) -> list[Row]:
    """The rows about books, book by book and from the best price on, at whichever instant something waits there."""
    ranks = {name: rank for side in sides for rank, name, _ in side}
    then, now = ({name: value for _, name, value in side} for side in sides)
    return list(_rows(then, now, sorted(ranks, key=lambda name: ranks[name])))


def _levels(books: Books, at: int, names: Sequence[str], words: Words) -> Iterator[tuple[Rank, str, Amount | str]]:
    """What waits at each price of each book."""
    for number, name in enumerate(names):
        symbol = name.partition(" on ")[0]
        book = books.at(at, name)
        yield (number, 0, 0), f"{name}: best bid", _price(symbol, max(book.bids, default=None), words)
        yield (number, 0, 1), f"{name}: best ask", _price(symbol, min(book.asks, default=None), words)
        for place, (side, levels) in enumerate(zip(SIDES, book, strict=True), 1):
            for price, quantity in levels.items():
                rank = number, place, -price if levels is book.bids else price
                yield (
                    rank,
                    f"{name}: {side} at {words.price(symbol, price)}",
                    Amount(quantity, partial(words.size, symbol)),
                )


def _price(symbol: str, price: int | None, words: Words) -> Amount | str:
    return ABSENT if price is None else Amount(price, partial(words.price, symbol))


def _amounts(balances: Balances, words: Words) -> Iterator[tuple[str, Amount | str]]:
    for account, assets in balances.items():
        for asset, amount in assets.items() if account != RECORD else ():
            yield f"{account}: {asset}", Amount(amount, partial(words.amount, asset))


def _blocks(events: Sequence[Event], words: Words) -> Iterator[tuple[str, Amount | str]]:
    story = ChainStory()
    settled = 0
    for event in events:
        story.read(event)
        if isinstance(event, BlockSettled):
            settled = max(settled, event.last)
    for block in story.blocks.values():
        yield words.block(block.block), _state(block, settled)


def _state(block: BlockStory, settled: int) -> str:
    if block.final_for:
        return "settled" if block.height <= settled else "final"
    return "notarized" if block.notarized_by else f"proposed, {counted(len(block.voters), 'vote')}"


def _rows(then: Values, now: Values, names: Iterable[str] = ()) -> Iterator[Row]:
    """One row for each value that either instant has; an amount that only one of them has is nothing at the other."""
    for name in names or dict.fromkeys([*then, *now]):
        one, other = then.get(name), now.get(name)
        more = ""
        known = one if isinstance(one, Amount) else other
        if isinstance(known, Amount) and not isinstance(one, str) and not isinstance(other, str):
            one, other = one or Amount(0, known.write), other or Amount(0, known.write)
            more = signed(known.write(other.value - one.value))
        yield Row(name, _text(one), _text(other), more)


def _text(value: Amount | str | None) -> str:
    return ABSENT if value is None else value if isinstance(value, str) else value.text


def _count(number: int) -> Amount:
    return Amount(number, "{:,}".format)
