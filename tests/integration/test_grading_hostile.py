"""Hostile answers cost their own points and nothing else, and each of them is a real attack where nothing limits it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from market_sim.course.commands import grade
from market_sim.course.judging import Judging
from tests.conftest import PATIENCE, ROOT
from tests.integration.hostile_answers import SOLUTION, Hostile, answer_with, attacks

pytestmark = pytest.mark.skipif(os.name == "nt", reason="student code is kept apart on POSIX systems only")

LESSON = "01-order-book"
NAMES = [one.name for one in attacks("note", 1, "checks", "secret")]
HONEST = ("zz-honest", "aa-honest")


@contextlib.contextmanager
def door() -> Iterator[int]:
    """A socket that says hello to whoever comes: its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    guest, _ = server.accept()
                    with guest:
                        guest.sendall(b"hello")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Room:
    """What came of a class with one honest student at each end and a hostile one for each attack."""

    code: int
    attacks: dict[str, Hostile]
    rows: dict[str, dict[str, str]]
    """The table of grades, by student."""
    checks: dict[str, list[dict[str, Any]]]
    """The verdicts, by student."""
    checks_file: str
    """What stands in the lesson's checks afterwards."""
    grandchild: int
    """The process that an answer left in a session of its own."""

    @property
    def is_hasty(self) -> bool:
        """Whether a check ran into the time limit that could have ended: the machine is busy."""
        return any(
            check["status"] == "time limit" and (place or "time limit" not in self.statuses(student))
            for student, checks in self.checks.items()
            for place, check in enumerate(checks)
        )

    def statuses(self, student: str) -> tuple[str, ...]:
        """What the first check of a student may end with."""
        return self.attacks[student].statuses if student in self.attacks else ()


def graded_once(level: str) -> Room:
    """The class, graded with a time limit that some attacks run into and that leaves the others enough time."""
    for seconds in (2, 10, PATIENCE):
        room = graded_within(level, seconds)
        if not room.is_hasty:
            break
    return room


def graded_within(level: str, seconds: int) -> Room:
    """The class, graded with a time limit."""
    with tempfile.TemporaryDirectory() as name, door() as port:
        place = Path(name)
        course = place / "lessons"
        shutil.copytree(ROOT / "lessons" / LESSON, course / LESSON)
        note, secret, checks = place / "note", place / "salt.txt", course / LESSON / "checks.py"
        secret.write_text("the salt of the hidden checks\n")
        tried = {one.name: one for one in attacks(str(note), port, str(checks), str(secret))}
        texts = {name: answer_with(one.attack) for name, one in tried.items()} | dict.fromkeys(HONEST, SOLUTION)
        for student, text in texts.items():
            answer = place / "in" / student / f"{LESSON}.py"
            answer.parent.mkdir(parents=True)
            answer.write_text(text, encoding="utf-8")
        table, nowhere = place / "grades.csv", io.StringIO()
        # Four at a time: those that wait for their time limit leave the processors to the others.
        how = Judging(level, timeout=seconds)
        code = grade(place / "in", table, nowhere, nowhere, place / "out", course, how, workers=4)
        with table.open(encoding="utf-8", newline="") as file:
            rows = {row["student"]: row for row in csv.DictReader(file)}
        told = {name: json.loads((place / "out" / name / f"{LESSON}.json").read_text()) for name in texts}
        verdicts = {name: report["extra_data"]["verdict"]["checks"] for name, report in told.items()}
        return Room(code, tried, rows, verdicts, checks.read_text(), int(note.read_text()) if note.exists() else 0)


@pytest.fixture(scope="module")
def room() -> Room:
    return graded_once("I1")


def test_there_are_more_than_fifteen_attacks_and_grading_worked(room):
    assert len(NAMES) > 15
    assert room.code == 0
    assert set(room.rows) == {*NAMES, *HONEST}


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_costs_its_own_points_only(room, name):
    one, (first, *others) = room.attacks[name], room.checks[name]
    assert first["status"] in one.statuses, first
    assert one.says in first["reason"], first["reason"]
    assert [check["status"] for check in others] == ["passed"] * 4, others
    assert float(room.rows[name]["score"]) == one.points


def test_the_honest_ones_have_all_their_points(room):
    assert {room.rows[name]["score"] for name in HONEST} == {"10"}
    assert {room.rows[name]["status"] for name in HONEST} == {"passed"}


def test_checks_that_an_answer_overwrote_change_nobodys_marks(room):
    assert "def test_all" in room.checks_file, "at I1 the attack itself succeeds"
    assert len({row["checks"] for row in room.rows.values()}) == 1


def test_the_grandchild_in_a_session_of_its_own_is_gone(room):
    with pytest.raises(ProcessLookupError):
        os.kill(room.grandchild, 0)


def test_nothing_of_a_secret_is_told_by_the_check_that_does_not_raise_it(room):
    # At I1 an answer can read what its user can read; what it raises is its own sentence and reaches its own report.
    others = [checks for name, checks in room.checks.items() if name != "reads-a-secret"]
    assert "the salt of the hidden checks" not in json.dumps(others)


Ran = subprocess.CompletedProcess[str]


def unlimited(name: str, place: Path, port: int) -> Ran:
    """One attack by itself, in a folder of its own, where it may do whatever it likes."""
    secret, checks = place / "secret", place / "checks.py"
    secret.write_text("the salt of the hidden checks\n")
    shutil.copyfile(ROOT / "lessons" / LESSON / "checks.py", checks)
    one = next(one for one in attacks(str(place / "note"), port, str(checks), str(secret)) if one.name == name)
    program = [sys.executable, "-I", "-S", "-c", f"{one.attack}\n{one.unlimited}\n"]
    return subprocess.run(program, cwd=place, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.fixture(scope="module")
def free(tmp_path_factory) -> Iterator[dict[str, Future[Ran]]]:
    """All attacks without limits, four at a time, because most of them wait."""
    places = {name: tmp_path_factory.mktemp(name) for name in NAMES}
    with door() as port, ThreadPoolExecutor(4) as pool:
        yield {name: pool.submit(unlimited, name, place, port) for name, place in places.items()}
        pool.shutdown(cancel_futures=True)


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_the_same_attack_works_where_nothing_limits_it(free, name):
    ran = free[name].result()
    assert "it works" in ran.stdout[-2_000:], (ran.returncode, ran.stderr[-2_000:])
