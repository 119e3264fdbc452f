"""Guests: participants that are joined to a scenario from outside, `--with my_strategy.py:BuyTheDip,cash=10000`.

A guest is a class in a file, a shipped strategy by its name, or a learner with what it has learned, `--with q.json`.

What comes after the strategy are its own parameters and a few words about the participant: its name, its cash (in
units of the currency), what it holds (`holdings=ACME:50+BBB:3`), how often it wakes up and how far away it is. A guest
draws from a stream of its own, so it changes no random numbers of others; its trades change the market, of course.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from market_sim.core.errors import InputError
from market_sim.core.money import units
from market_sim.market.agents.strategy import Strategy
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.finder import load_file
from market_sim.strategies.catalogue import configured_strategy, name_of, named
from market_sim.strategies.learning.model import ENDING, Model, stored_model

CASH = "10000"
SEPARATOR = "\n"
"""What lies between two guests where they are kept as one text."""
TIMES = ("every_ms", "latency_ms", "data_latency_ms", "from_epoch", "until_epoch")


@dataclass(frozen=True)
class Guest:
    """A participant in addition to those of the scenario."""

    kind: type[Strategy]
    name: str
    cash: str = CASH
    holdings: dict[str, int] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    model: Model | None = None
    """What its strategy has learned, where it comes from a file of `simulate.py train`."""

    def join(self, world: World) -> None:
        """Take part in a world, with a fresh strategy."""
        if self.name in world.ledger.accounts:
            raise InputError(f"--with: there is an account {self.name} already; choose another name, name=me")
        with explained():
            strategy = self.strategy()
        times: dict[str, Any] = self.times
        world.join(self.name, strategy, cash=units(self.cash), holdings=self.holdings, **times)

    def strategy(self) -> Strategy:
        """A fresh strategy; InputError if a parameter is wrong."""
        if self.model is not None:
            return self.model.learner(self.parameters)
        return configured_strategy(self.kind, self.parameters)


def guests(text: str | None) -> Iterator[Guest]:
    """The guests in a text, one in each line."""
    for line in (text or "").split(SEPARATOR):
        if line.strip():
            yield guest(line.strip())


def guest(text: str) -> Guest:
    """One guest, as it is typed.

    >>> one = guest("avellaneda-stoikov,cash=5000,gamma=0.1,holdings=ACME:50,every_ms=20")
    >>> one.name, one.cash, one.holdings, one.times, one.parameters
    ('avellaneda-stoikov', '5000', {'ACME': 50}, {'every_ms': 20.0}, {'gamma': '0.1'})
    """
    what, *rest = text.split(",")
    model = stored_model(Path(what.strip())) if what.strip().endswith(ENDING) else None
    kind = named(model.strategy) if model else _kind(what.strip())
    words: dict[str, str] = {}
    for part in rest:
        key, is_pair, value = part.partition("=")
        if not is_pair or not key.strip() or not value.strip():
            raise InputError(f"--with {text}: expected key=value after the strategy, found {part!r}")
        words[key.strip()] = value.strip()
    return Guest(
        kind,
        words.pop("name", name_of(kind)),
        _amount(words.pop("cash", CASH)),
        _holdings(words.pop("holdings", "")),
        {key: _number(key, words.pop(key)) for key in TIMES if key in words},
        words,
        model,
    )


def _kind(what: str) -> type[Strategy]:
    """A shipped strategy by its name, or one in a file: FILE.py or FILE.py:Class."""
    file, _, wanted = what.partition(":")
    if not file.endswith(".py"):
        return named(what)
    module = load_file(Path(file), "strategy")
    own = [
        one for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Strategy) and one.__module__ == module.__name__
        and not inspect.isabstract(one)
    ]  # fmt: skip
    names = [one.__name__ for one in own]
    if wanted and wanted not in names:
        there = getattr(module, wanted, None)
        if inspect.isclass(there) and issubclass(there, Strategy) and inspect.isabstract(there):
            raise InputError(f"{file}: {wanted} has no method decide(self, view)")
        if inspect.isclass(there) and not issubclass(there, Strategy):
            raise InputError(f"{file}: {wanted} is no strategy: write class {wanted}(Strategy)")
        raise InputError(f"{file}: expected a strategy {wanted}, found {', '.join(names) or 'none'}")
    if not wanted and len(own) != 1:
        which = ", ".join(names) or "none"
        raise InputError(f"{file}: expected one class derived from Strategy, found {which}; say which: {file}:NAME")
    return next(one for one in own if wanted in ("", one.__name__))


def _amount(text: str) -> str:
    if units(text) < 0:
        raise InputError(f"--with: cash is not negative, found {text}")
    return text


def _number(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--with: {key} must be a number, found {text!r}") from None


def _holdings(text: str) -> dict[str, int]:
    held: dict[str, int] = {}
    for part in filter(None, text.split("+")):
        symbol, _, amount = part.rpartition(":")
        if not symbol or not amount.isascii() or not amount.isdigit():
            raise InputError(f"--with: holdings are written ACME:50, several of them with a +, found {part!r}")
        held[symbol] = int(amount)
    return held
