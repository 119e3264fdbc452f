"""The engines of a sweep: where its jobs are done. All give the same outcomes; only the order and the time differ.

    serial    in this process
    local     in other processes of this machine (the default)
    dask      on the workers of a Dask cluster, which have this package installed (the extra [dask])

Dask unpickles what its scheduler sends: use it in a network that you trust, and TLS beyond this machine.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import Any

from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.version import VERSION
from market_sim.simulation.sweep.job import Job, Outcome, done

RETRIES = 2
"""How often lost jobs are given to new processes."""
AHEAD = 2
"""The jobs per process that are handed over in advance; those of an interrupted sweep are lost."""
NEEDS_EXTRA = "--engine dask needs the extra [dask]: pip install '.[dask]' in the folder of this program"

Engine = Callable[[Sequence[Job]], Iterator[Outcome]]


def processes(text: str) -> int:
    """The number of processes: `auto` is one for each core that this process may use."""
    if text == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 1_024:
        return int(text)
    raise InputError(f"--jobs is auto or a whole number from 1 to 1,024, found {text!r}")


def serial(jobs: Sequence[Job]) -> Iterator[Outcome]:
    """One after the other, in this process."""
    yield from map(done, jobs)


def local(count: int, method: str = "") -> Engine:
    """This number of processes; a process that dies is replaced, and its jobs are done again.

    A forked process has the program loaded already, which for short runs is most of the time; where that is not safe
    (beside other threads, or not on Linux), processes begin empty. A run depends on nothing that it could inherit.
    """

    def spread(jobs: Sequence[Job]) -> Iterator[Outcome]:
        left = {job.key: job for job in jobs}
        for _ in range(RETRIES + 1):
            try:
                for outcome in _pooled(list(left.values()), count, method or _safe_method()):
                    del left[outcome.job]
                    yield outcome
                return
            except BrokenProcessPool:
                continue
        raise InvariantBroken(f"{RETRIES + 1} times a process of this sweep died; {len(left)} runs are not done")

    return spread


def _safe_method() -> str:
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _leave_with_parent() -> None:
    """End this process when its parent has ended, for any reason: no other process would."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _pooled(jobs: Sequence[Job], count: int, method: str) -> Iterator[Outcome]:
    with ProcessPoolExecutor(count, get_context(method), initializer=_leave_with_parent) as pool:
        waiting, running = iter(jobs), set[Future[Outcome]]()
        try:
            while True:
                for job in waiting:
                    running.add(pool.submit(done, job))
                    if len(running) >= AHEAD * count:
                        break
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for one in finished:
                    yield one.result()
        finally:
            for one in running:
                one.cancel()


def dask(address: str | None, count: int) -> Engine:
    """The workers of this scheduler; without an address, of a cluster on this machine."""
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise InputError(NEEDS_EXTRA) from None

    def spread(jobs: Sequence[Job]) -> Iterator[Outcome]:
        try:
            if address:
                client = distributed.Client(address, timeout="10s")
            else:
                client = distributed.Client(n_workers=count, threads_per_worker=1, dashboard_address=None)
        except (OSError, ValueError) as error:
            raise InputError(f"there is no Dask scheduler at {address}: {error}") from None
        with client:
            _check_versions(client)
            # Impure, so that Dask does not take two jobs for one; a lost worker's jobs are done again.
            futures = client.map(done, jobs, pure=False, retries=RETRIES)
            for _, outcome in distributed.as_completed(futures, with_results=True):
                yield outcome
            if not address:
                client.shutdown()

    return spread


def _check_versions(client: Any) -> None:
    try:
        found = client.run(version)
    except ModuleNotFoundError as error:
        raise InputError(f"the workers of this cluster lack this package: {error}") from None
    if not found:
        raise InputError("this Dask scheduler has no workers")
    for worker, other in found.items():
        if other != VERSION:
            raise InputError(f"the worker {worker} has version {other} of this package, this process has {VERSION}")


def version() -> str:
    """The version of this package, as a worker has it."""
    return VERSION
