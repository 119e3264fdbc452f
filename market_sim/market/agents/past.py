"""The past: immutable sequences of past prices and trades, which do not change while the market goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar, overload

T = TypeVar("T")


class SeenTrade(NamedTuple):
    """One trade as market data: without accounts and orders."""

    time: int
    price: int
    quantity: int
    side: int
    """The side of the taker: +1 if it bought, -1 if it sold."""


class Past(Sequence[T]):
    """The first entries of a list that only grows: an immutable prefix, without a copy of the list.

    >>> known = [100, 101, 99]
    >>> seen = Prices(known, 3)
    >>> known.append(98)
    >>> seen, seen[-2:], len(seen)
    ([100, 101, 99], [101, 99], 3)
    """

    __slots__ = ("_known", "_length")
    what = "entries"

    def __init__(self, known: Sequence[T], length: int | None = None) -> None:
        self._known = known
        self._length = len(known) if length is None else length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        length = self._length
        if isinstance(place, slice):
            start, stop, step = place.indices(length)
            if step == 1:
                return list(self._known[start:stop])
            return [self._known[each] for each in range(start, stop, step)]
        if not -length <= place < length:
            raise IndexError(f"there are {length} {self.what}, and none at place {place}")
        return self._known[place + length if place < 0 else place]

    def __iter__(self) -> Iterator[T]:
        # Not the list's own iterator, which would give access to the list.
        return iter(tuple(self[:]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self[:] == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self[:])


class Prices(Past[int]):
    """The price of every trade so far, oldest first."""

    __slots__ = ()
    what = "prices"


class Trades(Past[SeenTrade]):
    """Every trade so far, oldest first."""

    __slots__ = ()
    what = "trades"
