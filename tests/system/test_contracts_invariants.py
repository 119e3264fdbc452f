"""forge calls the contracts in random order and looks for a claim that breaks: `contracts/invariants/`.

HUNT_RUNS says how many runs of 500 calls each hunt makes: a few in CI, 256 with `make proofs`. In a copy,
bugs are planted, each in one line, and the claim that each must break is named; each commit plants one round of them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.system
CONTRACTS = ROOT / "contracts"
RUNS_IN_CI = "4"
RUNS = os.environ.get("HUNT_RUNS", RUNS_IN_CI)
DEPTH = 500
HUNTS = {
    "Amm": {"add", "remove", "buy", "sell", "donate", "wait"},
    "Auction": {"buy", "sell", "cancel", "hold", "collect", "wait"},
    "Bond": {"deposit", "giveNotice", "withdraw", "report", "seat", "wait"},
    "Bridge": {"send", "deliver", "intrude", "hand", "planHandover", "wait"},
    "Lending": {
        *(
            "supply",
            "withdraw",
            "pledge",
            "release",
            "borrow",
            "repay",
            "liquidate",
            "flash",
            "arbitrage",
            "trade",
            "wait",
        ),
        "onFlashLoan",
    },
    "Lock": {"hold", "settle", "offer", "take", "giveBack", "wait"},
    "Margin": {"fund", "draw", "deposit", "withdraw", "buy", "sell", "liquidate", "trade", "pour", "wait"},
    "Option": {"write", "hand", "split", "merge", "bet", "wait"},
    "Oracle": {"propose", "dispute", "finish", "decide", "planHandover", "wait"},
    "Order": {"sign", "settle", "cancel", "cancelBelow", "wait"},
    "Vault": {"deposit", "depositMany", "settle", "forge", "request", "exit", "claim", "beat", "plan", "wait"},
    "Warrant": {"issue", "give", "open", "exercise", "reclaim", "wait"},
}
ROUNDS = 12
IMPORT = re.compile(r'^import .*"(\..*)";', re.MULTILINE)


class Planted(NamedTuple):
    """A bug of one line, and the claim that it breaks."""

    hunt: str
    source: str
    right: str
    wrong: str
    claim: str


BUGS = [
    Planted(
        "Vault", "vault/Deposits.sol", "total += amount;", "total = amount;", "the vault holds its accounts and claims",
    ),
    Planted("Vault", "vault/Withdrawals.sol", "claimableTotal[token] -= amount;", "", "the open claims add up"),
    Planted(
        "Vault", "BatchSettlement.sol", "if (header.first != height + 1)", "if (header.first > height + 1)",
        "a block is settled once, in order, and keeps every sum",
    ),
    Planted(
        "Vault", "BatchSettlement.sol", "if (sums[token] != 0)", "if (sums[token] < 0)",
        "a block is settled once, in order, and keeps every sum",
    ),
    Planted(
        "Vault", "ValidatorSet.sol", "handoverEpoch = 0;", "handoverEpoch = handoverNonce = 0;",
        "heights, epochs and nonces only grow",
    ),
    Planted(
        "Amm", "Amm.sol", "quote = Math.ceilDiv(quoteReserve * base * BPS, (baseReserve - base) * (BPS - feeBps));",
        "quote = quoteReserve * base / baseReserve;", "the product of the reserves never falls for a share",
    ),
    Planted("Amm", "Amm.sol", "shares = root - BURNT;", "shares = root;", "every share is owned or burnt"),
    Planted(
        "Amm", "Amm.sol", "baseReserve += base;\n        quoteReserve -= quote;", "baseReserve += base;",
        "the pool holds its reserve of money",
    ),
    Planted(
        "Amm", "Amm.sol", "if (shares == 0) revert NothingToAdd();", "",
        "what its owner can pay is made, and nothing else",
    ),
    Planted(
        "Auction", "CallAuction.sol", "uint256 cost = quantity * level;",
        "uint256 cost = quantity * (order.isBuy ? order.limit : level);",
        "each owner has the money that its trades at one price leave",
    ),
    Planted(
        "Auction", "CallAuction.sol", "other.limit == one.limit && before < place",
        "other.limit == one.limit && before > place", "nobody with a better limit, or an earlier order, is left out",
    ),
    Planted(
        "Auction", "CallAuction.sol", "if (one.volume > best.volume || (one.volume == best.volume && ",
        "if (best.volume == 0 || (one.volume != 0 && ", "no limit trades more",
    ),
    Planted(
        "Auction", "CallAuction.sol", "if (pressedUp != 0) low = pressedUp;", "",
        "buyers who get nothing raise the price",
    ),
    Planted(
        "Auction", "CallAuction.sol", "if (settled < closes)", "if (settled + 1 < closes)",
        "an auction is held once, after the close",
    ),
    Planted(
        "Lending", "LendingPool.sol", "amount = claims * (assets() + VIRTUAL) / (totalClaims + VIRTUAL);",
        "amount = Math.ceilDiv(claims * (assets() + VIRTUAL), totalClaims + VIRTUAL);",
        "a claim on the pool never loses value",
    ),
    Planted(
        "Lending", "LendingPool.sol", "totalCollateral -= collateral;", "", "the collateral adds up",
    ),
    Planted("Lending", "LendingPool.sol", "cash += fee;", "cash += 2 * fee;", "the pool holds its cash"),
    Planted(
        "Lending", "FlashArbitrage.sol", "gain < least || afterwards < before", "gain < least",
        "an arbitrage that loses nothing is made, and no other",
    ),
    Planted(
        "Lending", "LendingPool.sol", "if (unitsOf[msg.sender] != 0) _checkLimit(msg.sender);", "",
        "half of what the collateral is worth is lent, and no more",
    ),
    Planted(
        "Lending", "LendingPool.sol", "BORROW_BPS = 5_000;", "BORROW_BPS = 4_000;",
        "half of what the collateral is worth is lent, and no more",
    ),
    Planted(
        "Lending", "LendingPool.sol", "uint256 limit = _limit(owner, LIQUIDATION_BPS);",
        "uint256 limit = _limit(owner, BPS);", "an account that owes too much is liquidated, and no other",
    ),
    Planted("Lock", "Escrow.sol", "held -= amount;", "", "the escrow holds what is locked"),
    Planted(
        "Lock", "Escrow.sol", "if (msg.sender != found.payer)", "if (msg.sender == found.payee)",
        "what is due is taken, and nothing else",
    ),
    Planted(
        "Lock", "Htlc.sol", "if (block.timestamp < found.deadline)", "if (found.deadline == 0)",
        "what is due is taken, and nothing else",
    ),
    Planted(
        "Lock", "Htlc.sol", "if (block.timestamp >= found.deadline)", "if (block.timestamp + 1 days >= found.deadline)",
        "what is due is taken, and nothing else",
    ),
    Planted(
        "Option", "OptionSeries.sol", "collateral = quantity * cap;", "collateral = quantity * (cap - 1);",
        "every option is covered by its cap",
    ),
    Planted(
        "Option", "PredictionMarket.sol", "_less(noOf, quantity);\n        held", "held", "there are as many yes as no",
    ),
    Planted(
        "Bond", "Bonds.sol", "if (state == State.Slashed) revert SlashedBefore(validator);\n        bonds", "bonds",
        "a bond is lost once, and just for two results of one block, in time",
    ),
    Planted(
        "Bond", "Bonds.sol", "if (one.header.last < other.header.first)", "if (one.header.last == 0)",
        "a bond is lost once, and just for two results of one block, in time",
    ),
    Planted(
        "Bond", "Bonds.sol", "if (settled < found.until)", "if (found.until == 0)",
        "a bond is withdrawn by its owner, after the notice",
    ),
    Planted(
        "Bond", "Bonds.sol", "token.pay(treasury, bond - reward);", "token.pay(treasury, bond);",
        "the contract holds all bonds",
    ),
    Planted(
        "Bridge", "Bridge.sol", "delivered[digest] = true;", "",
        "a message is delivered once, as it was sent, by the validators of the time",
    ),
    Planted(
        "Bridge", "Bridge.sol", "_takeOver();", "",
        "a message is delivered once, as it was sent, by the validators of the time",
    ),
    Planted("Bridge", "Bridge.sol", "locked -= message.amount;", "", "the bridge holds what is locked"),
    Planted(
        "Bridge", "BridgedToken.sol", "totalSupply -= amount;", "", "what is minted or on its way is locked",
    ),
    Planted(
        "Oracle", "Oracle.sol", "price == answer.price ? answer.proposer : answer.disputer", "answer.proposer",
        "who was right has the bonds",
    ),
    Planted(
        "Oracle", "Oracle.sol", "if (settled < answer.until)", "if (answer.until == 0)",
        "what nobody disputed stands, after its window",
    ),
    Planted("Oracle", "Oracle.sol", "held -= amount;", "", "the bonds of open questions add up"),
    Planted(
        "Oracle", "ValidatorSet.sol", "if (found != validators[signer])", "if (found == address(0))",
        "a dispute is decided once, by the validators of the time",
    ),
    Planted("Warrant", "Warrant.sol", "treasury -= shares;", "", "the contract holds the locked shares"),
    Planted(
        "Warrant", "Warrant.sol", "uint256 cash = shares * strike;", "uint256 cash = quantity * strike;",
        "a new share costs the strike",
    ),
    Planted(
        "Warrant", "Warrant.sol", "if (settled >= until)", "if (settled > until)",
        "a warrant is exercised by its owner, in its window",
    ),
    Planted(
        "Warrant", "Warrant.sol", "if (settled < until)", "if (until == 0)",
        "the company takes back the rest, after the window",
    ),
    Planted(
        "Order", "OrderSettlement.sol", "filled[digest] = before + quantity;", "filled[digest] = quantity;",
        "an order is filled by its trades, at most as far as it goes",
    ),
    Planted(
        "Order", "OrderSettlement.sol", "if (settled > order.expiry)", "if (order.expiry == 0)",
        "a trade is settled just when both orders allow it",
    ),
    Planted(
        "Order", "OrderSettlement.sol", "uint256(maker.price) * fill.quantity", "uint256(taker.price) * fill.quantity",
        "each owner has the cash that its trades leave",
    ),
    Planted(
        "Margin", "MarginVault.sol", "totalMoney -= amount;", "",
        "the vault holds its cash, its insurance and the accounts",
    ),
    Planted(
        "Margin", "MarginVault.sol", "_margin(owner, MAINTENANCE_BPS)", "_margin(owner, INITIAL_BPS)",
        "an account in order is not sold",
    ),
    Planted(
        "Margin", "MarginVault.sol", "_owe(msg.sender, cost - own);", "_owe(msg.sender, (cost - own) / 2);",
        "no debt is forgotten",
    ),
    Planted(
        "Margin", "MarginVault.sol", "insured = Math.min(debt, insurance);", "insured = 0;",
        "the insurance gets the fee, and pays where nothing is left",
    ),
    Planted(
        "Margin", "Debts.sol", "unitsOf[owner] : amount * UNIT / index;",
        "unitsOf[owner] : Math.ceilDiv(amount * UNIT, index);", "no debt is forgotten",
    ),
    Planted(
        "Margin", "TradingHalt.sol", "if (settled < haltedUntil)", "if (settled + 1 < haltedUntil)",
        "nothing is traded in a halt",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def copy(needs: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contracts without their artifacts; forge writes what it compiled here."""
    needs("node")
    needs("anvil")  # comes with the same `npm ci` as the compiler
    place = tmp_path_factory.mktemp("hunts") / "contracts"
    shutil.copytree(CONTRACTS, place, ignore=shutil.ignore_patterns("node_modules", "artifacts", ".*"))
    (place / "node_modules").symlink_to((CONTRACTS / "node_modules").resolve())
    return place


def hunted(forge: str, place: Path, name: str = ".*", **settings: str) -> dict[str, Any]:
    """What forge says of each hunt, by its name; it would begin with the calls that found an earlier bug."""
    shutil.rmtree(place / "cache" / "invariant", ignore_errors=True)
    environment = os.environ | {f"FOUNDRY_INVARIANT_{setting.upper()}": text for setting, text in settings.items()}
    command = [forge, "test", "--json", "--fuzz-seed", "1", "--match-contract", f"^({name})Claims$"]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return {
        suite.rpartition(":")[2].removesuffix("Claims"): result
        for suite, found in json.loads(done.stdout).items()
        for result in found["test_results"].values()
    }


def test_no_claim_breaks_however_the_contracts_are_called(needs: Callable[[str], str], copy: Path) -> None:
    found = hunted(needs("forge"), copy, runs=RUNS, depth=str(DEPTH))
    assert found.keys() == HUNTS.keys()
    for name, functions in HUNTS.items():
        result = found[name]
        assert result["status"] == "Success", (name, result["reason"], result["counterexample"])
        counted = result["kind"]["Invariant"]
        assert (counted["runs"], counted["calls"]) == (int(RUNS), int(RUNS) * DEPTH)
        called = {selector.rpartition(".")[2]: metrics for selector, metrics in counted["metrics"].items()}
        assert called.keys() == functions
        for function, metrics in called.items():
            assert metrics["calls"] > 100, f"{name}.{function} was hardly called"
            assert metrics["reverts"] == 0, f"{name}.{function} does not know what is due: {metrics}"


def imported(source: Path) -> set[Path]:
    """A source and what it imports of this folder, directly or not."""
    found, new = set(), {source.resolve()}
    while new:
        found |= new
        named = {path.parent / name for path in new for name in IMPORT.findall(path.read_text())}
        new = {path.resolve() for path in named} - found
    return found


def rounds() -> list[list[Planted]]:
    """All bugs, in rounds of those that are planted together: none is in what the hunt of another one calls."""
    called = {name: imported(CONTRACTS / "invariants" / f"{name}Hunt.sol") for name in HUNTS}

    def touches(bug: Planted, other: Planted) -> bool:
        return CONTRACTS / bug.source in called[other.hunt] or CONTRACTS / other.source in called[bug.hunt]

    found: list[list[Planted]] = [[] for _ in range(ROUNDS)]
    for bug in sorted(BUGS, key=lambda bug: sum(touches(bug, other) for other in BUGS), reverse=True):
        fitting = [planted for planted in found if not any(touches(bug, other) for other in planted)]
        min(fitting, key=len).append(bug)
    return found


def due() -> list[list[Planted]]:
    """The round whose turn it is at this commit; all where there is none to count by, or when asked."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    every = rounds()
    if os.environ.get("PLANTED") == "all" or asked.returncode != 0:
        return every
    return [every[int(asked.stdout[:8], 16) % len(every)]]


@pytest.mark.parametrize("planted", due(), ids=lambda planted: ", ".join(bug.hunt for bug in planted))
def test_a_planted_bug_breaks_its_claim(needs: Callable[[str], str], copy: Path, planted: list[Planted]) -> None:
    untouched = {copy / bug.source: (copy / bug.source).read_text() for bug in planted}
    hunts = "|".join(bug.hunt for bug in planted)
    try:
        for bug in planted:
            (copy / bug.source).write_text(untouched[copy / bug.source].replace(bug.right, bug.wrong))
        found = hunted(needs("forge"), copy, hunts, runs="12", depth=str(DEPTH), shrink_run_limit="0")
    finally:
        for source, text in untouched.items():
            source.write_text(text)
    for bug in planted:
        assert found[bug.hunt]["status"] == "Failure", bug
        assert bug.claim in found[bug.hunt]["reason"], (bug, found[bug.hunt]["reason"])


def test_the_line_of_every_planted_bug_is_there() -> None:
    for bug in BUGS:
        assert (CONTRACTS / bug.source).read_text().count(bug.right) == 1, bug
    assert {bug.hunt for bug in BUGS} == HUNTS.keys()
    assert sum(len(planted) for planted in rounds()) == len(BUGS)


def test_every_contract_that_moves_tokens_is_hunted() -> None:
    hunted = set().union(*(imported(path) for path in (CONTRACTS / "invariants").glob("*Hunt.sol")))
    sources = {
        path: path.read_text() for folder in (".", "vault", "naive") for path in (CONTRACTS / folder).glob("*.sol")
    }
    movers = {path for path, text in sources.items() if "SafeERC20" in text or "Payments for IToken" in text}
    assert len(movers) > 12
    assert movers <= hunted, movers - hunted


def test_the_readme_has_every_hunt() -> None:
    named = (CONTRACTS / "README.md").read_text()
    assert {path.name for path in (CONTRACTS / "invariants").glob("*Hunt.sol")} == {
        "Hunt.sol",
        *(f"{name}Hunt.sol" for name in HUNTS),
    }
    assert all(f"| `{name}Hunt.sol` |" in named for name in HUNTS)
    assert f"twelve hunts of 256 runs with {DEPTH} calls each" in named and len(HUNTS) == 12
    assert f"CI makes {RUNS_IN_CI} runs of" in named
