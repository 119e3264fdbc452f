"""The fast chain against eth-tester: the same transactions give the same blocks, to the last byte of both roots."""

from __future__ import annotations

from importlib.metadata import metadata
from typing import Any

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.backends import EthTesterChain
from market_sim.blockchain.ethereum.chain import Chain, DeployedContract
from market_sim.blockchain.ethereum.fast import BLOCK_GAS, FastChain
from market_sim.blockchain.ethereum.settlement import eth_tester_settlement, fast_settlement
from market_sim.blockchain.ethereum.transactions import FEE, signed
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import SettlementError
from market_sim.core.models.settlement_events import BlockSettled, CallExecuted, Reconciled, SettlementOpened
from market_sim.core.randomness import Randomness
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.ui.cli.main import main
from tests.integration.killing import SCENARIO
from tests.integration.test_resume import contents, killed, steps
from tests.unit.blockchain.rig import ALICE, CASH, Rig
from tests.unit.blockchain.test_handover import NEXT, plan, signed_by
from tests.unit.blockchain.test_vault import NOTICE, SILENCE, WEEK, Bank

RICH = Wallet.of(Randomness(1), "rich")
OTHER = Wallet.of(Randomness(1), "other")
Chains = tuple[EthTesterChain, FastChain]


def test_the_package_of_the_extra_still_names_no_licence() -> None:
    """Decision 0050 and the page on settlement say so; when this fails, read the licence and tell it there."""
    package = metadata("pyrevm")
    assert package["Version"] == "0.3.7"
    named = [value for key, value in package.items() if "license" in key.lower() or "license" in value.lower()]
    assert named == []


@pytest.fixture
def chains() -> Chains:
    return EthTesterChain(RICH), FastChain(RICH)


def token_on(chain: Chain) -> DeployedContract:
    return chain.deploy(RICH, "Token", "USD", "USD", 2)


def outcome(chain: Chain, to: bytes, data: bytes, gas: int, sender: Wallet = RICH, value: int = 0) -> Any:
    """What a transaction did, and the block that it left."""
    sent = signed(sender, chain.chain_id, chain.next_nonce(sender), to, data, gas, value=value)
    assert chain.send_raw(sent.raw) == "sent"
    receipt = chain.receipt(sent.hash)
    assert receipt is not None
    return receipt, chain.block()


def on(kind: type[Scenario], chain: str) -> type[Scenario]:
    """The same scenario, settled elsewhere by its own choice, so that its first event is the same."""

    def build(self: Scenario, world: Any) -> None:
        kind.build(self, world)
        world.settle_on(chain)

    return type(kind.__name__, (kind,), {"build": build, "__doc__": kind.__doc__})


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_every_scenario_has_the_same_journal_on_both(kind: type[Scenario]) -> None:
    """Gas, transactions, state roots and receipt roots are in it; only the name of the chain differs."""
    slow, fast = (list(simulate(on(kind, name)(), Options(epochs=4)).journal) for name in ("eth-tester", "fast"))
    told = [event for event in slow if isinstance(event, BlockSettled | CallExecuted)]
    assert any(isinstance(event, BlockSettled) and event.state_root for event in told)
    assert len(slow) == len(fast)
    for one, other in zip(slow, fast, strict=True):
        if isinstance(one, SettlementOpened) and isinstance(other, SettlementOpened):
            assert (one.backend, other.backend) == ("eth-tester", "revm")
            assert [getattr(one, name) for name in one.__struct_fields__ if name != "backend"] == [
                getattr(other, name) for name in other.__struct_fields__ if name != "backend"
            ]
        else:
            assert one == other


def test_as_an_option_it_is_a_part_of_the_identity_and_costs_a_few_units_of_gas_more_or_less() -> None:
    slow, fast = (
        simulate(FirstMarket(), Options(epochs=5, settlement=name)).journal for name in ("eth-tester", "fast")
    )
    assert next(slow.of(SettlementOpened)).run != next(fast.of(SettlementOpened)).run
    paid = [[event.gas for event in journal.of(BlockSettled)] for journal in (slow, fast)]
    assert len(paid[0]) == len(paid[1]) == 4 and paid[0] != paid[1]
    assert all(abs(one - other) < one / 1_000 for one, other in zip(*paid, strict=True))
    assert [event.totals for event in slow.of(Reconciled)] == [event.totals for event in fast.of(Reconciled)]


def test_each_transaction_has_the_same_receipt_and_leaves_the_same_block(chains: Chains) -> None:
    """What succeeds, what reverts with an error, what runs out of gas, what only sends ether, and a deployment."""
    contracts = [token_on(chain) for chain in chains]
    functions = contracts[0].artifact.functions
    assert contracts[0].address == contracts[1].address
    me, to = "0x" + RICH.address.hex(), contracts[0].address
    for chain in chains:
        chain.fund(OTHER)
    for sender, target, data, gas, value in (
        (RICH, to, functions["mint"].call(me, 500), 200_000, 0),
        (RICH, to, functions["mint"].call(me, 500), 200_000, 0),
        (OTHER, to, functions["mint"].call(me, 500), 200_000, 0),
        (RICH, to, functions["approve"].call(me, 7), 200_000, 0),
        (RICH, to, functions["approve"].call(me, 0), 200_000, 0),
        (RICH, to, functions["mint"].call(me, 500), 30_000, 0),
        (RICH, bytes([9]) * 20, b"", 21_000, 12_345),
        (RICH, bytes([9]) * 20, bytes(3_000) + b"\1" * 3_000, 400_000, 1),
        (RICH, b"", contracts[0].artifact.creation("X", "Y", 0), 2_000_000, 0),
        (RICH, b"", b"\xfe", 100_000, 0),
        (RICH, to, b"no such function", 100_000, 0),
    ):
        slow, fast = (outcome(chain, target, data, gas, sender, value) for chain in chains)
        assert slow == fast
    assert [chain.call(contracts[0], "totalSupply") for chain in chains] == [1_000, 1_000]


def test_answers_and_refusals_are_the_same_also_about_the_past(chains: Chains) -> None:
    contracts = [token_on(chain) for chain in chains]
    for chain, contract in zip(chains, contracts, strict=True):
        for amount in (5, 6, 7):
            chain.transact(RICH, contract, "mint", "0x" + OTHER.address.hex(), amount)
        supplies = [chain.call(contract, "totalSupply", block=number) for number in (1, 2, 3, 4, "latest")]
        assert supplies == [0, 5, 11, 18, 18], chain.name
        with pytest.raises(ChainReverted, match="ShortOfTokens"):
            chain.call(contract, "transfer", "0x" + OTHER.address.hex(), 10**9, sender=RICH)


def test_after_a_snapshot_is_taken_back_the_same_blocks_are_made_again(chains: Chains) -> None:
    slow, fast = chains
    contracts = [token_on(chain) for chain in chains]
    marks = [chain.snapshot() for chain in chains]
    before = fast.block()
    mint = contracts[0].artifact.functions["mint"].call("0x" + OTHER.address.hex(), 1)
    first = [outcome(chain, contracts[0].address, mint, 200_000) for chain in chains]
    second = [outcome(chain, b"", contracts[0].artifact.creation("A", "B", 1), 2_000_000) for chain in chains]
    for chain, mark in zip(chains, marks, strict=True):
        chain.revert(mark)
        assert chain.receipt(first[0][0].transaction) is None
    assert fast.block() == slow.block() == before
    again = [outcome(chain, contracts[0].address, mint, 200_000) for chain in chains]
    assert first == again and first[0] == first[1] and second[0] == second[1]


def test_time_passes_alike(chains: Chains) -> None:
    seen = []
    for chain in chains:
        chain.mine()
        chain.travel(3_600)
        chain.grow()
        token_on(chain)
        seen.append(([chain.block(number) for number in range(5)], chain.next_time()))
    assert seen[0] == seen[1]


def test_the_base_fee_rises_and_falls_alike(chains: Chains) -> None:
    """Blocks beyond half of their gas make it rise; balances tell, because the sender pays it."""
    invalid = b"\xfe"  # an operation that takes all gas
    amounts = 16_000_000, 29_000_000, 29_000_000, 100_000
    burnt = [[outcome(chain, b"", invalid, gas) for gas in amounts] for chain in chains]
    assert burnt[0] == burnt[1]
    assert burnt[0][1][0].gas > BLOCK_GAS // 2


def test_what_no_block_can_hold_is_refused(chains: Chains) -> None:
    fast = chains[1]
    gift = signed(RICH, fast.chain_id, 0, bytes(20), b"", 21_000)
    assert [fast.send_raw(gift.raw), fast.send_raw(gift.raw)] == ["sent", "nonce too low"]
    with pytest.raises(SettlementError, match="for the chain 1 came to the chain 31337"):
        fast.send_raw(signed(RICH, 1, 1, bytes(20), b"", 21_000).raw)
    for nonce, gas, value in ((2, 21_000, 0), (1, BLOCK_GAS + 1, 0), (1, 21_000, 10**30), (1, 20_999, 0)):
        with pytest.raises(SettlementError):
            fast.send_raw(signed(RICH, fast.chain_id, nonce, bytes(20), b"", gas, value=value).raw)
    assert fast.block().number == 1 and fast.next_nonce(RICH) == 1 and FEE > 10**9


def test_the_command_settles_on_it_and_a_killed_run_is_resumed_to_the_same_files(tmp_path, capsys) -> None:
    scenario = tmp_path / "small.py"
    scenario.write_text(SCENARIO)
    typed = ["--scenario", str(scenario), "--settlement", "fast"]
    assert main([*typed, "--headless", "--no-plot", "--out", str(tmp_path / "whole")]) == 0
    assert "on revm, " in capsys.readouterr().out
    [whole] = (tmp_path / "whole").iterdir()
    at = steps(whole)
    points = [str(at["settled"]), f"{at['prepared'] - 1}.5+{at['told']}"]
    codes = killed(points, tmp_path, *typed)
    for point in points:
        assert codes[point] == [-9] * (point.count("+") + 1) + [0], point
        [run] = (tmp_path / point).iterdir()
        assert contents(run) == contents(whole), point
    assert any(call.succeeded for call in open_run(whole).journal.of(CallExecuted)), "a contract beside settlement"


def test_money_goes_in_and_out_and_bad_batches_are_refused_as_on_eth_tester() -> None:
    """The wallets of owners, the guardian's pause, and a batch without a quorum."""
    told = []
    for rig in (Rig(eth_tester_settlement()), Rig(fast_settlement())):
        settlement, owner = rig.settlement, rig.owners[1]
        chain = settlement.chain
        settlement.host().give(owner.address, CASH, 70)
        moves = [settlement.deposit_from(owner, ALICE, CASH, 70), settlement.request(owner, ALICE, CASH, 20)]
        batch = rig.sale()
        with pytest.raises(ChainReverted) as refused:
            rig.settle(batch, rig.certified(batch, signers=(0, 1)))
        receipt = rig.settle(batch)
        chain.fund(settlement.guardian)
        chain.transact(settlement.guardian, settlement.contract, "pause")
        paused = settlement.is_paused()
        while settlement.is_paused():
            settlement.confirm()
        state = settlement.head(), settlement.statement(), settlement.deposit_at(moves[0].number)
        told.append(
            (moves, str(refused.value), receipt, paused, state, settlement.request_at(moves[1].number), chain.block())
        )
    assert told[0] == told[1]
    assert told[0][3]


def test_claims_an_escape_and_a_handover_make_the_same_blocks() -> None:
    """The ways of money out, and the next set of validators; the roots of each block hold all that a block changed."""
    told = []
    for rig in (Rig(eth_tester_settlement()), Rig(fast_settlement())):
        bank, blocks = Bank(rig), []

        def step(done: object, chain: Chain = bank.chain, blocks: list[object] = blocks) -> None:
            blocks.append((done, chain.block()))

        step(bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, 400))
        step(bank.exit(0))
        step(bank.does(bank.alice, "claim", ALICE, CASH))
        with pytest.raises(ChainReverted, match="NothingToMove"):
            bank.does(bank.alice, "claim", ALICE, CASH)
        step(plan(rig, epoch=5, wallets=NEXT))
        bank.chain.travel(NOTICE)
        batch = rig.sale(epoch=5, set_id=2)
        step(rig.settle(batch, signed_by(rig, batch, NEXT)))
        bank.chain.travel(WEEK)
        step(bank.does(bank.bob, "planEscape", SILENCE))
        bank.chain.travel(NOTICE)
        step(bank.does(bank.bob, "escape", SILENCE))
        step(bank.does(bank.alice, "escapeWithdraw", ALICE, CASH))
        assert bank.asks("setId") == 2 and bank.asks("escaped")
        told.append((blocks, rig.settlement.statement()))
    assert told[0] == told[1]
    assert len(told[0][0]) == 8
