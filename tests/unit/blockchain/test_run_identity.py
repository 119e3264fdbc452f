"""Two runs with one seed have equal keys, chain ids and contracts; only the identity of the run tells them apart."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from market_sim import Options, Session
from market_sim.blockchain.ethereum.settlement import eth_tester_settlement, operator_of, relayer_of
from market_sim.blockchain.run_identity import run_id
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.market_events import Deposited
from market_sim.core.models.run_events import RunStarted
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.core.randomness import Randomness
from market_sim.simulation.scenarios.first_market import FirstMarket
from tests.unit.blockchain.town import Town


def certified(town: Town) -> Any:
    """The first batch of a town, with its certificate."""
    town.finalize(town.block(town.trade(100, 3)))
    (row,) = town.service._outbox._rows
    return row


@pytest.mark.parametrize("backend", ["in memory", "eth-tester"])
def test_a_certificate_of_another_run_with_equal_keys_chain_and_contract_is_refused(backend: str) -> None:
    chains = (None, None) if backend == "in memory" else (eth_tester_settlement(), eth_tester_settlement())
    here = Town(settlement=chains[0])
    there = Town(settlement=chains[1], opening=(*here.opening, Deposited(0, "bob", "USD", 1)))
    one, other = here.service.settlement, there.service.settlement
    assert one.domain._replace(run=b"") == other.domain._replace(run=b""), "nothing else tells them apart"
    row, before = certified(here), other.statement()
    prepared = other.prepare(row.batch, row.certificate, other.next_nonce(), 0)
    other.send(prepared.raw)
    receipt = other.receipt(prepared.transaction)
    assert receipt is not None and receipt.error == "WrongSigner", ChainReverted(receipt.error)
    assert other.statement() == before
    certified(there)
    assert other.head().height == 1, "its own certificate counts"


STARTED = RunStarted(0, "first-market", 7, 8, {"traders": 6}, {"settlement": "memory"})


@pytest.mark.parametrize(
    "change", [{"seed": 8}, {"scenario": "news"}, {"parameters": {"traders": 7}}, {"options": {"settlement": "none"}}]
)
def test_the_identity_is_a_digest_of_seed_scenario_and_parameters(change: dict[str, Any]) -> None:
    assert run_id([STARTED]) == run_id([msgspec.structs.replace(STARTED)])
    assert run_id([STARTED]) != run_id([msgspec.structs.replace(STARTED, **change)])


def test_each_run_has_a_relayer_and_an_operator_of_its_own() -> None:
    wallets = {
        who(Randomness(seed), run).address
        for who in (relayer_of, operator_of)
        for seed in (0, 1)
        for run in (b"1", b"2")
    }
    assert len(wallets) == 8


def test_a_run_of_a_scenario_names_its_identity_on_the_chain_and_repeats() -> None:
    def opened(**changes: Any) -> str:
        session = Session(FirstMarket(**changes), Options(epochs=1, settlement="memory"))
        (event,) = session.journal.of(SettlementOpened)
        assert event.run == session._pipeline.settlement.settlement.domain.run.hex()
        return event.run

    assert opened() == opened() != opened(traders=7)
