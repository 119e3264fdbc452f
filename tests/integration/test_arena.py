"""The arena is alive: each of its six books trades, the perpetual pays funding, the bet is answered."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from market_sim.analysis.event_sentences import EventSentences
from market_sim.analysis.microstructure.allocation_of_books import allocation_of
from market_sim.analysis.microstructure.tier_report import tier_report
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.summary import summarize
from market_sim.analysis.visualization.allocation_picture import allocation_chart
from market_sim.core.models.market_events import InstrumentListed, OrderRejected, Trade
from market_sim.core.models.mechanism_events import FundingPaid, Resolved
from market_sim.core.models.run_events import AgentJoined
from market_sim.core.models.settlement_events import Reconciled, TradeRefused
from market_sim.simulation.options import Options
from market_sim.simulation.pipeline import prepared
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.arena import TEN, Arena
from market_sim.strategies.market_making.tiers import TIERS
from market_sim.ui.cli.main import main

SIX = ["BTC/USD", "ETH/USD", "SOL/USD", "CREDITS/USD", "BTC/USD-PERP", "PRED-AI-SINGULARITY/USD"]


@pytest.mark.parametrize("seed", [7, 1])
def test_all_six_books_trade_and_everything_is_paid(seed: int) -> None:
    result = simulate(Arena(), Options(seed=seed, settlement="memory", paranoid=True))
    journal = result.journal
    assert [event.symbol for event in journal.of(InstrumentListed)] == SIX
    trades = Counter(trade.symbol for trade in journal.of(Trade))
    assert all(trades[symbol] >= 20 for symbol in SIX), trades
    assert not {event.reason for event in journal.of(OrderRejected)} & {"MARGIN_ACCOUNT_NEEDED"}
    assert result.failures == ()
    summary = summarize(result)
    assert summary.conserved
    assert summary.settled is not None
    assert summary.settled.reconciled
    assert [*journal.of(Reconciled)]
    assert [*journal.of(TradeRefused)] == []
    [funding] = journal.of(FundingPaid)
    assert funding.paid > 0
    [answer] = journal.of(Resolved)
    assert answer.symbol == SIX[-1]
    for symbol in SIX:
        assert f"{symbol} {trades[symbol]}" in result.conclusion
    assert f"was answered {answer.outcome}" in result.conclusion


@pytest.mark.thorough
def test_the_arena_on_a_real_chain_is_the_same_market() -> None:
    on_chain, plain = (simulate(Arena(), Options(epochs=4, settlement=where)) for where in ("eth-tester", "none"))
    assert on_chain.digest("market") == plain.digest("market")
    assert [*on_chain.journal.of(TradeRefused)] == []


def test_an_arena_that_ends_early_says_so() -> None:
    result = simulate(Arena(traders=1), Options(epochs=1, settlement="none"))
    assert "funding of 0.00 was paid" in result.conclusion
    assert result.conclusion.endswith("the run ended before the bet was answered.")


def characters(seed: int) -> dict[str, AgentJoined]:
    journal = prepared(Arena(), Options(seed=seed)).journal
    return {event.agent: event for event in journal.of(AgentJoined) if event.agent in TEN}


def test_ten_named_participants_have_personalities_that_the_seed_decides() -> None:
    one, again, other = characters(7), characters(7), characters(8)
    assert list(one) == list(TEN)
    assert len(TEN) == 10
    assert one == again
    for name in TEN:
        told = one[name].parameters
        assert 0.1 < told["risk_aversion"] < 10
        assert -8 <= told["skew_bps"] <= 8
        assert 20 <= one[name].every_ms <= 120
        assert one[name] != other[name]
    assert len({event.strategy for event in one.values()}) == 10
    assert len({event.every_ms for event in one.values()}) > 5


def test_the_ten_trade_and_are_told_with_their_parameters() -> None:
    journal = simulate(Arena(), Options(settlement="none")).journal
    trading = {name for trade in journal.of(Trade) for name in (trade.maker, trade.taker)}
    assert len(trading & set(TEN)) >= 8
    teller = EventSentences(journal)
    [hawk] = [event for event in journal.of(AgentJoined) if event.agent == "hawk"]
    said = teller.sentence(hawk)
    assert said.startswith(
        f"hawk takes part with AvellanedaStoikov, every {hawk.every_ms:g} ms and 2 ms away: symbol BTC/USD"
    )
    assert f"risk_aversion {hawk.parameters['risk_aversion']:g}" in said


@pytest.mark.parametrize("seed", [7, 2, 3])
def test_the_tiers_of_the_arena_are_held_or_flagged_with_the_share(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--scenario", "arena", "--seed", str(seed), "--no-settle", "--no-plot", "-q", "--out", str(tmp_path)]
    assert main(options) == 0
    [folder] = tmp_path.iterdir()
    found = {row["tier"]: row for row in tier_report(open_run(folder).journal)}
    assert list(found) == list(TIERS)
    assert [found[tier]["verdict"] for tier in ("major", "popular", "minor")] == ["held"] * 3
    # The bear has a limit of its own: at some seeds it is full, and quotes one side only.
    assert found["exotic"]["verdict"] == ("held" if found["exotic"]["held"] >= 0.9 else "flagged")
    capsys.readouterr()
    assert main(["tiers", str(folder)]) == 0
    said = capsys.readouterr().out
    assert all(f"{least} to {most}" in said for least, most in TIERS.values())
    assert all(f"{row['held']:.1%}" in said for row in found.values())


def test_the_capital_of_a_maker_is_divided_over_the_books(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", "arena", "--epochs", "4", "--no-settle", "--no-plot", "-q", "--out", str(tmp_path)]) == 0
    [folder] = tmp_path.iterdir()
    capsys.readouterr()
    assert main(["allocate", str(folder)]) == 0
    head, *rows, note, picture = capsys.readouterr().out.splitlines()
    assert picture == f"picture      {folder / 'allocation.html'}"
    page = (folder / "allocation.html").read_text(encoding="utf-8")
    told = re.findall(r"<td>([^<]+)</td>", page)
    assert all(cell in told for row in rows for cell in row.split()[1:])
    assert all(symbol in head for symbol in SIX)
    assert "add up to 100 %" in note
    assert len(rows) == 6
    for place in (1, 2):
        figures = [float(row.split()[place]) for row in rows]
        assert figures == sorted(figures, reverse=True), "who fears risk more has less of it, and gains less"
    for row in rows:
        shares = [float(cell.rstrip("%")) for cell in row.split()[3:]]
        assert len(shares) == len(SIX)
        assert sum(shares) == pytest.approx(100, abs=0.4)
    allocation = allocation_of(open_run(folder).journal)
    chart = allocation_chart(allocation)
    gains, weights = chart.panels()
    assert [trace["name"] for trace in weights.traces] == list(allocation.books)
    frontier = gains.traces[0]
    assert frontier["x"] == sorted(frontier["x"])
    assert len(frontier["x"]) > 5 * len(rows), "the curve is finer than the table"
    assert [f"{one:.3f}" for one in gains.traces[1]["x"]] == [row.split()[2] for row in rows]
    assert all(sum(ys) == pytest.approx(100) for ys in zip(*(trace["y"] for trace in weights.traces), strict=True))
    shown = set(gains.traces[2]["y"])
    alone = [one.gain for one in allocation.alone]
    assert len(shown) >= 3 and shown <= set(alone)
    assert all(f"{gain:.3f}" in told for gain in alone), "those off the chart are in the table"
    assert max(alone) <= allocation.choices[0].gain, "no book by itself gains more than the best division"
    assert f"a gain of {allocation.choices[0].gain:.3f}" in chart.sentence
    assert main(["allocate", str(folder), "--plot", str(folder)]) == 2
    assert "cannot write there" in capsys.readouterr().err
