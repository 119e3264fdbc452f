"""The supervisor: the process between grader and student's process. It sets limits and ends all descendants.

    python -I -S -u supervisor.py SETTINGS COMMAND...

A command that begins with `-` names a Python program and its arguments; the fork runs it directly, because starting
another interpreter would take longer than most checks. Any other command is executed in place of the fork. The
supervisor ends the student's process and all its descendants, also those in sessions of their own: when its standard
input is closed (as happens when the grader dies), when there are too many processes, and when the student's process
ends. Its exit code is that of the student's process, 128 + n for a signal n, or one of the codes below. It uses the
standard library only and runs on POSIX systems; features that a system lacks are left out.
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
"""Options of prctl(2): orphans are reparented to this process; a process dies with its parent."""


def main(settings: dict[str, Any], command: list[str]) -> int:
    """Start the command within its limits, watch it, and end its descendants."""
    _prctl(SUBREAPER, 1)
    child = os.fork()
    if child == 0:
        return _become(settings, command)
    ended = _watch(child, settings["processes"])
    _clear_up()
    # Exit at once: nothing needs cleaning up, and the grader waits.
    os._exit(ended)


def _become(settings: dict[str, Any], command: list[str]) -> int:
    """Set limits, drop rights, and execute the command."""
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
    """Run a Python program in this process, with its errors and its exit code."""
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
    """Wait until the child ends, standard input is closed, or there are too many processes."""
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
    """Kill all descendants; orphans are reparented to this process, so none is missed."""
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
    """All descendants of a process that the system reports, zombies included."""
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
    """Call prctl(2) on Linux; without it an orphan in another session is not found."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
