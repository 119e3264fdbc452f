"""The options of a run: seed, length, settlement and committee, beside the scenario and its parameters."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.run_events import RunStarted

DEFAULT_SEED = 7
MOST_EPOCHS = 1_000_000
SETTLED_ON = ("eth-tester", "fast", "memory", "none")
"""The names of chains, and of none, that need nothing but this program and its packages."""


@dataclass(frozen=True)
class Options:
    """The options of one run; None leaves the scenario's own choice."""

    seed: int = DEFAULT_SEED
    epochs: int | None = None
    settlement: str | None = None
    """One of `SETTLED_ON`."""
    validators: int | None = None
    leaders: str | None = None
    byzantine: str | None = None
    partition: str | None = None
    beyond_the_bound: bool | None = None
    """Allow more byzantine validators than the rules tolerate."""
    variant: str | None = None
    """"byzantine" or "crash": which faults the committee's rules tolerate."""
    crash: str | None = None
    """For example `n2@4-6`: a validator is down in these epochs and restarts from its disk."""
    guests: str | None = None
    """Who takes part beside those of the scenario, one a line: `my_strategy.py:BuyTheDip,cash=10000`."""
    without: str | None = None
    """The participants who keep their accounts and never decide, separated by commas."""
    rules: str | None = None
    """The rules profile of the market: its name, the text of a rules file, or `none` for no rules."""
    independent: bool | None = None
    """Each validator executes final blocks on a ledger of its own; None: up to four validators do."""
    paranoid: bool = False
    """Check the invariants of exchange and consensus during the run."""

    def __post_init__(self) -> None:
        if self.epochs is not None and (type(self.epochs) is not int or not 1 <= self.epochs <= MOST_EPOCHS):
            raise InputError(f"a run has from 1 to {MOST_EPOCHS} epochs, found {self.epochs!r}")
        if type(self.seed) is not int or self.seed < 0:
            raise InputError(f"a seed is a whole number from 0 on, found {self.seed!r}")

    @classmethod
    def of(cls, start: RunStarted) -> Options:
        """The options of a stored run, by its first event."""
        chosen = {name: value for name, value in start.options.items() if value is not None}
        return cls(seed=start.seed, epochs=start.epochs, **chosen)  # type: ignore[arg-type]

    @property
    def beside_the_scenario(self) -> dict[str, int | str | bool | None]:
        """The options other than seed and length, for the first event of the journal."""
        chosen: dict[str, int | str | bool | None] = {
            "settlement": self.settlement,
            "validators": self.validators,
            "leaders": self.leaders,
            "byzantine": self.byzantine,
            "partition": self.partition,
        }
        # Rare options are recorded only when they are set, so that the journals of all other runs stay the same.
        rare = {
            "beyond_the_bound": self.beyond_the_bound,
            "variant": self.variant,
            "crash": self.crash,
            "independent": self.independent,
            "guests": self.guests,
            "without": self.without,
            "rules": self.rules,
        }
        return chosen | {name: value for name, value in rare.items() if value is not None}
