"""A mechanism: a rule set attached to a venue. It watches the journal, acts at its times, and moves value.

A mechanism reads the state of its venue and of the ledger, and changes it with their verbs only:

    ledger.transfer(...)            value goes from one account to another; nothing is created or lost
    ledger.grant_margin(...)        an account may owe here, because a gate of the mechanism knows how much
    ledger.cover(...)               a balance may go below zero, because a pledge is held for it
    exchange.add_gate(...)          refuse orders;  add_trigger_rule, add_handler: stops, intents of its own
    exchange.submit(...)            trade like a participant;  cancel_all: take orders back
    exchange.phases.halt(...)       halt, call, uncross, close, resume

So all it does folds and settles like a trade. The venue knows no mechanism: it asks its gates before an order and calls
its followers after each message.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.ledger.ledger import Ledger


class Mechanism:
    """What all mechanisms share: the exchange they are attached to and their place in its journal."""

    name: ClassVar[str] = "mechanism"
    follows: ClassVar[bool] = True
    """Whether it acts after each message; otherwise it looks when it is asked or when its time comes."""

    def __init__(self) -> None:
        self.exchange: Exchange
        self.ledger: Ledger
        self.journal: Journal
        self._read = 0
        self._acting = False

    def attach(self, exchange: Exchange, journal: Journal) -> None:
        """Become part of this exchange; called once, after everything is listed that the mechanism is about."""
        self.exchange = exchange
        self.ledger = exchange.ledger
        self.journal = journal
        self._read = len(journal)
        if self.follows:
            exchange.add_follower(self)
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
        if name in self.ledger.accounts:
            raise InputError(f"{self.name} needs an account named {name!r}, and somebody has it")
        self.ledger.open_account(name, owner)
