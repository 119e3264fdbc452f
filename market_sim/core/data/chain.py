"""The hash chain of a stored journal: a link for each line, the digest of all lines up to and including it.

A link depends on every earlier line, so the first link that differs names the first line that was changed, removed,
added or moved. Nothing is digested twice: the links are the states of the one SHA-256 whose last state is the run's
fingerprint. Thus the head of the chain is the fingerprint, and each link is the fingerprint of a shorter run.

>>> head = hashlib.sha256()
>>> chain = links(head, [b"one\\n", b"two\\n"])
>>> head.hexdigest() == hashlib.sha256(b"one\\ntwo\\n").hexdigest(), head.digest()[:LINK_BYTES] == chain[LINK_BYTES:]
(True, True)
>>> first_difference([b"one\\n", b"tow\\n"], chain), first_difference([b"one\\n"], chain)
(2, 0)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, Protocol

CHAIN: Final = "journal.chain"
"""The file of links beside the journal."""
LINK_BYTES: Final = 8
"""The stored length of a link: it only locates, as the head is kept in full, and it does not compress."""


class Sha(Protocol):
    """What is used of a SHA-256 of the standard library."""

    def update(self, data: bytes, /) -> None:
        """Digest these bytes, too."""

    def digest(self) -> bytes:
        """The digest so far."""

    def hexdigest(self) -> str:
        """The digest so far, in hexadecimal digits."""

    def copy(self) -> Sha:
        """An independent copy."""


def links(sha: Sha, lines: Sequence[bytes]) -> bytes:
    """The links of the lines that follow what `sha` has digested; afterwards it has digested them, too."""
    update, digest = sha.update, sha.digest
    states = b"".join([digest() for line in lines if not update(line)])
    # The first 8 bytes of every 32: a strided view copies them five times as fast as a slice for each line.
    return memoryview(states).cast("Q")[::4].tobytes()


def first_difference(lines: Sequence[bytes], chain: bytes) -> int:
    """The number of the first line that differs from its link; 0 if all that have one agree."""
    found = split(links(hashlib.sha256(), lines))
    for number, (link, expected) in enumerate(zip(found, split(chain), strict=False), start=1):
        if link != expected:
            return number
    return 0


def split(chain: bytes) -> list[bytes]:
    """The links one by one."""
    return [chain[place : place + LINK_BYTES] for place in range(0, len(chain), LINK_BYTES)]


def explained(lines: Sequence[bytes], chain: bytes, number: int, events: int) -> str:
    """What happened to the first line that differs from its link: a sentence without the name of the file."""
    of = f"line {number} of {events}"
    expected, before = split(chain), hashlib.sha256(b"".join(lines[: number - 1]))
    belongs = expected[number - 1]
    place = next((at for at in range(number + 1, len(lines) + 1) if _link(before, lines[at - 1]) == belongs), 0)
    if not place:
        if len(lines) < events:
            return f"{of} is missing or was changed: there are only {len(lines)} lines"
        return f"{of} is damaged: it is not the line that was written"
    if len(lines) > events:
        return f"line {number} was added" if place == number + 1 else f"lines {number} to {place - 1} were added"
    between = lines[number : place - 1]
    if _link(before, lines[place - 1], *between, lines[number - 1]) == expected[place - 1]:
        return f"lines {number} and {place} of {events} were exchanged"
    return f"{of} is damaged: the line that was written there is now line {place}"


def _link(before: Sha, *lines: bytes) -> bytes:
    after = before.copy()
    for line in lines:
        after.update(line)
    return after.digest()[:LINK_BYTES]
