"""Margin accounts and a naive reference come to the same money, shares and losses, and refuse the same calls."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random

import pytest

from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.margin_reference import NaiveError, NaiveMargin
from tests.unit.blockchain.rig import FEES, SHARES, Rig
from tests.unit.blockchain.test_margin_vault import NO_LIMIT, Margin


def any_call(luck: Random, margin: Margin, name: str, down: bool) -> tuple[str, tuple[int, ...]]:
    """A call around what is just possible: in a falling market mostly forced sales, otherwise mostly purchases."""
    money, shares, debt = margin.account(name)
    near = luck.choice([-1, 0, 0, 1])
    has, needs = margin.vault.twin.margin_of(margin.address(name), initial=True)
    room = max(0, has - needs) * 2_000_000 // margin.vault.twin.price
    half = -(-shares // 2)
    calls = [
        ("deposit", (max(0, luck.choice([debt // 9, 900]) + near),)),
        ("withdraw", (max(0, money + near),)),
        ("sell", (max(0, luck.choice([shares, shares // 3]) + near), 0)),
        ("liquidate", (max(0, half + near),)),
        ("buy", (luck.choice([0, room, 2_000]), NO_LIMIT)),
    ]
    often = ("liquidate", (half,)) if down else ("buy", (max(1, room * 95 // 100), NO_LIMIT))
    return often if luck.random() < 0.6 else luck.choice(calls)


def move(luck: Random, margin: Margin, naive: NaiveMargin, down: bool) -> None:
    """Somebody else moves the market down, or back to where it was; the price of the accounts follows."""
    shares = luck.choice([300, 900, 2_500]) if down else max(100, naive.pool[0] - 10_000)
    if down:
        margin.call("fees", "sell", shares, 0, of=margin.pool)
        naive.trade(-shares)
    else:
        margin.call("fees", "buy", shares, NO_LIMIT, of=margin.pool)
        naive.trade(shares)
    margin.pass_epochs(luck.choice([1, 2, 4]))


def both(margin: Margin, naive: NaiveMargin, name: str, function: str, arguments: tuple[int, ...]) -> str:
    """Make a call on both; returns what became of it."""
    price = Fraction(margin.vault.twin.price, 1_000_000)
    given = (name, *arguments) if function == "liquidate" else arguments
    try:
        margin.call(name, function, *given)
    except ChainReverted as refused:
        with pytest.raises(NaiveError):
            naive.do(name, function, price, *arguments)
        return refused.error
    naive.do(name, function, price, *arguments)
    return function


def play(margin: Margin, luck: Random, rounds: int) -> Counter[str]:
    """Random calls on both, compared after each."""
    naive, fates = NaiveMargin(*margin.pool.reserves, 100_000), Counter[str]()
    margin.context.host.give(margin.owners[FEES].address, SHARES, 10**6)
    for name in ("alice", "bob"):
        both(margin, naive, name, "deposit", (5_000,))
    for number in range(rounds):
        name = luck.choice(["alice", "bob"])
        down = number // 16 % 2 == 1
        fates[both(margin, naive, name, *any_call(luck, margin, name, down))] += 1
        for each in ("alice", "bob"):
            money, shares, debt = margin.account(each)
            assert (money - debt, shares) == (naive.cash.get(each, 0), naive.shares.get(each, 0))
        twin = margin.vault.twin
        owed = sum(-cash for cash in naive.cash.values() if cash < 0)
        assert (twin.insurance, twin.cash) == (naive.insurance, naive.lendable - owed - naive.lost)
        assert margin.pool.reserves == tuple(naive.pool)
        if number % 4 == 3:
            move(luck, margin, naive, down)
            margin.state()
    return fates + Counter(lost=naive.lost)


def test_all_is_as_a_naive_reference_says() -> None:
    fates = Counter[str]()
    for seed in range(8):
        fates += play(Margin(Rig()), Random(seed), 96)
    reached = {
        "liquidate",
        "sell",
        "buy",
        "MarginTooSmall",
        "MarginInOrder",
        "SliceTooLarge",
        "ShortOfCollateral",
        "lost",
    }
    assert reached <= fates.keys()


@pytest.mark.thorough
def test_the_compiled_contract_is_as_a_naive_reference_says_in_random_calls(chain_rig: Rig) -> None:
    fates = play(Margin(chain_rig), Random(4), 14)
    assert {"buy", "sell", "MarginTooSmall"} <= fates.keys()
