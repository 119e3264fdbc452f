"""The compression of a journal: JSON lines in the gzip format, one gzip member for each write.

A member is complete in itself and members may follow each other in a file, so any program that reads gzip can read the
file at any moment: `gzip -dc journal.jsonl.gz | sha256sum` prints the fingerprint of a run.

>>> data = packed(b"one\\n") + packed(b"two\\n")
>>> unpacked(data)
(b'one\\ntwo\\n', '')
>>> unpacked(data[:-9]), unpacked(data + b"three")
((b'one\\ntwo\\n', 'it is cut short'), (b'one\\ntwo\\n', 'incorrect header check'))
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

LEVEL = 3
"""The highest fast level: the next one takes twice as long and saves a tenth of the size."""
GZIP = 16 + zlib.MAX_WBITS
CUT_SHORT = "it is cut short"
PIECE = 1 << 16
"""The number of bytes decompressed at once: zlib copies what follows a member, which must not be the rest of a file."""


def packed(text: bytes) -> bytes:
    """The text as one gzip member, without a time or a name."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    return packer.compress(text) + packer.flush()


def unpacked(data: bytes) -> tuple[bytes, str]:
    """The readable text, and the reason why it ends early; an empty reason if it does not."""
    texts: list[bytes] = []
    place = 0
    while place < len(data):
        member = zlib.decompressobj(GZIP)
        while not member.eof:
            piece = data[place : place + PIECE]
            if not piece:
                return b"".join(texts), CUT_SHORT
            before = member.copy()
            try:
                texts.append(member.decompress(piece))
            except zlib.error as error:
                texts.extend(_until_damage(before, piece))
                return b"".join(texts), str(error).rpartition(": ")[2]
            place += len(piece) - len(member.unused_data)
    return b"".join(texts), ""


def texts(path: Path, place: int = 0) -> Iterator[bytes]:
    """The text of one member after the other, from the one on that begins at this byte; only one is in memory."""
    with path.open("rb") as file:
        file.seek(place)
        rest = file.read(PIECE)
        while rest:
            member, found = zlib.decompressobj(GZIP), list[bytes]()
            while not member.eof and rest:
                found.append(member.decompress(rest))
                rest = member.unused_data or file.read(PIECE)
            yield b"".join(found)


def _until_damage(member: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """The readable start of a damaged piece, byte by byte, because an error discards everything of one call."""
    for place in range(len(piece)):
        try:
            yield member.decompress(piece[place : place + 1])
        except zlib.error:
            return
