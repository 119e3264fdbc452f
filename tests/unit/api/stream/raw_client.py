"""A client on a bare socket: it makes the handshake of RFC 6455 and then does what no library would let it do."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

from tests.conftest import PATIENCE


def stopped_reader(port: int, path: str = "/") -> socket.socket:
    """A client that makes the handshake and then reads nothing."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade", "Upgrade: websocket"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""]
    made.sendall("\r\n".join(lines).encode())
    return made


def read_rest(stopped: socket.socket) -> list[Any]:
    """What was still on its way to a client that did not read, up to the farewell or the end of the connection."""
    stopped.settimeout(PATIENCE)
    found = []
    with stopped.makefile("rb") as stream:
        while stream.readline() not in (b"\r\n", b""):
            pass  # the answer to the handshake
        while len(head := stream.read(2)) == 2 and head[0] == 0x81:
            length = int.from_bytes(stream.read(2), "big") if head[1] == 126 else head[1]
            found.append(json.loads(stream.read(length)))
    return found


def reset(client: socket.socket) -> None:
    """End a connection without a farewell, as when a program is killed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
