"""A mechanism: a rule set attached to a venue. It reads the journal, acts at its own times, and moves value.

A mechanism reads the state of its venue and of the ledger, and changes it only with their methods:

    ledger.transfer(...)            move value from one account to another; nothing is created or lost
    ledger.grant_margin(...)        make an account a margin account, whose orders a gate of the mechanism checks
    ledger.cover(...)               allow a negative balance, because a pledge is held for it
    exchange.add_gate(...)          refuse orders;  add_trigger_rule, add_handler: stops, further intents
    exchange.submit(...)            trade like a participant;  cancel_all: cancel orders
    exchange.phases.halt(...)       halt, call, uncross, close, resume

So its effects are folded and settled like trades. The venue knows no mechanism: it calls its gates before an order and
its followers after each message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.ledger.ledger import Ledger


def _nothing(_: int) -> None:
    """Outside a run, whoever plays the mechanism lets it act at its times."""


class Mechanism:
    """The base class of mechanisms: the exchange it is attached to, all venues, and its position in the journal."""

    name: ClassVar[str] = "mechanism"
    follows: ClassVar[bool] = True
    """Whether it acts after each message; otherwise only when it is called or at its times."""

    def __init__(self) -> None:
        self.exchange: Exchange
        self.venues: tuple[Exchange, ...]
        self.ledger: Ledger
        self.journal: Journal
        self.plan: Callable[[int], object] = _nothing
        """Asks the run to call `act` at this time, beside its regular times."""
        self._read = 0
        self._acting = False

    def attach(self, exchange: Exchange, journal: Journal, others: Sequence[Exchange] = ()) -> None:
        """Attach to an exchange; called once, after the instruments of the mechanism are listed.

        `others` are the further venues of the world, on which its accounts have orders, too.
        """
        self.exchange = exchange
        self.venues = (exchange, *others)
        self.ledger = exchange.ledger
        self.journal = journal
        self._read = len(journal)
        if self.follows:
            exchange.add_follower(self)
        self.begin()

    def begin(self) -> None:
        """Open accounts, list instruments, add gates."""

    def times(self) -> Iterable[int]:
        """The simulated times at which it acts by itself, in ascending order; called again after each."""
        return ()

    def act(self, now: int) -> None:
        """Do the work that is due at this time."""

    def read(self, event: Event) -> None:
        """Process one event; called once for each event, in order."""

    def react(self) -> None:
        """Act on the new events, after all of them were read."""

    def follow(self) -> None:
        """Read the new events, then react; events that follow from the reaction are read in the same call."""
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
            raise InputError(f"{self.name} needs the account name {name!r}, and another account has it")
        self.ledger.open_account(name, owner)
