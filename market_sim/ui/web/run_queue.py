"""The queue of jobs: plays runs one after the other in processes of their own, and remembers what they said.

There is a bound on everything: how many wait, how long one may take, how many are remembered. A run that is stopped,
by a person or because its time is up, ends in order: what happened until then is kept as a partial run.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import multiprocessing
import queue
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from market_sim.ui.web.player import STOP, Note, Request, play

LOG = logging.getLogger("market_sim.site")
MOST_WAITING = 4
MOST_REMEMBERED = 50
GRACE_SECONDS = 3
NEVER_BEGAN = "the run was stopped before it began"
STOP_SECONDS = 10
"""How long a run has to end in order after it was asked to: one settlement, and the writing of its journal."""


class QueueFull(Exception):
    """The queue has no room for another run."""


class Job:
    """One run on its way, the notes it has sent so far, and its newest drawing."""

    def __init__(self, number: int, request: Request, home: str = "") -> None:
        self.number = number
        self.request = request
        self.home = home
        """The address to go to when it is complete; empty for the run itself."""
        self.notes: list[Note] = []
        self.drawing = b""
        self.edition = 0
        """The number of the newest drawing."""
        self.begun = False
        self.stopped = threading.Event()
        self.cut_short = ""
        """Why the site ended the run before its time, as a sentence."""
        self._news = threading.Condition()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be told."""
        return bool(self.notes) and self.notes[-1].kind != "epoch"

    @property
    def run(self) -> str | None:
        """The name of the finished run."""
        return self.notes[-1].content["run"] if self.notes and self.notes[-1].kind == "done" else None

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its planned end."""
        return self.run is not None and self.notes[-1].content["complete"]

    def tell(self, note: Note) -> None:
        """Remember a note and wake whoever waits for it; of the drawings only the newest is kept."""
        with self._news:
            if note.kind == "drawn":
                self.drawing = note.content["figure"]
                self.edition += 1
            elif not self.is_over:
                self.notes.append(note)
            self._news.notify_all()

    def refuse(self, sentence: str) -> None:
        """End the job with a reason."""
        last = self.notes[-1].number if self.notes else 0
        self.tell(Note("refused", last, {"sentence": sentence}))

    def since(self, told: int, patience: float) -> Iterator[Note | None]:
        """All notes after the first `told`, as they come, and that there is a new drawing; None after a quiet time."""
        edition = 0
        while True:
            with self._news:
                if len(self.notes) <= told and self.edition == edition and not self.is_over:
                    self._news.wait(patience)
                fresh = self.notes[told:]
                is_drawn, edition = self.edition > edition, self.edition
            if not fresh and not is_drawn:
                if self.is_over:
                    return
                yield None
            yield from fresh
            if is_drawn:
                yield Note("drawn", -1, {"edition": edition})
            told += len(fresh)
            if self.is_over and told >= len(self.notes):
                return


class RunQueue:
    """Takes requests and plays them in the order in which they came."""

    def __init__(self, results: Path, seconds: float) -> None:
        self._results = results
        self._seconds = seconds
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._waiting: queue.Queue[Job | None] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._clerk: threading.Thread | None = None

    def take(self, request: Request, home: str = "") -> Job:
        """Put a request into the queue; raises `QueueFull` when there is no room."""
        with self._lock:
            job = Job(next(self._numbers), request, home)
            try:
                self._waiting.put_nowait(job)
            except queue.Full:
                raise QueueFull from None
            self._jobs[job.number] = job
            for number in list(self._jobs)[:-MOST_REMEMBERED]:
                del self._jobs[number]
            if self._clerk is None:
                # Started with the first job: a site that only shows runs has no further thread.
                self._clerk = threading.Thread(target=self._work, name="job-queue", daemon=True)
                self._clerk.start()
        return job

    def find(self, number: int) -> Job | None:
        """The job of this number, if it is still remembered."""
        return self._jobs.get(number)

    def stop(self, job: Job) -> None:
        """End a job: a run that has begun keeps what happened so far, one that waits never begins."""
        with self._lock:
            job.stopped.set()
            if not job.begun:
                job.refuse(NEVER_BEGAN)

    @property
    def pending(self) -> list[Job]:
        """The jobs that are not over."""
        return [job for job in list(self._jobs.values()) if not job.is_over]

    def stop_all(self) -> None:
        """Stop every job, without waiting for anything."""
        for job in self.pending:
            self.stop(job)

    def close(self) -> None:
        """Stop every job and wait until the run that is being played has been written."""
        self.stop_all()
        if self._clerk is None:
            return
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
        self._waiting.put(None)
        self._clerk.join(STOP_SECONDS + 2 * GRACE_SECONDS)

    def _work(self) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Ctrl-C in a terminal reaches every process. The players inherit that it waits: the queue stops them.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while (job := self._waiting.get()) is not None:
            with self._lock:
                if job.stopped.is_set():
                    job.refuse(NEVER_BEGAN)
                    continue
                job.begun = True
            try:
                self._play(job)
            except Exception as error:
                LOG.error("run %d failed", job.number, exc_info=error)
            if not job.is_over:
                job.refuse("the run ended without a result; the terminal in which the site runs has the details")

    def _play(self, job: Job) -> None:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=play, args=(job.request, self._results, there), daemon=True)
        process.start()
        there.close()
        try:
            self._listen(job, here, process)
        finally:
            process.join(GRACE_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
            here.close()
            process.close()

    def _listen(self, job: Job, pipe: Connection, process: BaseProcess) -> None:
        deadline = time.monotonic() + self._seconds
        asked: float | None = None
        while not job.is_over:
            now = time.monotonic()
            if asked is None and (job.stopped.is_set() or now > deadline):
                asked = now
                if not job.stopped.is_set():
                    job.cut_short = (
                        f"The run took longer than {self._seconds:g} seconds and was stopped; "
                        "what happened until then is kept. Choose fewer epochs or participants."
                    )
                with contextlib.suppress(OSError):
                    pipe.send(STOP)
            elif asked is not None and now > asked + STOP_SECONDS:
                process.kill()
                job.refuse(f"the run did not end within {STOP_SECONDS} seconds after it was stopped; nothing was kept")
                return
            try:
                if pipe.poll(0.1):
                    job.tell(pipe.recv())
            except EOFError:
                return
