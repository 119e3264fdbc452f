"""`--chain URL`: a run settles on a node outside the program, whatever the node answers, and outlives its program."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.analysis.summary import summarize
from market_sim.blockchain.settlement_log import FILE, lines
from market_sim.core.data.manifest import read_manifest
from market_sim.core.errors import InputError
from market_sim.core.models.settlement_events import BlockSettled, CallExecuted, Reconciled
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import configured
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main
from tests.faulty_node import READING, SEND, FaultyNode, on_eth_tester, serving
from tests.integration.killing import SCENARIO
from tests.integration.test_resume import contents, killed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL and fork are of POSIX systems")
QUICK = ("--headless", "--no-plot", "-q")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("scenario") / "small.py"
    path.write_text(SCENARIO)
    return str(path)


def on_a_node(scenario: str, url: str, out: Path, *further: str) -> int:
    return main(["--scenario", scenario, "--chain", url, *QUICK, *further, "--out", str(out)])


def settled_and_reconciled(run: Path) -> None:
    result = open_run(run)
    settled = summarize(result).settled
    assert settled is not None and settled.reconciled and settled.backend == "anvil"
    blocks = [(event.first, event.last) for event in result.journal.of(BlockSettled)]
    assert [first for first, _ in blocks] == [1, *(last + 1 for _, last in blocks[:-1])], "each block once"
    assert len(list(result.journal.of(Reconciled))) == len(blocks) + 1
    assert all(event.succeeded for event in result.journal.of(CallExecuted))
    assert main(["verify", str(run)]) == 0


@pytest.fixture(scope="module")
def whole(scenario: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run on a node without a fault."""
    out = tmp_path_factory.mktemp("whole")
    with serving(FaultyNode(on_eth_tester())) as url:
        assert on_a_node(scenario, url, out) == 0
    [run] = out.iterdir()
    return run


def test_a_run_on_a_node_is_settled_and_reconciled_and_played_again_from_the_answers_of_its_node(
    whole: Path, scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settled_and_reconciled(whole)
    journal = open_run(whole).journal
    assert len(list(journal.of(BlockSettled))) > 1
    before = contents(whole)
    assert main(["replay", str(whole), "--scenario", scenario]) == 0
    said = capsys.readouterr().out
    assert "seed 7, 0 inputs and the answers of its node give fingerprint" in said
    assert contents(whole) == before, "a replay writes nothing"
    with pytest.raises(InputError, match="only --chain URL, `resume` and `replay` can play it"):
        Session.replay(journal, configured(find_scenario(scenario)))
    other = tmp_path / "other.py"
    other.write_text(SCENARIO.replace("dollars(50_000)", "dollars(60_000)"))
    assert main(["replay", str(whole), "--scenario", str(other)]) == 2
    assert "settlement.jsonl, line 2: the run did " in capsys.readouterr().err
    bare = tmp_path / whole.name
    shutil.copytree(whole, bare)
    (bare / FILE).unlink()
    assert main(["replay", str(bare), "--scenario", scenario]) == 2
    assert "without the answers of its node the run cannot be played again" in capsys.readouterr().err
    assert main(["verify", str(bare)]) == 2
    assert "the settlement log is missing, so it can be neither resumed nor" in capsys.readouterr().err


@pytest.mark.thorough
def test_a_node_with_faults_gives_the_run_of_a_node_without(
    whole: Path, scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    node = FaultyNode(on_eth_tester(), seed=13, rate=0.25)
    with serving(node) as url:
        assert on_a_node(scenario, url, tmp_path) == 0
    [run] = tmp_path.iterdir()
    assert run.name == whole.name, "the same fingerprint"
    settled_and_reconciled(run)
    assert all(node.seen[fault] for fault in READING), node.seen
    assert node.seen["lost"] + node.seen["arrived all the same"] + node.seen["txpool is full"] > 2, node.seen


@pytest.mark.thorough
def test_a_run_that_is_killed_goes_on_with_the_contract_that_it_deployed_once_its_node_lets_it(
    whole: Path, scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    named = [line.decode() for line in lines(whole / FILE)]
    sending = [number for number, line in enumerate(named, start=1) if line.startswith('["sending"')]
    batch = next(number for number in sending if '"prepared"' in named[number - 2])
    node = FaultyNode(on_eth_tester())
    with serving(node) as url:
        assert killed([f"{batch}!"], tmp_path, "--scenario", scenario, "--chain", url) == {f"{batch}!": [-9]}
        [run] = (tmp_path / str(batch)).iterdir()
        again = ["resume", str(run), "--scenario", scenario, "-q"]
        before = contents(run)
        for chain_id, sentence in (
            (31338, "has 31338 and is anvil"),
            (31337, "it is another chain, or it was started anew"),
        ):
            with serving(FaultyNode(on_eth_tester(chain_id))) as other:
                assert main([*again, "--chain", other]) == 2
            assert sentence in capsys.readouterr().err
            assert contents(run) == before
        assert main(again) == 2
        assert "is settled on a node: name its address with --chain URL" in capsys.readouterr().err
        sendings, log = node.seen[SEND], (run / FILE).read_bytes()
        (run / FILE).unlink()
        assert main([*again, "--chain", url]) == 2
        assert "settlement.jsonl is missing, which says what was signed and sent" in capsys.readouterr().err
        (run / FILE).write_bytes(log)
        assert node.seen[SEND] == sendings and contents(run) == before
        for said, sentence in (
            ("limit exceeded", "does not answer (limit exceeded)"),
            ("header not found", "refused a question: "),
        ):
            node.says = {"eth_call": said}
            assert main([*again, "--chain", url]) == 2
            assert sentence in (told := capsys.readouterr().err) and "Traceback" not in told
            assert f"simulate.py resume {run} --chain URL goes on from here" in told
        for said, sentence in (
            ("insufficient funds for gas * price + value", "too little ether for gas at 127.0.0.1"),
            ("gas limit exceeds the cap of this node", "refused a transaction: "),
        ):
            node.says = {"eth_sendRawTransaction": said}
            assert main([*again, "--chain", url]) == 2
            assert sentence in (told := capsys.readouterr().err) and "Traceback" not in told
        node.says = {}
        for method, said, sentence in (
            ("eth_getTransactionReceipt", {"result": {}}, "answers eth_getTransactionReceipt with {}, which is no"),
            ("eth_call", {"result": "0x01"}, 'answers eth_call with "0x01", which is no answer'),
            ("eth_getTransactionByHash", {"error": ["x"]}, "refused eth_getTransactionByHash: ['x']; simulate.py"),
        ):
            node.gives = {method: said}
            assert main([*again, "--chain", url]) == 2
            assert sentence in (told := capsys.readouterr().err) and "goes on from here" in told
        node.gives = {}
        shutil.copytree(run, copied := tmp_path / "copies" / run.name)
        before = contents(copied)
        assert main([*again, "--chain", url]) == 0
        assert "(seed 7 and the answers of its node give it again)" in capsys.readouterr().out
        sendings = node.seen[SEND]
        assert main(["resume", str(copied), *again[2:], "--chain", url]) == 2
        assert (
            f"{copied} cannot go on: the contract is at block 2, and this run has certified only block 1, so another "
            "program has resumed a copy of it"
        ) in capsys.readouterr().err
        assert contents(copied)["journal.chain"] == before["journal.chain"] and not (copied / "trace.txt").exists()
    [run] = (tmp_path / str(batch)).iterdir()
    assert contents(run)["journal.chain"] == contents(whole)["journal.chain"]
    settled_and_reconciled(run)
    refused = 2
    assert sendings <= len(sending) + refused, "no transaction is made a second time"


def test_a_node_that_was_started_anew_during_a_run_ends_it_in_a_sentence(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    one, other = on_eth_tester(), on_eth_tester()
    sent = 0

    def ask(method: str, parameters: list[Any]) -> dict[str, Any]:
        nonlocal sent
        sent += method == SEND
        return (one if sent <= 8 else other)(method, parameters)

    with serving(FaultyNode(ask)) as url:
        assert on_a_node(scenario, url, tmp_path) == 2
    told = capsys.readouterr().err
    assert told.rstrip().endswith("of this run: it is another chain, or it was started anew"), told
    [run] = tmp_path.iterdir()
    assert read_manifest(run).finished is False, "a node with the chain of the run can still go on with it"


@pytest.mark.parametrize(
    ("method", "given", "sentence"),
    [
        ("eth_chainId", {"result": "hello"}, 'answers eth_chainId with "hello", which is no answer to it'),
        ("eth_chainId", {"error": "boom"}, ": boom; expected a JSON-RPC node"),
        ("web3_clientVersion", ["x"], 'answers web3_clientVersion with ["x"], which is no answer to it'),
        ("eth_getBlockByNumber", {"result": None}, "not found"),
    ],
)
def test_a_node_that_does_not_answer_like_one_is_refused_before_anything_is_written(
    method: str,
    given: object,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    node = FaultyNode(on_eth_tester())
    node.gives = {method: given}
    with serving(node) as url:
        assert main(["--chain", url, *QUICK, "--epochs", "2", "--out", str(tmp_path)]) == 2
    assert sentence in (told := capsys.readouterr().err) and told.startswith("simulate.py: --chain: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["--chain", "localhost:8545"], "--chain: expected the address of a node such as http://127.0.0.1:8545"),
        (["--chain", "http://127.0.0.1:9"], "--chain: the node at 127.0.0.1:9 does not answer"),
        (["--chain", "http://127.0.0.1:9", "--no-settle"], "not allowed with"),
        (["--chain", ""], "--chain: expected the address of a node such as http://127.0.0.1:8545, found ''"),
        (["--chain", "http://"], "--chain: expected the address of a node"),
        (["--chain", "http://127.0.0.1:99999"], "--chain: expected the address of a node"),
    ],
)
def test_an_address_that_is_no_node_is_refused_before_anything_is_written(
    typed: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert main([*typed, *QUICK, "--epochs", "2", "--out", str(tmp_path)]) == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
