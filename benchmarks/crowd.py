"""A crowd of readers in a process of its own: how long messages take to each of them, and how many are missing.

    python -m benchmarks.crowd tickers PORT READERS SECONDS FILE    follow the stream of a live market
    python -m benchmarks.crowd echo PORT READERS SECONDS FILE       ten messages a second to an echo server, and back

The readers are bare: a library would take longer to receive a message than the stream takes to send it, and there are a
thousand of them on one loop. FILE gets two arrays of equal length, one after the other: what was received (microseconds
of simulated time, or the moment of sending in nanoseconds) as 64-bit integers, and when, in seconds of the monotonic
clock.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array
from pathlib import Path

JOINS_A_SECOND = 100
BEAT_SECONDS = 0.1
SIZE = 170
"""The length of an echoed message: about that of a ticker."""
TEXT, PING, PONG = 0x81, 0x89, 0x8A


class Reader(asyncio.Protocol):
    """One client: it makes the handshake, answers pings, and notes what it gets and when."""

    def __init__(self, port: int, what: array[int], when: array[float]) -> None:
        self._port, self._what, self._when = port, what, when
        self._rest = b""
        self.is_open = False
        self.got: list[int] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Ask for the upgrade."""
        self.transport = transport
        lines = ["GET / HTTP/1.1", f"Host: 127.0.0.1:{self._port}", "Connection: Upgrade", "Upgrade: websocket"]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""]
        transport.write("\r\n".join(lines).encode())

    def data_received(self, data: bytes) -> None:
        """Take whole frames."""
        now = time.monotonic()
        data = self._rest + data
        if not self.is_open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            self.is_open = True
        place, end = 0, len(data)
        while end - place >= 4:
            length, start = data[place + 1], place + 2
            if length == 126:
                length, start = int.from_bytes(data[place + 2 : place + 4], "big"), place + 4
            if end < start + length:
                break
            if data[place] == TEXT:
                stamp = int(data[start + 13 : start + 32].partition(b",")[0])
                self.got.append(stamp)
                self._what.append(stamp)
                self._when.append(now)
            elif data[place] == PING:
                self.send(PONG, data[start : start + length])
            place = start + length
        self._rest = data[place:]

    def send(self, kind: int, content: bytes) -> None:
        """Send a frame; its mask is zero, which is a mask like any other."""
        length = len(content)
        size = bytes([0x80 | length]) if length < 126 else bytes([0x80 | 126]) + length.to_bytes(2, "big")
        self.transport.write(bytes([kind]) + size + bytes(4) + content)


async def crowd(kind: str, port: int, readers: int, seconds: float, file: Path) -> dict[str, int]:
    """Let readers join, and follow for a while; what came before all had joined does not count."""
    what, when = array("q"), array("d")
    loop = asyncio.get_running_loop()
    joined: list[Reader] = []
    for _ in range(readers):
        _, reader = await loop.create_connection(lambda: Reader(port, what, when), "127.0.0.1", port)
        joined.append(reader)
        await asyncio.sleep(1 / JOINS_A_SECOND)
    while not all(reader.is_open for reader in joined):
        if any(reader.transport.is_closing() for reader in joined):
            raise SystemExit(f"port {port} does not take {readers} readers")
        await asyncio.sleep(0.01)
    del what[:], when[:]
    end = time.monotonic() + seconds
    if kind == "echo":
        await asyncio.gather(*(beat(reader, end) for reader in joined))
    await asyncio.sleep(max(0.0, end - time.monotonic()) + BEAT_SECONDS)
    with file.open("wb") as out:
        what.tofile(out)
        when.tofile(out)
    steps = [after - before for reader in joined for before, after in zip(reader.got, reader.got[1:], strict=False)]
    lost = sum(step // 100_000 - 1 for step in steps) if kind == "tickers" else 0
    return {"received": len(what), "lost": lost, "closed": sum(reader.transport.is_closing() for reader in joined)}


async def beat(reader: Reader, end: float) -> None:
    """Send ten messages a second, all clients at the same moments: tickers, too, are due to all of them at once."""
    while time.monotonic() < end:
        stamp = time.monotonic_ns()
        reader.send(TEXT, (b'{"timestamp":%d,"padding":"' % stamp).ljust(SIZE - 2, b" ") + b'"}')
        await asyncio.sleep(BEAT_SECONDS)


if __name__ == "__main__":
    kind, port, readers, seconds, file = sys.argv[1:]
    print(json.dumps(asyncio.run(crowd(kind, int(port), int(readers), float(seconds), Path(file)))))
