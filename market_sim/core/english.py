"""English: how a sentence counts its things and names several of them."""

from __future__ import annotations

from collections.abc import Iterable


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things.

    >>> counted(1, "trade"), counted(1_200, "block")
    ('1 trade', '1,200 blocks')
    >>> counted(2, "entry", "entries")
    '2 entries'
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def was(number: int) -> str:
    """The verb that goes with a number of things.

    >>> f"1 trade {was(1)} settled, 2 trades {was(2)} not"
    '1 trade was settled, 2 trades were not'
    """
    return "was" if number == 1 else "were"


def listed(names: Iterable[str]) -> str:
    """Several things in one sentence.

    >>> listed(["ann"]), listed(["ann", "bob"]), listed(["ann", "bob", "carl"])
    ('ann', 'ann and bob', 'ann, bob and carl')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
