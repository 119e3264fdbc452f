"""A pool on a chain and in memory: equal to the unit after every call, and never the poorer for a call."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from market_sim.blockchain.amm import FIELDS, Amm
from market_sim.blockchain.amm_model import BURNT, SCALE, AmmModel
from market_sim.blockchain.contracts import ChainContext, ClockPlace, TokenPlace
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.event import Numbers
from tests.unit.blockchain.rig import ALICE, BOB, CASH, SHARES, Rig, called
from tests.unit.blockchain.test_escrow import REGISTER
from tests.unit.blockchain.test_vault import CALLS_BACK, KEEPS_FEE, LIES, SAYS_NO, Bank

MONEY, STOCK = 10_000_000, 100_000


class Trading:
    """A pool with Alice and Bob, who have money and shares in their wallets."""

    def __init__(self, rig: Rig, fee_bps: int = 30) -> None:
        self.rig = rig
        self.owners = dict(zip((1, ALICE, BOB), rig.owners, strict=True))
        self.context = ChainContext(
            rig.settlement.host(), REGISTER, self.owners.__getitem__,
            settled_epoch=lambda: rig.settlement.head().epoch,
        )  # fmt: skip
        for owner in (ALICE, BOB):
            self.context.host.give(self.owners[owner].address, CASH, MONEY)
            self.context.host.give(self.owners[owner].address, SHARES, STOCK)
        self.amm = Amm(fee_bps=fee_bps)
        self.amm.deploy(self.context)
        self.calls = 0

    def call(self, account: str, function: str, *arguments: int) -> Numbers:
        self.calls += 1
        return called(self.amm, self.context, self.calls, account, function, *arguments)

    def wallet(self, owner: int) -> tuple[int, int]:
        shares, money = (self.context.host.in_wallet(self.owners[owner].address, token) for token in (SHARES, CASH))
        return shares, money

    def state(self) -> dict[str, int | str]:
        return self.amm.reconcile(self.context)


@pytest.fixture
def trading(rig: Rig) -> Trading:
    return Trading(rig)


def any_call(luck: Random, pool: AmmModel, shares: int) -> tuple[str, tuple[int, ...]]:
    """A call around what is just possible: whole reserves, one unit, the limit and one beyond it."""
    base = luck.choice([0, 1, luck.randrange(1, 400), pool.baseReserve - 1, pool.baseReserve])
    limit = luck.choice([0, 10**12, luck.randrange(1, 60_000)])
    return luck.choice(
        [
            ("buy", (base, limit)),
            ("sell", (base, limit)),
            ("add", (luck.randrange(1_000), luck.randrange(100_000))),
            ("remove", (luck.choice([0, shares // 2, shares, shares + 1]),)),
        ]
    )


def play(trading: Trading, calls: int, seed: int) -> tuple[int, set[str]]:
    """Random calls of both; each leaves product and product by share where they were, or higher."""
    luck, made, refused = Random(seed), 0, set()
    trading.call("alice", "add", 1_000, 100_000)
    for number in range(calls):
        twin = trading.amm.twin
        account = luck.choice(["alice", "bob"])
        address = "0x" + trading.owners[REGISTER.accounts[account]].address.hex()
        function, arguments = any_call(luck, twin, twin.sharesOf.get(address, 0))
        product, total = twin.baseReserve * twin.quoteReserve, twin.totalShares
        wealth = [trading.wallet(owner) for owner in (ALICE, BOB)]
        try:
            trading.call(account, function, *arguments)
        except ChainReverted as refusal:
            refused.add(refusal.error)
            assert [trading.wallet(owner) for owner in (ALICE, BOB)] == wealth
        else:
            made += 1
            assert twin.baseReserve * twin.quoteReserve * total**2 >= product * twin.totalShares**2
        if number % 3 == 0:
            trading.rig.settle(trading.rig.batch())
            trading.state()
    return made, refused


def test_contract_and_twin_are_equal_after_random_calls(trading: Trading) -> None:
    made, refused = play(trading, 45, seed=4)
    assert made > 12 and len(refused) >= 4
    assert trading.state()["cumulative"] and trading.state()["observed"]


@pytest.mark.thorough
@pytest.mark.parametrize("fee_bps", [0, 1_000])
def test_contract_and_twin_are_equal_after_many_random_calls(fee_bps: int, chain_rig: Rig) -> None:
    made, refused = play(Trading(chain_rig, fee_bps), 150, seed=fee_bps)
    assert made > 50
    assert {"BeyondReserve", "PriceMoved", "NothingToSwap", "ShortOfShares", "NothingToRemove"} <= refused


def test_whoever_adds_and_removes_gains_nothing(trading: Trading) -> None:
    trading.call("alice", "add", 1_003, 100_777)
    before = trading.wallet(BOB)
    for base, quote in ((1, 101), (7, 5_000), (400, 40_003)):
        shares = trading.call("bob", "add", base, quote)["shares"]
        trading.call("bob", "remove", int(shares))
        assert all(now <= then for now, then in zip(trading.wallet(BOB), before, strict=True))
    assert before[1] - trading.wallet(BOB)[1] < 500, "rounding costs no more than a few units"


def test_the_first_provider_leaves_the_burnt_shares_behind(trading: Trading) -> None:
    shares = int(trading.call("alice", "add", 1_000, 100_000)["shares"])
    assert (shares, trading.amm.twin.totalShares) == (10_000 - BURNT, 10_000)
    trading.call("alice", "remove", shares)
    assert trading.wallet(ALICE) == (STOCK - 100, MONEY - 10_000)
    assert trading.state()["totalShares"] == BURNT


@pytest.mark.parametrize(
    ("function", "arguments", "error"),
    [
        ("buy", (0, 1), r"NothingToSwap"),
        ("buy", (1_000, 10**9), r"BeyondReserve\(wanted=1000, reserve=1000\)"),
        ("buy", (10, 1_013), r"PriceMoved\(found=1014, limit=1013\)"),
        ("sell", (10, 988), r"PriceMoved\(found=987, limit=988\)"),
        ("sell", (0, 0), r"NothingToSwap"),
        ("sell", (STOCK + 1, 0), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=100000, needed=100001\)"),
        ("add", (0, 5), r"NothingToAdd"),
        ("remove", (1,), r"ShortOfShares\(owner=0x[0-9a-f]{40}, held=0, needed=1\)"),
        ("remove", (0,), r"NothingToRemove"),
    ],
)
def test_a_call_that_may_not_be_is_refused_and_moves_nothing(trading: Trading, function, arguments, error) -> None:
    trading.call("alice", "add", 1_000, 100_000)
    before = trading.wallet(BOB), trading.state()
    with pytest.raises(ChainReverted, match=error):
        trading.call("bob", function, *arguments)
    assert (trading.wallet(BOB), trading.state()) == before


def test_an_empty_pool_trades_nothing_and_begins_with_enough(trading: Trading) -> None:
    for function, arguments, error in (
        ("sell", (1, 0), "NothingToSwap"),
        ("buy", (1, 9), r"BeyondReserve\(wanted=1, reserve=0\)"),
        ("add", (1_000, 1_000), r"PoolTooSmall\(found=1000, least=1001\)"),
    ):
        with pytest.raises(ChainReverted, match=error):
            trading.call("bob", function, *arguments)


def test_the_price_is_accumulated_over_epochs_before_it_changes(trading: Trading) -> None:
    trading.call("alice", "add", 1_000, 100_000)
    for _ in range(3):
        trading.rig.settle(trading.rig.batch())
    numbers = trading.call("bob", "buy", 100, 20_000)
    assert numbers["cumulative"] == 3 * 100 * SCALE and numbers["epoch"] == 3
    assert "cumulative" not in trading.call("bob", "sell", 1, 0), "nothing more in the same epoch"


def rounds_down(twin: AmmModel) -> None:
    twin.quoteReserve -= 1


def divides_first(twin: AmmModel) -> None:
    twin.cumulative = twin.quoteReserve // twin.baseReserve * SCALE


def other_unit(twin: AmmModel) -> None:
    twin.totalShares *= 100


def other_owner(twin: AmmModel) -> None:
    owner, shares = next(iter(twin.sharesOf.items()))
    twin.sharesOf[owner] = shares - 1


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (rounds_down, r"amm says quoteReserve 100050, and its twin 100049"),
        (divides_first, r"amm says cumulative 0, and its twin 100000000"),
        (other_unit, r"amm says totalShares 10002, and its twin 1000200"),
        (other_owner, r"amm says shares of 0x[0-9a-f]{40} 9002, and its twin 9001"),
    ],
)
def test_a_planted_difference_is_told_with_its_field_and_both_values(
    trading: Trading, plant: Callable[[AmmModel], None], told: str
) -> None:
    trading.call("alice", "add", 1_000, 100_050)
    plant(trading.amm.twin)
    with pytest.raises(InvariantBroken, match=told):
        trading.state()


def test_a_twin_with_another_fee_differs_in_the_first_trade(trading: Trading) -> None:
    trading.call("alice", "add", 1_000, 100_000)
    trading.amm.twin.feeBps = 3
    with pytest.raises(InvariantBroken, match="call 2: amm says quote 1014, and its twin 1011"):
        trading.call("bob", "buy", 10, 2_000)
    trading.amm.twin.baseReserve = 5
    with pytest.raises(InvariantBroken, match="call 3: amm made buy, which its twin refuses: BeyondReserve"):
        trading.call("bob", "buy", 10, 2_000)


@pytest.mark.parametrize(
    ("plant", "function", "arguments", "told"),
    [
        (
            {"feeBps": 0},
            "buy",
            (10, 1_012),
            r"refused buy with PriceMoved\(found=1014, limit=1012\), and its twin makes",
        ),
        ({"feeBps": 0}, "buy", (10, 1_000), r"limit=1000\), and its twin refuses it with PriceMoved\(found=1011,"),
        (
            {"quoteReserve": 10**7},
            "sell",
            (10, 10**6),
            r"found=987, .*its twin refuses it with PriceMoved\(found=98715",
        ),
        (
            {"baseReserve": 10},
            "buy",
            (1_000, 1),
            r"reserve=1000\), and its twin .*BeyondReserve\(wanted=1000, reserve=10\)",
        ),
        ({"sharesOf": {}}, "remove", (99_999,), r"held=9000, needed=99999\), and its twin .*held=0, needed=99999"),
    ],
    ids=["limit", "price", "units", "reserve", "owner"],
)
def test_a_planted_difference_in_a_refusal_is_told_with_both(
    trading: Trading, plant: dict[str, object], function: str, arguments: tuple[int, ...], told: str
) -> None:
    trading.call("alice", "add", 1_000, 100_000)
    vars(trading.amm.twin).update(plant)
    with pytest.raises(InvariantBroken, match=rf"call 2: amm .*{told}"):
        trading.call("alice", function, *arguments)


def test_what_only_a_token_refuses_is_no_difference(trading: Trading) -> None:
    trading.call("alice", "add", 1_000, 100_000)
    with pytest.raises(ChainReverted, match="ShortOfTokens"):
        trading.call("bob", "sell", STOCK + 1, 0)


def test_a_gift_to_the_pool_changes_no_price(trading: Trading) -> None:
    trading.call("alice", "add", 1_000, 100_000)
    before = trading.state()
    trading.context.host.give(bytes.fromhex(trading.amm.place[2:]), CASH, 5_000)
    assert trading.state() == before
    assert trading.call("bob", "buy", 10, 2_000)["quote"] == 1_014


def test_a_pool_trades_two_tokens_that_exist_for_a_possible_fee(rig: Rig) -> None:
    scene = Trading(rig).context
    for base, said in (("CALL", "CALL is neither here"), ("USD", "two different tokens, found USD twice")):
        with pytest.raises(InputError, match=said):
            Amm(base=base).deploy(scene)
    with pytest.raises(InputError, match="0 to 9,999 basis points, found 10000"):
        Amm(fee_bps=10_000)
    tokens = TokenPlace(SHARES), TokenPlace(CASH)
    with pytest.raises(ChainReverted, match=r"BadFee\(feeBps=10000\)"):
        scene.host.deploy("Amm", *tokens, ClockPlace(), 10_000)


def test_the_fields_that_are_compared_are_all_numbers_of_the_contract() -> None:
    public = {name for name, entry in artifact("Amm").functions.items() if not entry.inputs and entry.outputs}
    assert set(FIELDS) == public - {"BURNT", "SCALE", "feeBps", "baseToken", "quoteToken", "clock", "accumulated"}


class Hostile:
    """A pool of a hostile token, which owns a part of its own supply, and money."""

    def __init__(self, rig: Rig) -> None:
        self.bank = bank = Bank(rig)
        self.token, _ = bank.hostile(100_000)
        money = rig.settlement.tokens[CASH]
        bank.does(bank.me, "mint", "0x" + bank.me.address.hex(), 100_000, to=money)
        self.amm = bank.chain.deploy(
            bank.me, "Amm", self.token.written, money.written, rig.settlement.contract.written, 30
        )
        bank.does(bank.me, "approve", self.amm.written, 100_000, to=money)
        bank.does(bank.me, "add", 1_000, 50_000, to=self.amm)
        bank.does(bank.me, "transfer", self.token.written, 500, to=self.token)

    def sell_while_it(self, manner: int) -> None:
        again = artifact("Amm").functions["sell"].call(100, 0)
        self.bank.does(self.bank.me, "behave", manner, self.amm.written, again, to=self.token)
        self.bank.does(self.bank.me, "sell", 100, 0, to=self.amm)

    def reserves(self) -> list[int]:
        return [self.bank.chain.call(self.amm, name) for name in ("baseReserve", "quoteReserve")]


@pytest.mark.parametrize("manner", [SAYS_NO, KEEPS_FEE])
def test_a_token_that_lies_is_refused(chain_rig: Rig, manner: int) -> None:
    hostile = Hostile(chain_rig)
    with pytest.raises(ChainReverted, match=LIES[manner]):
        hostile.sell_while_it(manner)
    assert hostile.reserves() == [1_000, 50_000]


def test_a_token_that_sells_again_while_it_is_paid_sells_nothing(chain_rig: Rig) -> None:
    """The sale inside would count its tokens for the sale outside, too."""
    hostile = Hostile(chain_rig)
    with pytest.raises(ChainReverted, match="expected=100, received=200"):
        hostile.sell_while_it(CALLS_BACK)
    assert hostile.reserves() == [1_000, 50_000]
    assert hostile.bank.chain.call(hostile.token, "balanceOf", hostile.amm.written) == 1_000
