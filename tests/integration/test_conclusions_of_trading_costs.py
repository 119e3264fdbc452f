"""What the scenarios about the cost of trading conclude, counted again from the journal in another way."""

from __future__ import annotations

import os
import re
import runpy
from itertools import pairwise

import pytest

from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.order_flow import (
    bucket_size,
    bulk_classified,
    toxicity,
    true_imbalances,
    volume_buckets,
)
from market_sim.analysis.mid_paths import mid_paths
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Trade
from market_sim.core.units import MILLISECOND
from market_sim.course.catalogue import find_lesson
from market_sim.course.look import look
from market_sim.market.exchange.markouts import markouts, ranked
from market_sim.market.exchange.quotes import tapes
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.almgren_chriss import BEGINS, ENDS, SLICES, AlmgrenChrissScenario
from market_sim.simulation.scenarios.toxic_flow import KNOWS, MAKER, ToxicFlow
from tests.conftest import ROOT

IN_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
SECOND = 10**9


def takers(journal: Journal) -> dict[str, float]:
    """What the trades of each taker were worth one second later, for each share, by the path of the impact tables."""
    path, sums = mid_paths(journal)["ACME"], {}
    for trade in journal.of(Trade):
        if trade.time + SECOND <= journal[-1].time:
            gain, quantity, count = sums.get(trade.taker, (0, 0, 0))
            moved = trade.side * (path.at(trade.time + SECOND) / 2 - trade.price) * trade.quantity
            sums[trade.taker] = gain + moved, quantity + trade.quantity, count + 1
    return {name: gain / quantity for name, (gain, quantity, count) in sums.items() if count >= 20}


def test_toxic_flow_tells_the_ranking_that_the_trades_have():
    result = simulate("toxic-flow", epochs=12, settlement="none")
    ranking = sorted(takers(result.journal).items(), key=lambda one: -one[1])
    told = re.fullmatch(
        r"One second after its trades the informed trader had (gained|lost) ([\d.]+) cents a share, number (\d+) of "
        r"(\d+) who took; the best of the others, (\S+), had (?:gained|lost) [\d.]+ cents, and the last, (\S+), "
        r"(?:gained|lost) [\d.]+ cents\.",
        result.conclusion,
    )
    assert told, result.conclusion
    names = [name for name, _ in ranking]
    mean = dict(ranking)["informed"]
    assert (told[1], told[2]) == ("gained" if mean >= 0 else "lost", f"{abs(mean):.1f}")
    assert (int(told[3]), int(told[4])) == (names.index("informed") + 1, len(names))
    names.remove("informed")
    assert (told[5], told[6]) == (names[0], names[-1])


def test_a_planted_informed_trader_ranks_first_by_markout_with_nine_of_ten_seeds():
    seeds = range(201, 211 if IN_FULL else 204)
    scenario, first = ToxicFlow(), 0
    for seed in seeds:
        [book] = Microscope(market_alone(scenario, seed, ToxicFlow.epochs)).books
        first += ranked(book.markouts)[0].account == "informed"
    assert first >= 0.9 * len(seeds) - (0 if IN_FULL else 1)


def test_toxic_flow_shows_its_point_with_the_seed_that_everybody_starts_with():
    assert ToxicFlow().holds(market_alone(ToxicFlow(), Options().seed, ToxicFlow.epochs))


@pytest.mark.parametrize("scenario", [AlmgrenChrissScenario(), AlmgrenChrissScenario(quantity=301, risk_aversion=0.0)])
def test_almgren_chriss_tells_what_the_desk_held_after_each_slice(scenario):
    result = simulate(scenario, Options(settlement="none"))
    sold = [(trade.time, trade.quantity) for trade in result.journal.of(Trade) if trade.taker == "desk"]
    step = (ENDS - BEGINS) / SLICES
    held = [
        scenario.quantity - sum(size for time, size in sold if time < (BEGINS + step * number) * SECOND)
        for number in range(1, SLICES + 1)
    ]
    done = sum(one == other for one, other in zip(held, scenario.schedule, strict=True))
    assert result.conclusion.startswith(f"After {done} of {SLICES} slices the desk held what its schedule said")
    assert result.conclusion.endswith("Dynamic programming gives the same schedule as the formula.")
    assert scenario.holds(result.journal) == (done == SLICES)
    left = [scenario.quantity, *held]
    sizes = [before - after for before, after in pairwise(left)]
    if scenario.risk_aversion:
        assert sizes[0] > 2 * sizes[-1]
    else:
        assert max(sizes) - min(sizes) <= 1 or done < SLICES


def test_lesson_20_says_what_its_run_shows():
    lesson = find_lesson(ROOT / "lessons", "20")
    journal, said = look(lesson).journal, " ".join(lesson.body.split())
    tape = tapes(journal)["ACME"]
    horizons = [number * MILLISECOND for number in (50, 1_000, 5_000)]
    found = markouts(tape.trades, tape.quotes, journal[-1].time, horizons)
    knew, later, latest = next(one.means for one in found if (one.account, one.role) == (KNOWS, "taker"))
    others = [one.means for one in found if one.role == "taker" and one.account != KNOWS]
    assert len(others) == 5 and knew < min(means[0] for means in others) and max(means[1] for means in others) < 0
    assert lesson.prediction.outcome == "those of the one who knows"
    assert f"{-knew:.1f} cents lost on each share, nearly half of the spread of {ToxicFlow().spread_bps:.0f}" in said
    assert f"After one second it has gained {later:.1f} cents, while all others have lost" in said
    assert f"after five seconds {latest:.1f}." in said
    made = next(one.means for one in found if (one.account, one.role) == (MAKER, "maker"))
    assert f"{made[0]:.1f} cents gained on each share after 50" in said
    assert f"{made[1]:.1f} after a second, and {-made[2]:.1f} lost after five" in said
    size = bucket_size(tape.trades)
    buckets = volume_buckets(tape.trades, size)
    true, guess = (
        toxicity(sums, size)[-1] for sums in (true_imbalances(buckets, size), bulk_classified(buckets, size))
    )
    assert f"took was {100 * true:.0f} %, and by prices alone one would have said {100 * guess:.0f} %" in said
    own, rest = ([trade for trade in tape.trades if (trade.taker == KNOWS) == is_own] for is_own in (True, False))
    shares = [
        sum(sums) / 50 / len(sums) for sums in (true_imbalances(volume_buckets(some, 50), 50) for some in (own, rest))
    ]
    assert f"mean imbalance is {100 * shares[0]:.0f} %, and {100 * shares[1]:.0f} % for what the others took" in said
    bid, ask = runpy.run_path(str(lesson.solution))["quotes"](9900, 10100, 0.5, 0.2)
    assert f"`quotes(9900, 10100, 0.5, 0.2)` bid and ask are {round(ask - bid, 9):g} cents apart" in said
