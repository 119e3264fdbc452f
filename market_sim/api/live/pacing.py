"""The pace of a run that a person watches: at a speed, paused, or step by step.

    pacer = Pacer(speed=10)              # ten simulated seconds in each real one
    session.run(watch, pacer)            # in one thread
    pacer.pause(), pacer.step("epoch")   # from another

A pacer only lets the session wait, so the run is the same at any pace. Clocks and threads are here, at the edge; the
session has neither.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Literal

from market_sim.core.errors import InputError
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.session import SLICE_NS, Session

Stride = Literal["event", "epoch"]
SLOWEST: Final = 0.01
FASTEST: Final = 10_000
PATIENCE_SECONDS: Final = 0.1
"""The longest wait before the session is asked again whether it should stop."""
MOST_WAITING: Final = 100
"""The most steps that are still to be taken; a person who asks for more gets these."""


class Pacer:
    """Decides when a session takes its next piece, and how large it is; any thread may change its mind."""

    def __init__(
        self,
        speed: float | None = None,
        is_paused: bool = False,
        told: Callable[[Session], object] = lambda session: None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """`told` is called when the session stands still: after a pause, and after each step."""
        self._speed = _checked(speed)
        self._is_paused = is_paused
        self._told, self._clock = told, clock
        self._news = threading.Event()
        self._wait = wait or self._until_news
        self._steps: deque[Stride] = deque(maxlen=MOST_WAITING)
        self._since: tuple[int, float] | None = None
        """The simulated and the real time from which the speed counts."""
        self._has_told = False

    @property
    def is_paused(self) -> bool:
        """Whether the run stands still, beside single steps."""
        return self._is_paused

    @property
    def speed(self) -> float | None:
        """Simulated seconds per real second; None: as fast as possible."""
        return self._speed

    def pause(self) -> None:
        """Stand still from now on."""
        self._is_paused, self._has_told = True, False
        self._news.set()

    def resume(self) -> None:
        """Go on at the chosen speed."""
        self._steps.clear()
        self._is_paused, self._since = False, None
        self._news.set()

    def step(self, stride: Stride) -> None:
        """Go on until one more event is recorded, or until an epoch has passed; then stand still."""
        self.pause()
        self._steps.append(stride)
        self._news.set()

    def tell_again(self) -> None:
        """Tell once more where the run stands, if it stands still."""
        self._has_told = False
        self._news.set()

    def wake(self) -> None:
        """End the present wait: something else than time wants to be looked at."""
        self._news.set()

    def run_at(self, speed: float | None) -> None:
        """Change the speed."""
        self._speed, self._since = _checked(speed), None
        self._news.set()

    def __call__(self, session: Session) -> None:
        """Let a session pass by one piece, or wait for a moment."""
        if self._steps:
            self._take(session, self._steps.popleft())
        elif self._is_paused:
            if not self._has_told:
                self._has_told = True
                self._told(session)
            self._wait(PATIENCE_SECONDS)
        else:
            self._go_on(session)

    def _take(self, session: Session, stride: Stride) -> None:
        if stride == "epoch":
            session.step(until=session.boundary)
        else:
            session.step(events=1)
        self._has_told = False

    def _go_on(self, session: Session) -> None:
        most = min(session.now + SLICE_NS, session.boundary)
        speed = self._speed
        if speed is None:
            session.step(until=most)
            return
        # Read once: another thread may replace it meanwhile, and the next piece begins with the new one.
        since = self._since
        if since is None:
            # The clock begins when what is due at this moment is done: a slow start is not caught up in a hurry.
            session.step(until=session.now)
            since = self._since = session.now, self._clock()
        begun, began = since
        due = begun + int((self._clock() - began) * speed * SECOND)
        if due > session.now:
            session.step(until=min(due, most))
        else:
            ahead = min(session.boundary, session.now + SLICE_NS) - due
            self._wait(min(PATIENCE_SECONDS, ahead / SECOND / speed))

    def _until_news(self, seconds: float) -> None:
        self._news.wait(seconds)
        self._news.clear()


def _checked(speed: float | None) -> float | None:
    """A speed that can be kept; InputError otherwise."""
    if speed is not None and not SLOWEST <= speed <= FASTEST:
        raise _refusal(f"{speed:g}")
    return speed


def _refusal(found: str) -> InputError:
    return InputError(f"a speed is from {SLOWEST:g} to {FASTEST:,} simulated seconds per second, found {found}")


def speed_of(text: str) -> float | None:
    """A speed as a person types it; an empty text is as fast as possible.

    >>> speed_of("10"), speed_of("0.5"), speed_of("")
    (10.0, 0.5, None)
    """
    if not text.strip():
        return None
    try:
        speed = float(text)
    except ValueError:
        raise _refusal(repr(text)) from None
    return _checked(speed)
