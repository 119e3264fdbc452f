"""What every test can rely on: no network, no luck, and a stated reason for each test that does not run.

* A connection or a name look-up that leaves this machine is refused, and the test that tried it fails even if
  the code under test swallowed the refusal. Proxies are forgotten: one on loopback would hide the leak.
* Hypothesis draws the same examples each time; HYPOTHESIS_PROFILE=ci draws ten times as many.
* A test that needs another program asks for it: `needs("anvil")` is its path. Without the program the test is
  skipped with the reason; with REQUIRE_CHAIN=1 (or _BROWSER, _POSTGRES, _STREAM), as in CI, it fails.
* Nothing is worked out again for each process or each test that was worked out at the beginning: what the libraries
  compile to is kept for the run, and what was collected is not searched for garbage.
"""

from __future__ import annotations

import atexit
import gc
import glob
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 20 if os.environ.get("MARKET_SIM_SHRINK") == "0" else 180
"""The seconds until a test stops waiting for what must happen: a machine may stall for a minute, and that is no fault.

A planted bug may keep it from happening, so in the copies of tests/planted/runner.py it is not waited for as long.
"""


# --- no network


class NetworkRefused(RuntimeError):
    """A test tried to leave this machine."""


class NetworkGuard:
    """An audit hook of the interpreter: sees every socket, whichever library opens it and however it was imported."""

    address_at: ClassVar = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getnameinfo": 0}
    name_at: ClassVar = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0}

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in self.address_at:
            address = arguments[self.address_at[event]]
            host = address[0] if isinstance(address, tuple) else None  # a path names a socket of this machine
        elif event in self.name_at:
            host = arguments[self.name_at[event]]
        else:
            return
        if not is_this_machine(host):
            self.attempts.append(f"{event} {host!r}")
            raise NetworkRefused(f"tests do not leave this machine: {event} {host!r}")


def is_this_machine(host: str | bytes | None) -> bool:
    """Whether a host is loopback, a name of it, or (as servers say) no host in particular."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost":
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


GUARD = NetworkGuard()


@pytest.fixture
def network_guard() -> NetworkGuard:
    """The guard itself, for the test that proves that it bites."""
    return GUARD


@pytest.fixture(autouse=True)
def stays_on_this_machine() -> Iterator[None]:
    """Fails a test that tried to leave, also when the refusal was swallowed."""
    yield
    attempts = GUARD.attempts[:]
    GUARD.attempts.clear()
    if attempts:
        pytest.fail(f"tests do not leave this machine, but this one tried: {', '.join(attempts)}")


# --- no luck

hypothesis.settings.register_profile("default", derandomize=True, database=None, deadline=None, max_examples=50)
hypothesis.settings.register_profile("ci", derandomize=True, database=None, deadline=None, max_examples=500)


# --- nothing twice


OURS = ("market_sim", "tests", "lessons", "benchmarks")


def bytecode_folders() -> set[Path]:
    """Where Python keeps what it compiled of our own files."""
    return {folder for name in OURS for folder in (ROOT / name).rglob("__pycache__")}


def share_bytecode() -> None:
    """Keep what Python compiles of our files until the end of this run, for all its processes.

    Where Python is told to write no bytecode, each of the programs that the tests start would compile all that it
    imports anew, which takes longer than most of them run. What was not there before is removed at the end.
    """
    if not sys.dont_write_bytecode:
        return
    there = bytecode_folders()
    atexit.register(lambda: [shutil.rmtree(one, ignore_errors=True) for one in bytecode_folders() - there])
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


share_bytecode()


SAMPLES = ((12, 5), (6, 3))
"""Of a test with more than twelve cases, an ordinary run of folders takes a fifth, of more than six a third; CI all."""


def thinned(names: list[str]) -> list[bool]:
    """Which of these tests an ordinary run takes; a case is named `test[case]`.

    Of cases in a row it takes one, each time at another place: every third would be the same one of three seeds.
    """
    families: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        families.setdefault(name.partition("[")[0], []).append(place)
    taken = [True] * len(names)
    for places in families.values():
        row = next((row for many, row in SAMPLES if len(places) > many), 1)
        for number, place in enumerate(places):
            taken[place] = number % row == 2 * (number // row) % row
    return taken


def runs_folders(config: pytest.Config) -> bool:
    """Whether folders are run, not only modules that were asked for by name."""
    return not all(argument.partition("::")[0].endswith(".py") for argument in config.args)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Parts before the whole: a broken part is told by its own test. An ordinary run leaves some of many cases out."""
    units = ROOT / "tests" / "unit"
    items.sort(key=lambda item: units not in item.path.parents)
    if runs_folders(config) and os.environ.get("HYPOTHESIS_PROFILE") != "ci":
        short = [item.get_closest_marker("thorough") is None for item in items]
        taken = [all(both) for both in zip(short, thinned([item.nodeid for item in items]), strict=True)]
        config.hook.pytest_deselected(items=[item for item, is_taken in zip(items, taken, strict=True) if not is_taken])
        items[:] = [item for item, is_taken in zip(items, taken, strict=True) if is_taken]


def pytest_collection_finish() -> None:
    """All that was imported and collected stays until the end: searching it for garbage finds none, and takes long."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Folders of tests run on all processors, unless `-n` says otherwise.

    Modules that are asked for by name run here: they are over before other processes have begun. An option in
    pyproject.toml would also reach the grading of answers, which has a process of its own for everything.
    """
    is_worker = hasattr(config, "workerinput")
    if runs_folders(config) and not is_worker and getattr(config.option, "numprocesses", 0) is None:
        config.option.numprocesses = "auto"
        config.option.dist = "worksteal"


# --- the beginning


def pytest_configure() -> None:
    gc.disable()
    # What a shell starts in the background ignores Ctrl-C; so would the programs that the tests start and end by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.addaudithook(GUARD)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


# --- what no failure means


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many schedules of each generator were played, and what it says about the rate that none of them failed."""
    passed = terminalreporter.stats.get("passed", [])
    told = [thing for report in passed if report.when == "call" for thing in report.user_properties]
    played: Counter[str] = Counter()
    for name, value in told:
        if name == "schedules":
            played[value[0]] += value[1]
    for generator, number in played.items():
        terminalreporter.write_line(
            f"consensus, {generator}: no violation in {number:,} schedules, so with 95 % confidence fewer than "
            f"{min(1, 3 / number):.2%} of the schedules of this generator would (3/N)"
        )
    waits = [value for name, value in told if name == "waits"]
    if waits:
        most, usual = (max(column) for column in zip(*waits, strict=True))
        terminalreporter.write_line(
            f"consensus, epochs without a new final block: at most {most}, 99 % at most {usual}"
        )


# --- other programs


@dataclass(frozen=True)
class Program:
    """A program that pip does not bring: the variable that demands it, and where it is found.

    It is looked for in the variable of its own name (CHROMIUM=/path/to/it), on PATH, and where its package puts it.
    """

    demanded_by: str
    names: tuple[str, ...]
    place: str = ""

    def find(self) -> str | None:
        """Where the program is, or nothing."""
        own = os.environ.get(self.names[0].upper())
        on_path = (shutil.which(name) for name in self.names)
        in_place = sorted(glob.glob(self.place, root_dir=ROOT)) if self.place else []
        return next(filter(None, [own, *on_path, *(str(ROOT / path) for path in in_place)]), None)


PROGRAMS = {
    "anvil": Program("REQUIRE_CHAIN", ("anvil",), "contracts/node_modules/@foundry-rs/anvil-*/bin/anvil"),
    "forge": Program("REQUIRE_CHAIN", ("forge",), "contracts/node_modules/@foundry-rs/forge-*/bin/forge"),
    "slither": Program("REQUIRE_CHAIN", ("slither",), "contracts/.venv/bin/slither"),
    "node": Program("REQUIRE_CHAIN", ("node",)),
    "curl": Program("CI", ("curl",)),
    "go": Program("REQUIRE_STREAM", ("go",)),
    "chromium": Program("REQUIRE_BROWSER", ("chromium", "chromium-browser", "google-chrome")),
    "lint-imports": Program("CI", ("lint-imports",), f"{sys.prefix}/bin/lint-imports"),
    "initdb": Program("REQUIRE_POSTGRES", ("initdb",), "/usr/lib/postgresql/*/bin/initdb"),
}


def path_of(program: Program) -> str:
    """The program's path; without it the test is skipped, or fails where the program is demanded."""
    found = program.find()
    if found:
        return found
    reason = f"needs {program.names[0]}, which is not on this machine"
    if os.environ.get(program.demanded_by) in ("1", "true"):
        pytest.fail(f"{reason}, and {program.demanded_by} demands it")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def needs() -> Callable[[str], str]:
    """`needs("anvil")`: the path of another program, or the reason why this test does not run."""
    return lambda name: path_of(PROGRAMS[name])
