"""The line to a JSON-RPC node: questions are asked again until the node answers, transactions are sent once.

A node can be slow, overloaded, rate-limited or away for a moment. A question changes nothing, so it is asked again
after a pause that doubles. Whether a transaction that was not answered has arrived is unknown, and only the outbox may
decide what follows; so it is never sent again here.
"""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import urlsplit

from web3 import HTTPProvider
from web3.exceptions import Web3Exception
from web3.providers import BaseProvider

from market_sim.core.errors import InvariantBroken, Unsettled

TRIES: Final = 8
FIRST_PAUSE_S: Final = 0.05
SECONDS: Final = 20
"""The longest wait for one answer."""
SEND: Final = "eth_sendRawTransaction"

BUSY: Final = ("limit exceeded", "too many", "rate limit", "timeout", "timed out", "try again", "busy", "overloaded")
"""Words of a node that has no time now; nodes share no error codes, only phrases."""


class NodeSilent(Unsettled):
    """The node gives no answer."""


class Node(HTTPProvider):
    """A JSON-RPC node behind a URL."""

    def __init__(self, url: str) -> None:
        super().__init__(url, request_kwargs={"timeout": SECONDS}, exception_retry_configuration=None)

    def make_request(self, method: Any, params: Any) -> Any:
        """The answer of the node; NodeSilent when there is none."""
        why = ""
        for number in range(1 if method == SEND else TRIES):
            if number:
                time.sleep(FIRST_PAUSE_S * 2 ** (number - 1))
            try:
                answer: Any = super().make_request(method, params)
            except (OSError, ValueError, Web3Exception) as broken:  # no connection, a status of 4xx or 5xx, no JSON
                why = type(broken).__name__
                continue
            if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
                why = "an answer that is none"
                continue
            why = _refusal(answer)
            if method == SEND or not is_busy(why):
                return answer
        raise NodeSilent(f"the node at {shown(str(self.endpoint_uri))} does not answer ({why})")


class NoNode(BaseProvider):
    """In the place of a node when a run is played again: every answer is in its log, so nothing may be asked."""

    def make_request(self, method: Any, params: Any) -> Any:
        """InvariantBroken, whatever is asked."""
        raise InvariantBroken(f"a run that is played again asks its node for {method}")


def is_busy(said: str) -> bool:
    """Whether a node says that it has no time now."""
    lowered = said.lower()
    return any(words in lowered for words in BUSY)


def shown(url: str) -> str:
    """The host and port of an address; the rest may hold a key."""
    return urlsplit(url).netloc.rpartition("@")[2] or "this address"


def _refusal(answer: dict[str, Any]) -> str:
    error = answer.get("error") or {}
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)
