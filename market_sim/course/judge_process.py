"""The judge process: runs pytest on one answer, in a process that can be killed from outside.

Importing pytest and the market takes longer than most checks. So one server process per grader imports them once, and
each judge is a fork of it. The server itself never loads an answer.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

CONTEXT: Any = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
PRELOADED = ["market_sim.course.preload"]
NOT_PASSED_ON = ("PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
ONE_AT_A_TIME = threading.Lock()
"""Starting a process reaps finished ones; two threads at the same time would take each other's exit codes."""


def run(arguments: Sequence[str], limit: float, place: Path) -> tuple[int, str]:
    """Run pytest with these arguments; returns its exit code and output. `place` is a temporary folder."""
    said = place / "said.txt"
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    given = (list(arguments), os.getcwd(), {**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, str(said))
    CONTEXT.set_forkserver_preload(PRELOADED)
    process = CONTEXT.Process(target=_judge, args=given, daemon=True)
    with ONE_AT_A_TIME:
        process.start()
    try:
        wait([process.sentinel], limit)
    finally:
        # The supervisors notice that their grader is gone and end the students' processes.
        with suppress(ProcessLookupError, AttributeError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        with ONE_AT_A_TIME:
            process.kill()
            process.join()
            code = process.exitcode
            process.close()
    return code or 0, said.read_text(errors="replace") if said.is_file() else ""


def _judge(arguments: list[str], folder: str, environment: Mapping[str, str], said: str) -> None:
    """The main function of the judge process."""
    if hasattr(os, "setsid"):
        os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    out = os.open(said, os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    # Imported here because the grader itself needs neither.
    import pytest

    from market_sim.course import pytest_checks

    sys.exit(pytest.main(arguments, plugins=[pytest_checks]))
