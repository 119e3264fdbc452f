"""The lock of a run's folder: one program at a time writes a run, and a killed program leaves no lock behind."""

from __future__ import annotations

import os
from pathlib import Path

from market_sim.core.errors import InputError

try:
    import fcntl
except ImportError:  # not on this system: there a folder has no lock
    fcntl = None  # type: ignore[assignment]


class FolderLock:
    """The right to write into a folder, until it is released or the program ends; it outlives a rename."""

    def __init__(self, folder: Path) -> None:
        self._number: int | None = None
        if fcntl is not None:
            self._take(folder)

    def _take(self, folder: Path) -> None:
        try:
            self._number = os.open(folder, os.O_RDONLY)
            fcntl.flock(self._number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise InputError(f"{folder} is in use: another program runs it; end that one first") from None
        except OSError:  # no folder, which its reader says, or a file system without locks
            self.release()

    def release(self) -> None:
        """Let another program write."""
        if self._number is not None:
            os.close(self._number)
            self._number = None
