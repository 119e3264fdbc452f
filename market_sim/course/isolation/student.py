"""The grader's side of a student's process: it starts the process, loads one answer, and exchanges messages with it.

Messages are numbered, and each gets one reply with its number; any other message ends the process. Printed output is
read separately and cut. Time counts only while the grader waits for a reply, and only while the machine runs.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, get_args

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Conditions, Intent
from market_sim.course.isolation.levels import Isolation
from market_sim.course.isolation.limits import Limits
from market_sim.course.isolation.problems import (
    LOADING,
    Crashed,
    ProtocolError,
    StudentError,
    StudentProblem,
    TimeLimit,
)
from market_sim.course.isolation.supervisor import CANNOT_START, TOO_MANY_PROCESSES
from market_sim.course.student_side.wire import LONGEST_LINE, decode, encode, line_of, message_in
from market_sim.market.agents.strategy import Strategy, WakeAt, Waking

FROZEN = {kind.__name__: kind for kind in (Conditions, *get_args(Intent), WakeAt, *get_args(Waking))}
"""The frozen values of ours that can be sent between grader and student."""
LARGEST_ANSWER = 256 * 1024
PATIENCE_SECONDS = 60.0
"""How long the supervisor may take to end all processes."""
GLANCE_SECONDS = 0.1
"""The longest wait for a reply at a time: what it takes beyond twice that, the machine stood still."""


class StudentProcess:
    """A context manager: one process with one answer; on exit the process and all its descendants are ended."""

    def __init__(self, answer: Path, limits: Limits, isolation: Isolation, shown_as: str = "") -> None:
        self.file = shown_as or answer.name
        self.limits = limits
        self.isolation = isolation
        self.printed = b""
        self.problem: StudentProblem | None = None
        """The first error that ended the process; the check has failed then, even if it catches the error."""
        self._answer = answer
        self._number = 0
        self._waited = 0.0
        self._received = b""

    def __enter__(self) -> StudentProcess:
        self._folder = Path(tempfile.mkdtemp(prefix="student-"))
        try:
            self._start()
            self._ask(LOADING, do="start", file=str(self._shown), shown_as=self.file)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _start(self) -> None:
        copy = self._folder / "answer" / self._answer.name
        copy.parent.mkdir()
        copy.write_bytes(source_of(self._answer))
        self._shown = self.isolation.shown(copy)
        scratch = self._folder / "scratch"
        scratch.mkdir()
        uid = self.isolation.uid
        if uid is not None:
            os.chown(scratch, uid, uid)
            self._folder.chmod(0o755)
        copy.chmod(0o444)
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        try:
            self._process = subprocess.Popen(
                self.isolation.command(self.limits, scratch, copy, (theirs_in, theirs_out)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs_in, theirs_out),
                start_new_session=True,
                env={"PATH": "/usr/bin:/bin"},
            )
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._watched = selectors.DefaultSelector()
        self._watched.register(self._from, selectors.EVENT_READ)
        self._watched.register(self._process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]

    # ---- requests -----------------------------------------------------------------------------------------------

    def call(self, function: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a function of the answer."""
        return self._call(None, function, function, arguments, keywords)

    def make(self, kind: str, *arguments: Any, **keywords: Any) -> StudentObject:
        """Create an object of a class of the answer; it stays in the student's process."""
        sent = {"arguments": encode(list(arguments), FROZEN), "keywords": encode(keywords, FROZEN)}
        return StudentObject(self, kind, self._ask(f"{kind}(...)", do="make", name=kind, **sent))

    def strategy(self, kind: str, luck: int | None = None, **parameters: Any) -> Strategy:
        """Create a strategy of the answer, ready to join a market.

        It draws its random numbers from its agent's stream, like a strategy in this process, or from the seed `luck`.
        """
        # Imported here because a remote strategy is made of the classes below.
        from market_sim.course.remote_strategy import RemoteStrategy

        made = self.make(kind, **parameters)
        return RemoteStrategy(made, self._ask(f"{kind}.wakes()", do="introduce", on=made.number), luck)

    def event(self, strategy: StudentObject, seen: dict[str, Any], luck: Any) -> Any:
        """Let a strategy decide on a view; `luck`, of the first event, is the seed or the state of its stream."""
        what = f"{strategy.kind}.decide()"
        return self._ask(what, do="event", on=strategy.number, seen=encode(seen, FROZEN), luck=encode(luck))

    def _call(self, on: int | None, shown: str, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        sent = {"arguments": encode(list(arguments), FROZEN), "keywords": encode(keywords, FROZEN)}
        return self._ask(f"{shown}(...)", do="call", on=on, name=name, **sent)

    @property
    def has_answered(self) -> bool:
        """Whether the loaded answer got a request; before that no error can be the student's."""
        return self._number > 1

    # ---- messages -----------------------------------------------------------------------------------------------

    def _ask(self, what: str, **message: Any) -> Any:
        if self.problem is not None:
            raise self.problem
        self._number += 1
        line = line_of({"number": self._number, **message})
        self._refuse_early_words()
        self._write(line, what)
        reply = self._reply(what)
        if "error" in reply:
            raise self._student_error(what, reply["error"])
        try:
            return decode(reply["value"], FROZEN)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise self._end(ProtocolError(f"{what} was answered with something that is no value")) from None

    def _write(self, line: bytes, what: str) -> None:
        # Non-blocking, so that a process that does not read cannot block the grader beyond its time limit.
        os.set_blocking(self._to, False)
        while line:
            try:
                line = line[os.write(self._to, line) :]
            except BlockingIOError:
                self._look(what, most=0.01)
            except OSError:
                raise self._ended(what) from None

    def _reply(self, what: str) -> dict[str, Any]:
        while b"\n" not in self._received:
            if len(self._received) > LONGEST_LINE:
                raise self._end(ProtocolError(f"{what} was answered with a line of more than {LONGEST_LINE} bytes"))
            self._look(what)
        line, _, self._received = self._received.partition(b"\n")
        try:
            message = message_in(line)
            if message.get("number") != self._number or message.keys() - {"number"} not in ({"value"}, {"error"}):
                raise ValueError("not the answer to what was asked")
        except ValueError:
            raise self._end(ProtocolError(f"{what} was answered with a line that is not the answer to it")) from None
        return message

    def _look(self, what: str, most: float = GLANCE_SECONDS) -> None:
        """Wait for the next bytes of a reply, and read printed output meanwhile."""
        left = self.limits.seconds - self._waited
        if left <= 0:
            seconds = f"{self.limits.seconds:g} s"
            raise self._end(TimeLimit(f"{what} gave no answer within {seconds}: is there a loop that does not end?"))
        begun = time.monotonic()
        ready = self._watched.select(min(left, most))
        self._waited += min(time.monotonic() - begun, 2 * GLANCE_SECONDS)
        for key, _ in ready:
            data = os.read(key.fd, LONGEST_LINE)
            if key.fd != self._from:
                self._print(data, what)
            elif data:
                self._received += data
            else:
                raise self._ended(what)

    def _print(self, data: bytes, what: str) -> None:
        if not data:
            self._watched.unregister(self._process.stdout)  # type: ignore[arg-type]
        self.printed += data
        if len(self.printed) > self.limits.output_bytes:
            self.printed = self.printed[: self.limits.output_bytes]
            raise self._end(Crashed(f"{what} printed more than {self.limits.output_bytes} bytes and was stopped"))

    def _drain(self) -> None:
        """Read the remaining printed output."""
        pipe = self._process.stdout
        if pipe is not None and not pipe.closed:
            os.set_blocking(pipe.fileno(), False)
            with suppress(BlockingIOError):
                while len(self.printed) < self.limits.output_bytes and (data := os.read(pipe.fileno(), LONGEST_LINE)):
                    self.printed += data
            self.printed = self.printed[: self.limits.output_bytes]

    def _refuse_early_words(self) -> None:
        """Refuse a message that arrived before its request: it cannot be a reply."""
        os.set_blocking(self._from, False)
        with suppress(BlockingIOError):
            self._received += os.read(self._from, LONGEST_LINE)
        os.set_blocking(self._from, True)
        if self._received:
            raise self._end(ProtocolError("the answer spoke before it was asked, or twice"))

    def _student_error(self, what: str, error: Any) -> StudentProblem:
        try:
            kind, said, line = str(error["type"]), str(error["said"]), error["line"]
        except (TypeError, KeyError):
            return self._end(ProtocolError(f"{what} was answered with an error that cannot be read"))
        return StudentError(what, kind[:100], said[:500], line if type(line) is int else None, self.file)

    # ---- the end ------------------------------------------------------------------------------------------------

    def _ended(self, what: str) -> StudentProblem:
        """The problem when the pipe is closed before a reply: how the process ended."""
        with suppress(subprocess.TimeoutExpired):
            wait_for(self._process, PATIENCE_SECONDS)
        code = self._process.returncode
        self._drain()
        if code == TOO_MANY_PROCESSES:
            how = f"had more than {self.limits.processes} processes at once"
        elif code == CANNOT_START:
            how = "could not be started"
        elif code is None:
            how = "closed its side of the conversation"
        elif code == 128 + signal.SIGXCPU or code == -signal.SIGXCPU:
            return self._end(TimeLimit(f"{what} used more than {self.limits.cpu_seconds} s of processor time"))
        elif code > 128 or code < 0:
            number = code - 128 if code > 128 else -code
            how = f"was ended by signal {number}" + (f" ({signal.strsignal(number)})" if number < 65 else "")
        else:
            how = f"ended with exit code {code}"
        return self._end(Crashed(f"{what} gave no answer: the process {how}"))

    def _end(self, problem: StudentProblem) -> StudentProblem:
        self.problem = self.problem or problem
        self._kill()
        return problem

    def finish(self) -> None:
        """Send the last request, which detects messages without a request."""
        if self.problem is None:
            self._ask("the end", do="end")

    def _kill(self) -> None:
        process = getattr(self, "_process", None)
        if process is None or process.returncode is not None:
            return
        process.stdin.close()  # tells the supervisor to end everything
        try:
            wait_for(process, PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        """End the process and its descendants, and remove its folder."""
        self._kill()
        for pipe in ("_to", "_from"):
            with suppress(OSError, AttributeError):
                os.close(getattr(self, pipe))
        process = getattr(self, "_process", None)
        if process is not None:
            process.stdout.close()
            if not process.stdin.closed:
                process.stdin.close()
            self._watched.close()
            del self._process
        shutil.rmtree(self._folder, ignore_errors=True)


def wait_for(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for the end of a process; `Popen.wait` alone polls in growing intervals, which add up."""
    ends = -1
    if process.poll() is None and hasattr(os, "pidfd_open"):
        with suppress(OSError):  # a container may forbid it
            ends = os.pidfd_open(process.pid)
    if ends < 0:
        process.wait(seconds)
        return
    try:
        with selectors.DefaultSelector() as watched:
            watched.register(ends, selectors.EVENT_READ)
            watched.select(seconds)
        process.wait(0)
    finally:
        os.close(ends)


class StudentObject:
    """An object that lives in the student's process."""

    def __init__(self, student: StudentProcess, kind: str, number: int) -> None:
        self.student = student
        self.kind = kind
        self.number = number

    def call(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Call one of its methods."""
        return self.student._call(self.number, f"{self.kind}.{method}", method, arguments, keywords)


def source_of(answer: Path) -> bytes:
    """The source of an answer; a link, a folder or a huge file is refused, as the grader reads it with its rights."""
    try:
        descriptor = os.open(answer, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise InputError(f"there is no file {answer.name}: start the lesson, or name another file") from None
    except OSError as error:
        raise InputError(f"{answer.name} cannot be read ({error.strerror}); hand in the file itself, no link") from None
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_ANSWER:
            raise InputError(f"{answer.name} must be a file of at most {LARGEST_ANSWER // 1024} KiB")
        return file.read()
