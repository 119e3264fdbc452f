"""A guarded pool on a chain and in memory: a fast move halts its trades by the exchange's rule, and locks nobody in."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from market_sim.blockchain.amm_model import SCALE
from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.guarded_amm import GuardedAmm
from market_sim.blockchain.guarded_amm_model import GuardedAmmModel, HaltRule
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken
from tests.unit.blockchain.rig import CASH, SHARES, Rig
from tests.unit.blockchain.test_amm import Trading

RULE = HaltRule(move_bps=500, window=2, halt=3)


class Guarded(Trading):
    """A guarded pool without a fee, of 1,000 shares at 100.00 each."""

    def __init__(self, rig: Rig, rule: HaltRule = RULE) -> None:
        super().__init__(rig)
        self.amm = GuardedAmm(fee_bps=0, rule=rule)
        self.amm.deploy(self.context)
        self.call("alice", "add", 1_000, 10_000_000)

    @property
    def guard(self) -> GuardedAmmModel:
        assert isinstance(self.amm.twin, GuardedAmmModel)
        return self.amm.twin

    def pass_epochs(self, number: int) -> None:
        for _ in range(number):
            self.rig.settle(self.rig.batch())


@pytest.fixture
def pool(rig: Rig) -> Guarded:
    return Guarded(rig)


def test_the_trade_that_moves_the_price_stands_and_no_other_follows_in_the_halt(pool: Guarded) -> None:
    assert "haltedUntil" not in pool.call("bob", "sell", 20, 0)
    pool.pass_epochs(1)
    told = pool.call("bob", "sell", 10, 0)
    assert (told["haltedUntil"], told["reached"]) == (4, int(told["reached"]))
    assert int(told["reached"]) * 20 <= 19 * 10_000 * SCALE, "5 % and more"
    before = pool.state(), pool.wallet(2)
    for function, arguments in (("buy", (1, 10**9)), ("sell", (1, 0))):
        with pytest.raises(ChainReverted, match=r"TradingHalted\(until=4, settled=1\)"):
            pool.call("alice", function, *arguments)
    assert (pool.state(), pool.wallet(2)) == before
    pool.call("bob", "add", 10, 10**6)
    pool.call("alice", "remove", 1_000)
    pool.pass_epochs(2)
    with pytest.raises(ChainReverted, match=r"TradingHalted\(until=4, settled=3\)"):
        pool.call("bob", "buy", 1, 10**9)
    pool.pass_epochs(1)
    told = pool.call("bob", "buy", 1, 10**9)
    assert told["resumedAt"] == 4 and int(told["mean"]) < 95 * 100 * SCALE
    assert pool.state()["haltedUntil"] == 0


@pytest.mark.parametrize(("reserve", "halts"), [(949_999, True), (950_000, True), (950_001, False)])
def test_a_move_of_exactly_the_limit_halts(reserve: int, halts: bool) -> None:
    twin = GuardedAmmModel(0, baseReserve=100, quoteReserve=reserve, rule=RULE, mean=10_000 * SCALE)
    assert ("haltedUntil" in twin._after_trade()) is halts


def naive(rule: HaltRule, trades: list[tuple[int, Fraction, Fraction]], prices: dict[int, Fraction]) -> list[bool]:
    """For each attempt (epoch, price before, price after) whether it is made, price by price and epoch by epoch."""
    made, until, mean, begun = [], 0, Fraction(0), 0
    for epoch, before, after in trades:
        if epoch < until:
            made.append(False)
            continue
        if until or not mean:
            mean, begun, until = before, epoch, 0
        elif epoch - begun >= rule.window:
            mean = sum((prices[each] for each in range(begun, epoch)), Fraction(0)) / (epoch - begun)
            begun = epoch
        made.append(True)
        if abs(after - mean) * 10_000 >= rule.move_bps * mean:
            until = epoch + rule.halt
    return made


def played(pool: Guarded, luck: Random, rounds: int) -> list[bool]:
    """Random trades, each compared with the naive reference; returns which were made."""
    trades: list[tuple[int, Fraction, Fraction]] = []
    prices: dict[int, Fraction] = {}
    made: list[bool] = []
    for _ in range(rounds):
        twin, epoch = pool.guard, pool.rig.settlement.head().epoch
        price = Fraction(twin.quoteReserve, twin.baseReserve)
        base, sign = luck.randrange(1, 25), luck.choice([1, -1])
        changed = Fraction(twin.baseReserve + sign * base)
        arguments = ("sell", base, 0) if sign > 0 else ("buy", base, 10**12)
        trades.append((epoch, price, Fraction(twin.baseReserve * twin.quoteReserve) / changed**2))
        try:
            pool.call("bob", *arguments)
        except ChainReverted as refused:
            if refused.error != "TradingHalted":
                raise
            made.append(False)
        else:
            made.append(True)
            twin = pool.guard
            price = Fraction(twin.quoteReserve, twin.baseReserve)
            trades[-1] = (epoch, trades[-1][1], price)
        if luck.random() < 0.6:
            prices[epoch] = price
            pool.pass_epochs(1)
    pool.state()
    assert made == naive(pool.amm.rule, trades, prices)
    return made


@pytest.mark.parametrize("seed", range(4))
def test_it_halts_when_a_naive_reference_says_so(seed: int) -> None:
    made = played(Guarded(Rig()), Random(seed), 60)
    assert 5 < sum(made) < 55, "halts and trades were both reached"


def test_the_compiled_pool_halts_when_a_naive_reference_says_so(chain_rig: Rig) -> None:
    made = played(Guarded(chain_rig), Random(9), 18)
    assert True in made and False in made


def test_a_planted_difference_is_told_with_its_field_and_both_values() -> None:
    pool = Guarded(Rig())
    pool.call("bob", "sell", 1, 0)
    pool.guard.mean //= 100
    with pytest.raises(InvariantBroken, match="amm says mean 10000000000, and its twin 100000000"):
        pool.state()


def test_a_twin_with_another_limit_differs_in_the_trade_that_halts() -> None:
    pool = Guarded(Rig())
    pool.guard.rule = RULE._replace(move_bps=9_000)
    with pytest.raises(InvariantBroken, match="call 2: amm says haltedUntil 3, and its twin None"):
        pool.call("bob", "sell", 40, 0)


def test_the_fields_that_are_compared_are_all_numbers_of_the_contract() -> None:
    functions = artifact("GuardedAmm").functions
    public = {name for name, entry in functions.items() if not entry.inputs and entry.outputs}
    fixed = {"BURNT", "SCALE", "baseToken", "quoteToken", "clock", "feeBps", "moveBps", "window", "halt", "accumulated"}
    assert set(GuardedAmm.fields) == public - fixed


def test_terms_that_are_none_are_refused(rig: Rig) -> None:
    trading = Trading(rig)
    for rule in (
        RULE._replace(move_bps=0),
        RULE._replace(move_bps=10_001),
        RULE._replace(window=0),
        RULE._replace(halt=0),
    ):
        with pytest.raises(
            InputError, match="a halt needs a move of 1 to 10,000 basis points, and a window and a halt"
        ):
            GuardedAmm(rule=rule)
        with pytest.raises(ChainReverted, match=r"BadHalt\(moveBps=\d+, window=\d, halt=\d\)"):
            trading.context.host.deploy("GuardedAmm", TokenPlace(SHARES), TokenPlace(CASH), ClockPlace(), 30, *rule)
    assert GuardedAmm().terms()["moveBps"] == 500
