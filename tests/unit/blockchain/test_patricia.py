"""The trie of state and receipts against the one of py-evm, and its encoding against the library rlp."""

from __future__ import annotations

import rlp
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from market_sim.blockchain.ethereum.patricia import Trie, listed, number, string

PATHS = st.lists(st.sampled_from("0123456789abcdef"), min_size=6, max_size=6).map("".join)
NEAR = st.sampled_from(["000000", "000001", "00000f", "00f000", "0f0000", "f00000", "f0000f", "f000f0", "ffffff"])
"""Paths that share their beginnings, so that forks are made and vanish again."""
CHANGES = st.lists(st.tuples(PATHS | NEAR, st.binary(max_size=40)), max_size=40)


@given(CHANGES)
def test_after_every_change_the_root_is_that_of_py_evms_trie(changes: list[tuple[str, bytes]]) -> None:
    ours, theirs = Trie(), HexaryTrie({})
    for path, value in changes:
        if value:
            ours.put(path, value)
            theirs[bytes.fromhex(path)] = value
        else:
            ours.remove(path)
            del theirs[bytes.fromhex(path)]
        assert ours.root == theirs.root_hash


@given(CHANGES)
def test_the_root_depends_on_what_is_held_and_not_on_how_it_came_there(changes: list[tuple[str, bytes]]) -> None:
    held = {path: value for path, value in changes if value}
    once, again = Trie(), Trie()
    for path, value in held.items():
        once.put(path, value)
    for path, _ in changes:
        again.put(path, b"something else")
    for path in dict(changes):
        if path in held:
            again.put(path, held[path])
        else:
            again.remove(path)
    assert once.root == again.root


@given(st.binary(max_size=70), st.integers(0, 2**256 - 1), st.lists(st.binary(max_size=40), max_size=5))
def test_strings_numbers_and_lists_are_encoded_as_by_rlp(text: bytes, value: int, several: list[bytes]) -> None:
    assert (string(text), number(value)) == (rlp.encode(text), rlp.encode(value))
    assert listed(b"".join(map(string, several))) == rlp.encode(several)
