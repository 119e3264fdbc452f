"""The Merkle Patricia trie of Ethereum, whose root is the state root of a block or the root of its receipts.

After Ethereum's Yellow Paper, appendices B (RLP) and D (trie). A path is written in hexadecimal digits, one digit for
each step. A node keeps its reference until something below it changes, so a root costs only what changed since the last
one. No path may be the beginning of another one, so a branch has no value; hashed keys have this property.

>>> trie = Trie()
>>> trie.root.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"  # the known empty root
True
>>> before = trie.root
>>> trie.put("ab12", b"one"); trie.put("ab34", b"two"); trie.remove("ab34"); trie.remove("ab12")
>>> trie.root == before
True
"""

from __future__ import annotations

from market_sim.blockchain.keccak import keccak


class Leaf:
    """The end of a path, with its value."""

    __slots__ = ("path", "reference", "value")

    def __init__(self, path: str, value: bytes) -> None:
        self.path = path
        self.value = value
        self.reference = b""

    def put(self, path: str, value: bytes) -> Node:
        """This node with a further value."""
        if path == self.path:
            self.value, self.reference = value, b""
            return self
        shared = _shared(path, self.path)
        branch = Branch()
        branch.children[int(self.path[shared], 16)] = Leaf(self.path[shared + 1 :], self.value)
        branch.put(path[shared:], value)
        return branch.under(path[:shared])

    def remove(self, path: str) -> Node | None:
        """This node without the value at a path."""
        return None if path == self.path else self

    def under(self, path: str) -> Node:
        """This node at the end of a further path."""
        return Leaf(path + self.path, self.value) if path else self

    def encoded(self) -> bytes:
        """The node in RLP."""
        return listed(_compact(self.path, True) + string(self.value))


class Branch:
    """A fork of up to sixteen ways, at the end of a path that all of them share."""

    __slots__ = ("children", "path", "reference")

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.children: list[Node | None] = [None] * 16
        self.reference = b""

    def put(self, path: str, value: bytes) -> Node:
        """This node with a further value."""
        if path.startswith(self.path):
            rest = path[len(self.path) :]
            way = int(rest[0], 16)
            child = self.children[way]
            self.children[way] = Leaf(rest[1:], value) if child is None else child.put(rest[1:], value)
            self.reference = b""
            return self
        shared = _shared(path, self.path)
        branch = Branch(path[:shared])
        way, self.path, self.reference = int(self.path[shared], 16), self.path[shared + 1 :], b""
        branch.children[way] = self
        branch.children[int(path[shared], 16)] = Leaf(path[shared + 1 :], value)
        return branch

    def remove(self, path: str) -> Node | None:
        """This node without the value at a path; with one way left it is no fork any more."""
        if not path.startswith(self.path):
            return self
        rest = path[len(self.path) :]
        way = int(rest[0], 16)
        child = self.children[way]
        if child is None:
            return self
        self.children[way] = child.remove(rest[1:])
        self.reference = b""
        left = [(number, one) for number, one in enumerate(self.children) if one is not None]
        if len(left) > 1:
            return self
        ((number, one),) = left
        return one.under(f"{self.path}{number:x}")

    def under(self, path: str) -> Node:
        """This node at the end of a further path."""
        if path:
            self.path, self.reference = path + self.path, b""
        return self

    def encoded(self) -> bytes:
        """The node in RLP: the fork, and before it an extension node when there is a shared path."""
        fork = listed(b"".join(b"\x80" if one is None else _reference(one) for one in self.children) + b"\x80")
        return listed(_compact(self.path, False) + _pointer(fork)) if self.path else fork


Node = Leaf | Branch


class Trie:
    """A trie of values by path."""

    def __init__(self) -> None:
        self._top: Node | None = None

    def put(self, path: str, value: bytes) -> None:
        """Set the value at a path."""
        self._top = Leaf(path, value) if self._top is None else self._top.put(path, value)

    def remove(self, path: str) -> None:
        """Take the value at a path away, if there is one."""
        if self._top is not None:
            self._top = self._top.remove(path)

    @property
    def root(self) -> bytes:
        """The hash of the whole."""
        return keccak(b"\x80" if self._top is None else self._top.encoded())


def string(value: bytes) -> bytes:
    """A byte string in RLP."""
    if len(value) == 1 and value[0] < 0x80:
        return value
    return _sized(0x80, value)


def number(value: int) -> bytes:
    """A number in RLP: big-endian, without leading zeros."""
    return string(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def listed(payload: bytes) -> bytes:
    """A list in RLP, whose encoded members are joined in `payload`."""
    return _sized(0xC0, payload)


def _shared(one: str, other: str) -> int:
    """The number of digits with which both paths begin."""
    count = 0
    while count < len(one) and count < len(other) and one[count] == other[count]:
        count += 1
    return count


def _sized(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 56:
        return bytes((kind + size,)) + payload
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((kind + 55 + len(length),)) + length + payload


def _compact(path: str, is_leaf: bool) -> bytes:
    """A path in bytes: the first digit says whether a leaf follows, and whether the number of digits is odd."""
    flag = 2 * is_leaf + len(path) % 2
    return string(bytes.fromhex(f"{flag:x}{'' if flag % 2 else '0'}{path}"))


def _reference(node: Node) -> bytes:
    if not node.reference:
        node.reference = _pointer(node.encoded())
    return node.reference


def _pointer(encoded: bytes) -> bytes:
    """What stands for a node in the node above: itself when it is short, otherwise its hash."""
    return encoded if len(encoded) < 32 else b"\xa0" + keccak(encoded)
