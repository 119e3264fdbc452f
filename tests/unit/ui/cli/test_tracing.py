"""`simulate.py trace` tells the way of one order, and exits with 1 when a record is not the one that was signed."""

from __future__ import annotations

import msgspec
import pytest

from market_sim import open_run
from market_sim.blockchain.merkle import inner, leaf
from market_sim.blockchain.payload import encoded
from market_sim.blockchain.register import Register
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Trade
from market_sim.core.models.settlement_events import BatchCertified, BlockSettled
from market_sim.ui.cli.main import main
from market_sim.ui.cli.tracing import way_of


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    asked = ["--epochs", "4", "--headless", "--no-plot", "-q", "--settlement", "memory", "--out", str(folder)]
    assert main(asked) == 0
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def settled(run):
    """The first settled trade."""
    journal = open_run(run).journal
    assert next(journal.of(BlockSettled)).trades
    return next(journal.of(Trade))


def test_the_proof_that_is_printed_leads_from_the_trade_to_the_signed_root(run, settled, capsys):
    assert main(["trace", str(run), str(settled.taker_order)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"order {settled.taker_order} of {settled.taker} (strategy ")
    journal = open_run(run).journal
    places = [place for place, line in enumerate(said) if f"trade {settled.trade}, settled" in line]
    assert len(places) == 1
    mine = said[places[0] :]
    after = next(place for place, line in enumerate(mine) if "lead from it to the root" in line)
    proof = [bytes.fromhex(line.strip()[2:]) for line in mine[after + 1 :] if line.startswith("                 0x")]
    count = int(mine[after].split("; ")[1].split()[0])
    record = encoded(settled, Register.of(journal))
    assert mine[after + 1].strip() == f"record 0x{record.hex()}"
    node = leaf(settled.trade - 1, record)
    for neighbour in proof[:count]:
        node = inner(node, neighbour)
    assert node.hex() == next(journal.of(BatchCertified)).trades_root
    assert any(f"{settled.taker}: " in line and " on the chain" in line for line in mine)


def test_a_trade_that_is_not_the_one_that_was_signed_is_told(run, settled):
    changed = Journal()
    for event in open_run(run).journal:
        changed.record(msgspec.structs.replace(event, price=event.price + 1) if event == settled else event)
    told, agrees = way_of(changed, settled.taker_order, 1)
    assert not agrees
    assert any("trades encoded again DO NOT GIVE the digest that was voted on" in line for line in told)
    assert any("worked out again: DIFFERENT" in line for line in told)


def test_an_order_that_was_not_accepted_is_refused(run, capsys):
    assert main(["trace", str(run), "999999"]) == 2
    assert "ORDER: the exchange accepted no order 999999 in this run" in capsys.readouterr().err
