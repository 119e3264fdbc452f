"""An account is read by everybody and changed by the ledger: the type check refuses a mechanism that tries."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MECHANISM = """
from market_sim.core.models.intents import Amend, PlaceOrder
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.mechanism import Mechanism


class Robber(Mechanism):
    def begin(self) -> None:
        self.exchange.add_gate(self)

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        {line}
"""
FORBIDDEN = {
    'self.exchange.accounts["ann"].balance("USD").total += 1': "total",
    'self.exchange.accounts["ann"].balances["USD"].reserved = 0': "reserved",
    'self.ledger.accounts["ann"].balance("USD").covered = 9': "covered",
    'self.ledger.accounts["ann"].on_margin = True': "on_margin",
    "account.on_margin = True": "on_margin",
    "account.seats[listing.symbol][1].total -= 1": "total",
    "account.open.clear()": "clear",
    'del self.ledger.accounts["ann"]': "__delitem__",
    'account.balance("USD").reserve(-5)': "reserve",
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says of a mechanism that does each of the forbidden things, and of one that does none, by line."""
    place = tmp_path_factory.mktemp("robbers")
    names = {f"robber_{number}": line for number, line in enumerate((*FORBIDDEN, "return"))}
    for name, line in names.items():
        (place / f"{name}.py").write_text(MECHANISM.replace("{line}", line))
    files = [str(place / f"{name}.py") for name in names]
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), *files]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    found: dict[str, list[str]] = {line: [] for line in names.values()}
    for complaint in said.splitlines():
        if match := re.match(r"(\S+)\.py:\d+: error: (.*)", complaint):
            found[names[Path(match[1]).name]].append(match[2])
    return found


@pytest.mark.parametrize("line", FORBIDDEN)
def test_the_types_refuse_a_mechanism_that_changes_an_account(line: str, complaints: dict[str, list[str]]):
    assert len(complaints[line]) == 1
    assert f'"{FORBIDDEN[line]}"' in complaints[line][0]


def test_the_types_allow_a_mechanism_to_read(complaints: dict[str, list[str]]):
    assert complaints["return"] == []
