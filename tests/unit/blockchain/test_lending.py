"""A lending pool on a chain and in memory: equal to the unit after every call, and no lender the poorer for one."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest

from market_sim.blockchain.amm import Amm
from market_sim.blockchain.contracts import ChainContext
from market_sim.blockchain.debt_model import UNIT
from market_sim.blockchain.ethereum.artifacts import artifact, refusal
from market_sim.blockchain.ethereum.chain import DeployedContract
from market_sim.blockchain.flash_arbitrage import FlashArbitrage
from market_sim.blockchain.lending import FIELDS, LendingPool
from market_sim.blockchain.lending_model import LIQUIDATION_BPS, VIRTUAL
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.pricing.constant_product import best_round_trip, price_to_buy, price_to_sell
from tests.unit.blockchain.rig import ALICE, BOB, CASH, SHARES, Rig, called
from tests.unit.blockchain.test_escrow import REGISTER
from tests.unit.blockchain.test_vault import CALLS_BACK, LIES, Bank

MONEY, STOCK = 100_000_000, 1_000_000


class Lending:
    """Two pools with a gap between them, a lender, and a contract for flash loans; Alice and Bob have wallets."""

    def __init__(self, rig: Rig, rate: int = 1_000) -> None:
        self.rig = rig
        self.owners = dict(zip((1, ALICE, BOB), rig.owners, strict=True))
        self.context = ChainContext(rig.settlement.host(), REGISTER, self.owners.__getitem__)
        for owner in (ALICE, BOB):
            self.context.host.give(self.owners[owner].address, CASH, MONEY)
            self.context.host.give(self.owners[owner].address, SHARES, STOCK)
        self.first, self.second = Amm(name="first"), Amm(name="second")
        self.pool = LendingPool(self.first, rate=rate)
        self.flash = FlashArbitrage(self.pool, self.first, self.second)
        self.all: tuple[Any, ...] = (self.first, self.second, self.pool, self.flash)
        for contract in self.all:
            contract.deploy(self.context)
        self.calls = 0

    def call(self, account: str, function: str, *arguments: int | str, of: Any = None) -> Numbers:
        self.calls += 1
        return called(of or self.pool, self.context, self.calls, account, function, *arguments)

    def epochs(self, count: int) -> None:
        for _ in range(count):
            self.rig.settle(self.rig.batch())

    def opened(self) -> Lending:
        """Both pools have liquidity, money is lent, and two epochs gave the asset its price of 100."""
        self.call("alice", "add", 10_000, 1_000_000, of=self.first)
        self.call("alice", "add", 10_000, 1_050_000, of=self.second)
        self.call("alice", "supply", 500_000)
        self.epochs(2)
        self.call("alice", "accrue")
        return self

    def wallets(self) -> list[int]:
        host = self.context.host
        return [host.in_wallet(self.owners[owner].address, token) for owner in (ALICE, BOB) for token in (CASH, SHARES)]

    def state(self) -> list[dict[str, int | str]]:
        return [contract.reconcile(self.context) for contract in self.all]


@pytest.fixture
def lending(rig: Rig) -> Lending:
    return Lending(rig).opened()


def any_call(luck: Random, lending: Lending) -> tuple[str, tuple[int | str, ...]]:
    """A call of a pool or a lender, around what is just possible."""
    model, account = lending.pool.twin, luck.choice(["alice", "bob"])
    owner = "0x" + lending.owners[REGISTER.accounts[account]].address.hex()
    debt, claims, pledged = model.debt_of(owner), model.claimsOf.get(owner, 0), model.collateralOf.get(owner, 0)
    room = max(0, model.limit_of(owner, 5_000) - debt)
    near = luck.choice([-1, 0, 0, 1])
    return account, luck.choice(
        [
            ("supply", luck.choice([0, 1, luck.randrange(50_000)])),
            ("withdraw", max(0, luck.choice([claims // 3, claims]) + near)),
            ("pledge", luck.randrange(400)),
            ("release", max(0, luck.choice([pledged // 4, pledged]) + near)),
            ("borrow", max(0, luck.choice([room, room // 2]) + near)),
            ("repay", max(0, luck.choice([debt, debt // 2]) + near)),
            ("liquidate", "bob", max(0, luck.choice([lending.pool.twin.debt_of(bob(lending)) // 2, 5]) + near)),
            ("buy", luck.choice([1, 300, 2_500]), 10**9),
            ("sell", luck.choice([1, 300, 2_500]), 0),
        ]
    )  # fmt: skip


def bob(lending: Lending) -> str:
    return "0x" + lending.owners[BOB].address.hex()


def worth(lending: Lending) -> Fraction:
    """What one claim is worth."""
    model = lending.pool.twin
    return Fraction(model.assets + VIRTUAL, model.totalClaims + VIRTUAL)


def health(lending: Lending) -> Fraction:
    """How much collateral Bob has for each unit that he owes."""
    model = lending.pool.twin
    return Fraction(model.collateralOf.get(bob(lending), 0), model.debt_of(bob(lending)) or 1)


def crash(lending: Lending) -> None:
    """Bob has borrowed all that he may when the price falls to a quarter."""
    model = lending.pool.twin
    lending.call("bob", "pledge", 100)
    lending.call("alice", "supply", 200_000)
    lending.call("bob", "borrow", model.limit_of(bob(lending), 5_000) - model.debt_of(bob(lending)) - 2)
    lending.call("alice", "sell", lending.first.reserves[0], 0, of=lending.first)
    lending.epochs(4)
    lending.call("alice", "accrue")
    lending.epochs(2)
    lending.call("alice", "accrue")
    for part in (7, 3, 2):
        sound, debt = health(lending), model.debt_of(bob(lending))
        lending.call("alice", "liquidate", "bob", debt // part)
        assert health(lending) >= sound


def play(lending: Lending, calls: int, seed: int) -> tuple[dict[str, int], set[str]]:
    """Random calls: a claim never loses worth, the index never falls, and nobody is liquidated into worse health."""
    luck, made, refused = Random(seed), dict.fromkeys(LendingPool.functions, 0), set()
    lending.call("bob", "pledge", 1_000)
    lending.call("bob", "borrow", 48_000)
    for number in range(calls):
        account, (function, *arguments) = any_call(luck, lending)  # type: ignore[misc]
        contract = lending.first if function in ("buy", "sell") else lending.pool
        value, index, sound = worth(lending), lending.pool.twin.index, health(lending)
        wealth = lending.wallets()
        try:
            lending.call(account, function, *arguments, of=contract)
        except ChainReverted as refusal:
            refused.add(refusal.error)
            assert lending.wallets() == wealth
        else:
            made[function] = made.get(function, 0) + 1
            owes = lending.pool.twin.debt_of(bob(lending))
            assert function != "liquidate" or not owes or health(lending) >= sound
        assert worth(lending) >= value and lending.pool.twin.index >= index
        if number % 6 == 0:
            lending.epochs(1)
            lending.state()
        if number == calls // 2:
            crash(lending)
    return made, refused


def test_contract_and_twin_are_equal_after_random_calls() -> None:
    made, refused = play(Lending(Rig(), rate=20_000).opened(), 400, seed=3)
    assert min(made[name] for name in made if name not in ("accrue", "liquidate")) >= 9, made
    assert {"ShortOfCash", "DebtTooLarge", "DebtInOrder", "MoreThanOwed", "ShortOfCollateral"} <= refused, refused


@pytest.mark.thorough
def test_contract_and_twin_are_equal_on_a_chain(chain_rig: Rig) -> None:
    made, refused = play(Lending(chain_rig).opened(), 100, seed=1)
    assert sum(made.values()) > 40 and len(refused) >= 4


def test_interest_belongs_to_the_lenders(lending: Lending) -> None:
    lending.call("bob", "pledge", 1_000)
    lending.call("bob", "borrow", 40_000)
    lending.epochs(5)
    lending.call("bob", "accrue")
    owed = lending.pool.twin.debt_of(bob(lending))
    assert owed == 40_201, "five times a thousandth, and a unit of rounding in the lenders' favour"
    lending.call("bob", "repay", owed)
    assert lending.pool.twin.debt_of(bob(lending)) == 0
    assert lending.call("alice", "withdraw", 500_000)["amount"] == 500_200, "the rest stays with the claims of nobody"
    assert lending.call("bob", "release", 1_000)["collateral"] == 1_000


def test_the_price_is_an_average_that_one_epoch_does_not_move(lending: Lending) -> None:
    assert lending.pool.twin.price == 100_000_000
    lending.call("bob", "pledge", 1_000)
    lending.call("bob", "buy", 9_000, 10**9, of=lending.first)
    with pytest.raises(ChainReverted, match=r"DebtTooLarge\(debt=50001, limit=50000\)"):
        lending.call("bob", "borrow", 50_000)
    lending.call("bob", "sell", 9_000, 0, of=lending.first)
    lending.epochs(2)
    lending.call("bob", "accrue")
    assert 100_000_000 < lending.pool.twin.price < 102_000_000, "only the fee of the two trades is left in the pool"


def test_without_a_price_nothing_is_lent_and_the_time_without_one_does_not_count(rig: Rig) -> None:
    lending = Lending(rig)
    lending.call("alice", "supply", 1_000)
    lending.call("bob", "pledge", 100)
    lending.epochs(5)
    with pytest.raises(ChainReverted, match="PriceUnknown"):
        lending.call("bob", "borrow", 1)
    lending.call("alice", "accrue")
    lending.call("alice", "add", 10_000, 1_000_000, of=lending.first)
    lending.epochs(3)
    lending.call("bob", "borrow", 1)
    assert lending.pool.twin.price == 100_000_000


def test_who_owes_too_much_is_liquidated_at_a_discount_and_others_are_not(lending: Lending) -> None:
    lending.call("bob", "pledge", 1_000)
    lending.call("bob", "borrow", 49_999)
    with pytest.raises(ChainReverted, match=r"DebtInOrder\(debt=50000, limit=75000\)"):
        lending.call("alice", "liquidate", "bob", 10_000)
    lending.call("alice", "sell", 3_500, 0, of=lending.first)
    lending.epochs(2)
    lending.call("alice", "accrue")
    model = lending.pool.twin
    limit = model.limit_of(bob(lending), LIQUIDATION_BPS)
    assert lending.pool.in_danger == [("bob", 50_100)] and limit < 50_100
    got = int(lending.call("alice", "liquidate", "bob", 20_000)["collateral"])
    assert got == 20_000 * 105 * 10_000 // model.price
    before = lending.wallets()
    rest = model.debt_of(bob(lending))
    lending.call("alice", "liquidate", "bob", rest)
    assert model.debt_of(bob(lending)) == 0 and lending.wallets()[0] == before[0] - rest


@pytest.mark.parametrize(
    ("function", "arguments", "error"),
    [
        ("supply", (0,), "NothingToLend"),
        ("withdraw", (1,), r"ShortOfClaims\(owner=0x[0-9a-f]{40}, held=0, needed=1\)"),
        ("withdraw", (0,), "NothingToLend"),
        ("pledge", (0,), "NothingToLend"),
        ("pledge", (STOCK,), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=999990, needed=1000000\)"),
        ("release", (11,), r"ShortOfCollateral\(owner=0x[0-9a-f]{40}, held=10, needed=11\)"),
        ("release", (0,), "NothingToLend"),
        ("borrow", (0,), "NothingToLend"),
        ("borrow", (501,), r"DebtTooLarge\(debt=501, limit=500\)"),
        ("repay", (0,), "NothingToLend"),
        ("repay", (1,), r"MoreThanOwed\(debt=0, found=1\)"),
        ("liquidate", ("alice", 1), r"DebtInOrder\(debt=0, limit=0\)"),
    ],
)
def test_a_call_that_may_not_be_is_refused_and_moves_nothing(lending: Lending, function, arguments, error) -> None:
    lending.call("bob", "pledge", 10)
    before = lending.wallets(), lending.state()
    with pytest.raises(ChainReverted, match=error):
        lending.call("bob", function, *arguments)
    assert (lending.wallets(), lending.state()) == before


def test_a_flash_loan_that_gains_moves_the_pools_and_pays_its_fee(lending: Lending) -> None:
    first, second = ((*pool.reserves, 30) for pool in (lending.first, lending.second))
    quantity = best_round_trip(first, second, 9)
    paid, received = price_to_buy(quantity, *first), price_to_sell(quantity, *second)
    fee = -(-paid * 9 // 10_000)
    before = lending.wallets()
    numbers = lending.call("bob", "run", 0, quantity, paid, 1, of=lending.flash)
    assert (numbers["paid"], numbers["received"], numbers["gain"]) == (paid, received, received - paid - fee)
    assert [now - then for now, then in zip(lending.wallets(), before, strict=True)] == [0, 0, numbers["gain"], 0]
    state = lending.state()
    assert state[2]["cash"] == 500_000 + fee and set(state[3].values()) == {0}
    assert not best_round_trip((*lending.first.reserves, 30), (*lending.second.reserves, 30), 9)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((1, 10, 20_000, 0), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=\d+, needed=20018\)"),
        ((0, 10, 1_003, 1), r"PriceMoved\(found=1005, limit=1003\)"),
        ((0, 10, 1_005, 40), r"GainTooSmall\(gain=39, least=40\)"),
        ((0, 10, 500_001, 1), r"ShortOfCash\(held=500000, needed=500001\)"),
        ((0, 10, 0, 1), "NothingToLend"),
        ((0, 20_000, 400_000, 1), r"BeyondReserve\(wanted=20000, reserve=10000\)"),
    ],
    ids=["not repaid", "too dear", "too little", "too much", "nothing", "more than there is"],
)
def test_a_flash_loan_that_is_not_repaid_leaves_no_trace(lending: Lending, arguments, error) -> None:
    before = lending.wallets(), lending.state()
    with pytest.raises(ChainReverted, match=error):
        lending.call("bob", "run", *arguments, of=lending.flash)
    assert (lending.wallets(), lending.state()) == before


def test_a_wallet_cannot_take_a_flash_loan_and_nobody_but_the_lender_hands_one_over(chain_rig: Rig) -> None:
    lending = Lending(chain_rig).opened()
    bank, host = Bank(chain_rig), lending.context.host
    pool, flash = (host._contracts[contract.place] for contract in (lending.pool, lending.flash))  # type: ignore[attr-defined]
    with pytest.raises(ChainReverted):
        bank.does(bank.bob, "flash", 1_000, b"", to=pool)
    with pytest.raises(ChainReverted, match="NotLender"):
        bank.does(bank.bob, "onFlashLoan", 1, 1, b"", to=flash)
    lending.state()


def beside_a_hostile_token(rig: Rig) -> tuple[Bank, DeployedContract, DeployedContract]:
    """A bank, and a pool that lends a hostile token, of which 50,000 are supplied."""
    bank = Bank(rig)
    money, _ = bank.hostile(100_000)
    shares, clock = rig.settlement.tokens[SHARES].written, rig.settlement.contract.written
    amm = bank.chain.deploy(bank.me, "Amm", shares, money.written, clock, 30)
    pool = bank.chain.deploy(bank.me, "LendingPool", amm.written, 1_000)
    bank.does(bank.me, "supply", 50_000, to=pool)
    return bank, money, pool


@pytest.mark.parametrize(("manner", "error"), LIES.items())
def test_a_token_that_lies_is_refused(chain_rig: Rig, manner: int, error: str) -> None:
    bank, money, pool = beside_a_hostile_token(chain_rig)
    bank.does(bank.me, "behave", manner, pool.written, b"", to=money)
    with pytest.raises(ChainReverted, match=error):
        bank.does(bank.me, "supply", 10_000, to=pool)
    assert [bank.chain.call(pool, name) for name in ("cash", "totalClaims")] == [50_000, 50_000]


def test_a_token_that_calls_back_finds_the_pool_closed(chain_rig: Rig) -> None:
    """With the door open a borrower could supply what it borrowed, and own what it repays."""
    bank, money, pool = beside_a_hostile_token(chain_rig)
    bank.does(
        bank.me, "behave", CALLS_BACK, pool.written, artifact("LendingPool").functions["supply"].call(1), to=money
    )
    bank.does(bank.me, "withdraw", 10_000, to=pool)
    assert refusal(bank.chain.call(money, "answer")).error == "ReentrancyGuardReentrantCall"
    assert [bank.chain.call(pool, name) for name in ("cash", "totalClaims")] == [40_000, 40_000]


@pytest.mark.parametrize("name", FIELDS)
def test_a_planted_difference_is_told_with_its_field_and_both_values(name: str) -> None:
    lending = Lending(Rig()).opened()
    model = lending.pool.twin
    true = getattr(model, name)
    setattr(model, name, true + 1)
    with pytest.raises(InvariantBroken, match=f"lending says {name} {true}, and its twin {true + 1}"):
        lending.state()


def test_a_twin_with_another_interest_differs_in_the_first_accrual() -> None:
    lending = Lending(Rig()).opened()
    lending.pool.twin.rate = 1_001
    lending.epochs(1)
    with pytest.raises(InvariantBroken, match="lending says index 1003002000, and its twin 1003003002"):
        lending.call("bob", "pledge", 1)


def test_what_cannot_be_deployed_or_called_is_said_in_a_sentence(rig: Rig) -> None:
    context = Lending(rig).context
    with pytest.raises(InputError, match="gets its price from amm, which has to be deployed before it"):
        LendingPool(Amm()).deploy(context)
    with pytest.raises(InputError, match="0 to 1,000,000 millionths, found -1"):
        LendingPool(Amm(), rate=-1)
    with pytest.raises(InputError, match="flash calls lending, which has to be deployed before it"):
        FlashArbitrage(LendingPool(Amm()), Amm(), Amm()).deploy(context)
    with pytest.raises(RuleViolation, match="UNKNOWN_ACCOUNT"):
        LendingPool(Amm()).check("bob", "liquidate", ("nobody", 1), REGISTER)
    assert artifact_constant(rig, "UNIT") == UNIT


def artifact_constant(rig: Rig, name: str) -> int:
    """A constant of the contract on a chain; in memory that of the model."""
    lending = Lending(rig)
    return UNIT if rig.settlement.name == "in memory" else lending.context.host.ask(lending.pool.place, name)


def test_the_fields_that_are_compared_are_all_numbers_of_the_contract() -> None:
    public = {name for name, entry in artifact("LendingPool").functions.items() if not entry.inputs and entry.outputs}
    constants = {name for name in public if name.isupper()}
    assert set(FIELDS) == public - constants - {"money", "asset", "market", "clock", "rate", "assets"}
