"""The form of a fork: at which event, and what is changed there, each field with its error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from market_sim.api.live.pacing import speed_of
from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.errors import InputError
from market_sim.core.models.inputs import Leave, Tune
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.money import units
from market_sim.ui.web.forking import Fork, Roll
from market_sim.ui.web.scenario_form import LONGEST_TEXT, Field, whole_number

T = TypeVar("T")

CHANGES = {
    "none": "nothing: it stays the same run",
    "order": "an order is sent",
    "parameter": "a strategy gets another parameter",
    "leave": "a participant leaves",
    "byzantine": "a validator deviates from the protocol",
}
PACES = (
    ("", "as fast as it can"),
    ("paused", "step by step: it stands still at first"),
    ("0.2", "0.2 simulated seconds per second"),
    ("1", "1 simulated second per second"),
    ("5", "5 simulated seconds per second"),
    ("25", "25 simulated seconds per second"),
)
MOST_CHOICES = 1_000
"""The most accounts in a list to choose from."""


def pace_of(text: str) -> tuple[bool, float | None]:
    """Whether a run begins paused, and its speed."""
    return (True, None) if text == "paused" else (False, speed_of(text))


@dataclass
class ForkForm:
    """The form for one run."""

    roll: Roll
    of: str
    fields: dict[str, Field]
    last: int
    """The number of the last event."""

    @classmethod
    def filled(cls, roll: Roll, of: str, last: int, values: Mapping[str, str]) -> ForkForm:
        """The form with these values in place of the defaults."""
        accounts = tuple((name, name) for name in list(roll.agents)[:MOST_CHOICES])
        parameters = ", ".join(sorted({one for agent in roll.agents.values() for one in agent.parameters}))
        validators = tuple((str(number), f"n{number}") for number in range(roll.validators))
        behaviours = tuple((name, f"{name}: {what}") for name, what in BEHAVIOURS.items())
        fields = (
            Field("event", "After the event", "integer", str(last), f"From 0 to {last:,}.", least=0, most=last),
            Field("change", "What changes there", "choice", "none", "", tuple(CHANGES.items())),
            Field("agent", "Participant", "choice", "", "", accounts),
            Field("side", "Side", "choice", "1", "", (("1", "buy"), ("-1", "sell"))),
            Field("symbol", "Instrument", "choice", "", "", tuple((name, name) for name in roll.listed)),
            Field("venue", "Venue", "choice", "", "", (("", "the first"), *((name, name) for name in roll.venues))),
            Field("quantity", "Quantity", "text", "10"),
            Field("limit", "Limit", "text", "", "Empty: at the market."),
            Field("parameter", "Parameter", "text", "", f"One of {parameters}." if parameters else ""),
            Field("value", "Its new value", "text", ""),
            Field("validator", "Validator", "choice", str(max(0, roll.validators - 1)), "", validators),
            Field("behaviour", "What it does", "choice", "silent", "From the next epoch on.", behaviours),
            Field("beyond", "Beyond the bound", "switch", "false", "More byzantine validators than tolerated."),
            Field("pace", "How it goes on", "choice", "", "", PACES),
        )
        known = {one.name: replace(one, value=values.get(one.name, one.value)[:LONGEST_TEXT]) for one in fields}
        return cls(roll, of, known, last)

    @property
    def errors(self) -> list[Field]:
        """The fields that cannot be used."""
        return [one for one in self.fields.values() if one.error]

    def read(self) -> tuple[Fork, bool, float | None] | None:
        """The fork, whether it begins paused, and its speed; None when a field has an error."""
        at = self._tried("event", lambda text: whole_number(self.fields["event"], text))
        change = self._tried("change", lambda text: self._choice("change", text))
        if self.of and at == self.last and change not in ("none", None):
            said = "the run is over there, so nothing can change: choose an earlier event"
            self.fields["event"] = replace(self.fields["event"], error=said)
        paused = self._tried("pace", pace_of)
        made = {
            "order": self._order, "parameter": self._parameter, "leave": self._leave, "byzantine": self._byzantine,
        }.get(change or "", dict)()  # fmt: skip
        if self.errors or at is None or paused is None:
            return None
        return Fork(self.of, at, self.roll.past(at), **made), *paused

    def _order(self) -> dict[str, Any]:
        symbol = self._tried("symbol", lambda text: self._choice("symbol", text))
        listed = self.roll.listed.get(symbol or "")
        if listed is None:
            return {}
        quantity = self._tried("quantity", lambda text: _positive(units(text, listed.quantity_decimals)))
        limit = self._tried("limit", lambda text: _positive(units(text, listed.price_decimals)) if text else 0)
        side = self._tried("side", lambda text: int(self._choice("side", text)))
        venue = self._tried("venue", lambda text: self._choice("venue", text))
        order = PlaceOrder(listed.symbol, side or 1, quantity or 0, limit or None, venue=venue or "")
        return {"account": self._agent(), "change": order}

    def _parameter(self) -> dict[str, Any]:
        account = self._agent()
        agent = self.roll.agents.get(account)
        known = agent.parameters if agent else {}
        name = self._tried("parameter", lambda text: _known(account, known, text))
        value = self._tried("value", lambda text: _like(known.get(name or ""), text))
        return {"account": account, "change": Tune(name or "", value)}

    def _leave(self) -> dict[str, Any]:
        return {"account": self._agent(), "change": Leave()}

    def _byzantine(self) -> dict[str, Any]:
        validator = self._tried("validator", lambda text: self._choice("validator", text))
        behaviour = self._tried("behaviour", lambda text: self._choice("behaviour", text))
        beyond = self.fields["beyond"].value == "true"
        return {"byzantine": f"n{validator}:{behaviour}", "beyond_the_bound": beyond}

    def _agent(self) -> str:
        return self._tried("agent", lambda text: self._choice("agent", text)) or ""

    def _choice(self, name: str, text: str) -> str:
        choices = [value for value, _ in self.fields[name].choices]
        if text not in choices:
            raise InputError(f"choose one of {', '.join(choices[:20]) or 'none'}, found {text!r}")
        return text

    def _tried(self, name: str, read: Callable[[str], T]) -> T | None:
        one = self.fields[name]
        try:
            return read(one.value.strip())
        except InputError as problem:
            self.fields[name] = replace(one, error=str(problem))
            return None


def _positive(amount: int) -> int:
    if amount <= 0:
        raise InputError(f"expected more than nothing, found {amount}")
    return amount


def _known(account: str, known: Mapping[str, object], name: str) -> str:
    if name not in known:
        raise InputError(f"the strategy of {account} has {', '.join(known) or 'no parameters'}, found {name!r}")
    return name


def _like(present: object, text: str) -> int | float | str | bool | None:
    """A typed value of the kind of the present one."""
    if isinstance(present, bool):
        if text not in ("true", "false"):
            raise InputError(f"expected true or false, found {text!r}")
        return text == "true"
    if isinstance(present, str):
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise InputError(f"expected a number, found {text!r}") from None
