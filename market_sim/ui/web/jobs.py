"""The office of jobs: plays runs one after the other in processes of their own, and remembers what they said.

There is a bound on everything: how many wait, how long one may take, how many are remembered.
"""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import queue
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from market_sim.ui.web.player import Note, Request, play

LOG = logging.getLogger("market_sim.site")
MOST_WAITING = 4
MOST_REMEMBERED = 50
GRACE_SECONDS = 3


class OfficeFull(Exception):
    """So many runs wait already that another one is not taken."""


class Job:
    """One run on its way, and the notes it has sent so far."""

    def __init__(self, number: int, request: Request, home: str = "") -> None:
        self.number = number
        self.request = request
        self.home = home
        """The address to go to when it is done; empty for the run itself."""
        self.notes: list[Note] = []
        self.stopped = threading.Event()
        self._news = threading.Condition()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be told."""
        return bool(self.notes) and self.notes[-1].kind != "epoch"

    @property
    def run(self) -> str | None:
        """The name of the finished run."""
        return self.notes[-1].content["run"] if self.notes and self.notes[-1].kind == "done" else None

    def tell(self, note: Note) -> None:
        """Remember a note and wake whoever waits for it."""
        with self._news:
            if not self.is_over:
                self.notes.append(note)
            self._news.notify_all()

    def refuse(self, sentence: str) -> None:
        """End the job with a reason."""
        last = self.notes[-1].number if self.notes else 0
        self.tell(Note("refused", last, {"sentence": sentence}))

    def since(self, told: int, patience: float) -> Iterator[Note | None]:
        """All notes after the first `told`, as they come; None whenever nothing came for so many seconds."""
        while True:
            with self._news:
                if len(self.notes) <= told and not self.is_over:
                    self._news.wait(patience)
                fresh = self.notes[told:]
            if not fresh:
                if self.is_over:
                    return
                yield None
            yield from fresh
            told += len(fresh)
            if self.is_over and told >= len(self.notes):
                return


class JobOffice:
    """Takes requests and plays them in the order in which they came."""

    def __init__(self, results: Path, seconds: float) -> None:
        self._results = results
        self._seconds = seconds
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._waiting: queue.Queue[Job] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._clerk: threading.Thread | None = None

    def take(self, request: Request, home: str = "") -> Job:
        """Put a request into the queue; raises `OfficeFull` when there is no room."""
        with self._lock:
            job = Job(next(self._numbers), request, home)
            try:
                self._waiting.put_nowait(job)
            except queue.Full:
                raise OfficeFull from None
            self._jobs[job.number] = job
            for number in list(self._jobs)[:-MOST_REMEMBERED]:
                del self._jobs[number]
            if self._clerk is None:
                # Started with the first job: a site that only shows runs has no further thread.
                self._clerk = threading.Thread(target=self._work, name="job-office", daemon=True)
                self._clerk.start()
        return job

    def find(self, number: int) -> Job | None:
        """The job of this number, if it is still remembered."""
        return self._jobs.get(number)

    def stop(self, job: Job) -> None:
        """End a job, whether it waits or is being played."""
        job.stopped.set()
        job.refuse("the run was stopped")

    @property
    def pending(self) -> list[Job]:
        """The jobs that are not over."""
        return [job for job in list(self._jobs.values()) if not job.is_over]

    def _work(self) -> None:
        while True:
            job = self._waiting.get()
            if job.stopped.is_set():
                continue
            try:
                self._play(job)
            except Exception as error:
                LOG.error("run %d failed", job.number, exc_info=error)
            if not job.is_over:
                job.refuse("the run ended without a result; the terminal in which the site runs has the details")

    def _play(self, job: Job) -> None:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=play, args=(job.request, self._results, there), daemon=True)
        process.start()
        there.close()
        try:
            self._listen(job, here, process)
        finally:
            here.close()
            process.join(GRACE_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()

    def _listen(self, job: Job, pipe: Connection, process: BaseProcess) -> None:
        deadline = time.monotonic() + self._seconds
        while not job.is_over:
            if job.stopped.is_set():
                process.kill()
                return
            if time.monotonic() > deadline:
                process.kill()
                job.refuse(f"the run took longer than {self._seconds:g} seconds; choose fewer epochs or participants")
                return
            try:
                if pipe.poll(0.2):
                    job.tell(pipe.recv())
            except EOFError:
                return
