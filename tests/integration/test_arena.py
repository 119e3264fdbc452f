"""The arena is alive: each of its six books trades, the perpetual pays funding, the bet is answered."""

from __future__ import annotations

from collections import Counter

import pytest

from market_sim.analysis.summary import summarize
from market_sim.core.models.market_events import InstrumentListed, OrderRejected, Trade
from market_sim.core.models.mechanism_events import FundingPaid, Resolved
from market_sim.core.models.settlement_events import Reconciled, TradeRefused
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.arena import Arena

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


def test_the_arena_on_a_real_chain_is_the_same_market() -> None:
    on_chain, plain = (simulate(Arena(), Options(settlement=where)) for where in ("eth-tester", "none"))
    assert on_chain.digest("market") == plain.digest("market")
    assert [*on_chain.journal.of(TradeRefused)] == []


def test_an_arena_that_ends_early_says_so() -> None:
    result = simulate(Arena(traders=1), Options(epochs=1, settlement="none"))
    assert "funding of 0.00 was paid" in result.conclusion
    assert result.conclusion.endswith("the run ended before the bet was answered.")
