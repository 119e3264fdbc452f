"""A node that others use, too: what strangers and owners do there, at any moment, is a part of the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.ethereum.transactions import signed
from market_sim.core.models.market_events import Deposited
from market_sim.core.models.settlement_events import DepositIgnored
from market_sim.core.randomness import Randomness
from market_sim.ui.cli.main import main
from tests.faulty_node import FaultyNode, on_eth_tester, serving
from tests.integration.killing import SCENARIO
from tests.integration.test_settlement_on_a_node import on_a_node, settled_and_reconciled

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL and fork are of POSIX systems")
MAKER, PAYER = 2, 5
VAULT = artifact("BatchSettlement").functions
GAS = 1_000_000


class SharedNode(FaultyNode):
    """A node at which the owner of the payer's wallet deposits for the maker after some comparison's first question.

    The question is where the contract is; the next one is what it holds.
    """

    def __init__(self, after: int) -> None:
        super().__init__(on_eth_tester())
        self.after = after
        self.heads = 0
        self.wallet = Wallet.of(Randomness(7), f"account/{PAYER}")

    def answer(self, method: str, parameters: list[Any]) -> dict[str, Any] | str:
        answer = super().answer(method, parameters)
        if method == "eth_call" and parameters[0]["data"].startswith("0x" + VAULT["progress"].call()[:4].hex()):
            self.heads += 1
            if self.heads == self.after:
                for amount in (700, 77):
                    self.deposit(parameters[0]["to"], amount)
        return answer

    def deposit(self, vault: str, amount: int) -> None:
        sender = "0x" + self.wallet.address.hex()
        asked = {"from": sender, "to": vault, "data": "0x" + VAULT["tokenAt"].call(0).hex()}
        token = "0x" + super().answer("eth_call", [asked, "latest"])["result"][-40:]  # type: ignore[index]
        allow = artifact("Token").functions["approve"].call(vault, amount)
        for to, data in ((token, allow), (vault, VAULT["deposit"].call(MAKER, 0, amount))):
            nonce = int(super().answer("eth_getTransactionCount", [sender, "latest"])["result"], 16)  # type: ignore[index]
            raw = signed(self.wallet, 31337, nonce, bytes.fromhex(to[2:]), data, GAS).raw
            assert "result" in super().answer("eth_sendRawTransaction", ["0x" + raw.hex()])


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("scenario") / "small.py"
    path.write_text(SCENARIO.replace("epochs = 3", "epochs = 6"))
    return str(path)


@pytest.mark.thorough
@pytest.mark.parametrize("after", [4, 6])
def test_a_deposit_between_two_questions_of_a_comparison_becomes_an_entry_and_a_replay_has_it(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], after: int
) -> None:
    node = SharedNode(after)
    with serving(node) as url:
        assert on_a_node(scenario, url, tmp_path) == 0
    [run] = tmp_path.iterdir()
    settled_and_reconciled(run)
    journal = open_run(run).journal
    (credited,) = (event for event in journal.of(Deposited) if event.trade)
    assert (credited.account, credited.asset, credited.amount) == ("maker", "USD", 700)
    assert [(event.amount, event.reason) for event in journal.of(DepositIgnored)] == [(77, "DUST")]
    assert main(["replay", str(run), "--scenario", scenario]) == 0
    assert "and the answers of its node give fingerprint" in capsys.readouterr().out
