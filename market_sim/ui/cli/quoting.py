"""`simulate.py quotes RUN`: what a quantity costs on each venue at times of a run, asked by clients with a cache."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.results.stored import open_run
from market_sim.analysis.results.text_table import aligned
from market_sim.analysis.results.venue_comparison import (
    HEAD,
    VenueQuote,
    compared,
    comparison_rows,
    comparison_sentence,
    comparisons,
)
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.english import about_seconds, counted, seconds
from market_sim.core.errors import InputError
from market_sim.core.money import units
from market_sim.core.units import SECOND
from market_sim.market.venues.clients import KEEP_NS, Answer, Clients
from market_sim.ui.cli.arguments import Parser, whole

MOST = 10**9
LATEST_NS = 10**9 * SECOND


def quotes(arguments: Sequence[str]) -> int:
    """Print the comparison of the venues at each time, how old each answer is, and how often each venue was asked."""
    typed = _parser().parse_args(list(arguments))
    journal = open_run(typed.run).journal
    if typed.symbol is None:
        symbol = next((one.symbol for one in comparisons(journal, len(journal) - 1, 1)), None)
    else:
        symbol = typed.symbol
    desk = Desk(journal, symbol, typed.size, units(typed.keep, decimals=9))
    words = Words(journal)
    for now in sorted(map(_time, typed.at)):
        print("\n".join([*desk.told(now, words), ""]))
    print("\n".join(desk.counts))
    return 0


class Desk:
    """Somebody who compares venues: each answer of a venue is what it showed when it was asked."""

    def __init__(self, journal: Journal, symbol: str | None, size: int, keep_ns: int = KEEP_NS) -> None:
        known = [one.symbol for one in comparisons(journal, len(journal) - 1, 1)]
        if symbol is None or symbol not in known:
            if not known:
                raise InputError("quotes are compared between venues, and no instrument of this run has several")
            near = difflib.get_close_matches(symbol or "", known, 1)
            meant = f"did you mean {near[0]}?" if near else f"there is {', '.join(known)}"
            raise InputError(f"quotes are compared for an instrument with several venues, found {symbol}; {meant}")
        self._journal, self._symbol, self._size = journal, symbol, size
        self._last: tuple[int, dict[str, VenueQuote]] | None = None
        self.clients: Clients[VenueQuote] = Clients(self._fetch, keep_ns)

    def told(self, now: int, words: Words) -> list[str]:
        """The table, the best venue and the age of the answers, as lines."""
        shown = self._shown(now)
        answers = {
            name: self.clients.ask(name, now) if quote.can_trade else Answer(quote, now, is_hit=False)
            for name, quote in shown.items()
        }
        one = compared(self._symbol, self._size, now, tuple(answer.value for answer in answers.values()))
        ages = [
            "not asked" if not quote.can_trade
            else f"{(now - answers[name].asked) / SECOND:.3f} s, {'hit' if answers[name].is_hit else 'miss'}"
            for name, quote in shown.items()
        ]  # fmt: skip
        rows = [(*row, age) for row, age in zip(comparison_rows(one, words), ages, strict=True)]
        head = (*HEAD, "age of the answer")
        table = aligned([head, *rows], left=range(len(head)))
        end = self._journal[-1].time
        over = f" (the run ended after {about_seconds(end)})" if now > end else ""
        return [f"{self._symbol} after {seconds(now)}{over}", *table, comparison_sentence(one)]

    @property
    def counts(self) -> list[str]:
        """How often each venue answered, and how often the cache did, on how many connections."""
        return [
            f"{name}: {counted(self.clients.connections[name], 'connection')}, "
            f"{counted(client.misses, 'miss', 'misses')}, {counted(client.hits, 'hit')}"
            for name, client in self.clients.of.items()
        ]

    def _shown(self, now: int) -> dict[str, VenueQuote]:
        """What each venue shows at this time."""
        if self._last is not None and self._last[0] == now:
            return self._last[1]
        place = bisect_right(range(len(self._journal)), now, key=lambda number: self._journal[number].time) - 1
        found = [one for one in comparisons(self._journal, place, self._size) if one.symbol == self._symbol]
        self._last = now, {quote.venue: quote for one in found for quote in one.quotes}
        return self._last[1]

    def _fetch(self, venue: str, now: int) -> VenueQuote:
        return self._shown(now)[venue]


def _time(text: str) -> int:
    """A time of the run's clock that a person typed, in nanoseconds."""
    at = units(text, decimals=9)
    if not 0 <= at <= LATEST_NS:
        raise InputError(f"a time of a run is from 0 to {LATEST_NS // SECOND:,} seconds, found {text}")
    return at


def _parser() -> Parser:
    made = Parser(prog="simulate.py quotes", description="What a quantity costs on each venue of a stored run.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument(
        "--at", metavar="SECONDS", action="append", required=True,
        help="a time of the run's clock; several are asked in their order",
    )  # fmt: skip
    made.add_argument("--size", type=whole(1, MOST), default=100, metavar="N", help="the quantity, default 100")
    made.add_argument("--symbol", metavar="NAME", help="default: the first instrument that several venues list")
    made.add_argument("--keep", default="300", metavar="SECONDS", help="how long an answer is used again, default 300")
    return made
