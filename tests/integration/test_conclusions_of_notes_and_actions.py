"""What a note and what a company's actions conclude is true for other parameters: counted again in another way."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product

import pytest

from market_sim.core.data.fold import fold
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import Deposited, Trade, Transferred
from market_sim.core.models.mechanism_events import Exercised, InstrumentExpired, SettlementPriceSet
from market_sim.core.money import dollars, written
from market_sim.market.mechanisms.liabilities import Liabilities
from market_sim.simulation.scenarios.corporate_actions import CorporateActionsScenario
from market_sim.simulation.scenarios.structured_note import StructuredNote
from tests.integration.test_conclusions import covered, played, told_payers
from tests.integration.test_conclusions_of_life_cycles import moved

NOTES = [
    *(
        (StructuredNote(shock_percent=shock, participation_bps=part), 12, 7)
        for shock, part in product((-80.0, 0.0, 8.0, 200.0), (1, 8_000, 50_000))
    ),
    (StructuredNote(), 9, 7), (StructuredNote(), 1, 7), (StructuredNote(bank_cash=0), 12, 3),
    (StructuredNote(shock_percent=200.0, house_capital=dollars(5_000), bank_cash=0), 12, 2),
    (StructuredNote(savers=1), 12, 7), (StructuredNote(savers=40, interest_bps=0.0), 11, 7),
    (StructuredNote(interest_bps=200.0), 12, 7),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "epochs", "seed"), NOTES)
def test_a_note_says_what_was_paid_for_it_promised_and_got(scenario: StructuredNote, epochs: int, seed: int) -> None:
    result = played(scenario, epochs, seed)
    journal, said = result.journal, result.conclusion
    bought = [trade for trade in journal.of(Trade) if trade.symbol == "SAFE" and trade.taker.startswith("saver")]
    assert all(trade.side == BUY for trade in bought)
    notes, cost = sum(trade.quantity for trade in bought), sum(trade.quantity * trade.price for trade in bought)
    assert re.match(rf"Savers bought {notes} notes? for {re.escape(written(cost))}[.;]", said)
    settled = [event.price for event in journal.of(SettlementPriceSet) if event.symbol == "ACME"]
    assert ("ended before the maturity" in said) == (not settled) == (epochs < 10)
    if not settled:
        return
    rise = max(Fraction(settled[0], 10_000) - 1, Fraction(0))
    each = int(100_000 * (1 + Fraction(scenario.participation_bps, 10_000) * rise))
    assert f"settled at {written(settled[0])}" in said
    assert f"a note promised {written(each)}: 1,000.00 and {written(each - 100_000)} for the rise" in said
    promised, got = each * notes, moved(journal, "MATURED", "USD")
    assert f"holders got {written(got)} of {written(promised)}" in said
    assert got <= promised
    assert told_payers(said) == covered(journal)
    assert (got < promised) == (f"went without {written(promised - got)}" in said)


def test_a_note_is_quoted_at_its_bond_and_its_calls_until_it_pays():
    journal = played(StructuredNote(shock_percent=50.0)).journal
    prices = [trade.price for trade in journal.of(Trade) if trade.symbol == "SAFE"]
    assert all(98_000 < price < 104_000 for price in prices)


ACTIONS = [
    *(
        (CorporateActionsScenario(dividend=dividend, split=split, special=special), 12, 7)
        for dividend, split, special in product((0, 1_000), (1, 2, 7, 10), (0, 1, 500))
    ),
    (CorporateActionsScenario(), 4, 7), (CorporateActionsScenario(), 2, 7), (CorporateActionsScenario(), 8, 7),
    (CorporateActionsScenario(sold_short=1, calls=1), 12, 1),
    (CorporateActionsScenario(sold_short=100, calls=10), 12, 2),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "epochs", "seed"), ACTIONS)
def test_corporate_actions_say_what_owner_short_and_option_see(
    scenario: CorporateActionsScenario, epochs: int, seed: int
) -> None:
    result = played(scenario, epochs, seed)
    journal, said = result.journal, result.conclusion
    dividend = scenario.dividend if epochs >= 3 else 0
    split = scenario.split if epochs >= 5 else 1
    special = scenario.special if epochs >= 7 else 0
    assert (f"a dividend of {written(dividend)} on 3,000 shares" in said) == (dividend > 0)
    assert (f"split its share {split} for 1" in said) == (split > 1)
    assert (f"a special dividend of {written(special)} on {3_000 * split:,} shares" in said) == (special > 0)
    if not dividend and split == 1 and not special:
        assert said == "The company did nothing before the run ended."
        return
    owner = fold(journal)["owner"]
    assert f"100 shares are {owner['ACME']:,} and {written(owner.get('USD', 0))} in cash" in said
    assert (owner["ACME"], owner.get("USD", 0)) == (100 * split, 100 * (dividend + split * special))
    liabilities = Liabilities()
    liabilities.read(journal.since(0))
    owed = sum(liabilities.borrowed.get("bear", {}).get("ACME", {}).values())
    assert f"owes {owed:,} now and paid its lender {written(moved(journal, 'MANUFACTURED_DIVIDEND', 'USD'))}" in said
    assert owed == scenario.sold_short * split
    stands = f"stands for {10 * split}" + (f" and {written(10 * split * special)} in cash" if special else "")
    assert stands in said
    if not any(journal.of(InstrumentExpired)):
        assert "had not expired" in said
        assert epochs < 9
        return
    [settled] = [event.price for event in journal.of(SettlementPriceSet) if event.symbol == "ACME"]
    assert said.endswith(f"exercised at the expiry, when ACME settled at {written(settled)}.")
    used = sum(event.quantity for event in journal.of(Exercised) if event.account == "holder")
    assert re.search(rf"; {used} calls? of the holder (was|were) exercised", said)
    got = [event for event in journal.of(Transferred) if event.target == "holder" and event.asset == "ACME"]
    assert sum(event.amount for event in got) == 10 * split * used


def test_by_a_split_and_a_special_dividend_nobody_gains_or_loses():
    """The same seed with and without them: owner, bear and holder end up worth the same, up to a cent a share."""
    worth = {}
    for split, special in ((1, 0), (2, 0), (10, 500)):
        journal = played(CorporateActionsScenario(dividend=0, split=split, special=special), 12).journal
        assert all(event.account != "owner" for event in journal.of(Deposited) if event.asset == "USD")
        final = next(event.price for event in journal.of(SettlementPriceSet) if event.symbol == "ACME")
        owner = fold(journal)["owner"]
        worth[split] = owner["ACME"] * final + owner.get("USD", 0)
    assert abs(worth[2] - worth[1]) < 100 * 100 * Fraction(2, 100)
    assert abs(worth[10] - worth[1]) < 100 * 100 * Fraction(10, 100)
