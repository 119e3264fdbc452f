"""The replay of a failed check: its run, stored as a folder that the site can open at the event that went wrong."""

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
"""The most trades of an answer that are kept."""
LONGEST_SHOWN = 400
"""The most characters that are kept of each side of a comparison."""


@dataclass(frozen=True)
class Compared:
    """A comparison at an event: the question of the check, the right result, and the answer's result."""

    asked: str
    expected: str
    found: str
    trades: tuple[tuple[int, int, int], ...] = ()
    """The answer's trades: resting order, price, quantity."""


def keep(journal: Journal, folder: Path) -> str:
    """Store a run; returns its folder as a path to type."""
    save(journal, folder)
    return folder.as_posix()


def told(journal: Journal, place: int, compared: Compared) -> Journal:
    """The same run with the comparison inserted after the event at this index."""
    replay = Journal()
    for number, event in enumerate(journal):
        replay.record(event)
        if number == place:
            replay.record(
                AnswerCompared(
                    event.time, shown(compared.asked), shown(compared.expected), shown(compared.found), compared.trades
                )
            )
    return replay


def shown(text: str) -> str:
    """A text of an answer, cut to a readable length."""
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def drawable(trades: Iterable[Any]) -> tuple[tuple[int, int, int], ...]:
    """The trades of an answer that a chart can show: integers with a valid price and quantity.

    >>> drawable([(1, 9997, 2), (1, -5, 2), ("one", 9997, 2), (1, 9997)])
    ((1, 9997, 2),)
    """
    numbers = [one for one in trades if len(one) == 3 and all(type(part) is int for part in one)]
    sound = [one for one in numbers if all(0 < part < LARGEST_AMOUNT for part in one)]
    return tuple((order, price, quantity) for order, price, quantity in sound[:MOST_DRAWN])


class Steps:
    """A clock that advances by one millisecond for each step."""

    def __init__(self) -> None:
        self.now = 0

    def on(self) -> None:
        """Advance by one step."""
        self.now += 1_000_000


class PracticeExchange:
    """The practice exchange: a small exchange to which a check submits orders, with its journal.

    The expected results of a check come from the product's own exchange, so a lesson teaches what the product does.
    """

    def __init__(self, name: str, seed: int = 0, cash: int = 10_000_000, shares: int = 10_000) -> None:
        self.journal = Journal()
        self.journal.record(RunStarted(0, name, seed, 0, {}, {}))
        self.clock = Steps()
        self.exchange = Exchange(self.clock, self.journal)
        self.exchange.list(Stock("ACME"))
        self._endowment = (cash, shares)

    def play(self, account: str, intent: Intent) -> None:
        """Submit an intent of an account, which is opened and funded at its first intent."""
        if account not in self.exchange.accounts:
            self.exchange.ledger.open_account(account)
            self.exchange.ledger.deposit(account, "USD", self._endowment[0])
            self.exchange.ledger.deposit(account, "ACME", self._endowment[1])
        self.clock.on()
        self.exchange.submit(account, intent)

    def end(self) -> Journal:
        """End the run; returns its journal."""
        self.journal.record(RunEnded(self.clock.now, True))
        return self.journal
