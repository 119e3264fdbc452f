"""The remembered functions of eth-tester's tries: the same answers and roots, and nodes that are nobody else's."""

from __future__ import annotations

from random import Random

import pytest
import rlp
import trie.hexary
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from market_sim.blockchain.ethereum import remembered_tries
from market_sim.blockchain.ethereum.remembered_tries import PLACES, REMEMBERED, decoded_node, remember

PATH = st.binary(max_size=40)
PART = st.one_of(st.just(b""), st.binary(min_size=1, max_size=32))
NODE = st.one_of(st.lists(PART, min_size=2, max_size=2), st.lists(PART, min_size=17, max_size=17))


@settings(max_examples=100)
@given(PATH, PATH)
def test_paths_are_split_as_the_originals_split_them(path: bytes, prefixed: bytes) -> None:
    original, faster = REMEMBERED["bytes_to_nibbles"]
    assert faster(path) == original(path) == faster(path)
    original, faster = REMEMBERED["decode_nibbles"]
    for flag in (b"\x00", b"\x10", b"\x20", b"\x30"):
        assert faster(flag + prefixed) == original(flag + prefixed)


@settings(max_examples=100)
@given(NODE, st.integers(0, 16))
def test_a_node_is_decoded_as_by_the_original_and_may_be_written_into(node: list[bytes], place: int) -> None:
    encoded = rlp.encode(node)
    original, _ = REMEMBERED["decode_node"]
    first = decoded_node(encoded)
    assert first == original(encoded) == node
    first[place % len(first)] = b"changed"
    assert decoded_node(encoded) == node
    assert decoded_node(b"") == original(b"") and decoded_node(node) is node


def root_of_a_life(seed: int) -> bytes:
    """The root of a trie after random writes, deletions and reads, each of which is compared with a dictionary."""
    luck, held, tree = Random(seed), dict[bytes, bytes](), HexaryTrie({})
    for _ in range(200):
        key = bytes([luck.randrange(4), luck.randrange(256)]) + bytes(luck.randrange(2))
        if luck.random() < 0.2 and key in held:
            del tree[key], held[key]
        else:
            tree[key] = held[key] = luck.randbytes(luck.choice((1, 5, 40)))
        some = luck.choice(sorted(held)) if held else key
        assert tree.get(some) == held.get(some, b"")
    root: bytes = tree.root_hash
    return root


@pytest.mark.parametrize("seed", range(3))
def test_a_trie_has_the_root_that_it_has_without_them(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    remember()
    assert trie.hexary.decode_node is decoded_node, "the canary: the trie asks the function here"
    faster = root_of_a_life(seed)
    for module in PLACES:
        for name, (original, _) in REMEMBERED.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, original)
    assert root_of_a_life(seed) == faster


def test_each_function_is_put_in_its_places_once_and_another_version_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remember()
    assert remember() == 0
    places = [(module, name) for module in PLACES for name in REMEMBERED if hasattr(module, name)]
    assert {name for _, name in places} == set(REMEMBERED)
    monkeypatch.setattr(remembered_tries, "REMEMBERED", {"decode_node": (len, decoded_node)})
    assert remember() == 0
