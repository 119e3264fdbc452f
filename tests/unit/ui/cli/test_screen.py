"""The line of an epoch says what its blocks hold: not only trades, also what moves without one."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass

import pytest

from market_sim.analysis.history.block_contents import BlockContents
from market_sim.blockchain.items import calls_of, entries_of
from market_sim.blockchain.payload import DEPOSIT, TRADE, TRANSFER, WITHDRAWAL, decoded
from market_sim.core.models.consensus_events import BlockProposed
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Withdraw
from market_sim.market.agents.strategy import Strategy
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.escrow import EscrowScenario
from market_sim.simulation.scenarios.margin_call import MarginCall
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.ui.cli.screen import Screen


class Leaves(Strategy):
    """Takes a cent out at each look."""

    def decide(self, view):
        yield Withdraw("USD", 1)


@dataclass(frozen=True)
class Exit(Scenario):
    """One participant, and nobody to trade with."""

    name = "exit"

    def build(self, world):
        world.list(Stock("ACME"), value=100)
        world.join("ann", Leaves(), cash=1_000)


NAMES = {TRADE: "trade", TRANSFER: "transfer", DEPOSIT: "deposit", WITHDRAWAL: "withdrawal"}


def told(scenario: Scenario, epochs: int) -> tuple[list[Counter[str]], list[Counter[str]]]:
    """What the lines say of each block, and what the payloads hold when they are read byte by byte."""
    stream = io.StringIO()
    result = simulate(scenario, Options(epochs=epochs, settlement="memory"), watch=Screen(stream).epoch)
    contents, held = BlockContents(result.journal), []
    for event in result.journal.of(BlockProposed):
        payload = contents.payload(event.block)
        kinds = Counter(NAMES[record.kind] for record in decoded(entries_of(payload)))
        held.append(kinds + Counter(call=len(calls_of(payload))))
    said = []
    for line in stream.getvalue().splitlines():
        items = re.findall(r"(\d+) (trade|transfer|deposit|withdrawal|call)s?\b", line)
        said.append(+Counter({kind: int(number) for number, kind in items}))
    return said, held


@pytest.mark.parametrize(
    ("scenario", "kinds"),
    [(EscrowScenario(), {"trade", "call"}), (MarginCall(), {"trade", "transfer"}), (Exit(), {"withdrawal"})],
    ids=lambda one: getattr(one, "name", ""),
)
def test_a_line_counts_each_kind_of_item_as_the_payload_of_its_block_holds_it(scenario: Scenario, kinds: set[str]):
    said, held = told(scenario, 4)
    assert said == held
    assert kinds <= set().union(*held)
