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
from web3.exceptions import Web3Exception, Web3RPCError
from web3.providers import BaseProvider

from market_sim.blockchain.ethereum.node_answers import OddAnswer, checked
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
                answer: Any = checked(method, super().make_request(method, params))
            except OddAnswer as odd:
                why = str(odd)
                continue
            except (OSError, ValueError, Web3Exception) as broken:  # no connection, a status of 4xx or 5xx, no JSON
                status = getattr(getattr(broken, "response", None), "status_code", None)
                why = f"answers with HTTP {status}" if status else f"does not answer ({type(broken).__name__})"
                continue
            said = answer["error"]["message"] if "error" in answer else ""
            if method == SEND or not is_busy(said):
                return answer
            why = f"does not answer ({said})"
        raise NodeSilent(f"the node at {shown(str(self.endpoint_uri))} {why}")


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


def refusal_of(refused: Web3RPCError) -> str:
    """What a node said when it refused, or what web3 says about an answer."""
    answer: Any = refused.rpc_response or {}
    return str(answer["error"]["message"]) if "error" in answer else refused.message or str(refused)
