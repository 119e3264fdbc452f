"""The core stream is the same everywhere, and whatever is measured on it gives its trades. No test asserts a time."""

from __future__ import annotations

import pytest

from benchmarks.core_stream import ADD, CANCEL, CoreStream, digest
from benchmarks.levels import (
    FREE,
    WITH_FEES,
    an_exchange,
    calibration,
    full_exchange,
    of_accounts,
    order_book,
    submit_all,
)
from benchmarks.spilling import Spill, SpillingJournal
from market_sim.core.data.fold import fold
from market_sim.market.exchange.invariants import check, compare

SHORT = 10_000
SUBJECTS = {
    "calibration": calibration,
    "book": order_book,
    "exchange": lambda operations: full_exchange(operations, FREE),
    "exchange with fees": lambda operations: full_exchange(operations, WITH_FEES),
}


def test_the_stream_has_its_digests():
    stream = CoreStream()
    assert digest(stream.operations(200_000)) == "e2dd182a25f815b1"
    assert digest(stream.trades) == "2a3d66ff3d5cef9d"
    assert len(stream.trades) == 55_458


def test_the_mix_is_half_passive_an_eighth_marketable_a_third_cancelled():
    operations = list(CoreStream().operations(50_000))
    cancelled = sum(kind == CANCEL for kind, *_ in operations) / len(operations)
    assert 0.3 < cancelled < 0.4
    _, trades = calibration(operations)
    crossing = len({taker for _, taker, *_ in trades})
    assert 0.1 < crossing / len(operations) < 0.2


@pytest.mark.parametrize("name", SUBJECTS)
def test_whatever_is_measured_gives_the_trades_of_the_stream(name):
    stream = CoreStream()
    operations = list(stream.operations(SHORT))
    assert sum(kind == ADD for kind, *_ in operations) > SHORT / 2
    _, trades = SUBJECTS[name](operations)
    assert trades == stream.trades


def test_after_the_stream_the_accounts_are_what_a_spilled_journal_adds_up_to(tmp_path):
    journal = SpillingJournal(Spill(tmp_path / "journal.jsonl", segment=1_000))
    exchange = an_exchange(WITH_FEES, journal)
    submit_all(exchange, of_accounts(CoreStream().operations(SHORT)))
    assert check(exchange) == []
    assert compare(exchange, journal) == []
    owned = {name: account.balances["USD"].total for name, account in exchange.accounts.items()}
    assert owned == {name: assets.get("USD", 0) for name, assets in fold(journal).items()}
