"""Every function of a contract that others can call says what it takes and what it gives back (NatSpec)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

CONTRACTS = ROOT / "contracts"
SOURCES = sorted(
    path
    for path in CONTRACTS.rglob("*.sol")
    if not {"node_modules", "hostile", "invariants"} & set(path.relative_to(CONTRACTS).parts)
)
FUNCTION = re.compile(
    r"((?:^ *///.*\n)*)(?:^ *// .*\n)*^ *(?:function (\w+)|(constructor))\s*\(([^)]*)\)([^{;]*)", re.MULTILINE
)
RETURNED = re.compile(r"\breturns \(([^)]*)\)")


def missing(source: str) -> list[str]:
    """What is not said: the function and the parameter, or `return`."""
    found = []
    for comment, function, constructor, parameters, rest in FUNCTION.findall(source):
        if function and not re.search(r"\b(external|public)\b", rest):
            continue
        names = [words[-1] for one in parameters.split(",") if len(words := one.split()) > 1]
        returned = RETURNED.search(rest)
        count = len(returned[1].split(",")) if returned else 0
        here = [name for name in names if not re.search(rf"@param {name} \w", comment)]
        here += ["return"] * (count - len(re.findall(r"@return \w", comment)))
        here += ["what it does"] * (not comment.strip())
        if names or count or function:
            found += [f"{function or constructor}: {name}" for name in here]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(CONTRACTS).as_posix())
def test_what_a_function_takes_and_returns_is_said(path: Path) -> None:
    assert missing(path.read_text()) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(CONTRACTS).as_posix())
def test_a_refusal_has_an_error_of_its_own(path: Path) -> None:
    """No text in a revert, which a program could not read and which costs a word of gas for each 32 letters."""
    assert re.findall(r"\brequire\s*\(|\brevert\s*\(", path.read_text()) == []


def test_a_missing_word_is_found() -> None:
    said = "/// Pay.\n/// @param to who\n/// @return the rest\nfunction pay(address to) external returns (uint256) {"
    assert missing(said) == []
    assert missing(said.replace("@return", "and")) == ["pay: return"]
    assert missing(said.replace("address to", "address to, uint256 much")) == ["pay: much"]
    assert missing("function stop() public {") == ["stop: what it does"]
