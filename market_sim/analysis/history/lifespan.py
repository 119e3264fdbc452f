"""The lifespan of a mark: the number of the event that made it, and of the event that replaced it.

What a reader sees who stands at a place in the journal are the marks that are born and not gone by then
(`visualization/as_of.py`), so nothing later can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TypeVar

T = TypeVar("T")

END = 2**31 - 1
"""Later than every event."""


def until_next(versions: Iterable[T], born: Callable[[T], int]) -> Iterator[tuple[T, int]]:
    """Versions of one thing in their order, each with the event by which it is replaced.

    >>> list(until_next([3, 7], born=lambda number: number))
    [(3, 7), (7, 2147483647)]
    """
    versions = list(versions)
    for version, following in zip_longest(versions, versions[1:]):
        yield version, END if following is None else born(following)


def gathered(numbers: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """A mark that stands for several events, as they come: how many there are from which event to which.

    Of a flood only some counts are marks of their own: every one up to eight, then twice as many each time, and all.
    """
    counts = [count for count in range(1, len(numbers) + 1) if count <= 8 or count & (count - 1) == 0]
    counts += [len(numbers)] if counts[-1] != len(numbers) else []
    for count, gone in until_next(counts, lambda count: numbers[count - 1]):
        yield count, numbers[count - 1], gone


def as_they_come(events: list[tuple[int, T]]) -> Iterator[tuple[list[tuple[int, T]], int, int]]:
    """Events that share a mark, in the order of their numbers: those that are there from which event to which."""
    for count, (born, _) in enumerate(events, 1):
        yield events[:count], born, events[count][0] if count < len(events) else END
