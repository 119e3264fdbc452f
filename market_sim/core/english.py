"""English phrases: a number with its noun, a time in seconds, a list of names."""

from __future__ import annotations

from collections.abc import Iterable


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, in the singular or the plural.

    >>> counted(1, "trade"), counted(1_200, "block")
    ('1 trade', '1,200 blocks')
    >>> counted(2, "entry", "entries")
    '2 entries'
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def seconds(nanoseconds: int) -> str:
    """A time on the simulation's clock, in seconds.

    >>> seconds(12_500_000_000), seconds(7_000_000_001), seconds(0)
    ('12.5 s', '7.000000001 s', '0 s')
    """
    whole, part = divmod(nanoseconds, 1_000_000_000)
    digits = f"{part:09d}".rstrip("0")
    return f"{whole:,}.{digits} s" if digits else f"{whole:,} s"


def about_seconds(nanoseconds: int) -> str:
    """A time in seconds, to the millisecond: for what was measured, where no rule depends on the rest.

    >>> about_seconds(255_286_798), about_seconds(12_500_000_001), about_seconds(400_000)
    ('0.255 s', '12.5 s', 'less than 0.001 s')
    """
    return "less than 0.001 s" if 0 < nanoseconds <= 500_000 else seconds(round(nanoseconds, -6))


def was(number: int) -> str:
    """The verb "was" or "were", after a number of things.

    >>> f"1 trade {was(1)} settled, 2 trades {was(2)} not"
    '1 trade was settled, 2 trades were not'
    """
    return "was" if number == 1 else "were"


def ordinal(number: int) -> str:
    """A place in an order.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 22, 111)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '22nd', '111th']
    """
    last = 0 if number % 100 in (11, 12, 13) else number % 10
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def listed(names: Iterable[str]) -> str:
    """Names as a list in a sentence.

    >>> listed(["ann"]), listed(["ann", "bob"]), listed(["ann", "bob", "carl"])
    ('ann', 'ann and bob', 'ann, bob and carl')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
