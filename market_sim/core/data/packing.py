"""The packing of a journal's file: JSON lines in the gzip format, one member for each time that it is written.

A member is complete in itself and gzip files may follow each other, so what is on disk can be read at any moment, by
any program that reads gzip: `gzip -dc journal.jsonl.gz | sha256sum` prints the fingerprint of a run.

>>> data = packed(b"one\\n") + packed(b"two\\n")
>>> unpacked(data)
(b'one\\ntwo\\n', '')
>>> unpacked(data[:-9]), unpacked(data + b"three")
((b'one\\ntwo\\n', 'it is cut short'), (b'one\\ntwo\\n', 'incorrect header check'))
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

LEVEL = 3
"""The last level that is fast: the next ones take twice as long for a tenth of the size."""
GZIP = 16 + zlib.MAX_WBITS
CUT_SHORT = "it is cut short"
PIECE = 1 << 16
"""The number of bytes read at once: what follows a member is copied, so it must not be all the rest of a file."""


def packed(text: bytes) -> bytes:
    """The text as one member; no time and no name stand in it."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    return packer.compress(text) + packer.flush()


def unpacked(data: bytes) -> tuple[bytes, str]:
    """The text as far as it can be read, and why it ends before the data do; an empty reason when it does not."""
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


def _until_damage(member: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """What can be read of a damaged piece, byte by byte: an error takes with it all that was asked for at once."""
    for place in range(len(piece)):
        try:
            yield member.decompress(piece[place : place + 1])
        except zlib.error:
            return
