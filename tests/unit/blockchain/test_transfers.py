"""Transfers and derivatives on their way to the chain: one count, one order, and only what is owned becomes a row."""

from __future__ import annotations

from market_sim.blockchain.execution import ExecutionState, execute
from market_sim.blockchain.payload import DEPOSIT, KINDS, TRADE, TRANSFER, WITHDRAWAL, TradeRecords, decoded, encoded
from market_sim.blockchain.register import FIRST_DERIVATIVE, Register
from market_sim.core.consensus.blocks import FinalBlock, make_block
from market_sim.core.models.market_events import (
    AccountOpened,
    Deposited,
    Entry,
    InstrumentListed,
    Trade,
    Transferred,
    Withdrawn,
)

NAMES = ("fees", "ann", "ben")
GENESIS = bytes(32)


def opening() -> list[AccountOpened | Deposited | InstrumentListed]:
    return [
        *(AccountOpened(0, name, number, name) for number, name in enumerate(NAMES, start=1)),
        InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0),
        InstrumentListed(0, "CALL", "option", 1, 1, "USD", 100, 2, 0, False),
        InstrumentListed(0, "FUT", "future", 1, 1, "USD", 0, 2, 0, False),
        Deposited(0, "ann", "USD", 10_000),
        Deposited(0, "ben", "USD", 10_000),
        Deposited(0, "ben", "ACME", 50),
    ]


def rows_after(*entries: Entry) -> tuple[dict[tuple[int, int], int], tuple[int, ...]]:
    register = Register.of(opening())
    records = TradeRecords(register)
    for entry in entries:
        records.add(entry)
    payload = records.between(1, len(entries))
    block = make_block(GENESIS, 1, payload)
    ledger = ExecutionState(GENESIS, register.balances(opening()))
    done = execute(ledger, [FinalBlock(1, 1, block.hash, GENESIS, payload)], register)
    return {(account, token): delta for account, token, delta in done.rows}, tuple(one.trade for one in done.refused)


def moved(number: int, source: str, target: str, asset: str, amount: int) -> Transferred:
    return Transferred(0, number, source, target, asset, amount, "TEST", asset)


def traded(number: int, symbol: str, price: int, quantity: int) -> Trade:
    return Trade(0, number, symbol, price, quantity, 1, 1, 2, "ben", "ann", 1, 2)


def test_a_transfer_moves_cash_and_shares_between_two_accounts() -> None:
    rows, refused = rows_after(moved(1, "ann", "ben", "USD", 700), moved(2, "ben", "ann", "ACME", 3))
    assert rows == {(2, 0): -700, (3, 0): 700, (3, 1): -3, (2, 1): 3}
    assert refused == ()


def test_a_transfer_that_nobody_can_pay_is_refused_by_itself() -> None:
    rows, refused = rows_after(moved(1, "ann", "ben", "ACME", 1), moved(2, "ben", "ann", "ACME", 1))
    assert refused == (1,)
    assert rows == {(3, 1): -1, (2, 1): 1}


def test_of_an_option_only_the_premium_moves() -> None:
    rows, refused = rows_after(traded(1, "CALL", 5, 2))
    assert rows == {(2, 0): -1_002, (3, 0): 999, (1, 0): 3}
    assert refused == ()


def test_of_a_future_only_the_fees_move_and_of_its_position_nothing() -> None:
    rows, refused = rows_after(traded(1, "FUT", 5_000, 2), moved(2, "ann", "ben", "FUT", 2))
    assert rows == {(2, 0): -2, (3, 0): -1, (1, 0): 3}
    assert refused == ()


def test_trades_and_transfers_are_executed_in_the_order_of_their_one_count() -> None:
    bought = traded(2, "ACME", 300, 40)  # 12,000 and a fee: ann has the money only because the loan comes first
    assert rows_after(moved(1, "ben", "ann", "USD", 3_000), bought)[1] == ()
    assert rows_after(moved(1, "ann", "ben", "USD", 3_000), bought)[1] == (2,)


def test_derivatives_have_numbers_of_their_own_and_no_token() -> None:
    register = Register.of(opening())
    assert [token.symbol for token in register.tokens] == ["USD", "ACME"]
    assert register.token("CALL") >= FIRST_DERIVATIVE
    assert (register.is_token("ACME"), register.is_token("CALL")) == (True, False)


def test_the_kinds_of_records_have_the_numbers_that_every_reader_of_a_payload_knows() -> None:
    assert (TRADE, TRANSFER, DEPOSIT, WITHDRAWAL) == KINDS == (1, 2, 3, 4)


def test_what_comes_from_outside_has_no_seller_and_what_goes_there_no_buyer() -> None:
    register = Register.of(opening())
    for entry, ends in ((Deposited(1, "ann", "USD", 7, 1), (2, 0)), (Withdrawn(1, "ann", "USD", 7, 1), (0, 2))):
        [record] = decoded(encoded(entry, register))
        assert (record.buyer, record.seller) == ends
        assert (record.token, record.price, record.quantity, record.buyer_fee, record.seller_fee) == (0, 0, 7, 0, 0)


def test_a_transfer_has_a_record_of_its_own_kind() -> None:
    register = Register.of(opening())
    records = TradeRecords(register)
    records.add(moved(1, "ann", "ben", "USD", 7))
    [record] = decoded(records.between(1, 1))
    assert (record.kind, record.token, record.price, record.quantity) == (TRANSFER, 0, 0, 7)
    assert (record.seller, record.buyer) == (2, 3)
