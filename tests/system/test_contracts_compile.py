"""The compile path of builders: the wrapper around npm's solc, and artifacts that equal their sources byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.system
CONTRACTS = ROOT / "contracts"
WRAPPER = CONTRACTS / "solc-wrapper"
PACKAGES = ("--include-path", "node_modules")


@pytest.fixture(autouse=True)
def node(needs: Callable[[str], str]) -> None:
    needs("node")
    needs("anvil")  # comes with the same `npm ci` as the compiler


def wrapper(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(WRAPPER), *words], input=stdin, capture_output=True, text=True, cwd=CONTRACTS)


def request(source: str, **sources: str) -> str:
    everything = {"X.sol": {"content": source}} | {name: {"content": text} for name, text in sources.items()}
    settings = {"outputSelection": {"*": {"*": ["abi"]}}}
    return json.dumps({"language": "Solidity", "sources": everything, "settings": settings})


def test_it_names_its_version_as_the_native_compiler_does() -> None:
    said = wrapper("--version")
    assert said.returncode == 0
    assert "Version: 0.8.37+commit.f401782d" in said.stdout


def test_standard_json_answers_with_json_only_and_with_0_also_on_errors() -> None:
    for source, errors in (("pragma solidity 0.8.37; contract X {}", False), ("contract", True)):
        said = wrapper("--standard-json", stdin=request(source))
        assert said.returncode == 0
        assert any(each["severity"] == "error" for each in json.loads(said.stdout).get("errors", [])) == errors


def test_standard_json_reads_a_file_too(tmp_path: Path) -> None:
    place = tmp_path / "request.json"
    place.write_text(request("pragma solidity 0.8.37; contract X {}"))
    assert "X.sol" in json.loads(wrapper("--standard-json", str(place)).stdout)["contracts"]


def test_imports_are_read_below_the_base_and_include_paths_only(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "more").mkdir()
    (tmp_path / "base" / "A.sol").write_text("pragma solidity 0.8.37; contract A {}")
    (tmp_path / "more" / "B.sol").write_text("pragma solidity 0.8.37; contract B {}")
    (tmp_path / "Secret.sol").write_text("pragma solidity 0.8.37; contract Secret {}")
    paths = ("--base-path", str(tmp_path / "base"), "--include-path", str(tmp_path / "more"))
    for imported, allowed in (("A.sol", True), ("B.sol", True), ("../Secret.sol", False)):
        source = f'pragma solidity 0.8.37; import "{imported}"; contract X {{}}'
        said = json.loads(wrapper("--standard-json", *paths, stdin=request(source)).stdout)
        assert any(each["severity"] == "error" for each in said.get("errors", [])) != allowed, imported


def test_combined_json_is_converted(tmp_path: Path) -> None:
    options = (
        "--combined-json",
        "abi,bin,bin-runtime",
        "--optimize",
        "--optimize-runs",
        "200",
        "--evm-version",
        "cancun",
    )
    said = wrapper(*options, "Token.sol")
    assert said.returncode == 0
    contract = json.loads(said.stdout)["contracts"]["Token.sol:Token"]
    assert len(contract["bin"]) > len(contract["bin-runtime"]) > 1_000
    inline = wrapper("--combined-json", "abi", "-", stdin="pragma solidity 0.8.37; contract X {}")
    assert "<stdin>:X" in json.loads(inline.stdout)["contracts"]
    remapped = tmp_path / "R.sol"
    remapped.write_text('pragma solidity 0.8.37; import "house/Token.sol"; contract R is Token("", "", 0) {}')
    assert wrapper("--combined-json", "abi", f"house/={CONTRACTS}/", str(remapped)).returncode == 0


def test_combined_json_tells_errors_by_its_exit_code() -> None:
    said = wrapper("--combined-json", "abi", "-", stdin="contract")
    assert said.returncode == 1 and "Error" in said.stderr and said.stdout == ""


def test_anything_else_is_an_unrecognised_option() -> None:
    said = wrapper("--gas")
    assert (said.returncode, said.stdout) == (1, "") and "unrecognised option" in said.stderr


def test_a_large_answer_survives_a_slow_reader() -> None:
    with subprocess.Popen(
        [str(WRAPPER), *PACKAGES, "--combined-json", "abi,bin,asm,srcmap,metadata", "BatchSettlement.sol"],
        stdout=subprocess.PIPE,
        cwd=CONTRACTS,
    ) as running:
        stdout = running.stdout
        if stdout is None:
            raise AssertionError("no pipe")
        parts = []
        while part := stdout.read(4_096):
            parts.append(part)
    assert len(b"".join(parts)) > 65_536
    json.loads(b"".join(parts))


def build(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "build.py"), *words], capture_output=True, text=True, cwd=folder
    )


def named(said: subprocess.CompletedProcess[str]) -> set[str]:
    return set(said.stdout.strip().removeprefix("artifacts that differed: ").split(", "))


def test_the_committed_artifacts_equal_their_sources_byte_for_byte() -> None:
    said = build(CONTRACTS, "--check")
    assert (said.returncode, said.stdout) == (0, "artifacts that differed: none\n"), said.stderr


def test_one_changed_byte_is_noticed(tmp_path: Path) -> None:
    copy = tmp_path / "contracts"
    shutil.copytree(CONTRACTS, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(CONTRACTS / "node_modules")
    token = copy / "Token.sol"
    token.write_text(token.read_text().replace("totalSupply += amount;", "totalSupply += amount + 1;"))
    said = build(copy, "--check")
    assert said.returncode == 1 and "Token.json" in said.stdout
    lost = copy / "artifacts" / "Htlc.json"
    lost.unlink()
    assert named(build(copy)) == named(said) | {"Htlc.json"}
    assert lost.read_bytes() == (CONTRACTS / "artifacts" / "Htlc.json").read_bytes()
    assert named(build(copy)) == {"none"}


def test_without_a_compiler_there_is_one_friendly_sentence(tmp_path: Path) -> None:
    copy = tmp_path / "contracts"
    shutil.copytree(CONTRACTS, copy, ignore=shutil.ignore_patterns("node_modules"))
    said = build(copy)
    assert said.returncode == 2
    assert said.stderr.startswith("no compiler: ") and said.stderr.count("\n") == 1
