"""A JSON-RPC node that has faults: a server on this machine in front of eth-tester, or of another node.

Each method has a stream of faults of its own, drawn from the seed: its nth question has the same fault in every run.
How often a client asks for a receipt depends on how fast the chain is, and must not decide which sending is lost. A
method has no more faults in a row than a client must bear.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.request import Request, urlopen

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.backends import EthTesterChain
from market_sim.blockchain.ethereum.node_answers import FORMS
from market_sim.blockchain.ethereum.transactions import signed
from market_sim.core.randomness import Randomness

SEND = "eth_sendRawTransaction"
READING = ("broken line", "server error", "limit exceeded", "no JSON", "odd result")
SENDING = ("lost", "arrived all the same", "txpool is full", "limit exceeded", "already known", "odd result")
MOST_IN_A_ROW = 4
Ask = Callable[[str, list[Any]], dict[str, Any]]


class FaultyNode:
    """The node: how often it fails, what it did, and what it may be told to say."""

    def __init__(self, ask: Ask, seed: int = 0, rate: float = 0.0) -> None:
        self._ask = ask
        self._randomness = Randomness(seed)
        self._in_a_row: Counter[str] = Counter()
        self._lock = Lock()
        self.rate = rate
        self.seen: Counter[str] = Counter()
        """How often each fault occurred, and each method was called."""
        self.says: dict[str, str] = {}
        """By method: the error that it always gives."""
        self.gives: dict[str, Any] = {}
        """By method: the answer that it always gives."""

    def answer(self, method: str, parameters: list[Any]) -> dict[str, Any] | str:
        """The answer to one question; a word for a line that breaks."""
        with self._lock:
            self.seen[method] += 1
            if method in self.says:
                return refusal(self.says[method])
            if method in self.gives:
                return {"answer": self.gives[method]}
            fault = self._fault(method)
            self.seen[fault] += 1
            if fault in ("lost", "broken line", "server error", "no JSON"):
                return fault
            if fault == "odd result":
                return {"result": [fault]} if method in FORMS else {"no result": fault}
            if fault in ("limit exceeded", "txpool is full"):
                return refusal(fault)
            answer = self._ask(method, parameters)
            if fault == "arrived all the same":
                return "broken line"
            return refusal(fault) if fault == "already known" else answer

    def _fault(self, method: str) -> str:
        luck = self._randomness.stream(f"faults/{method}")
        fault = luck.choice(SENDING if method == SEND else READING) if luck.random() < self.rate else ""
        if self._in_a_row[method] == MOST_IN_A_ROW:
            fault = ""
        self._in_a_row[method] = self._in_a_row[method] + 1 if fault else 0
        return fault


def refusal(said: str) -> dict[str, Any]:
    return {"error": {"code": -32005, "message": said}}


class Handler(BaseHTTPRequestHandler):
    node: FaultyNode

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.node.answer(asked["method"], asked["params"])
        if answer in ("lost", "broken line"):
            self.close_connection = True
            return
        body = b"<html>" if answer == "no JSON" else b""
        if isinstance(answer, dict) and "answer" in answer:
            body = json.dumps(answer["answer"]).encode()
        elif isinstance(answer, dict):
            body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}).encode()
        self.send_response(503 if answer == "server error" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def serving(node: FaultyNode) -> Iterator[str]:
    """The address of a node while it is served."""
    handler = type("Handler", (Handler,), {"node": node})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def on_eth_tester(chain_id: int = 31337) -> Ask:
    """Questions to an eth-tester chain, with the methods of anvil that a run uses."""
    rich = Wallet.of(Randomness(0), "node")
    chain = EthTesterChain(rich, chain_id)
    from web3 import EthereumTesterProvider, Web3
    from web3.providers.eth_tester.defaults import API_ENDPOINTS

    own = {**API_ENDPOINTS["eth"], "chainId": lambda *_: hex(chain_id), "call": call_with_reason}
    provider = EthereumTesterProvider(chain._tester, {**API_ENDPOINTS, "eth": own})
    w3 = Web3(provider)
    ask = provider.request_func(w3, w3.middleware_onion)  # type: ignore[arg-type]

    def send(address: bytes) -> None:
        gift = signed(rich, chain_id, chain.next_nonce(rich), address, b"", 21_000, value=10**25)
        chain.send_raw(gift.raw)

    def answer(method: str, parameters: list[Any]) -> dict[str, Any]:
        if method == "web3_clientVersion":
            return {"result": "anvil before eth-tester"}
        if method == "anvil_setBalance":
            send(bytes.fromhex(parameters[0][2:]))
            return {"result": None}
        if method == "evm_mine":
            chain.mine()
            return {"result": "0x0"}
        try:
            found = ask(method, parameters)  # type: ignore[arg-type]
        except Exception as refused:
            if method == SEND and "nonce" in str(refused):
                return refusal("nonce too low")
            data = getattr(refused, "data", None)
            return {"error": {"code": 3, "message": f"execution reverted {refused}", "data": data}}
        return {"result": plain(found["result"])}

    return answer


def call_with_reason(tester: Any, parameters: Any) -> Any:
    """The answer of eth-tester, or an error with the revert data, which it gives as the printed form of bytes."""
    from eth_tester.exceptions import TransactionFailed
    from web3.exceptions import ContractCustomError

    try:
        return tester.call(*parameters)
    except TransactionFailed as failed:
        said = str(failed.args[0])
        data = ast.literal_eval(said) if said[:2] in ("b'", 'b"') else b""
        raise ContractCustomError(said, data="0x" + data.hex()) from None


def plain(found: Any) -> Any:
    """A value as JSON-RPC writes it."""
    if isinstance(found, bool | str) or found is None:
        return found
    if isinstance(found, int):
        return hex(found)
    if isinstance(found, bytes):
        return "0x" + found.hex()
    if isinstance(found, list | tuple):
        return [plain(one) for one in found]
    return {name: plain(value) for name, value in found.items()}


def behind(url: str) -> Ask:
    """Questions to another node."""

    def answer(method: str, parameters: list[Any]) -> dict[str, Any]:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        with urlopen(Request(url, body, {"Content-Type": "application/json"})) as response:
            found: dict[str, Any] = json.load(response)
        return {name: value for name, value in found.items() if name in ("result", "error")}

    return answer
