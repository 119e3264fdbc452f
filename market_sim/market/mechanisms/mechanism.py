"""A mechanism: a rule set attached to an exchange. It watches the journal, acts at its times, and moves value.

Whatever a mechanism does to accounts it does with `exchange.transfer`, from one account to another, so nothing is ever
created or lost, and everything folds and settles like a trade. A mechanism that wants to refuse orders is also a
`Gate`. The exchange knows no mechanism: it calls its gates before an order and its followers after each message.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.market.exchange.exchange import Exchange


class Mechanism:
    """What all mechanisms share: the exchange they are attached to and their place in its journal."""

    name: ClassVar[str] = "mechanism"

    def __init__(self) -> None:
        self.exchange: Exchange
        self.journal: Journal
        self._read = 0
        self._acting = False

    def attach(self, exchange: Exchange, journal: Journal) -> None:
        """Become part of this exchange; called once, after everything is listed that the mechanism is about."""
        self.exchange = exchange
        self.journal = journal
        self._read = len(journal)
        exchange.followers.append(self)
        self.begin()

    def begin(self) -> None:
        """Open accounts, list instruments, add gates."""

    def times(self) -> Iterable[int]:
        """The simulated times at which it wants to act by itself, in ascending order; asked again after each."""
        return ()

    def act(self, now: int) -> None:
        """Do what is due at this time."""

    def read(self, event: Event) -> None:
        """Learn what has happened; called once for each event, in order."""

    def react(self) -> None:
        """Act on what has happened, after everything new was read."""

    def follow(self) -> None:
        """Read on in the journal, then react; what the reaction leads to is read in the same turn."""
        if self._acting:
            return
        self._acting = True
        try:
            while self._read < len(self.journal):
                fresh = self.journal.since(self._read)
                self._read += len(fresh)
                for event in fresh:
                    self.read(event)
                self.react()
        finally:
            self._acting = False

    def account(self, name: str, owner: str | None = None) -> None:
        """Open an account of the mechanism's own, such as a clearing house or an insurance fund."""
        if name in self.exchange.accounts:
            raise InputError(f"{self.name} needs an account named {name!r}, and somebody has it")
        self.exchange.open_account(name, owner)
