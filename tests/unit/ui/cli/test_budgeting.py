"""`simulate.py budget` prints the stages of an order, modelled by a stack and measured, with the largest marked."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from market_sim.analysis.history.spans import spans_of
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.compliance_events import RulesInForce
from market_sim.core.models.intents import Buy
from market_sim.core.models.market_events import Trade
from market_sim.core.models.venue_events import MessageTimed
from market_sim.core.randomness import Randomness
from market_sim.market.venues.latency_budget import BYPASS, KERNEL, STACKS, STAGES, drawn, total_mean_us
from market_sim.simulation import stage_costs
from market_sim.simulation.market_alone import play_alone
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.stack_race import FIRST, SECOND, StackRace
from market_sim.simulation.session import Session
from market_sim.simulation.stage_costs import costs_after_the_match
from market_sim.ui.cli.main import main
from market_sim.ui.order_budget import NOTE, after_the_match, cells, measured, passed, path_sentence, rank, rows


@pytest.fixture(scope="module")
def result():
    return simulate(FirstMarket(traders=6), Options(epochs=5, settlement="memory"))


@pytest.mark.thorough
@pytest.mark.parametrize("stack", STACKS)
def test_the_command_prints_every_stage_and_the_path_of_a_slow_order(stack, result, tmp_path, capsys):
    archive.save(result.journal, tmp_path / "run")
    assert main(["budget", str(tmp_path / "run"), "--stack", stack]) == 0
    said = capsys.readouterr().out
    paths = drawn(stack, 10_000, Randomness(result.seed).stream("latency budget"))
    assert path_sentence(stack, paths, "one message of 100, of 10,000 that are drawn,") in said and NOTE in said
    table = [re.split(r"\s{2,}", line) for line in said.splitlines()[1:8]]
    for place, (row, stage) in enumerate(zip(table[:5], STAGES, strict=True)):
        took = sorted(path[place] for path in paths)
        assert row[0] == stage.name
        assert row[1].rstrip("*") == f"{sum(took) / len(took) / 1_000:.2f}"
        assert row[2] == f"{took[9_899] / 1_000:.2f}", "the value of rank 9,900"
        assert (row[3] == "-") == (stage.name == "network card"), "all but the card is measured"
    waits = after_the_match(result)
    for row, name in zip(table[5:], ("block", "settle"), strict=True):
        assert row[:2] == [name, f"{sum(waits[name]) / len(waits[name]) / 1_000:,.2f}" + "*" * (name == "block")]
        assert float(row[3].rstrip("*").replace(",", "")) >= 0 and row[4] == "-", "a cost for each trade, no percentile"
    assert sum(row[3].endswith("*") for row in table) == 1
    means = [float(row[1].rstrip("*").replace(",", "")) for row in table]
    path = re.search(
        r"From the network card to settle an order takes ([\d.]+) s on average; ([\d.]+)% of it is block", said
    )
    assert float(path[1]) == pytest.approx(sum(means) / 1e6, abs=1e-5)
    assert float(path[2]) == pytest.approx(100 * means[5] / sum(means), abs=0.01)


def test_a_run_with_a_stack_is_told_by_its_own_messages():
    result = simulate(StackRace(), Options(epochs=2, settlement="none"))
    for stack, account in ((None, FIRST), (BYPASS, FIRST), (KERNEL, SECOND)):
        used, paths, whose = passed(result, stack)
        assert used == (stack or BYPASS) and whose == f"one of 100 messages that {account} sent in this run"
        assert paths == [one.stages for one in result.journal.of(MessageTimed) if one.account == account]
    assert [*after_the_match(result)] == ["block"], "nothing is settled"


def test_what_follows_the_match_costs_processor_time_and_the_market_of_a_guest_cannot_be_taken_apart(result):
    assert {*costs_after_the_match(result.journal)} == {"block", "settle"}
    session = Session(FirstMarket(traders=6), Options(epochs=1, settlement="none"))
    session.submit("noise-0", Buy("ACME", 1))
    assert costs_after_the_match(session.run().journal) == {}


@pytest.fixture
def markets(monkeypatch):
    """The markets that are played alone, with the number of their epochs."""
    played = []

    def spied(world, epochs):
        play_alone(world, epochs)
        played.append((world.journal, epochs))

    monkeypatch.setattr(stage_costs, "play_alone", spied)
    return played


def test_the_market_of_a_run_is_played_alone_with_its_rules_and_as_far_as_the_run_came(markets):
    session = Session(FirstMarket(traders=6), Options(epochs=50, settlement="none", rules="classroom"))
    session.step(epoch=3)
    session.end()
    assert {*costs_after_the_match(session.journal)} == {"block"}
    [(alone, epochs)] = markets
    assert epochs == 3
    told = [*session.journal.of(Trade)]
    assert told and told == [*alone.of(Trade)][: len(told)]
    assert [*alone.of(RulesInForce)] == [*session.journal.of(RulesInForce)] != []


def test_what_a_node_did_is_not_measured_and_an_unknown_scenario_is_not_played(result, markets):
    start, *rest = result.journal
    for changed, found in (
        (replace(start, options=start.options | {"settlement": "json-rpc"}), {"block"}),
        (replace(start, scenario="of-a-file"), set()),
    ):
        journal = Journal()
        for event in (changed, *rest):
            journal.record(event)
        assert {*costs_after_the_match(journal)} == found
    assert len(markets) == 1


@pytest.mark.thorough
def test_a_scenario_of_a_file_has_its_costs_when_the_file_is_passed(tmp_path, capsys):
    room = tmp_path / "room.py"
    room.write_text(ROOM)
    assert main(["--scenario", str(room), "--no-settle", "--headless", "-q", "--out", str(tmp_path / "out")]) == 0
    [run] = (tmp_path / "out").iterdir()
    capsys.readouterr()
    costs = []
    for more in ([], ["--scenario", str(room)]):
        assert main(["budget", str(run), *more]) == 0
        costs.append(re.split(r"\s{2,}", capsys.readouterr().out.splitlines()[6])[3])
    assert costs[0] == "-" and float(costs[1].rstrip("*").replace(",", "")) > 0


ROOM = """
from market_sim.simulation.scenarios.first_market import FirstMarket

class Room(FirstMarket):
    name = "own-room"
    epochs = 3
"""


@pytest.mark.parametrize("stack", STACKS)
def test_the_stages_have_the_distributions_that_are_stated(stack):
    paths = drawn(stack, 10_000, Randomness(3).stream("latency budget"))
    for place, stage in enumerate(STAGES):
        took = sorted(path[place] for path in paths)
        delay = stage.delays[stack]
        assert sum(took) / len(took) == pytest.approx(delay.mean_ms * 1e6, rel=0.05, abs=1)
        assert rank(took, 0.99) == pytest.approx(delay.p99_ms * 1e6, rel=0.1, abs=1)


def test_the_bypass_leaves_out_the_kernel_and_nothing_that_the_exchange_does():
    for stage in STAGES:
        kernel, bypass = stage.delays[KERNEL], stage.delays[BYPASS]
        assert bypass.mean_ms < kernel.mean_ms if stage.name in ("network card", "kernel") else bypass == kernel
    assert total_mean_us(BYPASS) < total_mean_us(KERNEL)


def test_the_largest_of_each_column_is_marked():
    modelled = {"card": [1_000, 3_000], "kernel": [9_000, 9_000]}
    told = cells(rows(modelled, {"card": [7_000], "kernel": [5_000, 5_000]}))
    assert told == [("card", "2.00", "3.00", "7.00*", "-"), ("kernel", "9.00*", "9.00", "5.00", "5.00")]
    assert cells(rows(modelled, {})) == [("card", "2.00", "3.00", "-", "-"), ("kernel", "9.00*", "9.00", "-", "-")]


def test_the_path_of_a_slow_order_is_that_of_rank_99_of_100():
    paths = [(number, 1_000, 0, 0, 0) for number in range(100)]
    told = path_sentence(KERNEL, paths, "one of them")
    assert told.startswith("With the kernel stack, one of them takes 1.10 us or more"), "98 ns and 1,000 ns"
    assert told.endswith("91% of it is kernel.")


def test_block_and_payment_are_in_the_time_of_the_run(result):
    waits = after_the_match(result)
    for name in ("block", "settle"):
        found = [one for one in spans_of(result) if one.name == name and one.end]
        assert waits[name] == [one.end - one.start for one in found] and found


def test_nothing_to_measure_and_no_such_stack_are_sentences(result):
    assert {name: len(took) for name, took in measured([]).items()} == dict.fromkeys(
        ("kernel", "parse", "risk", "match"), 0
    )
    with pytest.raises(InputError, match="a stack is kernel or bypass, found 'magic'"):
        drawn("magic", 1, Randomness(1).stream("x"))
    with pytest.raises(InputError, match="at least one message, found 0"):
        drawn(KERNEL, 0, Randomness(1).stream("x"))
