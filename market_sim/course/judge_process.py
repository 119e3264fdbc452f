"""A judge's process: pytest with one answer to check, in a process that can be ended from outside.

Reading pytest and the market takes longer than most checks. One process per grader therefore reads them once, and each
judge is a fork of it: as fresh as a process that was started anew, and there at once. It never sees an answer itself.
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
READ_ONCE = ["market_sim.course.read_once"]
NOT_PASSED_ON = ("PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
ONE_AT_A_TIME = threading.Lock()
"""Starting a process looks at the ends of all others; two that look at once would take each other's exit codes."""


def run(arguments: Sequence[str], limit: float, place: Path) -> tuple[int, str]:
    """The exit code of pytest with these arguments, and what it printed; `place` is a folder for that alone."""
    said = place / "said.txt"
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    given = (list(arguments), os.getcwd(), {**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, str(said))
    CONTEXT.set_forkserver_preload(READ_ONCE)
    process = CONTEXT.Process(target=_judge, args=given, daemon=True)
    with ONE_AT_A_TIME:
        process.start()
    try:
        wait([process.sentinel], limit)
    finally:
        # The wardens below notice that their grader is gone and end what they guard.
        with suppress(ProcessLookupError, AttributeError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        with ONE_AT_A_TIME:
            process.kill()
            process.join()
            code = process.exitcode
            process.close()
    return code or 0, said.read_text(errors="replace") if said.is_file() else ""


def _judge(arguments: list[str], folder: str, environment: Mapping[str, str], said: str) -> None:
    """What happens in the new process."""
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
