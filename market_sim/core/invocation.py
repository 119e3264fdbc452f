"""Command lines to print: they use the Python that runs this program and start in the current folder."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path


def python(*words: str) -> str:
    """A command line of this program."""
    script = Path(__file__).resolve().parents[2] / "simulate.py"
    program = [_near(Path(sys.executable)), _near(script)] if script.exists() else ["market-sandbox"]
    return shlex.join([*program, *words])


def pytest(*words: str) -> str:
    """A command line of pytest, with the same Python."""
    return shlex.join([_near(Path(sys.executable)), "-m", "pytest", *words])


def runnable(text: str) -> str:
    """A text whose commands, written for every machine, begin with the Python that runs this program.

    >>> runnable("Play `python simulate.py serve`, then use pytest.") == f"Play `{python('serve')}`, then use pytest."
    True
    """
    text = re.sub(r"^pytest(?= )", lambda _: pytest(), text, flags=re.MULTILINE)
    return text.replace("python simulate.py", python())


def install() -> str:
    """The command that installs the dependencies of this program into the same Python."""
    requirements = Path(__file__).resolve().parents[2] / "requirements.txt"
    what = ["-r", _near(requirements)] if requirements.exists() else ["--force-reinstall", "market-sandbox"]
    return shlex.join([_near(Path(sys.executable)), "-m", "pip", "install", *what])


def _near(path: Path) -> str:
    """A path as a person would type it: relative if it is below the current folder, else unchanged."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
