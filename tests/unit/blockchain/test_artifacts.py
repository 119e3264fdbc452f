"""The committed contracts: not stale, complete, and with a sentence for each of their errors."""

from __future__ import annotations

import hashlib
import json
import re
from string import Formatter

import pytest

from market_sim.blockchain.ethereum.artifacts import ARTIFACTS, NAMES, SOURCES, artifact, refusal
from market_sim.blockchain.ethereum.chain import DeployedContract
from market_sim.core.models.reasons_settlement import SETTLEMENT_REASONS
from tests.unit.blockchain.rig import Rig

REASONS = {reason.code: reason for reason in SETTLEMENT_REASONS}
ERRORS = {entry.name: entry for name in NAMES for entry in artifact(name).errors.values()}


@pytest.mark.parametrize("name", NAMES)
def test_the_sources_are_those_that_were_compiled(name: str) -> None:
    """Fails when a contract was edited without `python contracts/build.py`."""
    for source, digest in artifact(name).stored["sources"].items():
        assert hashlib.sha256((SOURCES / source).read_bytes()).hexdigest() == digest, f"{source} changed"


@pytest.mark.parametrize("name", NAMES)
def test_the_compiler_and_its_settings_are_the_pinned_ones(name: str) -> None:
    stored = artifact(name).stored
    assert stored["compiler"] == "0.8.37+commit.f401782d"
    assert stored["settings"]["evmVersion"] == "cancun"
    for source in stored["sources"]:
        assert "pragma solidity 0.8.37;" in (SOURCES / source).read_text()
    pinned = json.loads((SOURCES / "package.json").read_text())["devDependencies"]
    assert stored["compiler"].startswith(pinned["solc"] + "+")
    for package, version in stored.get("packages", {}).items():
        assert version == pinned[package], f"{package} is pinned to another version than was compiled"


def test_what_a_package_contributes_is_named_in_the_artifact() -> None:
    """The sources of a package are not here; its version stands for them, and the lock of npm for its bytes."""
    importing = {place.relative_to(SOURCES).as_posix() for place in SOURCES.rglob("*.sol") if "node_modules" not in
                 place.parts and 'from "@openzeppelin/' in place.read_text()}  # fmt: skip
    assert importing, "the canary: some contract uses the package"
    for name in NAMES:
        stored = artifact(name).stored
        assert ("packages" in stored) == bool(importing & set(stored["sources"])), name
    locked = json.loads((SOURCES / "package-lock.json").read_text())["packages"]
    assert locked["node_modules/@openzeppelin/contracts"]["integrity"].startswith("sha512-")


def test_the_readme_says_which_contract_uses_which_part_of_the_library() -> None:
    used: dict[str, set[str]] = {}
    for place in [*SOURCES.glob("*.sol"), *SOURCES.glob("vault/*.sol")]:
        for parts in re.findall(r'^import \{([^}]+)\} from "@openzeppelin/', place.read_text(), re.MULTILINE):
            for part in set(parts.split(", ")) - {"IERC20"}:  # the type of an argument
                used.setdefault(part, set()).add(place.relative_to(SOURCES).as_posix())
    told: dict[str, set[str]] = {}
    section = (SOURCES / "README.md").read_text().partition("## What is taken from a library")[2].partition("\n## ")[0]
    for parts, contracts in re.findall(r"^\| (`.+?) \|[^|]+\| (.+?) \|$", section, re.MULTILINE):
        told |= {part: set(re.findall(r"`([^`]+)`", contracts)) for part in re.findall(r"`([^`]+)`", parts)}
    assert told == used


def test_every_artifact_in_the_folder_is_known() -> None:
    assert sorted(place.stem for place in ARTIFACTS.glob("*.json")) == sorted(NAMES)


def test_an_edited_contract_on_the_chain_is_recognised(chain_rig: Rig) -> None:
    settlement = chain_rig.settlement
    good = settlement.contract
    settlement.chain.check(good)
    cut = DeployedContract(artifact("BatchSettlement"), good.address)
    code = settlement.chain._code(cut.address)
    assert good.artifact.is_code(code)
    assert not good.artifact.is_code(bytes([code[0] ^ 1]) + code[1:])
    assert not good.artifact.is_code(b"")


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_every_error_of_a_contract_has_its_sentence_with_exactly_its_numbers(name: str) -> None:
    fields = {field for _, field, _, _ in Formatter().parse(REASONS[name].template) if field}
    assert fields == set(ERRORS[name].names)


def test_an_error_is_decoded_to_its_name_and_arguments() -> None:
    entry = ERRORS["HeightGap"]
    data = entry.call(3, 5)
    assert str(refusal(data)) == "HeightGap(expected=3, found=5)"
    assert str(refusal(b"\1\2\3\4")) == "UnknownError(data=01020304)"
