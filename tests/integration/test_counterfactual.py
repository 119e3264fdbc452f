# The fixtures of the site's unit tests are used here, too.
# ruff: noqa: F401, F811
"""A run without one participant: the others have the same chances, and impact and costs are worked out another way."""

from __future__ import annotations

import json
from itertools import zip_longest
from pathlib import Path

import pytest

from market_sim.analysis.impact import impacts
from market_sim.analysis.impact_table import impact_sentences, shown
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import OrderAccepted, OrderRejected, Trade
from market_sim.core.models.run_events import AgentJoined, RunStarted
from market_sim.pricing.execution import Impact as Costs
from market_sim.pricing.execution import expected_cost
from market_sim.simulation.counterfactual import without
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.execution_school import ExecutionSchool
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main
from tests.conftest import PATIENCE
from tests.unit.ui.web.conftest import Visitor, folders, run_address, small_run, visitor

OPTIONS = Options(seed=3, settlement="none")
AGENT = "at-once"
SAMPLE = 100_000_000


@pytest.fixture(scope="module")
def pair() -> tuple[Journal, Journal]:
    """A run with somebody who sells much at once, and the same run without."""
    run = simulate(ExecutionSchool(), OPTIONS).journal
    return run, without(run, AGENT).run().journal


def mids(scenario, options: Options, symbol: str) -> dict[int, float]:
    """The midpoint at each sample, read from the book of a running session."""
    session, found = Session(scenario, options), {}
    book = session.world.exchange.listings[symbol].book
    for time in range(SAMPLE, 9 * 1_000_000_000, SAMPLE):
        session.step(until=time + 1)  # everything of this instant has happened
        if book.best_bid is not None and book.best_ask is not None:
            found[time] = (book.best_bid + book.best_ask) / 2
    return found


def test_until_its_first_order_the_two_runs_are_the_same(pair) -> None:
    run, other = pair
    parts = next(
        number
        for number, (one, two) in enumerate(zip_longest(run, other))
        if one != two and not isinstance(one, RunStarted)
    )
    first = run[parts]
    assert isinstance(first, OrderAccepted)
    assert first.account == AGENT
    assert not [event for event in other if isinstance(event, OrderAccepted | OrderRejected) and event.account == AGENT]
    assert [event.agent for event in other.of(AgentJoined)] == [event.agent for event in run.of(AgentJoined)]


@pytest.mark.parametrize("kind", SCENARIOS[::4], ids=lambda kind: kind.name)
def test_the_random_streams_of_the_others_are_untouched(kind) -> None:
    options = Options(epochs=2, settlement="none")
    sessions = []
    agents = [event.agent for event in Session(kind(), options).journal.of(AgentJoined)]
    if not agents:
        pytest.skip("nobody takes part")
    for out in (None, agents[0]):
        session = Session(kind(), Options(epochs=2, settlement="none", without=out))
        session.step(until=0)
        sessions.append(session)
    streams = [
        {name: [one.stream.random() for _ in range(5)] for name, one in session.world.agents.items()}
        for session in sessions
    ]
    assert streams[0].keys() == streams[1].keys()
    assert {name for name in agents if streams[0][name] != streams[1][name]} <= {agents[0]}


def test_without_somebody_who_never_trades_nothing_differs() -> None:
    guest = "fixed-spread,name=idle,cash=0"
    run = simulate(FirstMarket(), Options(epochs=3, settlement="none", guests=guest)).journal
    quiet = [event for event in run if isinstance(event, OrderAccepted) and event.account == "idle"]
    assert not quiet, "the canary: it has nothing to trade with"
    refused = [event for event in run if isinstance(event, OrderRejected) and event.account == "idle"]
    other = without(run, "idle").run().journal
    there = [event for event in run if not isinstance(event, RunStarted) and event not in refused]
    assert [event for event in other if not isinstance(event, RunStarted)] == there
    assert shown(impacts(run, other, "idle")) == []
    assert list(impact_sentences([], "idle")) == [
        "Without idle nothing differs: it placed no order that changed a price, and it never traded."
    ]


def test_the_true_impact_is_the_difference_of_the_two_price_paths(pair) -> None:
    [found] = [one for one in impacts(*pair, AGENT) if one.fills]
    here = mids(ExecutionSchool(), OPTIONS, found.book)
    there = mids(ExecutionSchool(), Options(seed=3, settlement="none", without=AGENT), found.book)
    told = dict(found.differences)
    both = here.keys() & there.keys()  # while one side of a book is empty its last midpoint holds
    assert len(both) > 0.9 * len(told) > 70
    assert {time: 2 * (here[time] - there[time]) for time in both} == {time: told[time] for time in both}
    assert found.largest[1] < 0, "the canary: it sells"


def test_the_costs_are_those_of_a_ledger_that_marks_every_trade(pair) -> None:
    run, other = pair
    [found] = [one for one in impacts(run, other, AGENT) if one.fills]
    cash = fees = shares = 0
    marks: dict[str, float] = {"true": 0, "effective": 0}
    session = Session(ExecutionSchool(), Options(seed=3, settlement="none", without=AGENT))
    real = Session(ExecutionSchool(), OPTIONS)

    def mid(session: Session, time: int) -> float:
        session.step(until=max(time + 1, session.now))
        book = session.world.exchange.listings[found.book].book
        return (book.best_bid + book.best_ask) / 2

    for trade in run.of(Trade):
        if AGENT not in (trade.maker, trade.taker):
            continue
        took = trade.taker == AGENT
        side = trade.side if took else -trade.side
        marks["effective"] += side * trade.quantity * mid(real, trade.time - 1)
        marks["true"] += side * trade.quantity * mid(session, trade.time)
        cash -= side * trade.quantity * trade.price
        shares += side * trade.quantity
        fees += trade.taker_fee if took else trade.maker_fee
    assert (found.bought, found.sold) == (0, -shares)
    for name, paper in marks.items():
        assert getattr(found, name) == pytest.approx(-cash - paper + fees)
    first = next(event for event in run if isinstance(event, OrderAccepted) and event.account == AGENT)
    arrival = mid(Session(ExecutionSchool(), OPTIONS), first.time - 1)
    assert found.arrival == pytest.approx(-cash - shares * arrival + fees)


def test_the_model_is_that_of_almgren_and_chriss(pair) -> None:
    from market_sim.analysis.impact import STEP_NS, fitted, model_cost
    from market_sim.analysis.mid_paths import mid_paths

    run, _ = pair
    [found] = [one for one in impacts(*pair, AGENT) if one.fills]
    path, end = mid_paths(run)[found.book], run[-1].time
    trades = [trade for trade in run.of(Trade) if trade.symbol == found.book]
    gamma, eps, eta = fitted(trades, path, end)
    assert gamma > 0
    assert eps > 0
    held = [float(found.sold)]
    for number in range(end // STEP_NS + 1):
        held.append(held[-1] + sum(fill.change for fill in found.fills if fill.time // STEP_NS == number))
    assert held[-1] == 0
    costs = Costs(sigma=0.0, eta=max(eta, gamma / 2 + 1e-12), gamma=gamma, eps=eps)
    expected = expected_cost(held, len(held) - 1, costs)
    assert model_cost(found.fills, trades, path, end) == pytest.approx(expected, rel=1e-6)


def test_what_others_sent_from_outside_comes_again_at_its_time() -> None:
    session = Session(FirstMarket(), Options(epochs=3, settlement="none"))
    session.step(epoch=1)
    session.submit("noise-0", Buy("ACME", 3))
    session.submit("maker-1", Sell("ACME", 2))
    session.step(epoch=2)
    session.phase("pause")
    journal = session.run().journal
    other = without(journal, "maker-1").run().journal
    kept = [(event.time, event.sender, event.kind) for event in journal if type(event).__name__ == "InputReceived"]
    again = [(event.time, event.sender, event.kind) for event in other if type(event).__name__ == "InputReceived"]
    assert again == [one for one in kept if one[1] != "maker-1"]
    assert len(again) == len(kept) - 1 == 2
    assert Session.replay(other).run().fingerprint == Session.replay(other).run().fingerprint
    stepped = without(journal, "maker-1")
    while not stepped.is_over:
        stepped.step(events=50)
    assert stepped.journal.since(0) == other.since(0), "the size of the steps changes nothing"


def test_a_participant_that_is_not_there_is_a_sentence(pair, tmp_path: Path, capsys) -> None:
    with pytest.raises(InputError, match="there is no participant 'bob' in this run; there are maker-A"):
        without(pair[0], "bob")
    assert main(["--without", "bob", "--no-plot", "--out", str(tmp_path)]) == 2
    assert "there is no participant 'bob'; there are maker-0" in capsys.readouterr().err


def test_the_command_prints_the_table_and_writes_run_and_page(tmp_path: Path, capsys) -> None:
    run = simulate(ExecutionSchool(), OPTIONS)
    archive.save(run.journal, tmp_path / "school")
    assert main(["without", str(tmp_path / "school"), "--agent", AGENT, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    other = archive.load(tmp_path / f"school-without-{AGENT}")
    [found] = shown(impacts(run.journal, other.journal, AGENT))
    assert f"its true shortfall is {found.true / 100:.2f} USD (" in said
    assert "A: at-once traded 600 A for" in said
    page = (tmp_path / f"school-without-{AGENT}" / "impact.html").read_text(encoding="utf-8")
    assert "The market without at-once" in page
    assert "<script src" not in page
    told = ["without", str(tmp_path / "school"), "--agent", AGENT, "--out", str(tmp_path), "--no-plot", "--json"]
    assert main(told) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["books"][0]["true"] == found.true
    assert (document["agent"], document["page"]) == (AGENT, None)


def test_the_button_on_a_run_leads_to_the_page_of_its_impact(visitor, run_address) -> None:
    assert "Play it without" in visitor.get(run_address).text
    assert visitor.post(f"{run_address}/without", {"agent": "bob"}).status_code == 422
    live = visitor.post(f"{run_address}/without", {"agent": "maker-0"}).headers["Location"]
    queue = visitor.app.extensions["jobs"]
    list(queue.find(1).since(0, PATIENCE))
    queue.close()
    page = visitor.get(live).headers["Location"]
    assert page == f"{run_address}/without?other=small-run-without-maker-0"
    other = visitor.get("/runs/small-run-without-maker-0").text
    assert "<dt>without</dt><dd>maker-0</dd>" in other
    assert "without maker-0" in visitor.get("/runs").text
    assert "maker-0</td>" in visitor.get("/runs/compare?left=small-run&right=small-run-without-maker-0").text
    text = visitor.get(page).text
    assert "The market without maker-0" in text
    assert "its true shortfall is" in text
    drawn = visitor.get(page.replace("/without?", "/without.json?")).get_json()
    names = [trace.get("name") for trace in drawn["figure"]["data"]]
    assert {"with it", "without it", "impact"} <= set(names)
    assert visitor.get(f"{run_address}/without?other=small-run").status_code == 404
    assert visitor.get(f"{run_address}/without?other=nothing").status_code == 404
