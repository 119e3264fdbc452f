"""Practice in one process says of an error what the student's own process says: the file and the line of the answer."""

from __future__ import annotations

import pytest

from market_sim.course.in_process import InProcessStudent
from market_sim.course.isolation.problems import StudentError

BROKEN = "def half(x):\n    return x / 0\n\n\nclass Box:\n    def open(self):\n        return self.key\n"


@pytest.fixture
def student(tmp_path):
    (tmp_path / "mine.py").write_text(BROKEN)
    return InProcessStudent(tmp_path / "mine.py")


def test_an_error_names_the_line_of_the_answer(student):
    with pytest.raises(StudentError, match=r"^half\(\.\.\.\) raised ZeroDivisionError in line 2 of mine.py"):
        student.call("half", 1)
    with pytest.raises(StudentError, match=r"^Box.open\(\.\.\.\) raised AttributeError in line 7 of mine.py"):
        student.make("Box").call("open")


def test_a_file_that_cannot_be_loaded_names_its_line(tmp_path):
    (tmp_path / "mine.py").write_text("x = 1\ny = (\n")
    with pytest.raises(StudentError, match=r"^loading your answer raised SyntaxError in line 2 of mine.py"):
        InProcessStudent(tmp_path / "mine.py")
