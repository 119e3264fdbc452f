"""The isolation levels of a student's process, and the strongest one that works on this machine.

I0  inside the grader itself     stops nothing: your own computer, your own code
I1  a process with limits        stops accidents, not malice
I2  I1 and bubblewrap            no network, no files but its own; stops the probes of the test suite, not every attack
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from market_sim.core.errors import InputError
from market_sim.course.isolation.limits import MIB, Limits
from market_sim.course.isolation.supervisor import HERE
from market_sim.course.student_side.child import OPEN

Level = Literal["I0", "I1", "I2"]

PACKAGE = Path(__file__).resolve().parents[2]
COURSE = PACKAGE / "course"
SUPERVISOR = COURSE / "isolation" / "supervisor.py"
CHILD = COURSE / "student_side" / "child.py"
INTERPRETER = str(Path(sys.executable).resolve())
"""The interpreter itself, not the virtual environment around it: an answer sees nothing that is installed."""
UNPROTECTED = "pytest lessons/ID --student answers/ID.py --unsafe-in-process"
"""The command that checks an answer without a process of its own; only pytest has this option."""
INSIDE = Path("/course/market_sim")
"""The path in the sandbox of the few modules of ours that an answer may import."""
FIRST_OWN_UID = 61_000
OWN_UIDS = 4_000
SANDBOX_SCRATCH_BYTES = 16 * MIB


@dataclass(frozen=True)
class Isolation:
    """One way to isolate a student's process."""

    level: Level
    own_user: bool = False
    bubblewrap: str = ""
    remark: str = ""
    """Why the isolation is not stronger."""

    @property
    def name(self) -> str:
        """The name of exactly this way, with which it can be requested without another trial."""
        return self.level + ("+user" if self.own_user else "+alone")

    @property
    def sentence(self) -> str:
        """The isolation as a report states it."""
        user = " as a user of its own" if self.own_user else ""
        told = {
            "I0": "I0: the code ran inside the grader; practice, not a grade",
            "I1": f"I1: a process with limits{user}; this stops accidents, not malice",
            "I2": f"I2: a process with limits{user}, in bubblewrap, without network and without files but its own",
        }[self.level]
        return told + (f" ({self.remark})" if self.remark else "")

    @property
    def uid(self) -> int | None:
        """The user id of the student's process, when this grader may choose one."""
        return FIRST_OWN_UID + os.getpid() % OWN_UIDS if self.own_user else None

    def command(self, limits: Limits, folder: Path, answer: Path, pipes: tuple[int, int]) -> list[str]:
        """The command line of a student's process; it is visible to the student's code, so it holds no secret."""
        last = [str(pipe) for pipe in pipes]
        settings = {
            "uid": self.uid,
            "folder": str(folder),
            "processes": limits.processes + (3 if self.bubblewrap else 0),
            "limits": {
                "CPU": limits.cpu_seconds,
                "AS": limits.memory_bytes,
                "FSIZE": limits.file_bytes,
                "NOFILE": limits.open_files,
                # Counted for all processes of a user, so it can be set only for a user of this run alone.
                "NPROC": limits.processes + 3 if self.own_user else None,
                "CORE": 0,
            },
            "environment": {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(folder)},
        }
        supervisor = [INTERPRETER, "-I", "-S", "-u", str(SUPERVISOR), json.dumps(settings)]
        if not self.bubblewrap:
            return [*supervisor, HERE, str(CHILD), *last]
        inside = str(INSIDE / CHILD.relative_to(PACKAGE))
        return [*supervisor, self.bubblewrap, *_walls(answer), INTERPRETER, "-I", "-S", "-u", inside, *last]

    def shown(self, answer: Path) -> Path:
        """The path of the answer inside the student's process."""
        return Path("/answer") / answer.name if self.bubblewrap else answer


def _walls(answer: Path) -> Iterator[str]:
    """The arguments of bubblewrap: system libraries, the interpreter and a few files can be read, nothing else."""
    yield from ("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
    yield from ("--uid", "65534", "--gid", "65534", "--hostname", "student")
    for place in ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"):
        yield from ("--ro-bind-try", place, place)
    yield from ("--proc", "/proc", "--dev", "/dev", "--size", str(SANDBOX_SCRATCH_BYTES), "--tmpfs", "/tmp")
    for place in sorted({sys.base_prefix, str(Path(INTERPRETER).parents[1])} - {"/usr"}):
        yield from ("--ro-bind", place, place)
    for name in sorted({*OPEN.values(), str(CHILD.relative_to(PACKAGE))}):
        yield from ("--ro-bind", str(PACKAGE / name), str(INSIDE / name))
    yield from ("--ro-bind", str(answer), f"/answer/{answer.name}", "--chdir", "/tmp", "--")


IN_PROCESS = Isolation("I0")


@cache
def best(wanted: str = "auto") -> Isolation:
    """The strongest isolation that works on this machine, or the requested one."""
    if wanted not in ("auto", "I0", "I1", "I2", "I1+alone", "I1+user", "I2+alone", "I2+user"):
        raise InputError(f"an isolation level is one of auto, I0, I1, I2, found {wanted!r}")
    if wanted == "I0":
        return IN_PROCESS
    level, _, user = wanted.partition("+")
    if os.name != "posix":
        raise InputError(f"student code is kept apart on Linux and macOS only; elsewhere run {UNPROTECTED}")
    remark = "bubblewrap was not asked for" if wanted == "I1" else "bubblewrap is not on this machine"
    program = os.environ.get("MARKET_SIM_BWRAP") or shutil.which("bwrap")
    if user:
        return Isolation("I2" if level == "I2" else "I1", user == "user", program or "" if level == "I2" else "")
    if program and wanted != "I1":
        remark = "bubblewrap is here, but it may not make user namespaces"
        for isolation in _with_and_without_own_user("I2", program, ""):
            if works(isolation):
                return isolation
    if wanted == "I2":
        raise InputError(f"isolation I2 is not possible: {remark}")
    for isolation in _with_and_without_own_user("I1", "", remark):
        if works(isolation):
            return isolation
    raise InputError(f"no student's process can be started on this machine; to check without one, run {UNPROTECTED}")


def _with_and_without_own_user(level: Level, program: str, remark: str) -> Sequence[Isolation]:
    alone = Isolation(level, False, program, remark)
    return [Isolation(level, True, program, remark), alone] if os.geteuid() == 0 else [alone]


def works(isolation: Isolation) -> bool:
    """Whether a process with this isolation can be started on this machine and answers."""
    # Imported here to avoid an import cycle.
    from market_sim.course.isolation.problems import StudentProblem
    from market_sim.course.isolation.student import StudentProcess

    with tempfile.TemporaryDirectory() as place:
        answer = Path(place) / "answer.py"
        answer.write_text("def ready():\n    return 1\n")
        try:
            with StudentProcess(answer, Limits(seconds=5), isolation) as student:
                return student.call("ready") == 1
        except (StudentProblem, OSError, subprocess.SubprocessError):
            return False


def told(isolation: Isolation) -> dict[str, Any]:
    """The isolation as data for a report."""
    return {"level": isolation.level, "own_user": isolation.own_user, "sentence": isolation.sentence}
