"""The intake: where other threads leave what they want from a session, and get their answer.

A session belongs to one thread and is stepped by it. A socket, a page or a bot lives in another one: it offers an
intent here and waits; the session takes all offers, in the order of their arrival, when it is stepped next. That order
is recorded with each input, so a session that many threads take part in can be played again.
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
    """One intent on its way into a session, and the answer once there is one."""

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
        """Hand the intent in, on the session's own thread, and wake whoever waits for the answer."""
        try:
            self._answers = submit(self.account, self.intent)
        except InputError as refused:
            self._refused = refused
        finally:
            self._settled.set()


class Intake:
    """A queue with one end for many threads and one end for the session."""

    def __init__(self) -> None:
        # Both ends of a deque may be used from several threads without a lock.
        self._offers: deque[Offer] = deque()

    def offer(self, account: str, intent: Intent) -> Offer:
        """Leave an intent; any thread may do so."""
        offer = Offer(account, intent)
        self._offers.append(offer)
        return offer

    def waiting(self) -> Iterator[Offer]:
        """Take what has been left so far, oldest first; what comes meanwhile waits for the next time."""
        for _ in range(len(self._offers)):
            yield self._offers.popleft()
