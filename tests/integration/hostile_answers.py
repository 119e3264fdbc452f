"""Hostile answers: each tries one thing that a submission must not get away with.

`attack` is the source of a function `attack()`. An answer that holds it is otherwise right, and attacks in its first
check only, so that what it costs can be told exactly. `unlimited` is a program that shows that the same attack does
what it is meant to do where nothing limits it; it prints "it works".
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.conftest import ROOT

WORKS = "print('it works', flush=True)"


@dataclass(frozen=True)
class Hostile:
    """One attack, what its first check may end with, and the proof that it is one."""

    name: str
    attack: str
    unlimited: str
    statuses: tuple[str, ...]
    """What the attacked check may end with at I1."""
    points: float = 6
    """What is left of 10 points: one that fails a check gets at most three fifths."""
    says: str = ""


def hostile(name, attack, unlimited, *statuses, points=6, says=""):
    return Hostile(name, attack, unlimited, statuses, points, says)


SWALLOWED = """
def attack():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""

FORKS = """
import os, time
def attack():
    children = []
    for _ in range(100):
        child = os.fork()
        if child == 0:
            time.sleep(20)
            os._exit(0)
        children.append(child)
    time.sleep(5)
    return children
"""

NEW_SESSION = """
import os, time
def attack():
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            with open({note!r} + ".part", "w") as file:
                file.write(str(os.getpid()))
            os.rename({note!r} + ".part", {note!r})
            time.sleep(60)
        os._exit(0)
    os.waitpid(child, 0)
    while not os.path.exists({note!r}):
        time.sleep(0.01)
"""

LIAR = """
class Liar:
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __hash__(self):
        return 1
def attack():
    return Liar()
"""


def attacks(note: str, port: int, checks: str, secret: str) -> list[Hostile]:
    """All of them; `note` and `secret` are files outside, `checks` the checks of the course, `port` is listened on."""
    return [
        hostile(
            "endless-loop",
            "def attack():\n    while True:\n        pass\n",
            "import threading\nthread = threading.Thread(target=attack, daemon=True)\nthread.start()\n"
            f"thread.join(0.5)\nif thread.is_alive():\n    {WORKS}",
            "time limit",
            says="is there a loop that does not end?",
        ),
        hostile(
            "sleeper",
            "import time\ndef attack():\n    time.sleep(60)\n",
            f"import threading\nthread = threading.Thread(target=attack, daemon=True)\nthread.start()\n"
            f"thread.join(0.5)\nif thread.is_alive():\n    {WORKS}",
            "time limit",
        ),
        hostile(
            "swallowed-timeout",
            SWALLOWED,
            # The alarm of a grader that shares its process with the answer is swallowed; a second one ends the proof.
            # By processor time: by the clock of a busy machine it might ring before the attack has begun.
            "import signal, os\nrung = []\ndef ring(*_):\n    rung.append(1)\n    if len(rung) == 2:\n"
            f"        {WORKS}\n        os._exit(0)\n    raise TimeoutError\n"
            "signal.signal(signal.SIGVTALRM, ring)\nsignal.setitimer(signal.ITIMER_VIRTUAL, 0.2, 0.2)\nattack()",
            "time limit",
        ),
        hostile(
            "fork-bomb",
            FORKS,
            f"import os, signal\nchildren = attack()\nif len(children) == 100:\n    {WORKS}\n"
            "for child in children:\n    os.kill(child, signal.SIGKILL)",
            "crashed",
            "failed",  # where the run has a user of its own, the system itself refuses the next fork
            says="process",
        ),
        hostile(
            "grandchild-in-a-new-session",
            NEW_SESSION.format(note=note),
            f"import os, signal\nattack()\nleft = int(open({note!r}).read())\nos.kill(left, 0)\n{WORKS}\n"
            "os.kill(left, signal.SIGKILL)",
            "passed",
            points=10,
        ),
        hostile(
            "memory",
            # Pages that nobody touches cost nothing, so asking for 4 GiB is harmless where it is granted.
            "import mmap\ndef attack():\n    return len(mmap.mmap(-1, 4 * 1024 ** 3))\n",
            f"if attack() == 4 * 1024 ** 3:\n    {WORKS}",
            "failed",
            "crashed",
            says="annot allocate memory",
        ),
        hostile(
            "output-flood",
            "def attack():\n    for _ in range(20_000):\n        print('x' * 100, flush=True)\n",
            f"attack()\n{WORKS}",
            "crashed",
            says="printed more than",
        ),
        hostile(
            "large-file",
            "def attack():\n    with open('large', 'wb') as file:\n        file.write(bytes(64 * 1024 * 1024))\n",
            f"import os\nattack()\nif os.path.getsize('large') == 64 * 1024 * 1024:\n    {WORKS}\nos.remove('large')",
            "failed",
            "crashed",
        ),
        hostile(
            "reads-the-checks",
            f"def attack():\n    return open({checks!r}).read()\n",
            f"if 'def test_' in attack():\n    {WORKS}",
            "failed",
        ),
        hostile(
            "reads-a-secret",
            f"def attack():\n    raise RuntimeError(open({secret!r}).read())\n",
            f"try:\n    attack()\nexcept RuntimeError as told:\n    if 'salt' in str(told):\n        {WORKS}",
            "failed",
        ),
        hostile(
            "overwrites-the-checks",
            f"def attack():\n    with open({checks!r}, 'w') as file:\n"
            "        file.write('import pytest\\n\\n@pytest.mark.points(10)\\ndef test_all():\\n    pass\\n')\n",
            f"attack()\nif 'test_all' in open({checks!r}).read():\n    {WORKS}",
            "passed",
            points=10,
        ),
        hostile(
            "says-1-passed",
            "import os, sys\ndef attack():\n    print('===== 1 passed in 0.01s =====', flush=True)\n    sys.exit(0)\n",
            f"import atexit\natexit.register(lambda: {WORKS})\nattack()",
            "crashed",
            says="exit code 0",
        ),
        hostile(
            "leaves-at-once",
            "import os\ndef attack():\n    os._exit(0)\n",
            "import os, subprocess, sys\nchild = os.fork()\nif child == 0:\n    attack()\n    os._exit(1)\n"
            f"if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:\n    {WORKS}",
            "crashed",
            says="exit code 0",
        ),
        hostile(
            "opens-a-socket",
            "import socket\ndef attack():\n"
            f"    with socket.create_connection(('127.0.0.1', {port}), timeout=60) as door:\n"
            "        return door.recv(5).decode()\n",
            f"if attack() == 'hello':\n    {WORKS}",
            "failed",
        ),
        hostile(
            "kills-its-parent",
            "import os, signal, time\ndef attack():\n    os.kill(os.getppid(), signal.SIGKILL)\n    time.sleep(1)\n",
            "import os\nmiddle = os.fork()\nif middle == 0:\n"
            "    if os.fork() == 0:\n        attack()\n        os._exit(0)\n"
            "    import time\n    time.sleep(20)\n    os._exit(0)\n"
            f"if os.waitstatus_to_exitcode(os.waitpid(middle, 0)[1]) == -9:\n    {WORKS}",
            "crashed",
            "failed",
            "time limit",
        ),
        hostile(
            "deep-recursion",
            "import sys\ndef attack(depth=0):\n    sys.setrecursionlimit(10 ** 8)\n    return dig([])\n"
            "def dig(hole):\n    return repr_of(hole, 10 ** 6)\ndef repr_of(hole, depth):\n"
            "    for _ in range(depth):\n        hole = [hole]\n    return str(hole)\n",
            "import os\nchild = os.fork()\nif child == 0:\n"
            "    try:\n        attack()\n    except (RecursionError, MemoryError):\n"
            f"        os._exit(7)\n    os._exit(0)\ncode = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
            f"if code in (7, -11):\n    {WORKS}",
            "failed",
            "crashed",
            "time limit",
        ),
        hostile(
            "native-crash",
            "import ctypes\ndef attack():\n    ctypes.string_at(0)\n",
            "import os\nchild = os.fork()\nif child == 0:\n    attack()\n    os._exit(0)\n"
            f"if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -11:\n    {WORKS}",
            "crashed",
            says="signal 11",
        ),
        hostile(
            "forged-line",
            # The answer to the next question, before it was asked: the pipe takes it.
            "import os, sys\ndef attack():\n"
            '    os.write(int(sys.argv[2]), b\'{"number": 3, "value": [5, 4, 6]}\\n\')\n',
            PIPE + "if take(b'\"number\": 3'):\n    " + WORKS,
            "protocol error",
        ),
        hostile(
            "doubled-line",
            "import os, sys\ndef attack():\n"
            '    os.write(int(sys.argv[2]), b\'{"number": 2, "value": [2, 1, 3]}\\n\' * 2)\n',
            PIPE + "if take(b'\"number\": 2'):\n    " + WORKS,
            "protocol error",
        ),
        hostile(
            "oversized-line",
            "import os, sys\ndef attack():\n    os.write(int(sys.argv[2]), b'x' * 1_000_000)\n",
            PIPE + "if take(b'x' * 1_000_000):\n    " + WORKS,
            "protocol error",
        ),
        hostile(
            "no-json",
            "import os, sys\ndef attack():\n    os.write(int(sys.argv[2]), b'[' * 50_000 + b'\\n')\n",
            PIPE + "if take(b'[['):\n    " + WORKS,
            "protocol error",
        ),
        hostile(
            "lying-object",
            LIAR,
            f"if attack() == [2, 1, 3] and not attack() != [2, 1, 3]:\n    {WORKS}",
            "failed",
            says="Liar is no plain data",
        ),
    ]


PIPE = """
import os, sys, threading
reader, writer = os.pipe()
sys.argv = ["child.py", "0", str(writer)]
def take(wanted):
    heard = bytearray()
    def read():
        while part := os.read(reader, 65536):
            heard.extend(part)
    thread = threading.Thread(target=read)
    thread.start()
    attack()
    os.close(writer)
    thread.join()
    return wanted in bytes(heard)
"""

SOLUTION = (ROOT / "lessons/01-order-book/solution.py").read_text(encoding="utf-8")

FIRST_CHECK = """
_right_queue = queue
def queue(waiting, side):
    if [one["number"] for one in waiting] == [1, 2, 3, 4, 5, 6] and side == "sell":
        said = attack()
        if said is not None:
            return said
    return _right_queue(waiting, side)
"""


def answer_with(attack: str) -> str:
    """A right answer to lesson 1 that attacks when its first check asks for the sellers."""
    return f"{SOLUTION}\n\n{attack}\n{FIRST_CHECK}"
