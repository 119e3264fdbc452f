"""The answers of a JSON-RPC node as this program reads them: what each must have, and nothing else of it.

A node, or what stands between it and this program, can answer with anything. An answer that is not of its method's form
counts as none (market_sim/blockchain/ethereum/node.py), so the code behind it meets only what the specification allows.
Sources: JSON-RPC 2.0, section 5; Ethereum execution API (quantities, data, blocks, receipts, transactions).
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

Quantity = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{1,64}$")]
Data = Annotated[str, msgspec.Meta(pattern="^0x([0-9a-fA-F]{2})*$")]
Words = Annotated[str, msgspec.Meta(pattern="^0x([0-9a-fA-F]{64})*$")]
"""What a contract answers: the ABI fills each value up to 32 bytes."""
Hash = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{64}$")]
Address = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{40}$")]


class Block(msgspec.Struct, rename="camel"):
    """A block without its transactions."""

    number: Quantity
    timestamp: Quantity
    gas_limit: Quantity
    state_root: Hash
    receipts_root: Hash


class LogEntry(msgspec.Struct):
    """What a contract told in a transaction."""

    address: Address
    topics: list[Hash]
    data: Data


class MinedReceipt(msgspec.Struct, rename="camel"):
    """The receipt of a transaction; there is none before a block holds it."""

    block_number: Quantity
    gas_used: Quantity
    status: Quantity
    logs: list[LogEntry]


class SentTransaction(msgspec.Struct, omit_defaults=True):
    """A transaction that the node knows; one that makes a contract has no receiver."""

    gas: Quantity
    input: Data
    sender: Address = msgspec.field(name="from")
    to: Address | None = None


FORMS: Final[dict[str, Any]] = {
    "eth_chainId": Quantity,
    "web3_clientVersion": str,
    "eth_getBlockByNumber": Block | None,
    "eth_getTransactionCount": Quantity,
    "eth_getBalance": Quantity,
    "eth_call": Words,
    "eth_getCode": Data,
    "eth_getLogs": list[LogEntry],
    "eth_getTransactionReceipt": MinedReceipt | None,
    "eth_getTransactionByHash": SentTransaction | None,
    "eth_sendRawTransaction": Hash,
}
"""The form of each method's result; the methods of anvil are asked for what they do, and their results are not read."""


LONGEST: Final = 60
"""The number of characters of an odd answer that a sentence shows."""


class OddAnswer(ValueError):
    """An answer that is none: not of JSON-RPC, or a result that is not of its method's form."""

    def __init__(self, method: str, found: Any) -> None:
        written = msgspec.json.encode(found).decode()
        shown = written if len(written) <= LONGEST else written[:LONGEST] + "..."
        super().__init__(f"answers {method} with {shown}, which is no answer to it")


def checked(method: str, answer: Any) -> dict[str, Any]:
    """An answer as web3 expects it, with a result of the method's form or a refusal with a message; else OddAnswer."""
    if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
        raise OddAnswer(method, answer)
    envelope: dict[str, Any] = {"jsonrpc": "2.0", "id": 0}
    error = answer.get("error")
    if error is not None or "result" not in answer:
        return envelope | {"error": _refusal(error)}
    if method not in FORMS:
        return envelope | {"result": answer["result"]}
    try:
        found = msgspec.convert(answer["result"], FORMS[method])
    except msgspec.ValidationError:
        raise OddAnswer(method, answer["result"]) from None
    return envelope | {"result": msgspec.to_builtins(found)}


def _refusal(error: Any) -> dict[str, Any]:
    """An error with a code, a message, and the data of a contract's refusal, if they are there."""
    if not isinstance(error, dict):
        return {"code": 0, "message": str(error)}
    code, message, data = (error.get(name) for name in ("code", "message", "data"))
    refusal = {"code": code if isinstance(code, int) else 0, "message": str(error if message is None else message)}
    try:
        return refusal | {"data": msgspec.convert(data, Data)}
    except msgspec.ValidationError:
        return refusal
