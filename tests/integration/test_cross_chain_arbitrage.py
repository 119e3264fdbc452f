"""Arbitrage across two chains: what it earns is what the calls and the trades of the run add up to."""

from __future__ import annotations

from functools import cache

import pytest

from market_sim import Options, Session, simulate
from market_sim.core.data.journal import Journal
from market_sim.core.english import listed
from market_sim.core.errors import InputError
from market_sim.core.models.intents import CallContract
from market_sim.core.models.market_events import Trade
from market_sim.core.models.settlement_events import CallExecuted, WalletFunded
from market_sim.core.money import written
from market_sim.market.agents.view import InstrumentView, View
from market_sim.pricing.hash_lock import free_option
from market_sim.simulation.scenarios.cross_chain_arbitrage import (
    ARBITRAGEUR,
    CUSTOMERS,
    SPECULATOR,
    CrossChainArbitrageScenario,
    trades_across,
)
from market_sim.strategies.arbitrage.cross_chain import CrossChainArbitrage
from market_sim.strategies.traditional.swap_sides import SwapTerms
from tests.integration.test_chain_as_a_place import told


@cache
def journal(seed: int = 7, settlement: str = "memory", **fields: float) -> Journal:
    scenario = CrossChainArbitrageScenario(**fields)
    return simulate(scenario, Options(seed=seed, settlement=settlement, paranoid=True)).journal


def answered(of: Journal) -> list[str]:
    """Whose money the arbitrageur claimed, or waits for, by the digests of its locks."""
    done = [call for call in of.of(CallExecuted) if call.succeeded and call.function == "lock"]
    payers = {call.numbers["digest"]: call.account for call in done if call.contract == "usd-lock"}
    return [payers[call.numbers["digest"]] for call in done if call.contract == "acme-lock"]


def test_a_lock_that_answers_no_offer_is_no_answer() -> None:
    session = Session(CrossChainArbitrageScenario(), Options(settlement="memory"))
    session.step(epoch=1)
    session.submit(ARBITRAGEUR, CallContract("acme-lock", "lock", ("maker", 1, "cd" * 32, 12)))
    result = session.run()
    assert len([call for call in result.journal.of(CallExecuted) if call.numbers.get("digest") == "cd" * 32]) == 1
    # The share that is locked there is missing for the last offer.
    assert f"answered those of {listed(answered(journal())[:-1])}:" in result.conclusion


def test_the_gain_is_what_came_in_less_what_the_book_cost_by_an_independent_count() -> None:
    cash = shares = 0
    for call in journal().of(CallExecuted):
        if call.succeeded and call.contract == "usd-lock" and call.function == "claim":
            assert call.account == ARBITRAGEUR
            lock = next(
                one for one in journal().of(CallExecuted)
                if (one.contract, one.function, one.numbers.get("swap"))
                == ("usd-lock", "lock", call.numbers["swap"])
            )  # fmt: skip
            cash += int(lock.numbers["amount"])
    for trade in journal().of(Trade):
        if trade.taker == ARBITRAGEUR:
            shares += trade.side * trade.quantity
            cash -= trade.side * trade.quantity * trade.price + trade.taker_fee
            assert trade.taker_fee > 0
    traded = trades_across(journal())
    assert (traded.gain, traded.bought) == (cash, shares) and cash > 0
    assert traded.sold == shares == 20 * len(answered(journal()))
    said = CrossChainArbitrageScenario().conclusion(journal())
    assert f"answered those of {listed(answered(journal()))}: it delivered {shares} shares" in said
    assert traded.unclaimed == 0
    assert said.endswith(f"for {written(traded.paid)} with fees, and gained {written(cash)}.")


@pytest.mark.parametrize("epochs", [2, 5, 6])
def test_money_that_is_not_claimed_yet_is_no_loss(epochs: int) -> None:
    short = simulate(CrossChainArbitrageScenario(), Options(seed=5, epochs=epochs, settlement="memory")).journal
    traded = trades_across(short)
    calls = [call for call in short.of(CallExecuted) if call.succeeded]
    claims = {
        lock: sum(c.function == "claim" and c.contract == lock for c in calls) for lock in ("usd-lock", "acme-lock")
    }
    open_ = claims["acme-lock"] - claims["usd-lock"]
    assert open_ > 0 and traded.unclaimed == pytest.approx(open_ * 205_000, rel=0.1)
    said = CrossChainArbitrageScenario().conclusion(short)
    assert said.endswith(f"with fees, and had still to claim {written(traded.unclaimed)} when the run ended.")
    assert "lost" not in said


def test_every_leg_of_a_swap_ends_like_the_other_one() -> None:
    calls = [call for call in journal().of(CallExecuted) if call.succeeded]
    ends = {
        lock: [call.function for call in calls if call.contract == lock and call.function in ("claim", "refund")]
        for lock in ("usd-lock", "acme-lock")
    }
    assert ends["usd-lock"].count("claim") == ends["acme-lock"].count("claim") == len(answered(journal()))


def test_below_its_costs_no_offer_is_answered() -> None:
    scenario = CrossChainArbitrageScenario(premium_percent=-2.0)
    poor = journal(seed=28, premium_percent=-2.0)
    assert not answered(poor) and not scenario.holds(poor) and trades_across(poor).bought == 0
    assert scenario.conclusion(poor).startswith("No offer of the other chain covered the book")


@pytest.mark.parametrize("seed", [27, 28])
def test_who_does_not_count_the_time_serves_the_speculator_and_gains_less(seed: int) -> None:
    careful, careless = journal(seed), journal(seed, counts_time=False)
    assert SPECULATOR not in answered(careful) and SPECULATOR in answered(careless)
    assert set(CUSTOMERS) == set(answered(careful)) == set(answered(careless)) - {SPECULATOR}
    assert trades_across(careless).gain < trades_across(careful).gain


TERMS = SwapTerms("eve", "me", "ACME", 10, 101_500, "usd-lock", "acme-lock", 8, 5)


def view(*asks: tuple[int, int], last: int = 10_000) -> View:
    market = InstrumentView("ACME", last=last, depth=([], list(asks)))
    return View({"ACME": market}, time=2_000_000_000)


def test_an_offer_pays_if_it_covers_the_levels_of_the_book_the_fee_and_the_choice() -> None:
    years = 3 / 252
    choice = free_option(10_000, 10_150, 10, years, 0.2)
    book = 6 * 10_010 + 4 * 10_020
    spare = 101_500 - book * 1.0005 - choice
    for least, pays in ((int(spare), True), (int(spare) + 1, False)):
        trader = CrossChainArbitrage((TERMS,), taker_bps=5, volatility=0.2, least_gain=least)
        assert trader.pays(view((10_010, 6), (10_020, 9)), TERMS) is pays
    assert not CrossChainArbitrage((TERMS,)).pays(view((10_010, 6)), TERMS), "the book does not hold as many"
    careless = CrossChainArbitrage((TERMS,), taker_bps=5, volatility=0.2, least_gain=int(spare) + 1, counts_time=False)
    assert careless.pays(view((10_010, 6), (10_020, 9)), TERMS)
    with pytest.raises(InputError, match=r"fees and volatilities are not negative, found -1 and 0\.2"):
        CrossChainArbitrage(taker_bps=-1)


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same() -> None:
    """Until the first swap is over."""
    one, other = (
        simulate(CrossChainArbitrageScenario(), Options(epochs=7, settlement=where)).journal
        for where in ("memory", "eth-tester")
    )
    assert told(one) == told(other) and trades_across(one).received


def test_without_a_chain_there_is_nobody_to_sell_to() -> None:
    alone = journal(settlement="none")
    assert not list(alone.of(WalletFunded)) and trades_across(alone).bought == 0
    assert CrossChainArbitrageScenario().conclusion(alone).endswith("there was no other chain to sell on.")
