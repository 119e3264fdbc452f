"""The lifespan of a chart mark: the number of the event that creates it, and of the event that replaces it.

A chart as of an event shows the marks that exist at that event (`visualization/as_of.py`), so it shows nothing later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TypeVar

T = TypeVar("T")

END = 2**31 - 1
"""A number larger than that of any event."""


def until_next(versions: Iterable[T], born: Callable[[T], int]) -> Iterator[tuple[T, int]]:
    """Consecutive versions, each with the event that replaces it.

    >>> list(until_next([3, 7], born=lambda number: number))
    [(3, 7), (7, 2147483647)]
    """
    versions = list(versions)
    for version, following in zip_longest(versions, versions[1:]):
        yield version, END if following is None else born(following)


def gathered(numbers: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """The versions of a mark for several events: their count, and the events that begin and end the version.

    Only some counts get a version: all up to eight, then powers of two, and the last.
    """
    counts = [count for count in range(1, len(numbers) + 1) if count <= 8 or count & (count - 1) == 0]
    counts += [len(numbers)] if counts[-1] != len(numbers) else []
    for count, gone in until_next(counts, lambda count: numbers[count - 1]):
        yield count, numbers[count - 1], gone


def as_they_come(events: list[tuple[int, T]]) -> Iterator[tuple[list[tuple[int, T]], int, int]]:
    """The versions of a mark for several events: the events so far, and the events that begin and end the version."""
    for count, (born, _) in enumerate(events, 1):
        yield events[:count], born, events[count][0] if count < len(events) else END
