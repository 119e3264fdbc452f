"""Long computations of a test, spread over the processors: many independent parts, each of which says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import TypeVar

Part = TypeVar("Part")
Found = TypeVar("Found")


@cache
def processes() -> ProcessPoolExecutor:
    """One process for each processor, begun when the first test asks and kept, because beginning takes a second."""
    return ProcessPoolExecutor(mp_context=get_context("spawn"))


def spread(work: Callable[[Part], Found], parts: Sequence[Part]) -> Iterator[Found]:
    """What `work` finds in each part, in the order of the parts; when nobody listens any more, the rest is left out.

    `work` stands in a module, because another process imports it; there it knows nothing that this process knows.
    """
    begun = [processes().submit(work, part) for part in parts]
    try:
        for one in begun:
            yield one.result()
    finally:
        for one in begun:
            one.cancel()
