"""An anvil of one's own: it takes a free port itself and says which, so no other program can have taken it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import PATIENCE

LISTENS = re.compile(r"^Listening on (\S+:\d+)$", re.MULTILINE)
MOST_BYTES = 100_000
"""More than a node says before it listens."""


@contextmanager
def running(anvil: str, *settings: str) -> Iterator[str]:
    """The address of a node that listens; it ends with the block."""
    # It talks into a file: a pipe that nobody reads would fill, and the node would stop.
    with tempfile.TemporaryFile() as said:
        command = [anvil, "--port", "0", *settings]
        with subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process:
            try:
                yield f"http://{_listening(process, said.fileno())}"
            finally:
                process.kill()


def _listening(process: subprocess.Popen[bytes], said: int) -> str:
    """Where the node listens, once it says so."""
    latest = time.monotonic() + PATIENCE
    while True:
        has_ended = process.poll() is not None
        # The node writes where this file was read last, so it is read without a place of one's own.
        told = os.pread(said, MOST_BYTES, 0).decode(errors="replace")
        if found := LISTENS.search(told):
            return found[1]
        if has_ended or time.monotonic() > latest:
            raise AssertionError(f"anvil does not listen: {told[-1_000:]}")
        time.sleep(0.02)
