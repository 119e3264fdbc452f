"""The intake: the queue through which other threads submit intents to a session and get their answers.

A session is stepped by one thread. A socket, a page or a bot runs in another: it offers an intent here and waits; at
its next step the session takes all offers in the order of their arrival. That order is recorded with the inputs, so a
session with many threads can be replayed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from threading import Event

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.exchange.acknowledgement import Acknowledgement

Answers = list[Acknowledgement]


class Offer:
    """One intent on its way into a session, and its answer once there is one."""

    def __init__(self, account: str, intent: Intent) -> None:
        self.account = account
        self.intent = intent
        self._answers: Answers | None = None
        self._refused: InputError | None = None
        self._settled = Event()

    def answers(self, seconds: float | None = None) -> Answers:
        """Wait for the acknowledgements; raises the InputError of a session that could not take the intent."""
        if not self._settled.wait(seconds):
            raise InputError(f"the session has not taken the intent within {seconds:g} seconds")
        if self._refused is not None:
            raise self._refused
        return self._answers or []

    def settle(self, submit: Callable[[str, Intent], Answers]) -> None:
        """Submit the intent, on the session's own thread, and wake the thread that waits for the answer."""
        try:
            self._answers = submit(self.account, self.intent)
        except InputError as refused:
            self._refused = refused
        finally:
            self._settled.set()


class Intake:
    """A queue of offers: many threads add to it, the session takes from it."""

    def __init__(self) -> None:
        # Both ends of a deque may be used from several threads without a lock.
        self._offers: deque[Offer] = deque()

    def offer(self, account: str, intent: Intent) -> Offer:
        """Add an intent; any thread may do so."""
        offer = Offer(account, intent)
        self._offers.append(offer)
        return offer

    def waiting(self) -> Iterator[Offer]:
        """Take the offers made so far, oldest first; an offer that arrives meanwhile waits for the next call."""
        for _ in range(len(self._offers)):
            yield self._offers.popleft()
