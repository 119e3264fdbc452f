"""A strategy from a file, decided in a process of its own: what the site joins to a market, of code that a form sent.

A subclass names the file. It starts the process when it is made, and ends it with itself; the run has the fingerprint
that the same strategy has in the process of the market (market_sim/course/remote_strategy.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar
from weakref import finalize

from market_sim.core.models.intents import Intent
from market_sim.course.isolation.levels import best
from market_sim.course.isolation.limits import Limits
from market_sim.course.isolation.student import StudentProcess
from market_sim.market.agents.strategy import Parameters, Strategy, WakeAt, Waking
from market_sim.market.agents.view import View

SECONDS = 60.0
"""How long the market waits for all decisions of one run together."""
TRIED_SECONDS = 5.0
"""How long a person waits until a strategy that was just typed is loaded and made."""
SHOWN_AS = "your strategy"


class KeptApart(Strategy):
    """Asks a process of its own for each decision; the name of the subclass is that of the class in the file."""

    file: ClassVar[Path]
    seconds: ClassVar[float] = SECONDS

    def __init__(self) -> None:
        process = StudentProcess(self.file, Limits(seconds=self.seconds), best(), shown_as=SHOWN_AS)
        process.__enter__()
        # Ends the process with this object, or with the interpreter.
        self._end = finalize(self, process.close)
        try:
            self._remote = process.strategy(type(self).__name__)
        except BaseException:
            self._end()
            raise

    def wakes(self) -> Iterable[Waking]:
        """What the strategy in the file wakes up for."""
        return self._remote.wakes()

    def described(self) -> tuple[str, Parameters]:
        """Its class and its parameters, as its process says."""
        return self._remote.described()

    def decide(self, view: View) -> Iterable[Intent | WakeAt]:
        """The intents and alarms of the strategy in the file."""
        return self._remote.decide(view)  # type: ignore[return-value]


def tried(file: Path, name: str) -> None:
    """Make the strategy once, so that a mistake is known before a run; raises the sentence of what is wrong."""
    kind = type(name, (KeptApart,), {"file": file, "seconds": TRIED_SECONDS})
    kind()._end()
