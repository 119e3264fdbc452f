"""The form of a scenario: one field for each of its parameters, and the options of every run.

Values are parsed by the scenario's own rules, field by field, so that each error is shown beside its field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from market_sim.core.consensus.behaviours import BEHAVIOURS, parse_behaviours, parse_epochs, parse_outages
from market_sim.core.consensus.network import parse_partitions
from market_sim.core.errors import InputError
from market_sim.market.compliance.profiles import PROFILES
from market_sim.simulation.engine.consensus import FEWEST, MOST, CommitteePlan
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.bounds import LARGEST, Bounds
from market_sim.simulation.scenarios.guests import SEPARATOR, guest
from market_sim.simulation.scenarios.scenario import Scenario, configured, parameter_bounds, parameter_types
from market_sim.strategies.learning.model import ENDING

MOST_EPOCHS = 500
"""The most epochs of a run on the site; longer runs are for the command line."""
LONGEST_TEXT = 200
BETWEEN_GUESTS = ";"
DEFAULT_SEED = 7

Values = Mapping[str, str]


@dataclass(frozen=True)
class Field:
    """One input of the form: its name, its kind, its value, its error."""

    name: str
    label: str
    kind: str
    """integer, number, switch, text or choice."""
    value: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    least: float | None = None
    most: float | None = None
    error: str = ""

    @property
    def is_further(self) -> bool:
        """Whether it belongs to the second byzantine behaviour or a later one."""
        return self.name.startswith("behaviour") and self.name.rpartition("_")[2].isdigit()


ROWS = 3
"""The number of rows for byzantine behaviours on an empty form; a filled form has as many as the run."""
MOST_ROWS = 100


def _row(number: int) -> tuple[Field, Field, Field]:
    """The three fields that together choose one byzantine behaviour."""
    more = "" if number == 1 else f"_{number}"
    nobody = "nobody, or as the scenario says" if number == 1 else "nobody else"
    ways = tuple((name, f"{name}: {what}") for name, what in BEHAVIOURS.items())
    label = "A byzantine validator" if number == 1 else "Another one"
    return (
        Field(f"behaviour{more}", label, "choice", "", "What it does instead of keeping to the protocol.",
              (("", nobody), *ways)),
        Field(f"behaviour_of{more}", "Which one", "integer", str(4 - number), "Validators are numbered from 0.",
              least=0, most=MOST - 1),
        Field(f"behaviour_epochs{more}", "When", "text", "", "For example 5 or 5-9. Empty: in all."),
    )  # fmt: skip


BEFORE_THE_BEHAVIOURS = (
    Field("seed", "Seed", "integer", str(DEFAULT_SEED), "The same seed gives the same run.", least=0),
    Field("epochs", "Epochs", "integer", "", "One is a simulated second.", least=1, most=MOST_EPOCHS),
    Field("validators", "Validators", "integer", "", "Empty: as the scenario says.", least=FEWEST, most=MOST),
    Field(
        "leaders", "Leaders", "choice", "", "Who may propose in an epoch.",
        (("", "as the scenario says"), ("round-robin", "in turn"), ("hash", "drawn by a hash"),
         ("shuffled", "each once in n epochs, in an order that is drawn")),
    ),
)  # fmt: skip
AFTER_THE_BEHAVIOURS = (
    Field("beyond_the_bound", "Beyond the bound", "switch", "false", "More byzantine validators than tolerated."),
    Field(
        "variant", "Rules", "choice", "", "Which faults the rules are made for.",
        (("", "as the scenario says"), ("byzantine", "byzantine: any faults, two thirds must sign"),
         ("crash", "crash: validators only stop, a majority must sign")),
    ),
    Field("crash", "Crash and return", "text", "", "For example n2@4-6: it stops and comes back from its disk."),
    Field(
        "independent", "Execution", "choice", "", "Who works out what final blocks do to the balances.",
        (("", "as the scenario says: up to 4 validators each for itself"), ("true", "each validator for itself"),
         ("false", "once for all of them")),
    ),
    Field(
        "rules", "Market rules", "choice", "", "Halts, limits and checks before a trade.",
        (("", "as the scenario says"), *((name, name) for name in PROFILES), ("none", "none")),
    ),
    Field("partition", "Split network", "text", "", "For example 4-6: the halves do not hear each other then."),
    Field(
        "guests", "Further participants", "text", "",
        "Shipped strategies, for example momentum,cash=10000; several with a semicolon between them.",
    ),
    Field(
        "settlement", "Settled on", "choice", "", "Where trades are paid out.",
        (("", "as the scenario says"), ("eth-tester", "eth-tester, contracts in this process"),
         ("fast", "the same chain on a compiled EVM (extra [fast])"), ("memory", "in memory"), ("none", "nowhere")),
    ),
)  # fmt: skip


RULES_OF_RUN = "run:"
"""Before the name of a stored run: its rules file, which is too long for an address."""


def rules_as_chosen(rules: str, run: str) -> str:
    """The choice of the form that puts the rules of a run on the next one: by name, or those of its rules file."""
    return rules if rules in ("", *PROFILES, "none") else f"{RULES_OF_RUN}{run}"


def _with_own_rules(one: Field) -> Field:
    """The field with the rules file of a run among its choices, if that is what it holds."""
    if one.name != "rules" or not one.value.startswith(RULES_OF_RUN):
        return one
    return replace(
        one, choices=(*one.choices, (one.value, f"the rules file of {one.value.removeprefix(RULES_OF_RUN)}"))
    )


def rows_in(values: Values) -> int:
    """The number of rows for byzantine behaviours in a form with these values."""
    return max(number for number in range(1, MOST_ROWS + 1) if number <= ROWS or values.get(f"behaviour_{number}"))


def options_of(rows: int = ROWS) -> tuple[Field, ...]:
    """The fields of every run, with this number of rows for byzantine behaviours."""
    behaviours = (one for number in range(1, rows + 1) for one in _row(number))
    return (*BEFORE_THE_BEHAVIOURS, *behaviours, *AFTER_THE_BEHAVIOURS)


def behaviours_as_chosen(byzantine: str, validators: int) -> dict[str, str]:
    """The fields that choose the byzantine behaviours of a run again."""
    chosen: dict[str, str] = {}
    for number, one in enumerate(parse_behaviours(byzantine, validators), 1):
        for place, value in zip(_row(number), (one.name, str(one.validator), one.epochs), strict=True):
            chosen[place.name] = value
    return chosen


@dataclass
class ScenarioForm:
    """The form of one scenario, with defaults or with typed values."""

    kind: type[Scenario]
    own: list[Field] = field(default_factory=list)
    run: list[Field] = field(default_factory=list)

    @classmethod
    def empty(cls, kind: type[Scenario], values: Values | None = None) -> ScenarioForm:
        """The form with defaults; `values` (from the query string) replace them."""
        values = values or {}
        parameters, bounds = kind().parameters, parameter_bounds(kind)
        own = [
            _field(name, expected, values.get(f"p-{name}", _written(parameters[name])), bounds.get(name))
            for name, expected in parameter_types(kind).items()
        ]
        options = options_of(rows_in(values))
        defaults = {one.name: one.value for one in options} | {"epochs": str(kind.epochs)}
        run = [
            _with_own_rules(replace(one, value=values.get(one.name, defaults[one.name])[:LONGEST_TEXT]))
            for one in options
        ]
        return cls(kind, own, run)

    @classmethod
    def typed(cls, kind: type[Scenario], values: Values) -> ScenarioForm:
        """The form as it was sent; a switch that is off sends nothing."""
        filled = {"beyond_the_bound": "false", **values}
        for name, expected in parameter_types(kind).items():
            filled.setdefault(f"p-{name}", "false" if expected is bool else "")
        return cls.empty(kind, filled)

    @property
    def further_behaviours(self) -> bool:
        """Whether a second byzantine behaviour is chosen, or a field of one cannot be used."""
        return any(one.is_further and (one.error or (one.kind == "choice" and one.value)) for one in self.run)

    @property
    def errors(self) -> list[Field]:
        """The fields with an error."""
        return [one for one in (*self.run, *self.own) if one.error]

    def read(self) -> tuple[dict[str, Any], Options] | None:
        """The parameters and options; None when a field has an error."""
        parameters: dict[str, Any] = {}
        for place, one in enumerate(self.own):
            name = one.name.removeprefix("p-")
            checked, value = _tried(one, partial(self._parameter, name))
            self.own[place], parameters[name] = checked, value
        chosen: dict[str, Any] = {}
        for place, one in enumerate(self.run):
            checked, value = _tried(one, partial(_option, one, chosen))
            self.run[place], chosen[one.name] = checked, value
        behaviours: list[str] = []
        for row in map(_row, range(1, sum(one.name.startswith("behaviour_epochs") for one in self.run) + 1)):
            way, validator, epochs = (chosen.pop(one.name) for one in row)
            if way and not self.errors:
                behaviours.append(f"n{validator}:{way}{f'@{epochs}' if epochs else ''}")
                self._check(row[1].name, behaviours, chosen)
        chosen["byzantine"] = ",".join(behaviours) or None
        chosen["beyond_the_bound"] = chosen["beyond_the_bound"] or None
        chosen["independent"] = {"true": True, "false": False}.get(chosen["independent"])
        return None if self.errors else (parameters, Options(**chosen))

    def _check(self, name: str, behaviours: list[str], chosen: Mapping[str, Any]) -> None:
        """Check the byzantine behaviours chosen so far; an error is shown at the last validator chosen."""
        count, variant = chosen.get("validators") or FEWEST, chosen.get("variant") or "byzantine"
        try:
            parse_behaviours(",".join(behaviours), count)
            plan = CommitteePlan(
                count=count,
                byzantine=",".join(behaviours),
                variant=variant,
                beyond_the_bound=chosen["beyond_the_bound"],
            )
            _ = plan.rules
        except InputError as refused:
            said = str(refused).replace("--beyond-the-bound", "the switch Beyond the bound")
            self.run = [replace(one, error=said) if one.name == name else one for one in self.run]

    def _parameter(self, name: str, text: str) -> Any:
        return getattr(configured(self.kind, **{name: text}), name)


def _field(name: str, expected: Any, value: str, bounds: Bounds | None) -> Field:
    kinds = {int: "integer", float: "number", bool: "switch"}
    label = name.replace("_", " ").capitalize()
    shown = Field(f"p-{name}", label, kinds.get(expected, "text"), value[:LONGEST_TEXT])
    if bounds is None or bounds == Bounds():
        return shown
    return replace(shown, least=bounds.least, most=bounds.most, hint=f"From {bounds.least:,} to {bounds.most:,}.")


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _tried(one: Field, read: Callable[[str], Any]) -> tuple[Field, Any]:
    try:
        if len(one.value) >= LONGEST_TEXT:
            raise InputError(f"at most {LONGEST_TEXT - 1} characters, please")
        return replace(one, error=""), read(one.value.strip())
    except InputError as problem:
        return replace(one, error=str(problem)), None


def _option(one: Field, chosen: Mapping[str, Any], text: str) -> Any:
    if not text:
        if one.name in ("seed", "epochs"):
            raise InputError(f"{one.label} needs a whole number")
        return None
    if one.kind == "integer":
        return whole_number(one, text)
    if one.kind == "switch":
        return text == "true"
    if one.kind == "choice" and text not in dict(one.choices):
        raise InputError(f"choose one of {', '.join(name for name, _ in one.choices if name)}, found {text!r}")
    validators = chosen.get("validators") or FEWEST
    if one.name.startswith("behaviour_epochs"):
        parse_epochs(text)
    elif one.name == "crash":
        parse_outages(text, validators)
    elif one.name == "partition":
        parse_partitions(text, validators)
    elif one.name == "guests":
        return shipped_guests(text)
    return text


def shipped_guests(text: str) -> str:
    """The guests in a field as a run takes them, checked; code in a file is never loaded by the site."""
    lines = [line.strip() for line in text.split(BETWEEN_GUESTS) if line.strip()]
    for line in lines:
        what = line.split(",")[0].partition(":")[0].strip()
        if what.endswith((".py", ENDING)):
            raise InputError(
                f"a strategy of your own joins on the command line, --with {what}; here, a shipped one does"
            )
        try:
            guest(line).strategy()
        except InputError as refused:
            raise InputError(str(refused).removeprefix("--with").lstrip(": ")) from None
    return SEPARATOR.join(lines)


def guests_as_chosen(guests: str) -> dict[str, str]:
    """The field that invites the guests of a run again."""
    return {"guests": f"{BETWEEN_GUESTS} ".join(filter(None, guests.split(SEPARATOR)))}


def whole_number(one: Field, text: str) -> int:
    """The number in a field for whole numbers; an `InputError` outside its bounds."""
    # Python accepts digits of other scripts and underscores in numbers; the form does not.
    digits = text.removeprefix("-")
    number = int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None
    least, most = one.least or 0, one.most or LARGEST
    if number is None or not least <= number <= most:
        raise InputError(f"{one.label} must be a whole number from {least} to {most:,}, found {text!r}")
    return number
