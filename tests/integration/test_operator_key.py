"""`--operator-key`: a run on a node whose contracts an operator with a key of the user's own deploys."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import rlp

from market_sim.analysis.results.stored import open_run
from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.keccak import keccak
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.ui.cli.main import main
from market_sim.ui.cli.operator_key import VARIABLE
from tests.faulty_node import FaultyNode, on_eth_tester, serving
from tests.integration.killing import SCENARIO
from tests.integration.test_resume import contents, killed
from tests.integration.test_settlement_on_a_node import on_a_node, settled_and_reconciled

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL and fork are of POSIX systems")
KEY = "5b" * 32
OPERATOR = Wallet(bytes.fromhex(KEY))
OTHER = "6c" * 32


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("scenario") / "small.py"
    path.write_text(SCENARIO)
    return str(path)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "operator.key"
    path.write_text(f"0x{KEY}\n")
    return path


def says_nothing_of_the_key(*texts: str | bytes) -> bool:
    plain = KEY.encode()
    return not any(plain in (text if isinstance(text, bytes) else text.encode()).lower() for text in texts)


@pytest.mark.thorough
def test_the_operator_has_the_key_from_the_file_or_the_environment_and_nothing_keeps_it(
    scenario: str, key_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FaultyNode(on_eth_tester())) as url:
        assert on_a_node(scenario, url, tmp_path / "file", "--operator-key", str(key_file)) == 0
    [run] = (tmp_path / "file").iterdir()
    settled_and_reconciled(run)
    (opened,) = open_run(run).journal.of(SettlementOpened)
    deployed = [keccak(rlp.encode([OPERATOR.address, nonce]))[12:].hex() for nonce in range(3)]
    assert [place.removeprefix("0x") for place in (*opened.token_contracts, opened.contract)] == deployed
    monkeypatch.setenv(VARIABLE, KEY.upper())
    with serving(FaultyNode(on_eth_tester())) as url:
        assert on_a_node(scenario, url, tmp_path / "environment") == 0
    assert VARIABLE not in os.environ, "no strategy finds it there"
    [same] = (tmp_path / "environment").iterdir()
    assert same.name == run.name, "the same fingerprint"
    again = ["replay", str(run), "--scenario", scenario]
    assert main(again) == 2
    assert main([*again, "--operator-key", str(key_file)]) == 0
    said = capfd.readouterr()
    assert f"begun by the operator 0x{OPERATOR.address.hex()}: expected the same --operator-key, found none" in said.err
    assert "and the answers of its node give fingerprint" in said.out
    assert says_nothing_of_the_key(*said, *contents(run).values(), *contents(same).values())


@pytest.mark.thorough
def test_a_run_is_resumed_with_the_key_that_it_was_begun_with(
    scenario: str, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FaultyNode(on_eth_tester())) as url:
        monkeypatch.setenv(VARIABLE, KEY)
        assert killed(["40!"], tmp_path, "--scenario", scenario, "--chain", url) == {"40!": [-9]}
        monkeypatch.delenv(VARIABLE)
        [run] = (tmp_path / "40").iterdir()
        before = contents(run)
        again = ["resume", str(run), "--scenario", scenario, "--chain", url, "-q"]
        other = tmp_path / "other.key"
        other.write_text(OTHER)
        stranger = Wallet(bytes.fromhex(OTHER)).address.hex()
        for wrong, found in (([], "none"), (["--operator-key", str(other)], f"that of 0x{stranger}")):
            assert main([*again, *wrong]) == 2
            said = capsys.readouterr().err
            assert (
                f"by the operator 0x{OPERATOR.address.hex()}: expected the same --operator-key, found {found}" in said
            )
            assert OTHER not in said and contents(run) == before
        assert main([*again, "--operator-key", str(key_file)]) == 0
    [run] = (tmp_path / "40").iterdir()
    settled_and_reconciled(run)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "expected 64 hexadecimal digits, found 0 characters"),
        (KEY[:-1], "expected 64 hexadecimal digits, found 63 characters"),
        (KEY + "00", "expected 64 hexadecimal digits, found 66 characters"),
        ("5g" * 32, "expected 64 hexadecimal digits, found 64 characters"),
        ("é" * 32, "expected 64 hexadecimal digits, found other bytes"),
        ("0" * 64, "this number is no key of the curve secp256k1"),
        ("f" * 64, "this number is no key of the curve secp256k1"),
    ],
)
def test_a_key_that_is_none_is_one_sentence_without_what_was_typed(
    content: str, sentence: str, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key_file.write_text(content)
    out = tmp_path / "out"
    typed = ["--headless", "--epochs", "2", "--out", str(out)]
    assert main(["--chain", "http://127.0.0.1:9", "--operator-key", str(key_file), *typed]) == 2
    said = capsys.readouterr().err
    assert said.startswith("simulate.py: --operator-key") and sentence in said
    assert not content or content[:20] not in said
    assert not out.exists()


def test_a_key_that_is_not_there_or_not_for_a_node_is_one_sentence(
    tmp_path: Path, key_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ["--headless", "--epochs", "2", "--out", str(tmp_path / "out")]
    assert main(["--chain", "http://127.0.0.1:9", "--operator-key", str(tmp_path / "none"), *typed]) == 2
    assert "none: cannot be read (No such file or directory)" in capsys.readouterr().err
    assert main(["--operator-key", str(key_file), *typed]) == 2
    assert "--operator-key is for a run on a node (--chain URL)" in capsys.readouterr().err
    monkeypatch.setenv(VARIABLE, "abc")
    assert main(["--chain", "http://127.0.0.1:9", *typed]) == 2
    assert f"{VARIABLE}: expected 64 hexadecimal digits, found 3 characters" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
