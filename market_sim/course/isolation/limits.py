"""The limits: how much time, memory, disk and output one check may cost."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one student's process may use; what goes beyond ends it, and costs that check."""

    seconds: float = 5.0
    """How long the grader waits for answers, all together."""
    memory_bytes: int = 512 * MIB
    file_bytes: int = MIB
    open_files: int = 64
    processes: int = 16
    """How many processes it may have at the same time, itself included."""
    output_bytes: int = 64 * 1024
    """How much it may print; the rest is not read."""

    @property
    def cpu_seconds(self) -> int:
        """Processor time of each process: a second more than the wall allows, for what slips out of its group."""
        return int(self.seconds) + 1
