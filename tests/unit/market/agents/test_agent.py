"""An agent passes on what its strategy wants, within limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from market_sim import Buy, InstrumentView, Strategy, View
from market_sim.core.randomness import Randomness
from market_sim.market.agents.agent import MOST_INTENTS, Agent


@dataclass
class Says(Strategy):
    """Yields whatever it was given."""

    things: Any

    def decide(self, view: View) -> Iterable[Any]:
        return self.things  # type: ignore[no-any-return]


def agent(things: Any) -> Agent:
    view = View({"ACME": InstrumentView("ACME")})
    return Agent("alice", Says(things), view, Randomness(1).stream("agent/alice"), 1_000, 10)


def test_intents_come_in_the_order_in_which_they_were_wanted() -> None:
    wanted = [Buy("ACME", quantity, 100) for quantity in (3, 1, 2)]
    assert agent(iter(wanted)).decide() == wanted


def test_wanting_nothing_is_allowed() -> None:
    assert agent(None).decide() == []


def test_anything_but_an_intent_is_refused_with_what_was_found() -> None:
    with pytest.raises(TypeError, match="orders, cancels and amendments, not 'buy'"):
        agent(["buy"]).decide()


def test_a_strategy_that_never_stops_wanting_is_stopped() -> None:
    def endless() -> Iterable[Any]:
        while True:
            yield Buy("ACME", 1, 100)

    with pytest.raises(RuntimeError, match=f"more than {MOST_INTENTS}"):
        agent(endless()).decide()
