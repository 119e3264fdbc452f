"""The claims on a lending pool: who is there first cannot make them so dear that rounding takes from who comes next."""

from __future__ import annotations

import pytest

from market_sim.blockchain.debt_model import up
from market_sim.blockchain.lending_model import FLASH_FEE_BPS, VIRTUAL, LendingModel
from market_sim.pricing.constant_product import BPS
from tests.conftest import ROOT

FIRST, NEXT = "first", "next"


def inflated(brought: int, loans: int) -> tuple[LendingModel, int]:
    """A pool of one lender, which pays for flash loans of all its money; returns what the loans cost it."""
    pool = LendingModel(rate=0)
    pool.supply(FIRST, brought)
    return pool, sum(pool.flash(pool.cash) for _ in range(loans))


@pytest.mark.parametrize("brought", [1, 2, 50, 1_000])
@pytest.mark.parametrize("loans", [0, 900, 5_000])
@pytest.mark.parametrize("parts", [1, 2, 7])
def test_dear_claims_gain_nothing_for_whoever_made_them_dear(brought: int, loans: int, parts: int) -> None:
    """The first lender lends alone, and makes a claim dear by the fees of flash loans, which are its own."""
    pool, fees = inflated(brought, loans)
    comes = 2 * pool.assets - 1
    for _ in range(parts):
        pool.supply(NEXT, comes)
    back = int(pool.withdraw(NEXT, pool.claimsOf[NEXT])["amount"])
    assert parts * comes - back <= 2 + pool.assets // 500, (
        "the next lender loses at most a five-hundredth of what was there"
    )
    assert int(pool.withdraw(FIRST, pool.claimsOf[FIRST])["amount"]) <= brought + fees


def test_the_first_lender_gets_a_claim_for_each_unit_and_all_of_it_back() -> None:
    pool = LendingModel(rate=0)
    assert pool.supply(FIRST, 500)["claims"] == 500
    assert (pool.withdraw(FIRST, 500)["amount"], pool.assets, pool.totalClaims) == (500, 0, 0)


def test_the_page_of_the_decision_has_the_numbers_of_a_pool_without_the_claims_of_nobody() -> None:
    page = (ROOT / "docs/decisions/0105-a-thousand-claims-belong-to-nobody.md").read_text()
    was = 1
    for _ in range(8_000):
        was += up(was * FLASH_FEE_BPS, BPS)
    comes = 2 * was - 1
    assert comes // was == 1, "the next lender gets one claim, as the first one has"
    back = (was + comes) // 2 + (was + comes) % 2
    for told in (was, comes, back, back - was):
        assert f"{told:,}" in page
    assert round(comes / (back - was)) == 4 and f"(assets + {VIRTUAL:,})" in page
