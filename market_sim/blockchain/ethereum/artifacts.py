"""The compiled contracts: bytecode and ABI, loaded from `contracts/artifacts`.

Calls, answers, events and errors are encoded and decoded by the ABI, so Python repeats no fact about a contract.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import ChainReverted, Log
from market_sim.core.errors import SettlementError

SOURCES: Final = Path(__file__).resolve().parents[3] / "contracts"
ARTIFACTS: Final = SOURCES / "artifacts"
NAMES: Final = (
    "Amm", "BatchSettlement", "Bonds", "Bridge", "CallAuction", "Escrow", "FlashArbitrage", "GuardedAmm",
    "HostileToken", "Htlc", "LendingPool", "MarginVault", "NaiveBridge", "OptionSeries", "Oracle", "OrderSettlement",
    "PredictionMarket", "Token", "Warrant",
)  # fmt: skip


class AbiEntry(NamedTuple):
    """A function, an event or an error in the ABI of a contract."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    names: tuple[str, ...]
    outputs: tuple[str, ...]

    def call(self, *arguments: Any) -> bytes:
        """The call data of a function with these arguments."""
        return self.selector + encode(self.inputs, arguments)

    def answer(self, data: bytes) -> Any:
        """The decoded result of a call: one value, or a tuple of several."""
        try:
            values = decode(self.outputs, data)
        except DecodingError as wrong:
            raise SettlementError(f"an answer of {self.name} cannot be read: {wrong}") from None
        return values[0] if len(values) == 1 else values


class AbiEvent(NamedTuple):
    """An event in the ABI of a contract."""

    name: str
    topic: bytes
    searched: tuple[tuple[str, str], ...]
    """Name and type of the indexed parameters."""
    rest: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> AbiEvent | None:
        """The event that an ABI entry describes; None for any other entry."""
        if described["type"] != "event":
            return None
        inputs = [(each["name"], _type(each), each["indexed"]) for each in described["inputs"]]
        topic = keccak(f"{described['name']}({','.join(kind for _, kind, _ in inputs)})".encode())
        searched, rest = (
            tuple((name, kind) for name, kind, indexed in inputs if indexed is wanted) for wanted in (True, False)
        )
        return cls(described["name"], topic, searched, rest)

    def read(self, log: Log) -> dict[str, Any]:
        """The parameters of this event in a log entry, by name."""
        found = {
            name: decode((kind,), topic)[0] for (name, kind), topic in zip(self.searched, log.topics[1:], strict=True)
        }
        values = decode([kind for _, kind in self.rest], log.data)
        return found | dict(zip([name for name, _ in self.rest], values, strict=True))


class Artifact:
    """One compiled contract."""

    def __init__(self, name: str, stored: Mapping[str, Any]) -> None:
        self.name = name
        self.stored = stored
        self.bytecode = bytes.fromhex(stored["bytecode"][2:])
        self.deployed = bytes.fromhex(stored["deployedBytecode"][2:])
        self.functions = {entry.name: entry for entry in self._entries("function")}
        self.events = {event.topic: event for event in map(AbiEvent.of, stored["abi"]) if event is not None}
        self.errors = {entry.selector: entry for entry in self._entries("error")}
        self._constructor = next(
            (tuple(map(_type, each["inputs"])) for each in stored["abi"] if each["type"] == "constructor"), ()
        )

    def creation(self, *arguments: Any) -> bytes:
        """The data of a deployment transaction."""
        return self.bytecode + encode(self._constructor, arguments)

    def happened(self, name: str, logs: Iterable[Log]) -> dict[str, Any]:
        """The parameters of the first event with this name in these logs."""
        for log in logs:
            event = self.events.get(log.topics[0])
            if event is not None and event.name == name:
                return event.read(log)
        raise SettlementError(f"the contract {self.name} emitted no {name}")

    def is_code(self, found: bytes) -> bool:
        """Whether this code on a chain is this contract; immutable values differ by deployment and are masked."""
        if len(found) != len(self.deployed):
            return False
        masked = bytearray(found)
        for start, length in self.stored["immutableReferences"]:
            masked[start : start + length] = bytes(length)
        return bytes(masked) == self.deployed

    def _entries(self, kind: str) -> Iterator[AbiEntry]:
        for each in self.stored["abi"]:
            if each["type"] == kind:
                inputs = tuple(map(_type, each["inputs"]))
                names = tuple(parameter["name"] for parameter in each["inputs"])
                outputs = tuple(map(_type, each.get("outputs", ())))
                selector = keccak(f"{each['name']}({','.join(inputs)})".encode())[:4]
                yield AbiEntry(each["name"], selector, inputs, names, outputs)


@cache
def artifact(name: str) -> Artifact:
    """The compiled contract with this name."""
    place = ARTIFACTS / f"{name}.json"
    try:
        return Artifact(name, json.loads(place.read_text()))
    except FileNotFoundError:
        raise SettlementError(f"no compiled contract {name}: run `python contracts/build.py`") from None


def refusal(data: bytes) -> ChainReverted:
    """The error in the revert data of a contract, looked up in all known contracts."""
    try:
        found = _known(data)
    except DecodingError:  # the data begins like an error and is none
        found = None
    return found or ChainReverted("UnknownError", {"data": data.hex()})


def _known(data: bytes) -> ChainReverted | None:
    if data[:4] == _PANIC:
        return ChainReverted("Panic", {"code": int.from_bytes(data[4:36], "big")})
    if data[:4] == _TEXT:
        return ChainReverted("Error", {"text": decode(("string",), data[4:])[0]})
    for name in NAMES:
        entry = artifact(name).errors.get(data[:4])
        if entry is not None:
            values = map(readable, decode(entry.inputs, data[4:]))
            return ChainReverted(entry.name, dict(zip(entry.names, values, strict=True)))
    return None


_PANIC: Final = keccak(b"Panic(uint256)")[:4]
_TEXT: Final = keccak(b"Error(string)")[:4]


def _type(parameter: Mapping[str, Any]) -> str:
    """The canonical type of a parameter; a struct is a tuple of the types of its fields."""
    kind: str = parameter["type"]
    if kind.startswith("tuple"):
        return f"({','.join(map(_type, parameter['components']))}){kind[5:]}"
    return kind


def readable(value: Any) -> Any:
    """A decoded value as the journal has it: bytes in hexadecimal."""
    return value.hex() if isinstance(value, bytes) else value
