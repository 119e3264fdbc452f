"""The numbers of a summary add up: where each trade is, what the chain refused, what deposits of the run do to it."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from market_sim.analysis.history.block_contents import BlockContents
from market_sim.analysis.history.chain_story import story_of
from market_sim.analysis.results.result import Result
from market_sim.analysis.summary import document, summarize
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import Buy
from market_sim.core.models.market_events import ENTRIES, Trade, Transferred
from market_sim.core.models.settlement_events import Reconciled, TradeRefused
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.liquidation_cascade import LiquidationCascade
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session
from market_sim.ui.cli.report import tell
from market_sim.ui.cli.screen import Screen

RUNS = [
    (FirstMarket(), Options(epochs=12, settlement="memory")),
    (FirstMarket(), Options(epochs=1, settlement="memory")),
    (FirstMarket(), Options(epochs=12, settlement="none")),
    (FirstMarket(), Options(epochs=12, settlement="memory", byzantine="n3:silent")),
    (FirstMarket(), Options(epochs=12, settlement="memory", byzantine="n3:equivocate,n3:withhold")),
    (FirstMarket(), Options(epochs=7, settlement="memory", partition="4-6")),
    (LiquidationCascade(), Options(epochs=8, settlement="memory", byzantine="n1:late@3-6")),
]


def places_one_by_one(journal: Journal) -> Counter[tuple[str, str]]:
    """Every trade and transfer for itself: which blocks hold it, whether one of them is final, which batch paid it."""
    contents, story = BlockContents(journal), story_of(journal)
    final = {block.block for block in story.shared_chain()}
    alive = set(final) or {story.genesis}
    for block in story.blocks.values():
        if block.parent == (story.shared_chain()[-1].block if final else story.genesis) or (
            block.parent in alive and block.parent not in final
        ):
            alive.add(block.block)
    refused = {event.trade for event in journal.of(TradeRefused)}
    found: Counter[tuple[str, str]] = Counter()
    for event in journal:
        if isinstance(event, ENTRIES) and event.trade:
            blocks = set(contents.holding(event.trade)) & alive
            if event.trade in refused:
                place = "refused"
            elif contents.paid(event.trade) is not None:
                place = "settled"
            else:
                place = "final" if blocks & final else "in_block" if blocks else "in_no_block"
            kind = {Trade: "trades", Transferred: "transfers"}.get(type(event), "movements")
            found[kind, place] += 1
    return found


@pytest.mark.parametrize(("scenario", "options"), RUNS, ids=lambda one: str(one)[:90])
def test_every_trade_is_in_one_place_and_the_places_sum_to_all(scenario: Scenario, options: Options) -> None:
    result = simulate(scenario, options)
    summary = summarize(result)
    told = {
        (kind, place): count
        for kind, places in (
            ("trades", summary.trades),
            ("transfers", summary.transfers),
            ("movements", summary.movements),
        )
        for place, count in places._asdict().items()
        if count
    }
    assert told == dict(places_one_by_one(result.journal))
    assert summary.trades.matched == sum(1 for _ in result.journal.of(Trade))
    assert summary.transfers.matched == sum(1 for _ in result.journal.of(Transferred))
    assert not summary.trades.refused


def test_the_summary_names_where_the_trades_are() -> None:
    said = report(simulate(FirstMarket(), Options(epochs=12, settlement="memory")))
    assert "319 matched: 269 settled, 21 in a block that is not final, 29 in no block yet" in said
    said = report(simulate(FirstMarket(), Options(epochs=12, settlement="none")))
    assert "319 matched: 269 final, 21 in a block that is not final, 29 in no block yet" in said


def report(result: Result) -> str:
    page = io.StringIO()
    tell(summarize(result), None, None, Screen(page))
    return page.getvalue()


def test_a_deposit_during_the_run_reaches_the_chain_like_a_trade() -> None:
    """A trader gets 100,000.00 in epoch 2 and spends a part of it."""
    session = Session(FirstMarket(), Options(epochs=8, settlement="memory"))
    session.step(epoch=2)
    session.world.ledger.deposit("noise-0", "USD", 10_000_000)
    session.submit("noise-0", Buy("ACME", 90, 10_200))
    result = session.run()
    summary = summarize(result)
    assert summary.conserved
    assert summary.movements.matched == summary.movements.settled == 1
    assert summary.settled is not None
    assert summary.settled.reconciled
    assert (summary.settled.refused, summary.settled.differences) == (0, ())
    assert "in and out   1 made: 1 settled" in report(result)
    assert Counter(places_one_by_one(result.journal))["movements", "settled"] == 1


def with_money_from_nowhere() -> Result:
    """In epoch 2 a balance grows without an event, and the trader spends what no chain has ever seen."""
    session = Session(FirstMarket(), Options(epochs=6, settlement="memory"))
    session.step(epoch=2)
    session.world.ledger.accounts["noise-0"].writable_balance("USD").total += 10_000_000
    session.submit("noise-0", Buy("ACME", 90, 10_200))
    return session.run()


def test_a_run_in_which_the_chain_refused_a_trade_says_so() -> None:
    result = with_money_from_nowhere()
    summary = summarize(result)
    refused = list(result.journal.of(TradeRefused))
    assert refused, "the chain refused a trade"
    assert summary.trades.refused == len(refused)
    assert summary.settled is not None
    assert not summary.settled.reconciled
    assert summary.conserved
    [told] = [one for one in summary.refusals if one.by == "chain"]
    assert (told.reason, told.count, told.who) == ("SETTLEMENT_SHORT", len(refused), "noise-0")
    said = report(result)
    assert f"{len(refused)} refused by the chain" in said
    assert "would make a balance negative has no effect on the chain" in said
    assert document(summary, None, None)["settlement"]["reconciled"] is False
    # The contract itself was compared with what it should hold all the time: the difference is with the exchange.
    assert list(result.journal.of(Reconciled))[-1].last > 0


def test_an_ordinary_run_is_reconciled_and_has_no_differences() -> None:
    settled = summarize(simulate(FirstMarket(), Options(epochs=6, settlement="memory"))).settled
    assert settled is not None
    assert settled.reconciled
    assert (settled.refused, settled.differences) == (0, ())
