"""The tries of eth-tester, faster: three pure functions of the package trie that remember what they answered.

py-evm keeps its state in tries in Python. Each read and write decodes the nodes from the root down, mostly those of the
one before, and splits the same paths into nibbles. The functions here give the answers of the originals, which
they call, and keep the last few thousand; roots, balances and gas are the same. A function that is not in its place, in
another version of the package, is left alone. Hashes come from the Keccak in C that this program has anyway.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

import trie.hexary
import trie.utils.nibbles
import trie.utils.nodes
from trie.utils.nibbles import bytes_to_nibbles, decode_nibbles
from trie.utils.nodes import decode_node

KEPT: Final = 4_096
"""The answers that each function remembers: some megabytes at most."""
PLACES: Final[tuple[ModuleType, ...]] = (trie.hexary, trie.utils.nibbles, trie.utils.nodes)
"""The modules that walk a trie; each has the functions under its own name."""


@lru_cache(KEPT)
def _decoded(encoded: bytes) -> Any:
    return decode_node(encoded)


def decoded_node(encoded: Any) -> Any:
    """The node in these bytes, as a list of its own: the trie writes into the nodes that it gets."""
    return _copy(_decoded(encoded)) if type(encoded) is bytes else decode_node(encoded)


def _copy(node: Any) -> Any:
    return [_copy(part) for part in node] if type(node) is list else node


REMEMBERED: Final[dict[str, tuple[Callable[..., Any], Callable[..., Any]]]] = {
    "bytes_to_nibbles": (bytes_to_nibbles, lru_cache(KEPT)(bytes_to_nibbles)),
    "decode_nibbles": (decode_nibbles, lru_cache(KEPT)(decode_nibbles)),
    "decode_node": (decode_node, decoded_node),
}
"""By name: the function of the package, and the one that remembers."""


def remember() -> int:
    """Put the functions into their places, before the first hash; returns the number of places that were changed."""
    os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")  # eth-hash reads it at its first hash
    changed = 0
    for module in PLACES:
        for name, (original, faster) in REMEMBERED.items():
            if getattr(module, name, None) is original:
                setattr(module, name, faster)
                changed += 1
    return changed
