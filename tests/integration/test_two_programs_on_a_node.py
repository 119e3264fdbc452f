"""Two runs on one node: each has contracts of its own, and two programs with the same wallets are told so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.transactions import read, signed
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.ui.cli.main import main
from tests.faulty_node import SEND, FaultyNode, on_eth_tester, serving
from tests.integration.killing import SCENARIO
from tests.integration.test_settlement_on_a_node import on_a_node, settled_and_reconciled

KEY = "5b" * 32


class TwinOnTheNode(FaultyNode):
    """A node at which somebody else with the operator's key sends something just before the program does."""

    def __init__(self, before: int) -> None:
        super().__init__(on_eth_tester())
        self.before = before
        self.wallet = Wallet(bytes.fromhex(KEY))

    def answer(self, method: str, parameters: list[Any]) -> dict[str, Any] | str:
        if method == SEND and self.seen[SEND] == self.before - 1:
            nonce = read(bytes.fromhex(parameters[0][2:])).nonce
            raw = signed(self.wallet, 31337, nonce, self.wallet.address, b"", 21_000).raw
            assert "result" in super().answer(SEND, ["0x" + raw.hex()])
        return super().answer(method, parameters)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("scenario") / "small.py"
    path.write_text(SCENARIO)
    return str(path)


@pytest.mark.thorough
def test_the_same_run_a_second_time_on_one_node_has_contracts_of_its_own(scenario: str, tmp_path: Path) -> None:
    with serving(FaultyNode(on_eth_tester())) as url:
        for name in ("first", "second"):
            assert on_a_node(scenario, url, tmp_path / name) == 0
    runs = [next((tmp_path / name).iterdir()) for name in ("first", "second")]
    opened = []
    for run in runs:
        settled_and_reconciled(run)
        opened += open_run(run).journal.of(SettlementOpened)
    assert opened[0].contract != opened[1].contract
    assert not set(opened[0].token_contracts) & set(opened[1].token_contracts)
    assert opened[0].run == opened[1].run, "the same run, told apart by the contract's address"


@pytest.mark.parametrize("before", [1, 4, 11])
def test_a_program_that_uses_the_operators_wallet_at_the_same_time_ends_the_run_in_a_sentence(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    monkeypatch.setenv("MARKET_SIM_OPERATOR_KEY", KEY)
    with serving(TwinOnTheNode(before)) as url:
        assert on_a_node(scenario, url, tmp_path) == 2
    said = capsys.readouterr().err
    assert (
        "was used by a transaction that is not ours: another program uses the wallets of this run at 127.0.0.1" in said
    )
    assert "; end it, or run with another --seed; the run up to there is kept in " in said
    assert "Traceback" not in said
    [run] = tmp_path.iterdir()
    assert main(["verify", str(run)]) == 0
