"""The ladder of measures: what a first offence costs, and what each further one costs.

>>> Ladder().step(1), Ladder().step(3), Ladder().step(9)
('warn', 'throttle', 'suspend')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from market_sim.core.errors import InputError
from market_sim.core.units import SECOND

WARN: Final = "warn"
FINE: Final = "fine"
THROTTLE: Final = "throttle"
SUSPEND: Final = "suspend"
STEPS: Final = (WARN, FINE, THROTTLE, SUSPEND)


@dataclass(frozen=True)
class Ladder:
    """The steps in their order, and their numbers; after the last step each offence meets it again."""

    steps: tuple[str, ...] = STEPS
    fine_cents: int = 50_000
    throttle_ns: int = 5 * SECOND
    throttle_interval_ns: int = SECOND
    """A throttled account places one order in this time."""
    suspend_ns: int = 5 * SECOND

    def __post_init__(self) -> None:
        unknown = [step for step in self.steps if step not in STEPS]
        if unknown or not self.steps:
            raise InputError(f"a ladder has some of the steps {', '.join(STEPS)}, found {', '.join(unknown) or 'none'}")
        if min(self.fine_cents, self.throttle_ns, self.throttle_interval_ns, self.suspend_ns) <= 0:
            raise InputError(f"the fine and the times of a ladder are positive, found {self}")

    def step(self, offence: int) -> str:
        """The step for the offence with this number, from 1."""
        return self.steps[min(offence, len(self.steps)) - 1]
