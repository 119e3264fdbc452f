"""With bubblewrap an answer has no network, sees no files but its own, and sees no process but its own.

Without it these tests are skipped with the reason; REQUIRE_BWRAP=1 turns the skip into a failure.
"""

from __future__ import annotations

import os
import shutil
import socket

import pytest

from market_sim.course.isolation.levels import best
from market_sim.course.isolation.limits import Limits
from market_sim.course.isolation.problems import StudentError, StudentProblem
from market_sim.course.isolation.student import StudentProcess
from tests.conftest import PATIENCE

PROBES = """
import os, socket, subprocess, sys

def connect(port):
    socket.create_connection(("127.0.0.1", port), timeout=60).close()

def look_up():
    return socket.getaddrinfo("example.org", 80)

def unix(path):
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(path)

def read(path):
    with open(path) as file:
        return file.read()

def listing(path):
    return sorted(os.listdir(path))

def write(path):
    with open(path, "w") as file:
        file.write("changed")

def fill(files):
    for number in range(files):
        with open(f"/tmp/{number}", "wb") as file:
            file.write(bytes(1_000_000))

def signal_parent(pid):
    os.kill(pid, 9)

def processes():
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())

def command_lines():
    return [open(f"/proc/{pid}/cmdline").read() for pid in processes()]

def user():
    return os.getuid()

def environment():
    return dict(os.environ)

def own_source():
    return __file__
"""


@pytest.fixture(scope="module")
def isolation():
    if not (os.environ.get("MARKET_SIM_BWRAP") or shutil.which("bwrap")):
        reason = "needs other programs: bubblewrap (bwrap) is not on this machine"
        if os.environ.get("REQUIRE_BWRAP") in ("1", "true"):
            pytest.fail(f"{reason}, and REQUIRE_BWRAP demands it")
        pytest.skip(reason)
    return best("I2")


@pytest.fixture
def answer(tmp_path):
    file = tmp_path / "answer.py"
    file.write_text(PROBES)
    return file


@pytest.fixture
def inside(answer, isolation):
    with StudentProcess(answer, Limits(seconds=PATIENCE), isolation) as process:
        yield process


@pytest.fixture
def outside(answer):
    """The same probes at I1, where most of them succeed: that is what shows that they are probes."""
    with StudentProcess(answer, Limits(seconds=PATIENCE), best("I1")) as process:
        yield process


def denied(process, probe, *arguments):
    with pytest.raises(StudentProblem) as told:
        process.call(probe, *arguments)
    assert isinstance(told.value, StudentError), told.value
    return told.value.kind


def test_there_is_no_network(inside, outside, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "door"))
        local.listen()
        port = server.getsockname()[1]
        outside.call("connect", port)
        outside.call("unix", str(tmp_path / "door"))
        assert denied(inside, "connect", port) in ("OSError", "ConnectionRefusedError")
        assert denied(inside, "unix", str(tmp_path / "door")) == "FileNotFoundError"
        assert denied(inside, "look_up") == "gaierror"


def test_no_file_is_there_but_its_own(inside, outside, tmp_path):
    secret = tmp_path / "checks.py"
    secret.write_text("the hidden checks")
    assert outside.call("read", str(secret)) == "the hidden checks"
    assert denied(inside, "read", str(secret)) == "FileNotFoundError"
    for path in ("/etc/passwd", "/etc/shadow", os.path.expanduser("~/.bashrc"), os.path.abspath(__file__)):
        assert denied(inside, "read", path) in ("FileNotFoundError", "PermissionError"), path
    assert denied(inside, "listing", os.path.expanduser("~") + "/.ssh") in ("FileNotFoundError", "PermissionError")
    assert inside.call("listing", "/tmp") == []


def test_what_it_may_read_it_may_not_write(inside):
    own = inside.call("listing", "/answer")
    assert own == ["answer.py"]
    for path in ("/answer/answer.py", "/course/market_sim/core/money.py", "/usr/lib/new"):
        assert denied(inside, "write", path) in ("OSError", "PermissionError", "FileNotFoundError"), path


def test_its_disk_is_small(inside):
    assert denied(inside, "fill", 40) == "OSError"


def test_it_sees_no_other_process(inside, outside):
    assert os.getpid() in outside.call("processes")
    assert max(inside.call("processes")) < 10
    assert denied(inside, "signal_parent", os.getpid()) == "ProcessLookupError"
    assert not any("pytest" in line for line in inside.call("command_lines"))


def test_it_is_nobody_and_its_environment_is_empty(inside):
    assert inside.call("user") == 65534
    assert set(inside.call("environment")) <= {"PATH", "LANG", "HOME", "PWD"}


def test_the_report_says_which_level_it_was(isolation):
    assert isolation.sentence.startswith("I2: a process with limits")
