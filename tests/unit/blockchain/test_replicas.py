"""Replicated state: every validator executes final blocks on a copy of its own, and who does it wrongly is seen."""

from __future__ import annotations

from hashlib import sha256

import pytest

from market_sim.blockchain.execution import ExecutionState
from market_sim.core.consensus.behaviours import Behaviour
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.settlement_events import BatchCertified, BlockSettled, StateReached, TradeRefused
from tests.unit.blockchain.town import Town


def states(town: Town, validator: int) -> list[str]:
    return [event.state for event in town.of(StateReached) if event.validator == validator]


def by_hand(balances: dict[tuple[int, int], int]) -> str:
    """The digest of a state written down from its description: 24 bytes for each balance, in order."""
    text = b"".join(
        account.to_bytes(4, "big") + token.to_bytes(4, "big") + amount.to_bytes(16, "big")
        for (account, token), amount in sorted(balances.items())
    )
    return sha256(text).hexdigest()


def test_every_validator_reaches_the_state_that_settlement_pays() -> None:
    town = Town(independent=True)
    town.finalize(town.block(town.trade(100, 3, 1, 2)), town.block(), town.block(town.trade(5, 1)))
    expected = by_hand(town.service.settlement.statement().balances)
    assert [states(town, validator)[-1] for validator in range(4)] == [expected] * 4
    assert by_hand({(1, 0): 3, (2, 0): 693, (2, 1): 4, (3, 0): 304, (3, 1): 6}) == expected


def test_an_empty_block_is_told_at_once_and_leaves_the_state_as_it_was() -> None:
    town = Town(independent=True)
    town.finalize(town.block(), town.block(town.trade(100, 1)), town.block(), validators=range(1))
    before, after, still = states(town, 0)
    assert before == by_hand({(2, 0): 1_000, (3, 1): 10})
    assert after == still != before
    assert [event.height for event in town.of(StateReached)] == [1, 2, 3]


def test_the_state_does_not_depend_on_how_many_blocks_are_told_at_once() -> None:
    town = Town(independent=True)
    blocks = [town.block(), town.block(town.trade(100, 1)), town.block(), town.block(town.trade(100, 2))]
    town.service.finalized(0, blocks)
    for block in blocks:
        town.service.finalized(1, [block])
    assert states(town, 0) == states(town, 1)


def test_each_validator_decides_by_its_own_balances_what_can_be_paid() -> None:
    town = Town(independent=True)
    town.service.replicas.copies[2].state.balances[2, 0] = 99
    town.finalize(town.block(town.trade(100, 1)))
    assert states(town, 2) == [by_hand({(2, 0): 99, (3, 1): 10})]
    assert states(town, 3) == [by_hand({(2, 0): 900, (2, 1): 1, (3, 0): 100, (3, 1): 9})]


def test_the_digest_leaves_out_what_is_zero_and_the_order_of_arrival() -> None:
    one = ExecutionState(bytes(32), [(1, 0, 5), (2, 1, 7)])
    other = ExecutionState(bytes(32), [(2, 1, 7), (3, 0, 0), (1, 0, 5)])
    assert one.digest == other.digest
    assert one.digest != ExecutionState(bytes(32), [(1, 0, 5), (2, 1, 8)]).digest


def test_who_leaves_an_entry_out_reaches_another_state_and_signs_alone() -> None:
    town = Town(independent=True, byzantine=(Behaviour(3, "misexecute", 2, 2),))
    town.finalize(*(town.block(town.trade(10, 1), town.trade(20, 1)) for _ in range(3)), validators=range(3, -1, -1))
    mine, theirs = states(town, 3), states(town, 0)
    assert mine[0] == theirs[0]
    assert mine[1] != theirs[1] and mine[2] != theirs[2]
    assert [event.signers for event in town.of(BatchCertified)] == [(1, 2, 3), (0, 1, 2), (1, 2, 3)]
    assert [event.trades for event in town.of(BlockSettled)] == [2, 2, 2]
    assert town.of(TradeRefused) == []


@pytest.mark.parametrize("independent", [True, False])
def test_what_a_quorum_leaves_out_is_not_paid_and_is_told(independent: bool) -> None:
    town = Town(independent=independent, byzantine=tuple(Behaviour(who, "misexecute", 1, 1) for who in (1, 2, 3)))
    town.finalize(town.block(town.trade(10, 1), town.trade(20, 1)))
    (refused,) = town.of(TradeRefused)
    assert (refused.trade, refused.account, refused.reason) == (2, "alice", "SETTLEMENT_LEFT_OUT")
    (settled,) = town.of(BlockSettled)
    assert (settled.trades, settled.refused) == (1, 1)
    assert town.service.settlement.statement().balances[2, 0] == 990


def test_what_cannot_be_paid_anyway_cannot_be_left_out() -> None:
    town = Town(independent=True, byzantine=(Behaviour(3, "misexecute"),))
    town.finalize(town.block(town.trade(10, 1), town.trade(2_000, 1)), validators=range(3, -1, -1))
    assert len({states(town, validator)[0] for validator in range(4)}) == 1
    (refused,) = town.of(TradeRefused)
    assert refused.reason == "SETTLEMENT_SHORT"


def test_paranoid_stops_where_a_validator_executed_wrongly_without_being_a_liar() -> None:
    town = Town(independent=True, paranoid=True)
    first, second = town.block(town.trade(10, 1)), town.block(town.trade(10, 1))
    town.finalize(first)
    town.service.replicas.copies[2].state.balances[2, 0] += 1
    town.service.finalized(0, [second])
    with pytest.raises(InvariantBroken, match=r"C10: after block 2, n2 has the state .* and n0 the state"):
        town.service.finalized(2, [second])
