"""Execution and the Merkle tree: conservation, refusals, and roots that mean one batch only."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from market_sim.blockchain.execution import (
    Execution,
    ExecutionState,
    Row,
    execute,
    net_hash,
    packed_exits,
    packed_rows,
)
from market_sim.blockchain.merkle import EMPTY_ROOT, merkle_proof, merkle_root, proven
from market_sim.blockchain.payload import RECORD, TRADE, TRANSFER
from market_sim.blockchain.register import Balance, Register
from market_sim.core.consensus.blocks import FinalBlock
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.market_events import AccountOpened, InstrumentListed
from tests.unit.blockchain.rig import GENESIS

ACCOUNTS = ("fees", "alice", "bob", "carol")
REGISTER = Register.of(
    [
        *(InstrumentListed(0, symbol, "stock", 1, 1, "USD", 2, 2, 0) for symbol in ("A", "B")),
        *(AccountOpened(0, name, number, name) for number, name in enumerate(ACCOUNTS, start=1)),
    ]
)
BALANCES = [Balance(account, token, amount) for account in (2, 3, 4) for token, amount in ((0, 500), (1, 5), (2, 5))]


def record(trade: int, token: int, price: int, quantity: int, buyer: int, seller: int, fees: tuple[int, int]) -> bytes:
    return RECORD.pack(TRADE, trade, token, price, quantity, buyer, seller, *fees)


def block(*records: bytes, height: int = 1, parent: bytes = GENESIS) -> FinalBlock:
    return FinalBlock(height, height, bytes([height]) * 32, parent, b"".join(records))


def run(*records: bytes, balances: Sequence[Balance] = BALANCES) -> Execution:
    return execute(ExecutionState(GENESIS, balances), [block(*records)], REGISTER)


RECORDS = st.builds(
    record,
    st.integers(1, 2**40),
    st.sampled_from([1, 2, 2, 1, 9]),
    st.integers(1, 150),
    st.integers(1, 3),
    st.sampled_from([1, 2, 3, 4, 4, 3, 2, 9]),
    st.sampled_from([2, 3, 4]),
    st.tuples(st.integers(0, 4), st.integers(-3, 4)),
)


@given(st.lists(RECORDS, max_size=25))
def test_every_token_sums_to_zero_no_balance_is_negative_and_each_trade_has_one_fate(records: list[bytes]) -> None:
    execution = run(*records)
    ledger = ExecutionState(GENESIS, BALANCES)
    ledger.apply(execution)
    sums = [sum(row.delta for row in execution.rows if row.token == token) for token in range(3)]
    assert sums == [0, 0, 0]
    assert min(ledger.balances.values()) >= 0
    assert len(execution.accepted) + len(execution.refused) == len(records)
    assert list(execution.rows) == sorted(execution.rows) and all(row.delta for row in execution.rows)
    event("some refused, some not" if execution.refused and execution.accepted else "all of one kind")


@given(st.lists(RECORDS, max_size=12), st.integers(0, 12))
def test_two_blocks_do_what_one_block_with_both_would_do(records: list[bytes], cut: int) -> None:
    once, whole = ExecutionState(GENESIS, BALANCES), run(*records)
    once.apply(whole)
    twice = ExecutionState(GENESIS, BALANCES)
    first = execute(twice, [block(*records[:cut])], REGISTER)
    twice.apply(first)
    second = execute(twice, [block(*records[cut:], height=2, parent=first.block)], REGISTER)
    twice.apply(second)
    assert {k: v for k, v in once.balances.items() if v} == {k: v for k, v in twice.balances.items() if v}
    assert whole.accepted == first.accepted + second.accepted


def test_a_refused_trade_leaves_no_trace_in_rows_or_root() -> None:
    good, bad = record(1, 1, 10, 1, 2, 3, (1, 1)), record(2, 1, 10, 6, 2, 3, (1, 1))
    with_it, without = run(good, bad), run(good)
    assert with_it[:-1] == without[:-1]
    (refusal,) = with_it.refused
    assert (refusal.trade, refusal.account, refusal.reason) == (2, 3, "SETTLEMENT_SHORT")
    assert refusal.numbers == {"trade": 2, "asset": "A", "held": 4, "needed": 6}


@pytest.mark.parametrize(
    ("bad", "account", "asset"),
    [
        (record(1, 1, 251, 1, 2, 3, (0, 0)), 2, "USD"),
        (record(1, 1, 250, 1, 2, 3, (1, 0)), 2, "USD"),
        (record(1, 1, 1, 6, 2, 3, (0, 0)), 3, "A"),
        (record(1, 1, 1, 1, 2, 3, (0, 503)), 3, "USD"),
        (record(1, 1, 1, 1, 2, 3, (0, -1)), 1, "USD"),
    ],
    ids=["price", "fee on top", "shares", "fee above the proceeds", "rebate without fees"],
)
def test_whoever_cannot_deliver_is_named(bad: bytes, account: int, asset: str) -> None:
    (refusal,) = run(bad).refused
    assert (refusal.account, refusal.numbers["asset"]) == (account, asset)


def test_a_refused_trade_leaves_every_balance_as_it_was_and_those_after_it_go_on() -> None:
    """Bob is short of shares in the second trade, after Alice's cash has moved on paper."""
    execution = run(
        record(1, 1, 10, 2, 2, 3, (1, 1)), record(2, 1, 10, 9, 2, 3, (1, 1)), record(3, 1, 20, 3, 4, 3, (0, 0))
    )
    assert execution.accepted == (1, 3)
    assert [(one.trade, one.account, one.numbers["held"], one.numbers["needed"]) for one in execution.refused] == [
        (2, 3, 3, 9)
    ]
    assert [tuple(row) for row in execution.rows] == [
        (1, 0, 2), (2, 0, -41), (2, 1, 2), (3, 0, 159), (3, 1, -5), (4, 0, -120), (4, 1, 3)
    ]  # fmt: skip


def test_what_is_not_delivered_moves_cash_alone() -> None:
    """A derivative has a number from 2**24 on and no balance on the chain; a transfer of it moves nothing there."""
    future = InstrumentListed(0, "F", "future", 1, 1, "USD", 5, 2, 0, delivered=False)
    register = Register.of(
        [
            InstrumentListed(0, "A", "stock", 1, 1, "USD", 1, 2, 0),
            future,
            *(AccountOpened(0, name, number, name) for number, name in enumerate(ACCOUNTS, start=1)),
        ]
    )
    token = register.token("F")
    records = record(1, token, 10, 2, 2, 3, (1, 2)), RECORD.pack(TRANSFER, 2, token, 0, 4, 3, 2, 0, 0)
    execution = execute(ExecutionState(GENESIS, BALANCES), [block(*records)], register)
    assert (execution.accepted, execution.refused) == ((1, 2), ())
    assert [tuple(row) for row in execution.rows] == [(1, 0, 3), (2, 0, -101), (3, 0, 98)]


def test_a_transfer_moves_one_token_and_needs_it() -> None:
    moved = RECORD.pack(TRANSFER, 1, 1, 0, 5, 3, 2, 0, 0)
    execution = run(moved, RECORD.pack(TRANSFER, 2, 1, 0, 1, 3, 2, 0, 0), RECORD.pack(TRANSFER, 3, 3, 0, 1, 3, 2, 0, 0))
    assert [tuple(row) for row in execution.rows] == [(2, 1, -5), (3, 1, 5)]
    assert [(one.trade, one.reason) for one in execution.refused] == [
        (2, "SETTLEMENT_SHORT"), (3, "SETTLEMENT_UNKNOWN_TOKEN")
    ]  # fmt: skip


def test_rows_and_exits_are_packed_as_the_contract_reads_them() -> None:
    assert packed_rows([Row(1, 2, -1), Row(3, 4, 5)]).hex() == f"{1:08x}{2:08x}{'f' * 32}{3:08x}{4:08x}{5:032x}"
    assert packed_exits([1, 258]).hex() == "0000000100000102"


def test_a_ledger_takes_only_the_range_that_follows_its_head() -> None:
    ledger, execution = ExecutionState(GENESIS, BALANCES), run(record(1, 1, 10, 2, 2, 3, (1, 1)))
    for wrong in (execution._replace(first=2), execution._replace(parent=bytes(32))):
        with pytest.raises(InvariantBroken, match="do not follow block 0"):
            ledger.apply(wrong)
    ledger.apply(execution)
    assert (ledger.height, ledger.head, ledger.balances[2, 0]) == (1, bytes([1]) * 32, 459)


def test_the_exact_balance_is_enough() -> None:
    assert run(record(1, 1, 249, 1, 2, 3, (2, 0))).refused == ()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record(1, 9, 1, 1, 2, 3, (0, 0)), "SETTLEMENT_UNKNOWN_TOKEN"),
        (record(1, 1, 1, 1, 9, 3, (0, 0)), "SETTLEMENT_UNKNOWN_ACCOUNT"),
        (record(1, 1, 1, 1, 2, 0, (0, 0)), "SETTLEMENT_UNKNOWN_ACCOUNT"),
    ],
)
def test_what_the_register_does_not_know_is_refused(bad: bytes, reason: str) -> None:
    execution = run(bad)
    assert [refusal.reason for refusal in execution.refused] == [reason]
    assert execution.rows == () and execution.trades_root == EMPTY_ROOT


def test_an_account_on_both_sides_needs_only_its_fees() -> None:
    execution = run(record(1, 1, 400, 5, 2, 2, (1, 2)))
    assert [tuple(row) for row in execution.rows] == [(1, 0, 3), (2, 0, -3)]


def test_blocks_that_do_not_follow_each_other_are_not_executed() -> None:
    with pytest.raises(InvariantBroken, match="block 2 does not follow block 0"):
        execute(ExecutionState(GENESIS, BALANCES), [block(height=2)], REGISTER)


LEAVES = st.lists(st.binary(min_size=53, max_size=53), min_size=1, max_size=20)


@given(LEAVES, st.data())
def test_each_record_is_proven_at_its_place_and_at_no_other(records: list[bytes], data: st.DataObject) -> None:
    root = merkle_root(records)
    place = data.draw(st.integers(0, len(records) - 1))
    proof = merkle_proof(records, place)
    assert proven(root, place, records[place], proof)
    assert not proven(root, place + 1, records[place], proof)
    assert not proven(root, place, bytes(53) if records[place] != bytes(53) else b"\1" * 53, proof)


@given(LEAVES)
def test_a_repeated_last_record_gives_another_root(records: list[bytes]) -> None:
    """Duplicating an odd node instead of promoting it would make these two roots equal."""
    assert merkle_root(records) != merkle_root([*records, records[-1]])


def test_no_byte_can_move_from_rows_to_exits() -> None:
    assert net_hash(b"ab", b"c") != net_hash(b"a", b"bc")
