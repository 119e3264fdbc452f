"""`simulate.py book RUN`: the statistics of a stored run's books and what each showed at a time of the run."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from market_sim.analysis.results.market_tables import book_names
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.results.text_table import aligned
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, seconds
from market_sim.core.errors import InputError
from market_sim.core.money import units
from market_sim.market.exchange.book_feed import DEPTH, BookFeed, DepthLevel
from market_sim.market.exchange.market_data import statistics, trades_of
from market_sim.ui.cli.arguments import Parser, whole

MOST_LEVELS = 1_000
HEAD = ("sum", "bid size", "bid", "ask", "ask size", "sum")


def book(arguments: Sequence[str]) -> int:
    """Print what every book of a run showed, or the named one."""
    made = Parser(prog="simulate.py book", description="What the books of a stored run showed, and their statistics.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--symbol", metavar="NAME", help="one book only, such as ACME or 'ACME on SIM-A'")
    made.add_argument("--at", metavar="SECONDS", help="a time of the run's clock; default: its end")
    made.add_argument(
        "--levels", type=whole(1, MOST_LEVELS), default=DEPTH, metavar="N", help=f"prices of each side, default {DEPTH}"
    )
    typed = made.parse_args(list(arguments))
    journal = open_run(typed.run).journal
    names = book_names(journal)
    if typed.symbol is not None and typed.symbol not in names:
        near = difflib.get_close_matches(typed.symbol, names, 1)
        meant = f"did you mean {near[0]}?" if near else f"there is {', '.join(names)}"
        raise InputError(f"there is no book {typed.symbol!r}; {meant}")
    now = journal[len(journal) - 1].time if typed.at is None else units(typed.at, decimals=9)
    if now < 0:
        raise InputError(f"a run's clock starts at 0 seconds, found {typed.at}")
    until, words = up_to(journal, now), Words(journal)
    for name in names if typed.symbol is None else [typed.symbol]:
        print("\n".join([told(until, words, name, now), "", *ladder(until, words, name, typed.levels), ""]))
    return 0


def up_to(journal: Journal, now: int) -> Journal:
    """The events of a run until this time, inclusive."""
    until = Journal()
    for event in journal:
        if event.time <= now:
            until.record(event)
    return until


def told(journal: Journal, words: Words, book: str, now: int) -> str:
    """The statistics of the last 24 hours of one book as a sentence."""
    symbol = book.partition(" on ")[0]
    found = statistics(trades_of(journal, book), now)
    if not found.trades:
        return f"{book} after {seconds(now)}: no trade in the last 24 hours"
    first, last, high, low = (words.price(symbol, price) for price in (found.open, found.last, found.high, found.low))
    return (
        f"{book} after {seconds(now)}: last {last}, open {first}, high {high}, low {low}; "
        f"{words.size(symbol, found.volume)} in {counted(found.trades, 'trade')} of the last 24 hours; "
        f"the price moves by {found.volatility:.3%} from trade to trade (standard deviation)"
    )


def ladder(journal: Journal, words: Words, book: str, levels: int) -> list[str]:
    """The best prices of both sides with running sums, as lines."""
    symbol = book.partition(" on ")[0]
    feed = BookFeed(journal, book)
    feed.catch_up()

    def cells(level: DepthLevel | None) -> tuple[str, str, str]:
        if level is None:
            return "", "", ""
        return (
            words.size(symbol, level.cumulative),
            words.size(symbol, level.quantity),
            words.price(symbol, level.price),
        )

    bids, asks = ([cells(level) for level in feed.depth(side, levels)] for side in (1, -1))
    rows = [(*bid, *reversed(ask)) for bid, ask in zip_longest(bids, asks, fillvalue=cells(None))]
    if not rows:
        return ["nothing waits in this book"]
    return aligned([HEAD, *rows], left=())
