"""The intake: the queue through which other threads send inputs to a session and get their answers.

A session is stepped by one thread. A socket, a page or a bot runs in another: it offers an input here and waits; at its
next step the session takes all offers in the order of their arrival. That order is recorded with the inputs, so a
session with many threads can be replayed.

An input may have to be on disk before anything of it happens. Then `keep` writes it there; many that wait together are
written at once, since one wait for the disk serves them all. What cannot be written is refused and leaves no trace.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from threading import Event, Lock
from typing import Any, Generic, TypeVar

from market_sim.core.errors import InputError
from market_sim.core.models.inputs import Input
from market_sim.core.models.intents import Intent
from market_sim.core.models.run_events import InputReceived
from market_sim.market.exchange.acknowledgement import Acknowledgement

Answers = list[Acknowledgement]
Keep = Callable[[Sequence[InputReceived]], object]
"""Writes inputs where they survive the program, before they take effect; raises InputError when it cannot."""

T = TypeVar("T")


class AlreadyEnded(InputError):
    """The session has ended, so it takes nothing more."""


class NotTakenInTime(InputError):
    """The session has not answered within the time that the sender waits; it may still take the input."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the session has not taken the intent within {seconds:g} seconds")
        self.seconds = seconds


class Pending(Generic[T]):
    """What another thread asked of a session, and the answer once there is one."""

    def __init__(self) -> None:
        self._answer: T | None = None
        self._refused: Exception | None = None
        self._settled = Event()

    def answers(self, seconds: float | None = None) -> T:
        """Wait for the answer; raises the InputError of a session that could not take the input."""
        if not self._settled.wait(seconds):
            raise NotTakenInTime(seconds or 0.0)
        if self._refused is not None:
            raise self._refused
        return self._answer  # type: ignore[return-value] # an answer of type T may be None

    def refuse(self, refusal: InputError) -> None:
        """Answer that it was not taken."""
        self._refused = refusal
        self._settled.set()

    def settle(self, answer: Callable[[], T]) -> None:
        """Work out the answer, on the session's own thread, and wake the thread that waits for it."""
        try:
            self._answer = answer()
        except InputError as refused:
            self._refused = refused
        except Exception as broken:
            self._refused = broken
            raise
        finally:
            self._settled.set()


class Offer(Pending[Answers]):
    """One input on its way into a session: its answers are the acknowledgements of the orders concerned."""

    def __init__(self, sender: str, thing: Input) -> None:
        super().__init__()
        self.sender = sender
        self.thing = thing


class Question(Pending[T]):
    """A look at a session from another thread, between two of its steps; it changes nothing and is not recorded."""

    def __init__(self, look: Callable[[Any], T]) -> None:
        super().__init__()
        self.look = look


P = TypeVar("P", Offer, Question[Any])


class Intake:
    """A queue of offers and questions: many threads add to it, the session takes from it."""

    def __init__(self, keep: Keep = lambda inputs: None) -> None:
        self.keep = keep
        self.noticed: Callable[[], object] = lambda: None
        """Called after each addition, in the thread that made it, so that a session that waits looks again."""
        self.taken: Callable[[], object] = lambda: None
        """Called after each input has taken effect, before its sender is told, in the session's thread."""
        # The lock is for the end alone: both ends of a deque may be used from several threads without one.
        self._lock = Lock()
        self._is_closed = False
        self._waiting: deque[Offer | Question[Any]] = deque()

    def offer(self, sender: str, thing: Input) -> Offer:
        """Add an input; any thread may do so."""
        return self._add(Offer(sender, thing))

    def ask(self, look: Callable[[Any], T]) -> Question[T]:
        """Add a question to the session; any thread may do so."""
        return self._add(Question(look))

    def close(self) -> None:
        """Take nothing more: what is added from now on is refused."""
        with self._lock:
            self._is_closed = True

    def _add(self, one: P) -> P:
        with self._lock:
            if self._is_closed:
                one.refuse(AlreadyEnded("this market has ended: it takes no further input"))
                return one
            self._waiting.append(one)
        self.noticed()
        return one

    def serve(
        self,
        session: object,
        checked: Callable[[str, Input], InputReceived],
        take: Callable[[InputReceived], Answers],
    ) -> None:
        """Answer what was added so far: offers are checked, kept and taken, and a question sees the session."""
        for one in self._waiting_together():
            if isinstance(one, Question):
                one.settle(partial(one.look, session))
            else:
                self._take(one, checked, take)

    def _take(
        self,
        offers: list[Offer],
        checked: Callable[[str, Input], InputReceived],
        take: Callable[[InputReceived], Answers],
    ) -> None:
        """Take offers that wait together: all are kept before the first takes effect."""
        possible: list[tuple[Offer, InputReceived]] = []
        for offer in offers:
            try:
                possible.append((offer, checked(offer.sender, offer.thing)))
            except InputError as refusal:
                offer.refuse(refusal)
        if not possible:
            return
        try:
            self.keep([event for _, event in possible])
        except InputError as refusal:
            for offer, _ in possible:
                offer.refuse(refusal)
            return
        for offer, event in possible:
            offer.settle(partial(self._effect, take, event))

    def _effect(self, take: Callable[[InputReceived], Answers], event: InputReceived) -> Answers:
        answers = take(event)
        self.taken()
        return answers

    def _waiting_together(self) -> Iterator[list[Offer] | Question[Any]]:
        """Take what was added so far, oldest first: questions, and intents that follow each other together.

        Other inputs come alone, because whether one is possible may depend on the one before it.
        """
        together: list[Offer] = []
        for _ in range(len(self._waiting)):
            one = self._waiting.popleft()
            if isinstance(one, Offer) and isinstance(one.thing, Intent):
                together.append(one)
                continue
            if together:
                yield together
                together = []
            yield one if isinstance(one, Question) else [one]
        if together:
            yield together
