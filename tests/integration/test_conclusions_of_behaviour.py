"""What the scenarios about behaviour conclude is true for other parameters too: their numbers are counted again.

Gains are counted again from the balances at the end (market_sim/analysis/gains.py), not from the trades.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict

import pytest

from market_sim.analysis.gains import gains
from market_sim.analysis.results.result import Result
from market_sim.analysis.results.tables import blocks_table, trades_table
from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import SettlementPriceSet
from market_sim.core.models.run_events import ShockHappened, ValueMoved
from market_sim.core.money import written
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenario_check import checked_scenario
from market_sim.simulation.scenarios.bubble import Bubble
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.covered_calls import CoveredCalls
from market_sim.simulation.scenarios.crowded_room import CrowdedRoom
from market_sim.simulation.scenarios.efficient_market import READERS, EfficientMarket
from market_sim.simulation.scenarios.execution_school import DESKS, ExecutionSchool
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.flash_crash import SELLER, FlashCrash
from market_sim.simulation.scenarios.induced_values import InducedValues
from market_sim.simulation.scenarios.informed_versus_noise import InformedVersusNoise
from market_sim.simulation.scenarios.latency_race import LatencyRace
from market_sim.simulation.scenarios.maker_school import PUPILS, MakerSchool
from market_sim.simulation.scenarios.marksim import Marksim
from market_sim.simulation.scenarios.news_day import NewsDay
from market_sim.simulation.scenarios.pairs_trading import PairsTrading
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.simulation.scenarios.thin_market import ThinMarket

ROUGH = re.compile(
    r"\b1 (\w+ )?\w+s (was|were)\b|\b1 were\b|\b[02-9] was\b|\(\)|None|--|\b1 (share|unit|trade|call)s\b"
)
IN_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
SECOND = 10**9


def played(scenario: Scenario, epochs: int | None = None, seed: int = 7) -> Result:
    result = simulate(scenario, Options(settlement="none", epochs=epochs, seed=seed))
    assert result.failures == ()
    assert re.match(r"[A-Z0-9]", result.conclusion)
    assert result.conclusion.endswith(".")
    assert not ROUGH.search(result.conclusion), result.conclusion
    return result


def by_trading(journal: Journal) -> dict[str, int]:
    return {row.account: row.from_trading for row in gains(journal)}


def shares(journal: Journal, account: str) -> int:
    return sum(trade.quantity for trade in journal.of(Trade) if account in (trade.taker, trade.maker))


def said(amount: int) -> str:
    return f"lost {written(-amount)}" if amount < 0 else f"gained {written(amount)}"


def value_at(journal: Journal, symbol: str, time: int) -> int:
    moves = [(event.time, event.value) for event in journal.of(ValueMoved) if event.symbol == symbol]
    return [value for when, value in moves if when <= time][-1]


@pytest.mark.parametrize(
    "scenario", [InducedValues(), InducedValues(constrained=False), InducedValues(pairs=2), InducedValues(pairs=13)]
)
def test_induced_values_counts_the_surplus_that_was_there_and_that_was_found(scenario: InducedValues) -> None:
    journal = played(scenario).journal
    bids = sorted((v for n in range(scenario.pairs) for v in scenario.values(1, n)), reverse=True)
    asks = sorted(v for n in range(scenario.pairs) for v in scenario.values(-1, n))
    best = max(sum(bids[:count]) - sum(asks[:count]) for count in range(len(bids) + 1))
    accounts = fold(journal)
    found = 0
    for number in range(scenario.pairs):
        bought = accounts[f"buyer-{number}"].get("ACME", 0)
        sold = 4 - accounts[f"seller-{number}"].get("ACME", 0)
        found += sum(scenario.values(1, number)[:bought]) - sum(scenario.values(-1, number)[:sold])
    assert (
        f"of a surplus of {written(best)} they realised {written(found)}, {found / best:.1%}."
        in played(scenario).conclusion
    )
    assert scenario.surplus(journal) == (best, found)


def test_only_who_never_loses_makes_the_market_efficient() -> None:
    def efficiencies(constrained: bool) -> list[float]:
        scenario = InducedValues(constrained=constrained)
        return [scenario.surplus(played(scenario, seed=seed).journal).efficiency for seed in range(20, 26)]

    assert min(efficiencies(True)) > 0.95
    assert max(efficiencies(False)) < 0.95


@pytest.mark.parametrize("scenario", [InformedVersusNoise(), InformedVersusNoise(traders=1, spread_bps=200.0)])
def test_informed_against_noise_counts_each_gain_at_the_value_of_the_moment(scenario: InformedVersusNoise) -> None:
    result = played(scenario)
    found: Counter[str] = Counter()
    for trade in result.journal.of(Trade):
        edge = trade.side * (value_at(result.journal, "ACME", trade.time) - trade.price) * trade.quantity
        found[trade.taker[:5]] += edge
        found[trade.maker[:5]] -= edge
    assert sum(found.values()) == 0
    for told in (
        f"the informed trader {said(found['infor'])} with {shares(result.journal, 'informed'):,} share",
        f"the maker {said(found['maker'])}",
        f"noise trader{'s' * (scenario.traders > 1)} {said(found['noise'])}.",
    ):
        assert told in result.conclusion


@pytest.mark.parametrize("scenario", [MakerSchool(), MakerSchool(traders=1, risk_aversion=0.0)])
def test_the_school_of_makers_counts_inventories_and_gains(scenario: MakerSchool) -> None:
    result = played(scenario)
    gained = by_trading(result.journal)
    for pupil in PUPILS:
        path = [0]
        for trade in result.journal.of(Trade):
            side = (trade.taker == pupil) - (trade.maker == pupil)
            if side:
                path.append(path[-1] + side * trade.side * trade.quantity)
        mean = sum(map(abs, path)) / len(path)
        assert f"{pupil} was {mean:.1f} shares away from its start and {said(gained[pupil])}" in result.conclusion


@pytest.mark.parametrize("scenario", [LatencyRace(), LatencyRace(near_ms=5.0, far_ms=5.0), LatencyRace(near_ms=900.0)])
def test_the_latency_race_counts_what_each_trader_gained(scenario: LatencyRace) -> None:
    result = played(scenario)
    gained = by_trading(result.journal)
    for name, latency in (("near", scenario.near_ms), ("far", scenario.far_ms)):
        count = shares(result.journal, name)
        told = f"{count:,} share{'s' * (count != 1)} and {said(gained[name])}"
        assert f"the {name} trader, {latency:g} ms away, traded {told}" in result.conclusion
    if scenario.near_ms > scenario.far_ms:
        assert not scenario.holds(result.journal)


@pytest.mark.parametrize(
    ("scenario", "epochs"),
    [(NewsDay(), None), (NewsDay(announced=6, bad_percent=-40.0, good_percent=40.0), 6), (NewsDay(), 3)],
)
def test_news_says_what_was_announced_and_how_long_the_price_took(scenario: NewsDay, epochs: int | None) -> None:
    result = played(scenario, epochs)
    shocks = [*result.journal.of(ShockHappened)]
    if not shocks:
        assert result.conclusion == "The run ended before the announcement."
        return
    [shock] = shocks
    before, after = int(shock.numbers["before"]), int(shock.numbers["after"])
    assert f"took the value from {written(before)} to {written(after)}" in result.conclusion
    near = [
        trade.time - shock.time
        for trade in result.journal.of(Trade)
        if trade.time > shock.time and abs(trade.price / after - 1) <= 0.005
    ]
    took = re.search(r"came ([\d.]+) s later", result.conclusion)
    assert bool(took) == bool(near)
    assert took is None or abs(float(took[1]) * SECOND - near[0]) <= SECOND / 2_000


@pytest.mark.parametrize("scenario", [ThinMarket(), ThinMarket(ratio=1), ThinMarket(quantity=1, ratio=40)])
def test_the_thin_market_counts_what_the_shares_cost_above_their_value(scenario: ThinMarket) -> None:
    result = played(scenario)
    for symbol in ("DEEP", "SHALLOW"):
        mine = [trade for trade in result.journal.of(Trade) if trade.taker == f"buyer-{symbol}"]
        cost = sum((trade.price - value_at(result.journal, symbol, trade.time)) * trade.quantity for trade in mine)
        count = sum(trade.quantity for trade in mine)
        side = "above" if cost >= 0 else "below"
        told = f"{count:,} share{'s' * (count != 1)} of {symbol} cost {written(abs(cost))} {side} its value"
        assert told in result.conclusion


@pytest.mark.parametrize("scenario", [ExecutionSchool(quantity=100), ExecutionSchool(volatility_bps=20.0)])
def test_the_school_of_execution_counts_what_each_desk_got_less(scenario: ExecutionSchool) -> None:
    result = played(scenario)
    accounts = fold(result.journal)
    for name, symbol in DESKS.items():
        arrival = value_at(result.journal, symbol, SECOND)
        sold = scenario.quantity - accounts[name].get(symbol, 0)
        short = arrival * sold - accounts[name].get("USD", 0)
        told = (
            f"sold {sold:,} of {scenario.quantity:,} and got {written(abs(short))} {'less' if short >= 0 else 'more'}"
        )
        assert f"{name} {told}".lower() in result.conclusion.lower()


@pytest.mark.parametrize("scenario", [EfficientMarket(), EfficientMarket(volatility_bps=0.0, spread_bps=1.0)])
def test_the_efficient_market_counts_what_the_readers_of_charts_made(scenario: EfficientMarket) -> None:
    result = played(scenario, epochs=10)
    gained = by_trading(result.journal)
    for name in READERS:
        assert f"{name} traded {shares(result.journal, name):,} shares and {said(gained[name])}" in result.conclusion
    assert f"together they {said(sum(gained[name] for name in READERS))}." in result.conclusion


@pytest.mark.parametrize(
    ("scenario", "epochs"), [(PairsTrading(), None), (PairsTrading(half_life=400.0), 12), (PairsTrading(), 2)]
)
def test_pairs_counts_the_shares_and_the_gain(scenario: PairsTrading, epochs: int | None) -> None:
    result = played(scenario, epochs)
    count: Counter[str] = Counter()
    for trade in result.journal.of(Trade):
        if "pairs-trader" in (trade.taker, trade.maker):
            count[trade.symbol] += trade.quantity
    if not count:
        assert "never traded" in result.conclusion
        return
    for symbol in ("AAA", "BBB"):
        assert f"{count[symbol]:,} share{'s' * (count[symbol] != 1)} of {symbol}" in result.conclusion
    assert result.conclusion.endswith(f"and {said(by_trading(result.journal)['pairs-trader'])}.")


@pytest.mark.parametrize(
    ("scenario", "epochs"),
    [(Bubble(), None), (Bubble(news_percent=0.0, chartists=0), 4), (Bubble(news_percent=-9.0), 8), (Bubble(), 2)],
)
def test_a_bubble_says_how_far_the_price_left_the_value(scenario: Bubble, epochs: int | None) -> None:
    result = played(scenario, epochs)
    shock = next(result.journal.of(ShockHappened), None)
    value = int(shock.numbers["after"]) if shock else 10_000
    since = shock.time + SECOND if shock else 0
    prices = [trade.price for trade in result.journal.of(Trade) if trade.time > since]
    assert f"{written(value)}{';' if prices else ','}" in result.conclusion
    if not prices:
        assert "nobody traded" in result.conclusion
        return
    away = max(abs(price - value) for price in prices)
    assert f"{written(away)} away, and the last price was {written(prices[-1])}." in result.conclusion


@pytest.mark.parametrize(
    ("scenario", "epochs"),
    [(FlashCrash(), None), (FlashCrash(quantity=0), 6), (FlashCrash(patient=0), 8), (FlashCrash(), 2)],
)
def test_a_flash_crash_says_how_deep_it_was_and_what_it_cost(scenario: FlashCrash, epochs: int | None) -> None:
    result = played(scenario, epochs)
    trades = [*result.journal.of(Trade)]
    after = [(trade.price, trade.time) for trade in trades if trade.time >= 3 * SECOND]
    if not after:
        assert result.conclusion == "Nothing was traded after the sale should have begun."
        return
    before = [trade.price for trade in trades if trade.time < 3 * SECOND][-1]
    lowest, when = min(after)
    assert f"was {written(before)} before the sale, {written(lowest)} at its lowest" in result.conclusion
    said_at = re.search(r"\(([\d.]+) s into the run\)", result.conclusion)
    assert said_at and abs(float(said_at[1]) * SECOND - when) <= SECOND / 2_000
    assert f"{written(trades[-1].price)} at last" in result.conclusion
    sold = shares(result.journal, SELLER)
    assert ("the program sold nothing" in result.conclusion) == (not sold)
    if sold:
        assert f"sold {sold:,} shares and {said(by_trading(result.journal)[SELLER])} by it." in result.conclusion


@pytest.mark.parametrize(
    ("scenario", "epochs"),
    [
        (CoveredCalls(), None),
        (CoveredCalls(strike_dollars=90), None),
        (CoveredCalls(strike_dollars=130), None),
        (CoveredCalls(), 4),
    ],
)
def test_covered_calls_say_who_was_richer_and_why(scenario: CoveredCalls, epochs: int | None) -> None:
    result = played(scenario, epochs)
    settled = next(result.journal.of(SettlementPriceSet), None)
    if settled is None:
        assert result.conclusion == "The run ended before the calls expired."
        return
    accounts: dict[str, dict[str, int]] = defaultdict(dict, fold(result.journal))
    rich = {
        name: accounts[name].get("USD", 0) + settled.price * accounts[name].get("ACME", 0)
        for name in ("writer", "holder")
    }
    advantage = rich["writer"] - rich["holder"]
    mine = [
        trade
        for trade in result.journal.of(Trade)
        if trade.symbol == "ACME-CALL" and "writer" in (trade.taker, trade.maker)
    ]
    premium = 10 * sum(trade.price * trade.quantity for trade in mine)
    if not mine:
        assert "none was written" in result.conclusion
        return
    assert f"The writer got {written(premium)} for {sum(trade.quantity for trade in mine)} call" in result.conclusion
    assert f"gave {written(premium - advantage)} away" in result.conclusion
    richer = "richer" if advantage > 0 else "poorer"
    assert f"{written(abs(advantage))} {richer} than the holder." in result.conclusion


@pytest.mark.parametrize("scenario", [Marksim(), Marksim(signal=45_000), Marksim(informed=False, noise_traders=0)])
def test_marksim_says_where_the_price_went(scenario: Marksim) -> None:
    result = played(scenario)
    prices = [trade.price for trade in result.journal.of(Trade)]
    if not prices:
        assert result.conclusion.startswith("Nobody traded")
        return
    assert f"{len(prices)} trades took the price from 50,000 to {prices[-1]:,}" in result.conclusion
    assert f"(between {min(prices):,} and {max(prices):,})" in result.conclusion


def test_an_informed_trader_draws_the_price_towards_its_signal() -> None:
    def away(informed: bool, seed: int) -> int:
        scenario = Marksim(informed=informed)
        prices = [trade.price for trade in played(scenario, seed=seed).journal.of(Trade)]
        return abs((prices[-1] if prices else 50_000) - scenario.signal)

    seeds = range(50 if IN_FULL else 5)
    assert sum(away(True, seed) < away(False, seed) for seed in seeds) >= 0.9 * len(seeds)


CLAIMING = [kind for kind in SCENARIOS if kind.claim]


@pytest.mark.parametrize("kind", CLAIMING, ids=lambda kind: kind.name)
def test_a_claim_holds_in_as_many_runs_as_it_has_to(kind: type[Scenario]) -> None:
    found = checked_scenario(kind(), 40 if IN_FULL else 2, first=1_000)
    assert found.breaches == []
    # The share that a claim promises says nothing about two runs.
    assert found.is_kept if IN_FULL else found.held >= found.seeds - 1, [*found.lines()]


def test_more_than_a_dozen_scenarios_make_a_claim() -> None:
    assert len(CLAIMING) >= 13
    assert all(re.fullmatch(r"[A-Z].*\.", kind.claim) for kind in CLAIMING)


def test_the_crowded_room_says_how_far_the_price_went_and_who_gained() -> None:
    result = played(CrowdedRoom(traders=6), epochs=4)
    prices = [trade.price for trade in result.journal.of(Trade)]
    parts = by_trading(result.journal)
    assert result.conclusion == (
        f"No value was known, and still the price went from {written(prices[0])} to {written(prices[-1])}, between "
        f"{written(min(prices))} and {written(max(prices))}, in {counted(len(prices), 'trade')}. At the last price 6 "
        f"noise traders {told(-parts['maker'])} and the maker {told(parts['maker'])}."
    )


def test_the_first_market_says_how_the_price_took_the_news_and_how_far_trades_came() -> None:
    result = simulate(FirstMarket(traders=6, shock_percent=-5), Options(settlement="memory", epochs=8, seed=7))
    clocks = three_clocks(result.journal)
    trades = [*result.journal.of(Trade)]
    (news,) = result.journal.of(ShockHappened)
    before = [one.price for one in trades if one.time < news.time][-1]
    after = [one.price for one in trades if news.time <= one.time < news.time + SECOND][-1]
    makers = sum(amount for account, amount in by_trading(result.journal).items() if account.startswith("maker"))
    final, settled = (sum(row[place] is not None for row in clocks) for place in (1, 2))
    assert 0 < settled <= final < len(trades)
    value = f"{written(int(news.numbers['before']))} to {written(int(news.numbers['after']))}"
    assert result.conclusion == (
        f"News moved the value of ACME from {value}; the last trade before it was at {written(before)}, the last one "
        f"within a second after it at {written(after)}. 3 makers {told(makers)} by trading, at the last value. Of "
        f"{len(trades)} trades matched, {final} became final and {settled} were settled."
    )
    assert "settled" not in played(FirstMarket(traders=3, shock_percent=0), epochs=2).conclusion


def test_the_streamlet_demonstration_counts_its_blocks_and_the_wait_of_its_trades() -> None:
    result = played(StreamletDemo(), epochs=6)
    blocks = blocks_table(result.journal)
    place = {name: blocks.names.index(name) for name in ("notarized", "finalized")}
    notarized, final = (sum(row[at] is not None for row in blocks.rows) for at in place.values())
    waits = [row[1] - row[0] for row in three_clocks(result.journal) if row[1] is not None]
    assert result.conclusion == (
        f"4 validators proposed {len(blocks.rows)} blocks; {notarized} were notarized with 3 votes or more, and "
        f"{final} became final. Of {len(three_clocks(result.journal))} trades {len(waits)} became final "
        f"{sum(waits) / len(waits) / SECOND:.1f} s after they were matched, on average."
    )


def three_clocks(journal: Journal) -> list[tuple[int, int | None, int | None]]:
    table = trades_table(journal)
    places = [table.names.index(name) for name in ("time", "finalized", "settled")]
    return [tuple(row[place] for place in places) for row in table.rows]


def told(amount: int) -> str:
    return f"lost {written(-amount)}" if amount < 0 else f"gained {written(amount)}"
