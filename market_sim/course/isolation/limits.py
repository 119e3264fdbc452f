"""The limits of a student's process: time, memory, disk and output of one check."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The limits of one student's process; a process that exceeds one is ended, and its check fails."""

    seconds: float = 5.0
    """The total time that the grader waits for answers."""
    memory_bytes: int = 512 * MIB
    file_bytes: int = MIB
    open_files: int = 64
    processes: int = 16
    """The most processes at the same time, itself included."""
    output_bytes: int = 64 * 1024
    """The most output; the rest is not read."""

    @property
    def cpu_seconds(self) -> int:
        """The processor time of each process, a second more than `seconds`: it ends processes that left the group."""
        return int(self.seconds) + 1
