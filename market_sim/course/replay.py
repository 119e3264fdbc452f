"""The film of a failed check: its run, kept as a folder that the pages can open at the event that went wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from market_sim.core.data.archive import save
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import LARGEST_AMOUNT, Stock
from market_sim.core.models.intents import Intent
from market_sim.core.models.run_events import AnswerCompared, RunEnded, RunStarted
from market_sim.market.exchange.exchange import Exchange

MOST_DRAWN = 50
"""So many trades of an answer are kept."""
LONGEST_SHOWN = 400
"""So many characters of each side of a comparison are kept."""


@dataclass(frozen=True)
class Compared:
    """What a check asked at an event of its run, what is right there, and what the answer gave."""

    asked: str
    expected: str
    found: str
    trades: tuple[tuple[int, int, int], ...] = ()
    """The trades that the answer gave: the order that waited, the price, the quantity."""


def keep(journal: Journal, folder: Path) -> str:
    """Save a run and return its folder, as a person would type it."""
    save(journal, folder)
    return folder.as_posix()


def told(journal: Journal, place: int, compared: Compared) -> Journal:
    """The same run with the comparison right after the event of this place, so that the pages show both answers."""
    film = Journal()
    for number, event in enumerate(journal):
        film.record(event)
        if number == place:
            film.record(
                AnswerCompared(
                    event.time, shown(compared.asked), shown(compared.expected), shown(compared.found), compared.trades
                )
            )
    return film


def shown(text: str) -> str:
    """What an answer gave, cut where it is too long to be read: an answer may return whatever it likes."""
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def drawable(trades: Iterable[Any]) -> tuple[tuple[int, int, int], ...]:
    """Of what an answer calls its trades those that a chart can show: whole numbers, and a price and a size of sense.

    >>> drawable([(1, 9997, 2), (1, -5, 2), ("one", 9997, 2), (1, 9997)])
    ((1, 9997, 2),)
    """
    numbers = [one for one in trades if len(one) == 3 and all(type(part) is int for part in one)]
    sound = [one for one in numbers if all(0 < part < LARGEST_AMOUNT for part in one)]
    return tuple((order, price, quantity) for order, price, quantity in sound[:MOST_DRAWN])


class Steps:
    """A timepiece that somebody turns by hand, one millisecond for each step."""

    def __init__(self) -> None:
        self.now = 0

    def on(self) -> None:
        """The next step."""
        self.now += 1_000_000


class Stage:
    """A small exchange on which a check plays a few orders, and the journal of what happens.

    What a check expects comes from the product's own exchange, so a lesson cannot teach what the product does not do.
    """

    def __init__(self, name: str, seed: int = 0, cash: int = 10_000_000, shares: int = 10_000) -> None:
        self.journal = Journal()
        self.journal.record(RunStarted(0, name, seed, 0, {}, {}))
        self.clock = Steps()
        self.exchange = Exchange(self.clock, self.journal)
        self.exchange.list(Stock("ACME"))
        self._endowment = (cash, shares)

    def play(self, account: str, intent: Intent) -> None:
        """Let somebody ask for something; whoever is new gets an account first."""
        if account not in self.exchange.accounts:
            self.exchange.ledger.open_account(account)
            self.exchange.ledger.deposit(account, "USD", self._endowment[0])
            self.exchange.ledger.deposit(account, "ACME", self._endowment[1])
        self.clock.on()
        self.exchange.submit(account, intent)

    def end(self) -> Journal:
        """The journal, finished."""
        self.journal.record(RunEnded(self.clock.now, True))
        return self.journal
