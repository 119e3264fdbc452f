"""Named random streams: each consumer of chance has its own, so that a new agent never changes another agent's luck.

A stream is Python's own generator, seeded with SHA-256 of (seed, name). It depends neither on the order in
which streams are requested nor on the process (`PYTHONHASHSEED` plays no part).

>>> one = Randomness(7).stream("agent/alice").random()
>>> other = Randomness(7)
>>> _ = other.stream("agent/newcomer").random()
>>> other.stream("agent/alice").random() == one
True
"""

from __future__ import annotations

import hashlib
from random import Random

Stream = Random


class Randomness:
    """The random streams of one run, by name."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, Stream] = {}

    def stream(self, name: str) -> Stream:
        """The stream with this name: always the same object within one run."""
        known = self._streams.get(name)
        if known is None:
            known = self._streams[name] = Random(int.from_bytes(self.secret(name), "big"))
        return known

    def first_draw(self, name: str) -> float:
        """The number that a stream begins with; the stream itself, which is not made for it, gives it again.

        >>> Randomness(7).first_draw("agent/alice") == Randomness(7).stream("agent/alice").random()
        True
        """
        return Random(int.from_bytes(self.secret(name), "big")).random()

    def secret(self, name: str) -> bytes:
        """32 bytes derived from the seed and this name: the source of keys."""
        return hashlib.sha256(f"market-sim/{self.seed}/{name}".encode()).digest()
