"""The run queue: executes runs one after the other in processes of their own, and keeps their notes.

The number of waiting jobs, the time of a job and the number of finished jobs kept are limited. A run that is stopped,
by a person or by its time limit, ends in order and is stored as a partial run. A run whose pace a person decides does
not hold up the others: it leaves the queue, and has more time.
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
from collections.abc import Callable, Iterator
from math import inf
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from market_sim.ui.web.player import STOP, UNDERWAY, Asked, Note, Request, Wish, play

LOG = logging.getLogger("market_sim.site")
MOST_WAITING = 4
MOST_REMEMBERED = 50
MOST_HELD = 3
"""The most runs at once whose pace a person decides: each is a process of its own."""
HELD_SECONDS = 3_600
PASSING = ("drawn", "placed", "paced")
"""The kinds of notes of which only the newest counts."""
LISTEN_SECONDS = 0.05
"""How long a wish may wait until it is sent."""
GRACE_SECONDS = 3
NEVER_BEGAN = "the {} was stopped before it began"
STOP_SECONDS = 10
"""How long a stopped job may take to end in order: one settlement, and writing its journal."""
START_SECONDS = 60
"""The same for a job that has told nothing yet: its process loads the program, which takes a busy machine a while."""


class QueueFull(Exception):
    """The queue has no room for another run."""


Task = Callable[[Any, Path, Connection], None]
"""The main function of a job's process: it receives the request, the results folder, and a pipe for its notes."""


class Job:
    """One queued or running job, with its notes and its newest drawing."""

    def __init__(self, number: int, request: Asked, home: str = "", task: Task = play, seconds: float = inf) -> None:
        self.number = number
        self.request = request
        self.task = task
        self.seconds = seconds
        """How long the job may take."""
        self.home = home
        """The URL to open when the run is complete; empty for the page of the run."""
        self.notes: list[Note] = []
        self.drawing = b""
        self.editions = dict.fromkeys(PASSING, 0)
        """How many notes of each passing kind there were."""
        self.place: Note | None = None
        """Where it stood still at last."""
        self.wishes: queue.SimpleQueue[Wish] = queue.SimpleQueue()
        self.is_held = isinstance(request, Request) and (request.is_paused or request.speed is not None)
        """Whether a person decides about its pace."""
        self.pace: dict[str, Any] = {
            "paused": isinstance(request, Request) and request.is_paused,
            "speed": request.speed if isinstance(request, Request) else None,
        }
        self.begun = False
        self.stopped = threading.Event()
        self.cut_short = ""
        """Why the site ended the run early, as a sentence."""
        self._news = threading.Condition()

    @property
    def is_over(self) -> bool:
        """Whether there will be no further notes."""
        return bool(self.notes) and self.notes[-1].kind not in UNDERWAY

    @property
    def run(self) -> str | None:
        """The name of the finished run."""
        return self.notes[-1].content["run"] if self.notes and self.notes[-1].kind == "done" else None

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its planned end."""
        return self.run is not None and self.notes[-1].content["complete"]

    def tell(self, note: Note) -> None:
        """Keep a note and wake the threads that wait for it; of passing ones only the newest is kept."""
        with self._news:
            if note.kind in PASSING:
                self.editions[note.kind] += 1
                if note.kind == "drawn":
                    self.drawing = note.content["figure"]
                elif note.kind == "placed":
                    self.place = note
                else:
                    self.pace = note.content
            elif not self.is_over:
                self.notes.append(note)
            self._news.notify_all()

    def refuse(self, sentence: str) -> None:
        """End the job with a reason."""
        last = self.notes[-1].number if self.notes else 0
        self.tell(Note("refused", last, {"sentence": sentence}))

    def since(self, told: int, patience: float) -> Iterator[Note | None]:
        """The notes after the first `told`, as they arrive, and newer passing ones; None after a time without any."""
        seen = dict.fromkeys(PASSING, 0)
        while True:
            with self._news:
                if len(self.notes) <= told and self.editions == seen and not self.is_over:
                    self._news.wait(patience)
                fresh = self.notes[told:]
                passing = [self._passing(kind) for kind in PASSING if self.editions[kind] > seen[kind]]
                seen = dict(self.editions)
            if not fresh and not passing:
                if self.is_over:
                    return
                yield None
            yield from fresh
            yield from passing
            told += len(fresh)
            if self.is_over and told >= len(self.notes):
                return

    def _passing(self, kind: str) -> Note:
        """The newest passing note of this kind, as browsers get it."""
        if kind == "placed" and self.place is not None:
            return Note("placed", -1, self.place.content)
        if kind == "paced":
            return Note("paced", -1, self.pace)
        return Note("drawn", -1, {"edition": self.editions["drawn"]})


class RunQueue:
    """Accepts requests and executes them in the order of arrival."""

    def __init__(self, results: Path, seconds: float) -> None:
        self._results = results
        self._seconds = seconds
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._waiting: queue.Queue[Job | None] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._clerks: list[threading.Thread] = []

    def take(self, request: Asked, home: str = "", task: Task = play, seconds: float | None = None) -> Job:
        """Add a request; raises `QueueFull` when there are too many."""
        with self._lock:
            job = Job(next(self._numbers), request, home, task, self._seconds if seconds is None else seconds)
            try:
                self._waiting.put_nowait(job)
            except queue.Full:
                raise QueueFull from None
            self._jobs[job.number] = job
            for number in list(self._jobs)[:-MOST_REMEMBERED]:
                del self._jobs[number]
            if not self._clerks:
                # Started with the first job, so a site that only shows runs has no further thread.
                self._hire()
        return job

    def _hire(self) -> None:
        """Start a thread that plays the waiting jobs."""
        self._clerks = [clerk for clerk in self._clerks if clerk.is_alive()]
        self._clerks.append(threading.Thread(target=self._work, name="job-queue", daemon=True))
        self._clerks[-1].start()

    def ask(self, job: Job, wish: Wish) -> None:
        """Pass a wish to a run; raises `QueueFull` when too many runs are held already."""
        with self._lock:
            if job.is_over:
                return
            if not job.is_held and wish.kind != "show":
                if sum(other.is_held for other in self.pending) >= MOST_HELD:
                    raise QueueFull
                job.is_held = True
                if job.begun:
                    self._hire()
            job.wishes.put(wish)
        if wish.kind != "show":
            speed = wish.value if wish.kind == "speed" else job.pace["speed"]
            paused = job.pace["paused"] if wish.kind == "speed" else wish.kind != "resume"
            job.tell(Note("paced", -1, {"paused": paused, "speed": speed}))

    def find(self, number: int) -> Job | None:
        """The job with this number; None when it is no longer kept."""
        return self._jobs.get(number)

    def stop(self, job: Job) -> None:
        """Stop a job: a running one is stored as a partial run, a waiting one never starts."""
        with self._lock:
            job.stopped.set()
            if not job.begun:
                job.refuse(NEVER_BEGAN.format(job.request.noun))

    @property
    def pending(self) -> list[Job]:
        """The jobs that are not over."""
        return [job for job in list(self._jobs.values()) if not job.is_over]

    def stop_all(self) -> None:
        """Stop every job, without waiting."""
        for job in self.pending:
            self.stop(job)

    def close(self) -> None:
        """Stop every job and wait until the running one is stored."""
        self.stop_all()
        if not self._clerks:
            return
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
        self._waiting.put(None)
        deadline = time.monotonic() + START_SECONDS + 2 * GRACE_SECONDS
        for clerk in self._clerks:
            clerk.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Ctrl-C in a terminal reaches every process. The players inherit that it waits: the queue stops them.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while (job := self._waiting.get()) is not None:
            with self._lock:
                if job.stopped.is_set():
                    job.refuse(NEVER_BEGAN.format(job.request.noun))
                    continue
                job.begun = True
                if job.is_held:
                    self._hire()
            try:
                self._play(job)
            except Exception as error:
                LOG.error("job %d failed", job.number, exc_info=error)
            if not job.is_over:
                job.refuse(
                    f"the {job.request.noun} ended without a result; "
                    "the terminal in which the site runs has the details"
                )
            with self._lock:
                if job.is_held:  # another thread has taken over the queue
                    return

    def _play(self, job: Job) -> None:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=job.task, args=(job.request, self._results, there), daemon=True)
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
        began = time.monotonic()
        asked: float | None = None
        patience = START_SECONDS
        while not job.is_over:
            now = time.monotonic()
            seconds = HELD_SECONDS if job.is_held else job.seconds
            if asked is None and (job.stopped.is_set() or now > began + seconds):
                asked = now
                if not job.stopped.is_set():
                    job.cut_short = (
                        f"The {job.request.noun} took longer than {seconds:g} seconds and was stopped; "
                        f"{job.request.cut}"
                    )
                with contextlib.suppress(OSError):
                    pipe.send(STOP)
            elif asked is not None and now > asked + patience:
                process.kill()
                job.refuse(
                    f"the {job.request.noun} did not end within {patience} seconds after it was stopped; "
                    f"{job.request.lost}"
                )
                return
            with contextlib.suppress(OSError):  # the process has ended; its last notes are read below
                while not job.wishes.empty():
                    pipe.send(job.wishes.get())
            try:
                if pipe.poll(LISTEN_SECONDS):
                    job.tell(pipe.recv())
                    patience = STOP_SECONDS
            except (
                EOFError,
                ConnectionResetError,
            ):  # a process that ended before it read its last wish resets the pipe
                return
