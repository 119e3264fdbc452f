"""Long computations of a test, spread over the processors and begun ahead of the test: many independent parts.

A test module names in AHEAD what a fixture or a test of it will ask for: `AHEAD = {"fought": (fight, seeds)}`. When one
that uses `fought` is to run, `fight` of each of the seeds is begun with the run, while other tests go on, and
`spread(fight, seeds)` waits for what is not done by then. With --pdb all is done here and now, one after the other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

import pytest

Part = TypeVar("Part", bound=Hashable)
Found = TypeVar("Found")


class Processors:
    """One process for each processor, and what they were asked."""

    def __init__(self) -> None:
        self.here = False
        """Whether the work is done in this process, where a debugger can see it."""
        self.begun: dict[Hashable, Future[Any]] = {}
        self._pool: ProcessPoolExecutor | None = None

    def begin(self, work: Callable[[Part], Found], part: Part) -> Future[Found]:
        """The answer that will come; nothing is asked twice."""
        if (work, part) not in self.begun:
            # New processes and no forks: they know nothing of this one, and other threads cannot harm them.
            self._pool = self._pool or ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=step_back)
            self.begun[work, part] = self._pool.submit(work, part)
        return self.begun[work, part]

    def stop(self) -> None:
        """Begin nothing more, and wait for what is under way."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


PROCESSORS = Processors()


def step_back() -> None:
    """Leave the processors to the tests that run now, where they want them."""
    if hasattr(os, "nice"):
        os.nice(5)


def begin_ahead(session: pytest.Session) -> None:
    """Begin what the tests of this run will ask for."""
    PROCESSORS.here = bool(session.config.option.usepdb)
    if PROCESSORS.here or session.config.option.collectonly:
        return
    asked: dict[Hashable, None] = {}
    for item in session.items:
        ahead = getattr(getattr(item, "module", None), "AHEAD", {})
        for name in {*getattr(item, "fixturenames", ()), getattr(item, "originalname", "")} & ahead.keys():
            work, parts = ahead[name]
            asked |= dict.fromkeys((work, part) for part in parts)
    for work, part in asked:
        PROCESSORS.begin(work, part)


def spread(work: Callable[[Part], Found], parts: Sequence[Part]) -> Iterator[Found]:
    """What `work` finds in each part, in the order of the parts; when nobody listens any more, the rest is left out.

    `work` stands in a module, because another process imports it.
    """
    if PROCESSORS.here:
        yield from map(work, parts)
        return
    begun = [PROCESSORS.begin(work, part) for part in parts]
    try:
        for one in begun:
            yield one.result()
    finally:
        for one in begun:
            one.cancel()
