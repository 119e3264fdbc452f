"""What the scenario of futures concludes is true for other parameters too: its numbers are counted in another way."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product

import pytest

from market_sim.core.data.fold import fold
from market_sim.core.models.market_events import Deposited, Trade
from market_sim.core.models.mechanism_events import MarkedToMarket
from market_sim.core.models.run_events import ShockHappened, ValueMoved
from market_sim.core.money import written
from market_sim.simulation.scenarios.futures_curve import FuturesCurve
from tests.integration.test_conclusions import covered, played, told_payers
from tests.integration.test_conclusions_of_life_cycles import moved

CURVES = [
    *(
        (FuturesCurve(carry_bps=carry, shock_percent=shock), 12, 7)
        for carry, shock in product((0.0, 20.0, 200.0), (-60.0, 0.0, 60.0))
    ),
    (FuturesCurve(), 6, 3), (FuturesCurve(), 1, 7), (FuturesCurve(expiry_day=1), 3, 1),
    (FuturesCurve(speculators=0), 12, 7), (FuturesCurve(expiry_day=40), 3, 7), (FuturesCurve(speculators=30), 11, 2),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "epochs", "seed"), CURVES)
def test_a_curve_says_where_futures_began_where_they_ended_and_what_carrying_earned(
    scenario: FuturesCurve, epochs: int, seed: int
) -> None:
    result = played(scenario, epochs, seed)
    journal, said = result.journal, result.conclusion
    for symbol, expiry in (("ACME-F1", scenario.expiry_day), ("ACME-F2", 2 * scenario.expiry_day)):
        first = next((trade for trade in journal.of(Trade) if trade.symbol == symbol), None)
        if first is None:
            assert f"{symbol} was never traded" in said
            continue
        assert f"{symbol} was first traded at {written(first.price)}" in said
        # Both futures are first traded before any news: the share is worth what the last step of its value left.
        worth = [event.value for event in journal.of(ValueMoved) if event.time <= first.time][-1]
        if not any(event.time <= first.time for event in journal.of(ShockHappened)):
            away = f"{written(abs(first.price - worth))} {'below' if first.price < worth else 'above'} the share"
            assert f"{written(first.price)}, {away}" in said
        marks = [event for event in journal.of(MarkedToMarket) if event.symbol == symbol]
        settled = re.search(rf"{symbol} [^;]* settled at ([\d,.]+), 0.00 from the share", said)
        if settled is None:
            assert re.search(rf"{symbol} [^;]* had not expired when the run ended", said)
            assert expiry >= epochs
            assert marks == [] or marks[-1].time < expiry * 10**9
        else:
            assert marks[-1].time == expiry * 10**9
            assert settled[1] == written(marks[-1].price)
    # Every payment goes through the house; what losers owe and cannot pay is told beside it.
    assert f"losers paid winners {written(sum(event.paid for event in journal.of(MarkedToMarket)))} day by day" in said
    assert told_payers(said) == covered(journal)
    assert moved(journal, "VARIATION", "USD") >= sum(event.paid for event in journal.of(MarkedToMarket))
    had = sum(event.amount for event in journal.of(Deposited) if event.account == "carrier")
    has = fold(journal)["carrier"]
    mine = [trade for trade in journal.of(Trade) if "carrier" in (trade.maker, trade.taker)]
    if not (ahead := 10 * sum(trade.quantity for trade in mine if trade.symbol == "ACME-F2")):
        assert "Nothing was carried" in said
        return
    assert f"sold {ahead:,} shares ahead" in said
    bought = sum(trade.quantity for trade in mine if trade.symbol == "ACME")
    assert f"bought {bought:,} for" in said
    if delivered := bought - has.get("ACME", 0):
        gain = has["USD"] - had
        assert f"delivered {delivered:,} and had {written(abs(gain))} {'less' if gain < 0 else 'more'} cash" in said
    else:
        assert "none were delivered" in said


def test_at_a_cost_of_carry_the_far_future_stands_above_the_near_one_and_both_above_the_share() -> None:
    journal = played(FuturesCurve(shock_percent=0.0)).journal
    prices: dict[str, list[int]] = {}
    for trade in journal.of(Trade):
        if trade.time < 10**9:
            prices.setdefault(trade.symbol, []).append(trade.price)
    mean = {symbol: Fraction(sum(found), len(found)) for symbol, found in prices.items()}
    assert mean["ACME-F2"] - mean["ACME-F1"] > 50
    assert mean["ACME-F1"] - mean["ACME"] > 50
