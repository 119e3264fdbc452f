"""A student's process answers what it is asked, and whatever else it does is told in one sentence."""

from __future__ import annotations

import contextlib
import os
from typing import get_args

import pytest

from market_sim.core.errors import InputError
from market_sim.course import isolation
from market_sim.course.in_process import InProcessStudent
from market_sim.course.isolation import levels
from market_sim.course.isolation.levels import best
from market_sim.course.isolation.limits import Limits
from market_sim.course.isolation.problems import Crashed, ProtocolError, StudentError, TimeLimit
from market_sim.course.isolation.student import StudentProcess
from market_sim.market.agents.view import InstrumentView, OwnOrder, View
from tests.conftest import PATIENCE

LONG = Limits(seconds=PATIENCE)
"""Longer than any answer here takes on a busy machine."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="student code is kept apart on POSIX systems only")

ANSWER = """
import sys
from dataclasses import dataclass
from statistics import mean
from market_sim import BUY, Buy, Cancel, Strategy, View, dollars
from market_sim.core.models.intents import PlaceOrder

def double(x, times=2):
    print("doubling", x)
    return x * times

def fail(x):
    return 1 / x

def installed():
    import msgspec

def engine():
    import market_sim.core.data.journal

def order():
    return PlaceOrder("ACME", BUY, 3, 100)

def twice():
    import os
    os.write(int(sys.argv[2]), b'{"number": 2, "value": 1}\\n')
    return 1

class Counter:
    def __init__(self, start):
        self.value = start
    def add(self, by):
        self.value += by
        return self.value

@dataclass
class Dip(Strategy):
    size: int = 1
    def decide(self, view):
        market = view["ACME"]
        for order in view.orders:
            yield Cancel(order.id)
        if market.prices and market.last < mean(market.prices):
            yield Buy("ACME", quantity=self.size, limit=market.bid)
"""


@pytest.fixture
def answer(tmp_path):
    file = tmp_path / "answer.py"
    file.write_text(ANSWER)
    return file


@pytest.fixture
def student(answer):
    with StudentProcess(answer, LONG, best("I1")) as process:
        yield process


def test_functions_and_objects_can_be_asked(student):
    assert student.call("double", [1, (2, 3)], times=2) == [1, (2, 3), 1, (2, 3)]
    counter = student.make("Counter", 40)
    assert [counter.call("add", 1), counter.call("add", 1)] == [41, 42]
    student.finish()
    assert student.problem is None


def test_what_it_prints_is_kept_apart(student):
    student.call("double", 3)
    student.finish()
    student._drain()
    assert student.printed == b"doubling 3\n"


def test_an_error_is_told_with_its_line_and_the_process_goes_on(student):
    with pytest.raises(
        StudentError, match=r"fail\(...\) raised ZeroDivisionError in line 13 of answer.py: division by"
    ):
        student.call("fail", 0)
    assert student.call("fail", 2) == 0.5


def test_a_missing_function_is_named(student):
    with pytest.raises(StudentError, match=r"answer.py has no quotes"):
        student.call("quotes")


@pytest.mark.parametrize("name", ["installed", "engine"])
def test_neither_installed_packages_nor_the_engine_can_be_imported(student, name):
    with pytest.raises(StudentError, match="ModuleNotFoundError"):
        student.call(name)


def test_an_intent_arrives_as_the_real_one(student):
    from market_sim.core.models.intents import PlaceOrder

    assert student.call("order") == PlaceOrder("ACME", 1, 3, 100)


def test_a_strategy_sees_the_past_and_yields_intents(student):
    from market_sim.core.models.intents import Buy, Cancel

    strategy = student.strategy("Dip", size=4)
    flat = View({"ACME": InstrumentView("ACME", prices=[100, 100], bid=99)})
    dip = View({"ACME": InstrumentView("ACME", prices=[100, 100, 90], bid=89)}, orders=[OwnOrder(7, "ACME", 1, 89, 2)])
    assert strategy.decide(flat) == []
    assert strategy.decide(dip) == [Cancel(7), Buy("ACME", 4, 89)]


EVERYTHING = """
from market_sim import BUY, Amend, Cancel, CancelAll, Exercise, Merge, PlaceOrder, Resolve, Split, Strategy
from market_sim import CallContract, Claim, Deposit, Withdraw
from market_sim.core.models.intents import Conditions

class All(Strategy):
    def decide(self, view):
        yield PlaceOrder("ACME", BUY, 3, 100, "gtd", "mine", Conditions(display=1, expires=9))
        yield Cancel(4)
        yield CancelAll("ACME")
        yield Amend(4, quantity=2, limit=99)
        yield Exercise("ACME-C100", 5)
        yield Split("YES", 6)
        yield Merge("NO", 7)
        yield Resolve("YES", "void")
        yield Withdraw("USD", 8)
        yield Deposit("USD", 9)
        yield Claim("USD")
        yield CallContract("escrow", "lock", ("bob", 5))
"""


def test_every_intent_that_a_strategy_has_crosses_the_border(tmp_path):
    from market_sim.core.models import intents

    file = tmp_path / "answer.py"
    file.write_text(EVERYTHING)
    with StudentProcess(file, LONG, best("I1")) as process:
        found = process.strategy("All").decide(View({}))
    assert found == [
        intents.PlaceOrder("ACME", 1, 3, 100, "gtd", "mine", intents.Conditions(display=1, expires=9)),
        intents.Cancel(4), intents.CancelAll("ACME"), intents.Amend(4, 2, 99), intents.Exercise("ACME-C100", 5),
        intents.Split("YES", 6), intents.Merge("NO", 7), intents.Resolve("YES", "void"),
        intents.Withdraw("USD", 8), intents.Deposit("USD", 9), intents.Claim("USD"),
        intents.CallContract("escrow", "lock", ("bob", 5)),
    ]  # fmt: skip
    assert {type(intent) for intent in found} == set(get_args(intents.Intent))


def test_a_syntax_error_is_told_with_its_line(tmp_path):
    file = tmp_path / "answer.py"
    file.write_text("def f(:\n")
    with (
        pytest.raises(StudentError, match=r"loading your answer raised SyntaxError in line 1 of mine.py"),
        StudentProcess(file, LONG, best("I1"), shown_as="mine.py"),
    ):
        pass


def test_speaking_twice_ends_the_process(student):
    with contextlib.suppress(ProtocolError):  # found out at once, or by the last word
        student.call("twice")
        student.finish()
    with pytest.raises(ProtocolError):
        student.call("double", 1)


def test_waiting_counts_and_a_late_answer_is_none(tmp_path):
    file = tmp_path / "answer.py"
    file.write_text("import time\ndef nap(seconds):\n    time.sleep(seconds)\n")
    with StudentProcess(file, LONG, best("I1")) as student:
        student.limits = Limits(seconds=student._waited + 0.8)
        with pytest.raises(TimeLimit, match=r"nap\(\.\.\.\) gave no answer within [0-9.]+ s"):
            [student.call("nap", 0.2) for _ in range(10)]


def test_the_time_in_which_the_machine_stands_still_does_not_count(answer, monkeypatch):
    stalls = iter(range(0, 10**6, 60))
    with StudentProcess(answer, LONG, best("I1")) as student:
        student.limits = Limits(seconds=student._waited + 5)
        monkeypatch.setattr(isolation.student.time, "monotonic", lambda: float(next(stalls)))
        assert student.call("double", 2) == 4, "a minute passed in each look at the clock"
        student.finish()


def test_leaving_is_told_with_the_exit_code(tmp_path):
    file = tmp_path / "answer.py"
    file.write_text("raise SystemExit(0)\n")
    with pytest.raises(Crashed, match="ended with exit code 0"), StudentProcess(file, LONG, best("I1")):
        pass


def test_a_link_and_a_missing_file_are_refused(tmp_path):
    (tmp_path / "secret").write_text("x = 1\n")
    (tmp_path / "answer.py").symlink_to(tmp_path / "secret")
    for name, said in (("answer.py", "no link"), ("other.py", "there is no file other.py")):
        with pytest.raises(InputError, match=said), StudentProcess(tmp_path / name, LONG, best("I1")):
            pass


def test_in_process_gives_the_same_answers_without_any_limit(answer):
    student = InProcessStudent(answer)
    assert student.call("double", [1]) == [1, 1]
    assert student.make("Counter", 1).call("add", 2) == 3


def test_a_level_says_what_it_stops():
    assert "stops accidents, not malice" in best("I1").sentence
    assert best(best("I1").name).level == "I1"
    assert "practice, not a grade" in best("I0").sentence
    with pytest.raises(InputError, match="one of auto, I0, I1, I2"):
        best("I3")


def test_where_no_process_can_be_started_the_advice_is_a_command_that_takes_the_option(monkeypatch):
    best.cache_clear()
    with monkeypatch.context() as there:
        there.setattr(levels, "INTERPRETER", "/nowhere/python")
        with pytest.raises(InputError) as none:
            best("I1")
    with monkeypatch.context() as there:
        there.setattr(os, "name", "nt")
        with pytest.raises(InputError) as elsewhere:
            best()
    for told in (none, elsewhere):
        command, *words = str(told.value).partition("run ")[2].split()
        assert (command, words) == ("pytest", "lessons/ID --student answers/ID.py --unsafe-in-process".split())


@pytest.mark.parametrize(
    ("source", "line"),
    [("x = 1\ndef f(a):\n    return 1\n", 2), ("x = 1\n\ndef f():\n    return object()\n", 3)],
)
def test_an_error_outside_of_the_answer_names_the_line_of_the_definition(tmp_path, source, line):
    (tmp_path / "mine.py").write_text(source)
    with (
        StudentProcess(tmp_path / "mine.py", LONG, best("I1")) as student,
        pytest.raises(StudentError, match=rf"f\(\.\.\.\) raised TypeError in line {line} of mine.py"),
    ):
        student.call("f")
