"""The formula of a pool: against a search without the formula, and what no sequence of trades may change."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.pricing.constant_product import (
    best_purchase,
    best_round_trip,
    best_sale,
    impermanent_loss,
    price_to_buy,
    price_to_sell,
)

RESERVES = st.integers(2, 10**9)
FEES = st.integers(0, 1_000)


def keeps(base: int, quote: int, base_in: Fraction, quote_in: Fraction) -> bool:
    """Whether the product of the reserves does not fall, counting what came in less the fee."""
    return (base + base_in) * (quote + quote_in) >= base * quote


@given(RESERVES, RESERVES, FEES, st.data())
def test_a_purchase_costs_the_least_whole_amount_that_keeps_the_product(base, quote, fee, data) -> None:
    bought = data.draw(st.integers(1, base - 1))
    paid, kept = price_to_buy(bought, base, quote, fee), Fraction(10_000 - fee, 10_000)
    assert keeps(base, quote, Fraction(-bought), paid * kept)
    assert not keeps(base, quote, Fraction(-bought), (paid - 1) * kept)


@given(RESERVES, RESERVES, FEES, st.integers(1, 10**9))
def test_a_sale_brings_the_largest_whole_amount_that_keeps_the_product(base, quote, fee, sold) -> None:
    got, counted = price_to_sell(sold, base, quote, fee), sold * Fraction(10_000 - fee, 10_000)
    assert keeps(base, quote, counted, Fraction(-got))
    assert not keeps(base, quote, counted, Fraction(-got - 1))


@pytest.mark.parametrize("fee", [0, 1, 30, 9_999])
def test_the_product_of_no_small_pool_ever_falls(fee: int) -> None:
    """Every pool of up to 20 units on either side, and every trade of up to 20 units."""
    for base, quote in product(range(1, 21), repeat=2):
        for traded in range(1, 21):
            got = price_to_sell(traded, base, quote, fee)
            assert got < quote and (base + traded) * (quote - got) >= base * quote
            if traded < base:
                assert (base - traded) * (quote + price_to_buy(traded, base, quote, fee)) >= base * quote


@pytest.mark.parametrize("fee", [0, 30, 500])
@pytest.mark.parametrize("value", [60.0, 95.5, 100.0, 104.0, 180.0])
def test_the_best_quantities_gain_as_much_as_any_other(fee: int, value: float) -> None:
    """All quantities are tried; rounding to a unit of money may shift the best by little, and its gain by a unit."""
    base, quote = 1_000, 100_000_000
    value *= 1_000
    buys = [value * each - price_to_buy(each, base, quote, fee) for each in range(900)]
    sells = [price_to_sell(each, base, quote, fee) - value * each for each in range(900)]
    bought = best_purchase(base, quote, fee, value, most=899)
    sold = best_sale(base, quote, fee, value, most=899)
    # Of the two neighbours of the real optimum the whole one below it is chosen.
    assert buys[bought] >= max(buys) - quote / base**2 * 2
    assert sells[sold] >= max(sells) - quote / base**2 * 2
    assert not (bought and sold)
    assert bought == 0 or buys[bought] > buys[bought - 1]
    assert best_purchase(base, quote, fee, value, most=1) == min(1, bought)


@pytest.mark.parametrize(
    ("ratio", "published"),
    [(1.25, -0.006), (1.5, -0.020), (1.75, -0.038), (2, -0.057), (3, -0.134), (4, -0.200), (5, -0.255)],
)
def test_the_loss_against_holding_is_the_published_one(ratio: float, published: float) -> None:
    """The table in Pintail, "Uniswap: A good deal for liquidity providers?" (2019)."""
    assert impermanent_loss(ratio) == pytest.approx(published, abs=0.0006)
    assert impermanent_loss(1 / ratio) == pytest.approx(impermanent_loss(ratio))


def test_the_loss_against_holding_is_what_the_pool_itself_loses() -> None:
    base, quote = 10**9, 10**9
    left = base - 10**9 // 2  # half of the asset is bought, so the price is four times what it was
    paid = price_to_buy(base - left, base, quote, fee_bps=0)
    pool, held = 4 * left + quote + paid, 4 * base + quote
    assert pool / held - 1 == pytest.approx(impermanent_loss(4.0))


@given(st.integers(50, 400), st.integers(50, 400), st.integers(2_000, 80_000), st.integers(2_000, 80_000), FEES)
def test_the_best_round_trip_gains_as_much_as_any_other(base, other, quote, other_quote, fee) -> None:
    """All quantities are tried; a rounding of two prices may hide the top by a few units of money."""
    cheap, dear = (base, quote, fee), (other, other_quote, 30)

    def gain(quantity: int) -> int:
        paid = price_to_buy(quantity, *cheap)
        return price_to_sell(quantity, *dear) - paid - -(-paid * 9 // 10_000)

    found = best_round_trip(cheap, dear, 9)
    best = max([0, *map(gain, range(1, min(base, other) - 1))])
    reached = gain(found) if found else 0
    assert reached >= 0 and best - reached <= 6
