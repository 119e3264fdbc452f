"""The shape of the tree over the trades of a batch: what a proof made elsewhere must agree with."""

from __future__ import annotations

from market_sim.blockchain.merkle import EMPTY_ROOT, inner, leaf, merkle_root

RECORDS = [bytes([number]) * 53 for number in range(7)]
LEAVES = [leaf(place, record) for place, record in enumerate(RECORDS)]


def test_an_odd_last_node_moves_up_unchanged_and_is_never_joined_with_itself() -> None:
    pair, other = inner(LEAVES[0], LEAVES[1]), inner(LEAVES[2], LEAVES[3])
    assert merkle_root(RECORDS[:3]) == inner(pair, LEAVES[2])
    assert merkle_root(RECORDS[:5]) == inner(inner(pair, other), LEAVES[4])
    assert merkle_root(RECORDS[:7]) == inner(inner(pair, other), inner(inner(LEAVES[4], LEAVES[5]), LEAVES[6]))


def test_one_record_is_its_own_root_and_none_is_zero() -> None:
    assert merkle_root(RECORDS[:1]) == LEAVES[0]
    assert merkle_root([]) == EMPTY_ROOT


def test_a_leaf_is_no_inner_node_and_the_sides_of_a_pair_do_not_count() -> None:
    assert inner(LEAVES[0], LEAVES[1]) == inner(LEAVES[1], LEAVES[0])
    assert leaf(0, RECORDS[0]) != leaf(1, RECORDS[0])
