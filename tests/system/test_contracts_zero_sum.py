"""The loop over the rows of a batch, exhaustively: every batch of a small world does what a naive reference says.

The world has two accounts with two tokens, balances beside both ends of their range, and changes of one, two and the
largest there are, in each of the four places or not there. The loop treats each row alike, so a world with more rows
has no case that is not in this one: a row that starts a slot, one that shares it, and one that ends it. It runs the
committed bytecode on the fast chain.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from market_sim.blockchain.certificate import Batch, Header, certificate
from market_sim.blockchain.ethereum.settlement import fast_settlement
from market_sim.blockchain.execution import ROW
from market_sim.blockchain.register import Balance, Token
from market_sim.blockchain.settlement import ChainReverted, Genesis
from tests.unit.blockchain.rig import ALICE, BOB, CASH, GENESIS, RUN, SHARES, wallet

pytestmark = pytest.mark.system
PLACES = [(account, token) for account in (ALICE, BOB) for token in (CASH, SHARES)]
MOST = 2**128 - 1
HELD = dict(zip(PLACES, (1, MOST - 1, 2, 1), strict=True))
CHANGES = (None, 1, -1, 2, -2, 2**127 - 1, -(2**127))
Rows = list[tuple[tuple[int, int], int]]


class World:
    """A settlement with one validator, asked what it would do with a batch."""

    def __init__(self) -> None:
        self.settlement = fast_settlement()
        self.validator = wallet("validator/0")
        owners = tuple(wallet(f"account/{number}").address for number in range(1, 4))
        held = tuple(Balance(*place, amount) for place, amount in HELD.items())
        tokens = Token(CASH, "USD", 0), Token(SHARES, "ACME", 0)
        self.settlement.open(Genesis(GENESIS, (self.validator.address,), tokens, owners, held, RUN))
        self.domain = self.settlement.domain

    def batch(self, rows: Rows) -> tuple[Any, ...]:
        """The arguments of a signed batch."""
        header = Header(1, 1, 1, 1, GENESIS, bytes([1]) * 32, bytes([2]) * 32, 1)
        packed = b"".join(ROW.pack(*place, change.to_bytes(16, "big", signed=True)) for place, change in rows)
        batch = Batch(header, packed, b"")
        return tuple(header), packed, b"", certificate({0: self.validator.sign(batch.digest(self.domain))})

    def outcome(self, rows: Rows) -> tuple[str, dict[tuple[int, int], int]]:
        """The error with which a batch is refused, or nothing, and the balances after it; then it is taken back."""
        settlement = self.settlement
        mark = settlement.chain.snapshot()
        try:
            settlement.chain.transact(settlement.operator, settlement.contract, "settle", *self.batch(rows))
        except ChainReverted as refused:
            return refused.error, HELD
        else:
            found = settlement.statement().balances
            return "", {place: found.get(place, 0) for place in PLACES}
        finally:
            settlement.chain.revert(mark)


def expected(rows: Rows) -> str:
    """The naive reference: each balance in its range, in the order of the rows, then each token's sum."""
    sums = {CASH: 0, SHARES: 0}
    for place, change in rows:
        left = HELD[place] + change
        if left < 0:
            return "Insolvent"
        if left > MOST:
            return "BalanceTooLarge"
        sums[place[1]] += change
    return "NotZeroSum" if any(sums.values()) else ""


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_every_small_batch_is_accepted_just_when_each_token_sums_to_zero_and_each_balance_stays_in_range(
    world: World,
) -> None:
    seen: dict[str, int] = {}
    for changes in product(CHANGES, repeat=len(PLACES)):
        rows = [(place, change) for place, change in zip(PLACES, changes, strict=True) if change is not None]
        said, after = world.outcome(rows)
        assert said == expected(rows), rows
        seen[said] = seen.get(said, 0) + 1
        if not said:
            assert after == {place: held + dict(rows).get(place, 0) for place, held in HELD.items()}, rows
            for token in (CASH, SHARES):
                assert sum(after[account, token] - HELD[account, token] for account in (ALICE, BOB)) == 0
    assert sum(seen.values()) == len(CHANGES) ** len(PLACES) == 2_401, "the number in contracts/README.md"
    assert seen.keys() == {"", "Insolvent", "BalanceTooLarge", "NotZeroSum"} and min(seen.values()) > 10


def test_two_rows_are_accepted_in_one_order_only(world: World) -> None:
    for first, second in product(PLACES, repeat=2):
        said, _ = world.outcome([(first, 0), (second, 0)])
        assert said == ("" if first < second else "RowsNotAscending"), (first, second)
