"""What a scenario of a life cycle concludes is true for other parameters too: its numbers are counted in another way.

The sentence is made from what mechanisms tell; here its numbers are added up from what was traded and transferred.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from itertools import product

import pytest

from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import InstrumentListed, Trade, Transferred
from market_sim.core.models.mechanism_events import Exercised, FundingPaid, MarkedToMarket, Resolved
from market_sim.core.money import written
from market_sim.pricing.lmsr import worst_loss
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.funding import Funding
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from market_sim.simulation.scenarios.prediction_market import PredictionMarketScenario
from market_sim.simulation.scenarios.warrant_dilution import WarrantDilution
from tests.integration.test_conclusions import covered, played, told_payers

SECOND = 1_000_000_000


def number(pattern: str, said: str) -> int:
    """The one number in a part of the sentence; an amount in its smallest unit."""
    found = re.search(pattern, said)
    assert found is not None, f"{pattern} in {said}"
    return int(re.sub("[,.]", "", found[1]))


def moved(journal: Journal, reason: str, asset: str) -> int:
    """How much of an asset was transferred for this reason; assets may be named by their beginning."""
    events = (event for event in journal.of(Transferred) if event.reason == reason and event.asset.startswith(asset))
    return sum(event.amount for event in events)


OPTIONS = [
    (OptionExpiry(), 12, 7), (OptionExpiry(), 1, 7), (OptionExpiry(), 8, 7), (OptionExpiry(expiry_day=1), 3, 7),
    (OptionExpiry(expiry_day=8, shock_percent=-30.0), 10, 7), (OptionExpiry(shock_percent=60.0), 12, 7),
    (OptionExpiry(shock_percent=0.0, holders=1), 12, 7), (OptionExpiry(expiry_day=3, holders=12), 4, 7),
    (OptionExpiry(shock_percent=500.0), 12, 2), (OptionExpiry(shock_percent=-90.0, holders=6), 12, 1),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "epochs", "seed"), OPTIONS)
def test_an_expiry_says_what_was_exercised_assigned_and_lapsed(scenario: OptionExpiry, epochs: int, seed: int) -> None:
    result = played(scenario, epochs, seed)
    journal, said = result.journal, result.conclusion
    expiry = scenario.expiry_day * SECOND
    used = [event for event in journal.of(Transferred) if event.reason == "EXERCISED" and event.asset != "USD"]
    early = sum(event.amount for event in used if event.time < expiry)
    late = sum(event.amount for event in used) - early
    writers = sorted({event.target for event in used})
    if writers:
        assert f"{len(writers)} writer{'s' if len(writers) > 1 else ''}" in said
        assert f"assigned ({', '.join(writers)})" in said
    else:
        assert "no writer was assigned" in said
    if epochs < scenario.expiry_day:
        assert number(r"^([\d,]+) options? (?:was|were) exercised early", said) == early
        assert said.endswith(f"the run ended before the expiry on day {scenario.expiry_day}.")
        return
    assert number(r": ([\d,]+) options? (?:was|were) exercised before", said) == early
    assert number(r", ([\d,]+) at expiry without being asked for", said) == late
    recent = [
        trade.price
        for trade in journal.of(Trade)
        if trade.symbol == "ACME" and expiry - SECOND // 2 < trade.time <= expiry
    ]
    price = number(r"^ACME was settled at ([\d,.]+), ", said)
    if recent:
        assert abs(price - Fraction(sum(recent), len(recent))) <= Fraction(1, 2)
        assert (f"the mean of the last {len(recent)} trades" if len(recent) > 1 else "price of the last trade") in said
    else:
        assert "its mark, since it had not traded shortly before" in said
    # What was held at the expiry and was not used lapsed: it went back to its writer.
    lapsed = Counter(event.asset for event in journal.of(Transferred) if event.reason == "EXPIRED")
    out, unable = 0, 0
    for event in journal.of(Transferred):
        if event.reason == "EXPIRED":
            strike, is_call = int(event.asset[6:]), event.asset[5] == "C"
            gains = price > strike if is_call else price < strike
            out, unable = (out, unable + event.amount) if gains else (out + event.amount, unable)
    assert bool(lapsed) != ("none lapsed" in said)
    assert (number(r"([\d,]+) lapsed out of the money", said) if out else 0) == out
    assert ("out of the money" in said) == bool(out)
    assert ("could not pay or deliver" in said) == bool(unable)
    assert (number(r"([\d,]+) lapsed because their holders", said) if unable else 0) == unable


FUNDINGS = [
    (Funding(), 8), (Funding(), 1), (Funding(buyers=1), 8), (Funding(buyers=200), 6), (Funding(lean_bps=0), 8),
    (Funding(lean_bps=10_000), 8), (Funding(funding_days=3), 8), (Funding(funding_days=1_000), 8),
    (Funding(buyers=60, lean_bps=5_000), 12), (Funding(buyers=1, lean_bps=10_000, funding_days=2), 5),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "epochs"), FUNDINGS)
def test_funding_says_what_the_two_sides_paid_each_other(scenario: Funding, epochs: int) -> None:
    result = played(scenario, epochs)
    journal, said = result.journal, result.conclusion
    marked, paid = [*journal.of(MarkedToMarket)], [*journal.of(FundingPaid)]
    if not marked:
        assert epochs < scenario.funding_days
        assert said == "The run ended before the first funding time."
        return
    held: Counter[str] = Counter()
    sides: Counter[bool] = Counter()
    for event in journal.since(0):
        if isinstance(event, Trade) and event.symbol == "BTC-PERP":
            held[event.taker] += event.side * event.quantity
            held[event.maker] -= event.side * event.quantity
        elif isinstance(event, Transferred) and event.reason == "FUNDING" and event.target == "clearing":
            sides[held[event.source] > 0] += event.amount
    assert len(paid) == len({event.time for event in journal.of(Transferred) if event.reason == "FUNDING"}) or not all(
        event.paid for event in paid
    )
    losses = sum(e.amount for e in journal.of(Transferred) if e.reason == "VARIATION" and e.source == "clearing")
    assert f"losses of {written(losses)} were paid to winners" in said
    assert told_payers(said) == covered(journal)
    without = len(marked) - len(paid)
    assert ("there was no rate, because bid and ask were never both there" in said) == bool(without)
    if paid:
        assert f"longs paid shorts {written(sides[True])} and shorts paid longs {written(sides[False])}" in said
        widest = max(abs(event.mark - event.index) for event in paid)
        away, mark, index = re.search(r"index, ([-+.\d]+) basis points, at ([\d,.]+) against ([\d,.]+);", said).groups()
        mark, index = (int(each.replace(",", "").replace(".", "")) for each in (mark, index))
        assert abs(mark - index) == widest
        assert float(away) == pytest.approx(10_000 * (mark - index) / index, abs=0.051)


QUESTIONS = [
    *[(PredictionMarketScenario(bettors=bettors, liquidity=liquidity), seed)
      for bettors, liquidity, seed in product((1, 10, 60), (1.0, 3.0, 10.0, 50.0, 10_000.0), (7, 1))],
    (PredictionMarketScenario(resolve_day=1), 7), (PredictionMarketScenario(resolve_day=13), 7),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "seed"), QUESTIONS)
def test_a_question_says_what_was_paid_and_what_became_of_its_maker(
    scenario: PredictionMarketScenario, seed: int
) -> None:
    result = played(scenario, seed=seed)
    journal, said = result.journal, result.conclusion
    yes = [trade for trade in journal.of(Trade) if trade.symbol == "YES"]
    assert said.startswith(f"The market last said {yes[-1].price} % for yes" if yes else "Nobody traded a yes")
    answer = next(journal.of(Resolved), None)
    if answer is None:
        assert said.endswith(", and the run ended before the answer.")
        return
    assert f"the answer was {answer.outcome}: " in said
    winners = moved(journal, "RESOLVED", {"yes": "YES", "no": "NO"}[answer.outcome])
    assert number(r": ([\d,]+) pairs? (?:was|were) paid", said) == winners
    assert f"paid {written(moved(journal, 'RESOLVED', 'USD'))}, the cash that lay behind them" in said
    assert fold(journal)["pairs of YES"] == {}
    pairs = [trade for trade in journal.of(Trade) if trade.taker == "pairs of YES" and trade.symbol == "YES"]
    made = sum(trade.quantity for trade in pairs if trade.side < 0)
    merged = sum(trade.quantity for trade in pairs if trade.side > 0)
    assert number(r"([\d,]+) pairs? (?:was|were) made because bids", said) == made
    assert ("dissolved because asks met" in said) == bool(merged)
    found = re.search(r"result is (-?[\d,.]+), and its rule keeps that from falling below (-[\d,.]+)\.$", said)
    assert found is not None, said
    gained, least = (int(each.replace(",", "").replace(".", "")) for each in found.groups())
    bought = 0
    for trade in journal.of(Trade):
        side = trade.side * ((trade.taker == "maker") - (trade.maker == "maker"))
        bought += side * trade.price * trade.quantity
    for event in journal.of(Transferred):
        if event.asset == "USD":
            bought += event.amount * ((event.source == "maker") - (event.target == "maker"))
    assert gained == -bought
    assert least == -round(100 * worst_loss(scenario.liquidity, 2))
    assert gained >= least


WARRANTS = [
    (WarrantDilution(), 12), (WarrantDilution(), 5), (WarrantDilution(), 8), (WarrantDilution(strike=20_000), 12),
    (WarrantDilution(strike=10_000), 12), (WarrantDilution(strike=9_999), 12), (WarrantDilution(strike=1), 12),
    (WarrantDilution(warrants=1), 12), (WarrantDilution(warrants=2, holders=1), 12),
    (WarrantDilution(warrants=1_000_000), 12), (WarrantDilution(exercise_day=1), 3),
    (WarrantDilution(exercise_day=10, holders=1), 12), (WarrantDilution(strike=1_000_000), 12),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "epochs"), WARRANTS)
def test_a_dilution_says_how_many_shares_there_were_and_are(scenario: WarrantDilution, epochs: int) -> None:
    result = played(scenario, epochs)
    journal, said = result.journal, result.conclusion
    owned = fold(journal)
    used = moved(journal, "EXERCISED", "ACME-W")
    issued = moved(journal, "NEW_SHARES", "ACME")
    assert used == issued
    out = sum(assets.get("ACME", 0) for name, assets in owned.items() if name != "company")
    left = sum(assets.get("ACME-W", 0) for name, assets in owned.items() if name != "company")
    lapsed = moved(journal, "EXPIRED", "ACME-W")
    assert (f"({lapsed:,} lapsed)" in said) == (not left)
    assert (f"({left:,} {'is' if left == 1 else 'are'} still open)" in said) == bool(left)
    if not used:
        assert said.startswith(f"No warrant with the strike {written(scenario.strike)} was exercised (")
        assert said.endswith(f": {out:,} shares are outstanding as before.")
        return
    assert number(r"^([\d,]+) warrants? (?:was|were) exercised", said) == used
    assert f"the shares outstanding rose from {out - issued:,} to {out:,}" in said
    assert f"fell to {100 * (out - issued) / out:.1f} % of what it was" in said
    assert f"the company got {written(owned['company']['USD'])}, " in said
    times = [event.time for event in journal.of(Exercised)]
    trades = [trade for trade in journal.of(Trade) if trade.symbol == "ACME"]
    old = [trade.price for trade in trades if trade.time < min(times)]
    new = [trade.price for trade in trades if trade.time > max(times)]
    fair = Fraction(10_000 * (out - issued) + scenario.strike * issued, out)
    computed = re.search(r"computed: ([\d,.]+)\)|computed to be worth ([\d,.]+) now", said)
    assert computed is not None, said
    assert abs(int(re.sub(r"[,.]", "", computed[1] or computed[2])) - fair) <= 1
    for prices, where in ((old, "on average before"), (new, "after (computed")):
        if old and new:
            found = re.search(rf"at ([\d,.]+) {re.escape(where)}", said)
            assert found is not None, said
            told = int(re.sub(r"[,.]", "", found[1]))
            assert abs(told - Fraction(sum(prices), len(prices))) <= 1


@pytest.mark.parametrize(("traders", "epochs", "seed"), [(1, 9, 7), (1, 3, 2), (20, 8, 3), (6, 1, 7)])
def test_an_arena_counts_its_trades_and_says_what_was_paid(traders: int, epochs: int, seed: int) -> None:
    result = played(Arena(traders=traders), epochs, seed)
    journal, said = result.journal, result.conclusion
    counts = Counter(trade.symbol for trade in journal.of(Trade))
    listed = [event.symbol for event in journal.of(InstrumentListed)]
    assert said.startswith(f"Trades: {', '.join(f'{symbol} {counts[symbol]}' for symbol in listed)}; ")
    collected = sum(
        event.amount for event in journal.of(Transferred) if event.reason == "FUNDING" and event.target == "clearing"
    )
    assert f"funding of {written(collected)} was paid on the perpetual" in said
    assert told_payers(said) == covered(journal)
    answered = moved(journal, "RESOLVED", "USD")
    assert (f"the {written(answered)} behind its 400 contracts were paid out" in said) == bool(answered)
    assert ("ended before the bet was answered" in said) == (not answered)


def test_every_scenario_has_a_conclusion() -> None:
    assert [kind.name for kind in SCENARIOS if "conclusion" not in vars(kind)] == []
