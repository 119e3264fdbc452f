"""Items of a payload beside its entries: one form for each content, and every other form is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.blockchain.items import (
    Call,
    call_number,
    calls_of,
    decoded_call,
    encoded_call,
    entries_of,
    packed,
)
from market_sim.blockchain.payload import RECORD, TRADE
from market_sim.core.errors import ProtocolViolation
from market_sim.core.models.settlement_events import CallSubmitted, ContractDeployed
from tests.unit.blockchain.test_trade_pool import FakeChain, pool_of, register

REGISTER = register()
REGISTER.read(ContractDeployed(0, "escrow", "Escrow", "0x", {}))
ENTRY = RECORD.pack(TRADE, 1, 1, 100, 3, 3, 2, 2, 1)


def call(number: int, who: int = 1, amount: int = 5) -> CallSubmitted:
    return CallSubmitted(0, number, f"trader-{who}", "escrow", "lock", ("trader-2", amount))


def item(number: int, amount: int = 5) -> bytes:
    return encoded_call(call(number, amount=amount), REGISTER)


def test_a_call_is_the_same_when_it_is_read_again() -> None:
    assert decoded_call(item(7)) == Call(7, 2, 1, "lock", ("trader-2", 5))
    assert call_number(item(7)) == 7


@given(st.integers(0, 3), st.lists(st.integers(1, 2**60), max_size=6))
def test_entries_and_calls_are_the_same_when_they_are_read_again(entries: int, numbers: list[int]) -> None:
    items = [item(number) for number in numbers]
    payload = packed(ENTRY * entries, items)
    assert (entries_of(payload), calls_of(payload)) == (ENTRY * entries, items)


def test_entries_alone_need_no_header() -> None:
    assert packed(ENTRY, []) == ENTRY


WHOLE = packed(ENTRY, [item(1), item(2)])


@pytest.mark.parametrize(
    "payload",
    [
        WHOLE[:-1],
        WHOLE + b"\0",
        WHOLE[:6],
        bytes([0x80]) + WHOLE[1:],
        bytes([0x82]) + WHOLE[1:],
        WHOLE[:1] + (10**6).to_bytes(4, "big") + WHOLE[5:],
        WHOLE[:5] + (1).to_bytes(2, "big") + WHOLE[7:],
        WHOLE[:5] + (3).to_bytes(2, "big") + WHOLE[7:],
        bytes([0x81]) + len(ENTRY).to_bytes(4, "big") + bytes(2) + ENTRY,
    ],
    ids=["short", "long", "half a header", "older", "newer", "beyond its end", "one call less", "one more", "no call"],
)
def test_every_other_form_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="PAYLOAD_MALFORMED"):
        calls_of(payload)
    pool = pool_with(1, 2, 3)
    assert pool.payload_problem(FakeChain(), payload).reason == "PAYLOAD_MALFORMED"


def pool_with(*numbers, arrange=None):
    from market_sim.blockchain.payload import TradeRecords
    from market_sim.blockchain.trade_pool import Calls, TradePool

    pool = TradePool(TradeRecords(REGISTER), *([] if arrange is None else [arrange]))
    pool.learn(Calls(tuple(map(call, numbers))))
    return pool


def test_a_leader_proposes_the_calls_that_its_chain_does_not_hold_in_the_order_it_chooses() -> None:
    honest, greedy = pool_with(1, 2, 3), pool_with(1, 2, 3, arrange=lambda calls: calls[::-1])
    assert [call_number(each) for each in calls_of(honest.payload_for(FakeChain()))] == [1, 2, 3]
    assert [call_number(each) for each in calls_of(greedy.payload_for(FakeChain()))] == [3, 2, 1]
    rest = honest.payload_for(FakeChain(packed(b"", [item(2)]), b""))
    assert [call_number(each) for each in calls_of(rest)] == [1, 3]
    assert honest.payload_problem(FakeChain(), greedy.payload_for(FakeChain())) is None


def test_calls_of_an_orphaned_block_wait_again_by_themselves() -> None:
    pool = pool_with(1)
    assert pool.payload_for(FakeChain(packed(b"", [item(1)]))) == b""
    assert pool.payload_for(FakeChain(b"")) == packed(b"", [item(1)])


@pytest.mark.parametrize(
    ("on_chain", "items", "reason"),
    [
        ([1], [item(1)], "PAYLOAD_CALL_TWICE"),
        ([], [item(1), item(1)], "PAYLOAD_CALL_TWICE"),
        ([], [item(1, amount=6)], "PAYLOAD_CALL_DIFFERS"),
        ([], [item(9)], "PAYLOAD_CALL_UNKNOWN"),
        ([], [item(9), item(1, amount=6)], "PAYLOAD_CALL_DIFFERS"),
    ],
)
def test_a_call_that_is_not_pending_is_refused(on_chain: list[int], items: list[bytes], reason: str) -> None:
    pool = pool_with(1, 2, 3)
    chain = FakeChain(packed(b"", [item(number) for number in on_chain]) if on_chain else b"", b"")
    assert pool.payload_problem(chain, packed(b"", items)).reason == reason


def test_a_block_holds_a_limited_number_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    from market_sim.blockchain import trade_pool

    monkeypatch.setattr(trade_pool, "LARGEST_CALLS", 2)
    pool = pool_with(1, 2, 3)
    assert len(calls_of(pool.payload_for(FakeChain()))) == 2
    whole = packed(b"", [item(1), item(2), item(3)])
    assert pool.payload_problem(FakeChain(), whole).reason == "PAYLOAD_TOO_MANY_CALLS"


def test_calls_do_not_hide_a_gap_among_the_entries() -> None:
    pool = pool_with(1)
    later = ENTRY[:1] + (2).to_bytes(8, "big") + ENTRY[9:]
    assert pool.payload_problem(FakeChain(), packed(later, [item(1)])).reason == "PAYLOAD_GAP"


def test_the_entries_of_a_block_with_calls_are_counted_and_continued() -> None:
    from market_sim.blockchain.payload import TradeRecords

    pool = pool_of(TradeRecords(REGISTER), 1, 2)
    first = pool.payload_for(FakeChain())
    mixed = packed(first, [item(1)])
    assert (pool.count(mixed), pool.calls(mixed)) == (2, (1,))
    assert pool.last_on(FakeChain(mixed, packed(b"", [item(2)]))) == 2
