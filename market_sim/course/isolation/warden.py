"""The warden: the process between the grader and a student's process. It sets limits and leaves nothing behind.

    python -I -S -u warden.py SETTINGS COMMAND...

A command that begins with `-` names a Python program and its arguments; the fork runs it itself, because a second
interpreter would take longer to start than most checks take. Any other command is executed in place of the fork.
It ends the student's process and everything that this process started, also in sessions of their own, as soon as its
standard input is closed (which happens by itself when the grader dies), as soon as there are too many processes, and
when the student's process ends. Its exit code is that of the student's process, 128 + n for a signal n, or one of the
codes below. Standard library only, and only on POSIX systems; what a system cannot do is left out.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:  # a type checker reads the names below; importing them takes a tenth of the time of a whole start
    from typing import Any

HERE = "-"
TOO_MANY_PROCESSES = 81
CANNOT_START = 82
GLANCE_SECONDS = 0.02
SUBREAPER, PARENT_DEATH_SIGNAL = 36, 1
"""Numbers of prctl(2): orphans come to us; a process dies with the one that started it."""


def main(settings: dict[str, Any], command: list[str]) -> int:
    """Start the command within its limits, watch it, and clear up."""
    _prctl(SUBREAPER, 1)
    child = os.fork()
    if child == 0:
        return _become(settings, command)
    ended = _watch(child, settings["processes"])
    _clear_up()
    # Nothing is left that an orderly end would put away, and the grader waits for this one.
    os._exit(ended)


def _become(settings: dict[str, Any], command: list[str]) -> int:
    """Give up rights and turn into the command."""
    try:
        os.setsid()
        _limit(settings)
        if settings["uid"] is not None:
            os.setgroups([])
            os.setresgid(settings["uid"], settings["uid"], settings["uid"])
            os.setresuid(settings["uid"], settings["uid"], settings["uid"])
        _prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
        os.chdir(settings["folder"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if command[0] != HERE:
            os.execve(command[0], command, settings["environment"])
    except OSError as error:
        os.write(2, f"cannot start: {error.strerror}\n".encode())
        os._exit(CANNOT_START)
    return _run_here(command[1:], settings["environment"])


def _run_here(program: list[str], environment: dict[str, str]) -> int:
    """Be the program: its errors, its exit code and its threads end this process as they would end its own."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = program
    student_side: Any = ModuleType("student_side")
    student_side.__file__ = program[0]
    SourceFileLoader("student_side", program[0]).exec_module(student_side)
    student_side.main(*map(int, program[1:]))
    return 0


def _limit(settings: dict[str, Any]) -> None:
    # Imported here because the grader, which reads this module's exit codes, may run where there are no such limits.
    import resource

    for name in ("CPU", "AS", "FSIZE", "NOFILE", "NPROC", "CORE"):
        kind, wanted = getattr(resource, f"RLIMIT_{name}", None), settings["limits"].get(name)
        if kind is None or wanted is None:
            continue
        hardest = resource.getrlimit(kind)[1]
        most = wanted if hardest == resource.RLIM_INFINITY else min(wanted, hardest)
        # Some systems do not know some limits; the wall clock and the number of processes are watched from outside.
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def _watch(child: int, most: int) -> int:
    """Wait for the end of the child, for our own call to stop, or for too many processes."""
    while True:
        waited, status = os.waitpid(child, os.WNOHANG)
        if waited:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if select.select([0], [], [], GLANCE_SECONDS)[0] and not os.read(0, 64):
            return 128 + signal.SIGKILL
        if len(descendants(os.getpid())) > most:
            return TOO_MANY_PROCESSES


def _clear_up() -> None:
    """End every process that came from the child; orphans are ours, so none is overlooked."""
    for _ in range(1_000):
        left = descendants(os.getpid())
        for process in left:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not left:
            return
        select.select([], [], [], 0.001)


def descendants(process: int) -> list[int]:
    """Every process below this one, as far as the system tells; the dead that nobody has asked about count, too."""
    found: list[int] = []
    waiting = [process]
    while waiting:
        tasks = f"/proc/{waiting.pop()}/task"
        with suppress(OSError):
            for task in os.listdir(tasks):
                with open(f"{tasks}/{task}/children", encoding="ascii") as file:
                    children = [int(word) for word in file.read().split()]
                found += children
                waiting += children
    return found


def _prctl(option: int, value: int) -> None:
    """Linux only; elsewhere an orphan that leaves its session is not found, which is why a level is stated."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
