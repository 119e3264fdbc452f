"""A static analyser of contracts, slither: it finds nothing of weight in ours, and finds a bug that is planted.

What it is told to overlook is told beside the code (`slither-disable-next-line`), with the reason in the comment above.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.system
CONTRACTS = ROOT / "contracts"
PRODUCT = sorted(path for path in CONTRACTS.rglob("*.sol") if path.parent in (CONTRACTS, CONTRACTS / "vault"))
PLAIN = {
    "SafeERC20.safeTransferFrom(IERC20(address(token)), ": "token.transferFrom(",
    "SafeERC20.safeTransfer(IERC20(address(token)), ": "token.transfer(",
}
"""The library pays in assembly, which slither does not read as a call: it is shown the plain call in its place, whose
answer nothing checks. So what it says of this file is left out."""
SUPPRESSED = re.compile(r"^ *// slither-disable-(\S+) (\S+)$")


@pytest.fixture
def slither(needs: Callable[[str], str]) -> str:
    needs("node")
    needs("anvil")  # comes with the same `npm ci` as the compiler
    return needs("slither")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the contracts in which every payment is a call that can be seen."""
    place = tmp_path / "contracts"
    # With forge's settings beside them slither would have forge compile them.
    shutil.copytree(CONTRACTS, place, ignore=shutil.ignore_patterns("node_modules", "artifacts", "foundry.toml", ".*"))
    (place / "node_modules").symlink_to((CONTRACTS / "node_modules").resolve())
    replace(place / "Payments.sol", PLAIN)
    return place


def replace(source: Path, changes: dict[str, str]) -> None:
    text = source.read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    source.write_text(text)


def findings(slither: str, source: Path) -> set[tuple[str, str]]:
    """The detector and the text of everything with a high or medium impact in our own contracts."""
    command = [slither, source.name, "--solc", str(CONTRACTS / "solc-wrapper"), "--json", "-"]
    command += ["--compile-force-framework", "solc", "--solc-args", "--base-path . --include-path node_modules"]
    command += ["--exclude-low", "--exclude-informational", "--exclude-optimization"]
    said = subprocess.run(command, cwd=source.parent, capture_output=True, text=True, check=False)
    assert said.stdout.startswith("{"), said.stdout + said.stderr
    answer = json.loads(said.stdout)
    assert answer["success"], answer["error"]
    return {
        (found["check"], found["description"])
        for found in answer["results"].get("detectors", ())
        if "node_modules" not in found["elements"][0]["source_mapping"]["filename_relative"]
        and not found["elements"][0]["source_mapping"]["filename_relative"].endswith("Payments.sol")
    }


def test_nothing_of_high_or_medium_impact_is_found(slither: str, sources: Path) -> None:
    everything = sources / "Everything.sol"
    names = [path.relative_to(CONTRACTS).as_posix() for path in PRODUCT]
    everything.write_text("pragma solidity 0.8.37;\n" + "".join(f'import "{name}";\n' for name in names))
    assert findings(slither, everything) == set()


def test_a_payment_before_the_books_are_changed_is_found(slither: str, sources: Path) -> None:
    """The order that makes an option safe to claim, turned round: the units are taken away after they were paid."""
    careful = "        (longOf[msg.sender], shortOf[msg.sender]) = (0, 0);\n        held -= amount;\n"
    paid = "        token.pay(msg.sender, amount);\n"
    replace(sources / "OptionSeries.sol", {careful: "", paid: paid + careful})
    assert "reentrancy-no-eth" in {check for check, _ in findings(slither, sources / "OptionSeries.sol")}


def test_what_the_analyser_overlooks_is_explained_in_the_line_above() -> None:
    seen = 0
    for path in PRODUCT:
        lines = path.read_text().splitlines()
        for place, line in enumerate(lines):
            if "slither" in line:
                told = SUPPRESSED.match(line)
                assert told and told[1] == "next-line", f"{path.name}:{place + 1}"
                assert re.match(r" *// [A-Z\w].{20}", lines[place - 1]), f"{path.name}:{place + 1} gives no reason"
                seen += 1
    assert seen >= 8, "the canary: some lines are overlooked"
