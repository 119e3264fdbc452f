"""Idempotency: a request that is sent again under the same key gets the same answer, and does nothing again.

The exchange knows an order by its client id for as long as the run lasts. This memory adds the rest: the very bytes of
the answer, refusals included, for the last requests; and requests of the same key that arrive together.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT = 10_000
"""The replies that are kept; an order with an older key is still known to the exchange."""


@dataclass
class _Reply(Generic[T]):
    asked: bytes
    done: threading.Event = field(default_factory=threading.Event)
    given: T | None = None


class Replies(Generic[T]):
    """The last replies by member and key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], _Reply[T]] = OrderedDict()

    def once(self, member: str, key: str, asked: bytes, work: Callable[[], T]) -> T | None:
        """Do the work, or repeat the answer that the same request got; None if another request had this key.

        A request whose work fails leaves no reply, so that it can be sent again.
        """
        place = member, key
        while True:
            with self._lock:
                known = self._kept.get(place)
                if known is None:
                    mine = self._kept[place] = _Reply(asked)
                    if len(self._kept) > KEPT:
                        self._kept.popitem(last=False)
                    break
            if known.asked != asked:
                return None
            known.done.wait()
            if known.given is not None:
                return known.given
        try:
            mine.given = work()
            return mine.given
        finally:
            if mine.given is None:
                with self._lock:
                    if self._kept.get(place) is mine:
                        del self._kept[place]
            mine.done.set()
