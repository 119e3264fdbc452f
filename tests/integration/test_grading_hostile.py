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
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from market_sim.course.commands import grade
from market_sim.course.judging import Judging
from tests.conftest import ROOT
from tests.integration.hostile_answers import SOLUTION, answer_with, attacks

pytestmark = pytest.mark.skipif(os.name == "nt", reason="student code is kept apart on POSIX systems only")

LESSON = "01-order-book"
NAMES = [one.name for one in attacks("note", 1, "checks", "secret")]
HONEST = ("zz-honest", "aa-honest")


@pytest.fixture(scope="module")
def door():
    """A socket that says hello to whoever comes."""
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


class Room:
    """A class with one honest student at each end and a hostile one for each attack, graded once at I1."""

    def __init__(self, place: Path, port: int) -> None:
        self.course = place / "lessons"
        shutil.copytree(ROOT / "lessons" / LESSON, self.course / LESSON)
        self.note = place / "note"
        self.secret = place / "salt.txt"
        self.secret.write_text("the salt of the hidden checks\n")
        checks = str(self.course / LESSON / "checks.py")
        self.attacks = {one.name: one for one in attacks(str(self.note), port, checks, str(self.secret))}
        for name, one in self.attacks.items():
            self.submit(place, name, answer_with(one.attack))
        for name in HONEST:
            self.submit(place, name, SOLUTION)
        how = Judging("I1", timeout=2)
        table, nowhere = place / "grades.csv", io.StringIO()
        # Four at a time: those that wait for their time limit leave the processors to the others.
        self.code = grade(place / "in", table, nowhere, nowhere, place / "out", self.course, how, workers=4)
        with table.open(encoding="utf-8", newline="") as file:
            self.rows = {row["student"]: row for row in csv.DictReader(file)}
        self.checks = {
            name: json.loads((place / "out" / name / f"{LESSON}.json").read_text())["extra_data"]["verdict"]["checks"]
            for name in (*self.attacks, *HONEST)
        }

    @staticmethod
    def submit(place: Path, name: str, text: str) -> None:
        file = place / "in" / name / f"{LESSON}.py"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def room(tmp_path_factory, door):
    return Room(tmp_path_factory.mktemp("room"), door)


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
    assert "def test_all" in (room.course / LESSON / "checks.py").read_text(), "at I1 the attack itself succeeds"
    assert len({row["checks"] for row in room.rows.values()}) == 1


def test_the_grandchild_in_a_session_of_its_own_is_gone(room):
    process = int(room.note.read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


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
    return subprocess.run(program, cwd=place, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(scope="module")
def free(tmp_path_factory, door) -> Iterator[dict[str, Future[Ran]]]:
    """All attacks without limits, four at a time, because most of them wait."""
    places = {name: tmp_path_factory.mktemp(name) for name in NAMES}
    with ThreadPoolExecutor(4) as pool:
        yield {name: pool.submit(unlimited, name, place, door) for name, place in places.items()}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_attack_works_where_nothing_limits_it(free, name):
    ran = free[name].result()
    assert "it works" in ran.stdout[-2_000:], (ran.returncode, ran.stderr[-2_000:])
