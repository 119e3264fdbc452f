"""What the contracts do where their own tests do not lead: each case is a branch that only it takes.

`tests/system/test_contracts_branches.py` fails when a branch of a contract is not taken both ways.
"""

from __future__ import annotations

from typing import Any

import pytest

from market_sim.blockchain.ethereum.artifacts import AbiEntry
from market_sim.blockchain.ethereum.chain import DeployedContract
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import ALICE, CASH, RUN, SHARES, Rig
from tests.unit.blockchain.test_vault import NOTICE, SILENCE, WEEK, Bank

NOBODY = "0x" + bytes(20).hex()
PLENTY = 10**13


class Works(Bank):
    """The bank of other tests, with plenty of both tokens and the other contracts at hand."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.cash, self.shares = rig.settlement.tokens[CASH], rig.settlement.tokens[SHARES]
        self.mine = "0x" + self.me.address.hex()
        self.members = ["0x" + wallet.address.hex() for wallet in rig.validators]
        for token in (self.cash, self.shares):
            self.does(self.me, "mint", self.mine, PLENTY, to=token)

    def deploy(self, name: str, *arguments: Any) -> DeployedContract:
        """A contract that may take all that is mine."""
        made = self.chain.deploy(self.me, name, *arguments)
        for token in (self.cash, self.shares):
            self.does(self.me, "approve", made.written, PLENTY, to=token)
        return made

    def epochs(self, count: int) -> None:
        for _ in range(count):
            self.rig.settle(self.rig.batch())

    def refuses(self, error: str, function: str, *arguments: Any, to: DeployedContract | None = None) -> None:
        with pytest.raises(ChainReverted, match=error):
            self.does(self.me, function, *arguments, to=to)


@pytest.fixture
def works(chain_rig: Rig) -> Works:
    return Works(chain_rig)


def test_money_for_nobody_and_the_orders_of_strangers_are_refused(works: Works) -> None:
    works.refuses("NobodyToPay", "mint", NOBODY, 1, to=works.cash)
    works.refuses("NotGuardian", "resume")
    works.refuses("NoPayee", "lock", NOBODY, 1, to=works.deploy("Escrow", works.cash.written))
    lock = works.deploy("Htlc", works.cash.written)
    works.refuses("NoPayee", "lock", NOBODY, 1, bytes(32), 2**40, to=lock)
    works.refuses(r"BadDepositsLength\(length=1\)", "depositMany", CASH, b"1")
    for token, amount, error in ((2, 1, r"UnknownToken\(token=2\)"), (CASH, 0, "NothingToMove")):
        with pytest.raises(ChainReverted, match=error):
            works.does(works.alice, "requestWithdrawal", ALICE, token, amount)


def test_the_largest_allowance_is_unlimited(works: Works) -> None:
    alice = "0x" + works.alice.address.hex()
    works.does(works.me, "approve", alice, 2**256 - 1, to=works.cash)
    works.does(works.alice, "transferFrom", works.mine, alice, 7, to=works.cash)
    assert works.chain.call(works.cash, "allowance", works.mine, alice) == 2**256 - 1


def test_a_balance_has_128_bits(works: Works) -> None:
    most = 2**128 - 1
    works.does(works.me, "mint", works.mine, 2**129, to=works.cash)
    works.does(works.me, "approve", works.vault.written, 2**129, to=works.cash)
    works.refuses(rf"BalanceTooLarge\(account={ALICE}, token=0, held=1000", "deposit", ALICE, CASH, most)


def test_after_the_escape_there_is_neither_another_one_nor_a_heartbeat(works: Works) -> None:
    works.chain.travel(WEEK)
    works.does(works.me, "planEscape", SILENCE)
    works.chain.travel(NOTICE)
    works.does(works.me, "escape", SILENCE)
    works.refuses("SettlementEscaped", "planEscape", SILENCE)
    works.refuses("SettlementEscaped", "heartbeat", 0, b"")


def test_a_set_has_no_empty_seat_and_its_signatures_are_for_one_chain(works: Works) -> None:
    with pytest.raises(ChainReverted, match="BadValidators"):
        works.deploy("Bridge", works.cash.written, [*works.members, NOBODY], RUN)
    here = works.asks("domain")
    kind = type(works.chain._tester.backend.chain)
    number = kind.chain_id
    kind.chain_id = number + 1  # a fork of the chain that took another number
    try:
        assert works.asks("domain") != here
    finally:
        kind.chain_id = number
    assert works.asks("domain") == here


def test_the_end_of_a_bridge_that_locks_mints_nothing_and_only_the_other_end_burns(works: Works) -> None:
    home, away = (works.deploy("Bridge", token, works.members, RUN) for token in (works.cash.written, NOBODY))
    for end in (home, away):
        assert (works.chain.call(end, "supply"), works.chain.call(end, "holding", works.mine)) == (0, 0)
    stranger, _ = works.hostile()
    burn = AbiEntry("burn", keccak(b"burn(address,uint256)")[:4], ("address", "uint256"), ("from", "amount"), ())
    works.refuses("NotMinter", "call", works.chain.call(away, "minted"), burn.call(works.mine, 0), to=stranger)


@pytest.mark.thorough
def test_a_price_decides_both_ways(works: Works) -> None:
    clock, at = works.vault.written, works.rig.settlement.head().epoch + 1
    oracle = works.deploy("Oracle", works.cash.written, clock, 1, 1, works.members, RUN)
    markets, warrants = [], []
    for strike in (60, 61):
        terms = works.cash.written, oracle.written, clock, strike, 10, at, 5
        markets.append(works.deploy("PredictionMarket", *terms))
        terms = works.cash.written, works.shares.written, oracle.written, clock, works.mine, strike - 1, 1, at, 5, 10
        warrants.append(works.deploy("Warrant", *terms))
    for place in (5, 6):
        wrong = [*terms[:place], 0, *terms[place + 1 :]]
        with pytest.raises(ChainReverted, match="BadWarrant"):
            works.deploy("Warrant", *wrong)
    works.epochs(1)
    works.does(works.me, "propose", at, 60, to=oracle)
    works.epochs(1)
    works.does(works.me, "finish", at, to=oracle)
    for market, warrant in zip(markets, warrants, strict=True):
        works.does(works.me, "resolve", to=market)
        works.does(works.me, "open", to=warrant)
    assert [works.chain.call(market, "yesPays") for market in markets] == [10, 0]
    assert [works.chain.call(warrant, "until") - works.chain.call(warrant, "expiry") for warrant in warrants] == [6, 1]


class Lending(Works):
    """A pool of 1,000 shares and 1,000,000 of money, a lender with 10,000, and 100 shares of collateral: all mine."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.amm = self.deploy("Amm", self.shares.written, self.cash.written, self.vault.written, 0)
        self.does(self.me, "add", 1_000, 1_000_000, to=self.amm)
        self.pool = self.deploy("LendingPool", self.amm.written, 0)
        self.does(self.me, "supply", 10_000, to=self.pool)
        self.does(self.me, "pledge", 100, to=self.pool)

    def price(self) -> int:
        """The price in millionths after an accrual."""
        self.does(self.me, "accrue", to=self.pool)
        found: int = self.chain.call(self.pool, "price")
        return found


@pytest.mark.thorough
def test_a_loan_lives_through_every_price(chain_rig: Rig) -> None:
    lending = Lending(chain_rig)
    me, pool, amm = lending.me, lending.pool, lending.amm
    lending.does(me, "release", 1, to=pool)
    lending.epochs(2)
    assert lending.price() == 1_000_000_000
    lending.refuses(r"ShortOfCash\(held=10000, needed=10001\)", "borrow", 10_001, to=pool)
    lending.does(me, "borrow", 10_000, to=pool)
    lending.does(me, "release", 1, to=pool)
    lending.does(me, "sell", 9_000, 0, to=amm)
    lending.epochs(1)
    assert lending.price() == 1_000_000_000, "the window is not over"
    for _ in range(2):
        lending.epochs(2)
        fallen = lending.price()
    assert fallen == 10_000_000
    lending.does(me, "liquidate", lending.mine, 500, to=pool)
    assert lending.chain.call(pool, "collateralOf", lending.mine) == 98 - 4, "its part, not the discount"
    lending.does(me, "sell", 30_000_000, 0, to=amm)
    lending.epochs(1)
    lending.does(me, "sell", 10**9, 0, to=amm)
    lending.epochs(1)
    assert lending.price() == 0
    lending.refuses("PriceUnknown", "liquidate", lending.mine, 500, to=pool)
    lending.refuses("NothingToSwap", "sell", 1, 0, to=amm)


@pytest.mark.thorough
def test_arbitrage_that_loses_what_the_contract_had_before_is_refused(chain_rig: Rig) -> None:
    lending = Lending(chain_rig)
    places = lending.pool.written, lending.amm.written, lending.amm.written
    arbitrage = lending.deploy("FlashArbitrage", *places)
    lending.does(lending.me, "transfer", arbitrage.written, 1_000, to=lending.cash)
    lending.refuses(r"GainTooSmall\(gain=0, least=0\)", "run", 0, 1, 5_000, 0, to=arbitrage)
