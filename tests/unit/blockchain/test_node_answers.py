"""An answer of a node is of its method's form, or it is none; what is not asked for is left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from market_sim.blockchain.ethereum.artifacts import artifact, refusal
from market_sim.blockchain.ethereum.node_answers import FORMS, OddAnswer, checked
from market_sim.core.errors import SettlementError

HASH, ADDRESS = "0x" + "ab" * 32, "0x" + "cd" * 20
LOG = {"address": ADDRESS, "topics": [HASH], "data": "0x"}
GOOD: dict[str, Any] = {
    "eth_chainId": "0x7a69",
    "web3_clientVersion": "anvil/v1.7.1",
    "eth_getBlockByNumber": {
        "number": "0x1", "timestamp": "0x65", "gasLimit": "0x1c9c380", "stateRoot": HASH, "receiptsRoot": HASH,
    },
    "eth_getTransactionCount": "0x0",
    "eth_getBalance": "0x" + "f" * 64,
    "eth_call": "0x" + "00" * 64,
    "eth_getCode": "0x6001",
    "eth_getLogs": [LOG],
    "eth_getTransactionReceipt": {"blockNumber": "0x1", "gasUsed": "0x5208", "status": "0x1", "logs": [LOG]},
    "eth_getTransactionByHash": {"gas": "0x5208", "input": "0x", "from": ADDRESS, "to": ADDRESS},
    "eth_sendRawTransaction": HASH,
}  # fmt: skip
ODD = [
    None, {}, [], "hello", "0x", "0xzz", "-0x1", "0x1", [1], 5, -1, 1.5, True, {"number": 1}, "0x" + "f" * 70,
    {"blockNumber": "0x1"}, [{"address": "0x1"}], {"gas": None},
]  # fmt: skip
"""Values that a node could give for anything; each method reads a few of them as its result."""
ALSO = {
    "eth_chainId": ("0x1",),
    "web3_clientVersion": ("hello", "0x", "0xzz", "-0x1", "0x1", "0x" + "f" * 70),
    "eth_getBlockByNumber": (None,),
    "eth_getTransactionCount": ("0x1",),
    "eth_getBalance": ("0x1",),
    "eth_call": ("0x",),
    "eth_getCode": ("0x", "0x" + "f" * 70),
    "eth_getLogs": ([],),
    "eth_getTransactionReceipt": (None,),
    "eth_getTransactionByHash": (None,),
    "eth_sendRawTransaction": (),
}


@pytest.mark.parametrize("method", FORMS)
def test_a_result_of_the_form_of_its_method_is_read_without_what_is_not_asked_for(method: str) -> None:
    good = GOOD[method]
    more = good | {"difficulty": "0xzz"} if isinstance(good, dict) else good
    assert checked(method, {"result": more, "error": None}) == {"jsonrpc": "2.0", "id": 0, "result": good}


@pytest.mark.parametrize("method", FORMS)
def test_a_result_of_another_form_is_none(method: str) -> None:
    read = [value for value in ODD if is_read(method, value)]
    assert read == [*ALSO[method]]


def is_read(method: str, value: Any) -> bool:
    """Whether this value is a result of a method; the sentence for any other one names the method."""
    try:
        checked(method, {"result": value})
    except OddAnswer as odd:
        return not str(odd).startswith(f"answers {method} with ")
    return True


def test_each_field_of_an_answer_is_needed() -> None:
    for method, good in GOOD.items():
        for name in good if isinstance(good, dict) else ():
            left = {other: value for other, value in good.items() if other != name}
            if name == "to":
                assert checked(method, {"result": left})["result"] == left
                continue
            with pytest.raises(OddAnswer):
                checked(method, {"result": left})


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.sampled_from(["result", "error", "message", "x"]), inner),
)


@settings(max_examples=60)
@given(some.sampled_from([*FORMS, "evm_mine"]), JSON)
def test_whatever_a_node_answers_is_a_result_or_a_refusal_with_a_message_or_none(method: str, answer: Any) -> None:
    try:
        found = checked(method, answer)
    except OddAnswer as odd:
        found = {"error": {"code": 0, "message": str(odd)}}
    assert ("result" in found) != ("error" in found)
    if "error" in found:
        assert isinstance(found["error"]["message"], str) and isinstance(found["error"]["code"], int)


def test_a_refusal_keeps_the_data_of_a_contract_only_where_it_is_data() -> None:
    reverted = {"code": 3, "message": "execution reverted", "data": "0x08c379a0"}
    assert checked("eth_call", {"error": reverted})["error"] == reverted
    for odd in ("0x1", {"x": 1}, None, "no data"):
        assert "data" not in checked("eth_call", {"error": reverted | {"data": odd}})["error"]
    assert checked("eth_call", {"error": "boom"})["error"] == {"code": 0, "message": "boom"}


@pytest.mark.parametrize("data", [b"", b"\x08\xc3\x79\xa0", b"\x08\xc3\x79\xa0" + bytes(3)])
def test_revert_data_that_is_no_error_is_an_unknown_error(data: bytes) -> None:
    assert refusal(data).error == "UnknownError"


def test_an_answer_that_is_not_of_the_abi_is_a_sentence() -> None:
    with pytest.raises(SettlementError, match=r"an answer of decimals cannot be read: "):
        artifact("Token").functions["decimals"].answer(b"\x01")
