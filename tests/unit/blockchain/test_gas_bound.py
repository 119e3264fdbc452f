"""How many trades fit into one transaction: the cheap bounds may let through only what the count lets through."""

from __future__ import annotations

import pytest

from market_sim.blockchain import gas
from market_sim.blockchain.gas import LARGEST_BATCH_GAS, LARGEST_COMMITTEE, batch_gas, fitting
from market_sim.blockchain.payload import RECORD, TRADE
from market_sim.blockchain.register import Register
from market_sim.core.models.market_events import AccountOpened, InstrumentListed


def register(accounts: int, instruments: int = 1) -> Register:
    return Register.of(
        [
            *(InstrumentListed(0, f"S{number}", "stock", 1, 1, "USD", 1, 2, 0) for number in range(instruments)),
            AccountOpened(0, "fees", 1, "house"),
            *(AccountOpened(0, f"a{number}", number, "one") for number in range(2, accounts + 1)),
        ]
    )


def payload(trades: int, accounts: int, instruments: int = 1) -> bytes:
    """Trades that touch as many accounts as there are, each pair in its turn."""
    records = []
    for number in range(trades):
        buyer, seller = 2 + 2 * number % (accounts - 2), 2 + (2 * number + 1) % (accounts - 2)
        token = 1 + number % instruments
        records.append(RECORD.pack(TRADE, number + 1, token, 100, 1, buyer, seller, 0, 0))
    return b"".join(records)


def touched(count: int) -> int:
    """The bound for this number of trades among accounts that trade once, with cash and one stock in one slot."""
    return bound(2 * count + 1, 4 * count + 1)


def bound(slots: int, rows: int, tokens: int = 2) -> int:
    """The bound when all slots are new, and the largest committee takes over and signs."""
    return batch_gas(LARGEST_COMMITTEE, slots, slots, rows, 0, tokens, LARGEST_COMMITTEE)


MOST = max(count for count in range(2_000) if touched(count) <= LARGEST_BATCH_GAS)


def test_the_bound_adds_up_what_each_part_costs() -> None:
    assert batch_gas(0, 0, 0, 0, 0) == 100_000
    parts = [batch_gas(*(int(place == part) for place in range(7))) - 100_000 for part in range(7)]
    assert parts == [7_000, 5_000, 17_100, 800, 60_000, 200, 60_000 + 25_000 + 110]
    assert LARGEST_BATCH_GAS == 16_777_216, "no transaction may have more since EIP-7825"


@pytest.mark.parametrize("trades", [1, MOST - 1, MOST, MOST + 1, MOST + 40])
def test_trades_among_ever_new_accounts_fit_up_to_the_bound_and_no_further(trades: int) -> None:
    accounts = 2 * (MOST + 60) + 2
    assert fitting(payload(trades, accounts), register(accounts)) == min(trades, MOST)


def test_a_batch_that_costs_exactly_the_most_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = 2 * (MOST + 60) + 2
    monkeypatch.setattr(gas, "LARGEST_BATCH_GAS", touched(MOST))
    assert fitting(payload(MOST + 1, accounts), register(accounts)) == MOST
    monkeypatch.setattr(gas, "LARGEST_BATCH_GAS", touched(MOST) - 1)
    assert fitting(payload(MOST + 1, accounts), register(accounts)) == MOST - 1


def test_any_number_of_trades_among_few_accounts_fits() -> None:
    """What counts are the balances that change, not the trades."""
    assert fitting(payload(10_000, 20), register(20)) == 10_000


def test_few_trades_fit_into_a_register_of_any_size_and_are_not_counted_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gas, "_counted", lambda *_: pytest.fail("the cheap bound was enough"))
    accounts = 20_000
    assert fitting(payload(100, accounts), register(accounts)) == 100
    assert fitting(payload(10_000, 20), register(20)) == 10_000


def test_two_balances_of_one_account_share_a_slot_by_pairs_of_tokens() -> None:
    """Trades in tokens 2 and 3 touch a second slot of each account beside that of the cash."""
    accounts, trades = 4 * MOST, MOST
    apart = b"".join(
        RECORD.pack(TRADE, number + 1, 2, 100, 1, 2 + 2 * number, 3 + 2 * number, 0, 0) for number in range(trades)
    )
    counts = [n for n in range(trades + 1) if bound(4 * n + 1, 4 * n + 1, tokens=4) <= LARGEST_BATCH_GAS]
    assert fitting(apart, register(accounts, instruments=3)) == max(counts) < MOST
