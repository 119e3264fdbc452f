"""The course keeps its promises: each lesson lints, its facts are the product's, and its commands do what they say."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from market_sim.api.stream.ticker import CYCLE_NS, Ticker, TickerFold
from market_sim.core.consensus.blocks import Rules
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockProposed,
    ByzantineAct,
    MessageRefused,
    VoteCast,
)
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.mechanism_events import Exercised, Lapsed, MarginCalled, SettlementPriceSet, SharesIssued
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.core.money import written
from market_sim.course import commands
from market_sim.course.catalogue import find_lesson, lesson_folders, load_course
from market_sim.course.judging import Judging
from market_sim.course.look import look, scenario_of
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="student code is kept apart on POSIX systems only")

COURSE = ROOT / "lessons"
I1 = Judging("I1")


def linted(id):
    out = io.StringIO()
    return commands.lint(out, COURSE, [id]), out.getvalue()


@pytest.mark.parametrize("id", lesson_folders(COURSE))
def test_a_lesson_keeps_its_promises(id):
    code, said = linted(id)
    assert code == 0, said


# What the lessons say of their runs


@cache
def journal(id):
    lesson = find_lesson(COURSE, id)
    if lesson.look.settlement == "none":
        return look(lesson).journal
    shown = lesson.look
    return simulate(scenario_of(lesson), Options(shown.seed, shown.epochs, settlement="memory")).journal


def says(id, *sentences):
    text = " ".join(find_lesson(COURSE, id).body.split())
    for sentence in sentences:
        assert sentence in text, f"{id}/lesson.md no longer agrees with its run: expected {sentence!r}"


def outcome(id):
    return find_lesson(COURSE, id).prediction.outcome


def test_most_orders_of_lesson_1_never_trade():
    trades = list(journal("01").of(Trade))
    accepted = sum(1 for _ in journal("01").of(OrderAccepted))
    traded = len({one.maker_order for one in trades} | {one.taker_order for one in trades})
    says("01", f"accepted {accepted:,} orders, and {traded:,} of them ever traded")
    assert (outcome("01") == "fewer than one in five") == (traded / accepted < 0.2)


def test_the_final_blocks_of_lesson_4():
    epochs = {event.block: event.epoch for event in journal("04").of(BlockProposed)}
    final = {event.block: event for event in journal("04").of(BlockFinalized) if event.validator == 0}
    in_order = sorted(epochs[block] for block in final)
    listed = ", ".join(map(str, in_order[:-1])) + f" and {in_order[-1]}"
    says("04", f"those of epochs {listed}", "Blocks 1, 3 and 4 became final together in epoch 5")
    assert {epochs[block] for block, event in final.items() if event.epoch == 5} == {1, 3, 4}
    assert (len(epochs), len(final), outcome("04")) == (9, 6, "six")
    assert not {2, 6, 10} & set(epochs.values())


def test_the_rows_of_lesson_5():
    batch = next(event for event in journal("05").of(BlockSettled) if event.last == 7)
    says("05", f"The {batch.trades} trades of block 7 make {5 * batch.trades} changes and become {batch.rows} rows")
    assert f"Block 7 of this run holds {batch.trades} trades" in find_lesson(COURSE, "05").prediction.question
    assert (batch.rows < 40, outcome("05")) == (True, "fewer than 40")


def test_the_two_final_blocks_of_lesson_7():
    says("07", "epochs 5 and 6: two blocks each, and three signatures on every one of them")
    proposed = [(event.epoch, event.block) for event in journal("07").of(BlockProposed) if event.epoch in (5, 6)]
    votes = {(event.voter, event.block) for event in journal("07").of(VoteCast)}
    assert [epoch for epoch, _ in sorted(proposed)] == [5, 5, 6, 6]
    for _, block in proposed:
        assert sum(voted == block for _, voted in votes) == 3
    final = {event.block for event in journal("07").of(BlockFinalized) if event.height == 5}
    assert (len(final), outcome("07")) == (2, "two different ones")
    shared = {n: 2 * Rules(n).quorum - n for n in (4, 5, 6, 7)}
    says("07", ", ".join(f"{count} of {n}" for n, count in shared.items()))


def test_the_refusals_of_lesson_6():
    told, honest = journal("06"), simulate(StreamletDemo(), Options(7, 12, settlement="none")).journal
    refused = Counter(event.reason for event in told.of(MessageRefused))
    acts = Counter(event.behaviour for event in told.of(ByzantineAct))
    final, without = ({event.block for event in one.of(BlockFinalized)} for one in (told, honest))
    of_all = f"Of the {refused.total()} messages that were thrown away, {refused['BAD_SIGNATURE']} had a bad signature"
    says("06", of_all, f"The {refused['WRONG_GENESIS']} with `WRONG_GENESIS`", "they are the same blocks")
    assert final == without
    asked = find_lesson(COURSE, "06").prediction
    assert f"Validator 3 sends {acts['forge']} forged messages" in asked.question
    assert (len(final), asked.outcome) == (11, "eleven, too")


def test_the_storm_of_lesson_8():
    says("08", "so block 8 becomes final in epoch 9, and block 7 with it", "none gets three signatures")
    epochs = {event.block: event.epoch for event in journal("08").of(BlockProposed)}
    voters = {}
    for event in journal("08").of(VoteCast):
        voters.setdefault(event.block, set()).add(event.voter)
    assert {epoch: len(voters[block]) for block, epoch in epochs.items() if 4 <= epoch <= 7} == {4: 2, 5: 2, 6: 2, 7: 4}
    final = {epochs[event.block]: event.epoch for event in journal("08").of(BlockFinalized) if event.validator == 0}
    assert (final[7], final[8], outcome("08")) == (9, 9, "epoch 9")
    assert not {4, 5, 6} & set(final)
    entries = {event.block: event.trades for event in journal("08").of(BlockProposed)}
    by_epoch = {epochs[block]: count for block, count in entries.items()}
    assert by_epoch[7] > max(by_epoch[8], by_epoch[3]), "block 7 holds what the lost blocks held"


def conclusion(id):
    return look(find_lesson(COURSE, id)).conclusion


def test_the_three_makers_of_lesson_9():
    told = {
        name: (away, gain)
        for name, away, gain in re.findall(r"([a-z-]+) was (\d+\.\d) .*? gained (\d+\.\d\d)", conclusion("09"))
    }
    fixed, first, second = (told[name] for name in ("fixed", "avellaneda-stoikov", "gueant-lehalle-tapia"))
    says("09", f"it gained {fixed[1]}, the other two {first[1]} and {second[1]}")
    says("09", f"It was {fixed[0]} shares away from its start on average, Avellaneda and Stoikov's maker {first[0]}")
    assert (float(fixed[1]) > float(second[1]) > float(first[1]), outcome("09")) == (True, "the one who ignores it")
    for seed, lost in ((24, "3.30"), (26, "3.00")):
        other = simulate("market-maker-school", seed=seed, epochs=8, settlement="none").conclusion
        assert f"and lost {lost}; avellaneda-stoikov" in other
        says("09", f"with seed {seed} it lost {lost}" if seed == 24 else f"with seed {seed} {lost}")
        assert other.count("gained") == 2


def test_the_calls_of_lesson_10():
    told = journal("10")
    first = {event.account: event for event in reversed(list(told.of(MarginCalled)))}
    ann, shares = first["ann"], 200
    says("10", f"Ann was called for {written(ann.amount)}", f"{written(ann.equity).replace(',', '')} of it")
    mark = next(mark for mark in range(1, 10_001) if -(-shares * mark // 4) >= ann.requirement)
    says("10", f"her 200 shares were worth {written(mark)} each, and a quarter of that is 3003.50")
    assert ann.requirement == 300_350
    says("10", "50 of her shares were sold by force for 3003.17", "Bob's aunt brought in 523.57")
    said = conclusion("10")
    assert "50 shares of ann were sold by force for 3,003.17" in said
    assert "bob was helped with 523.57" in said
    assert "carl" not in first
    assert (first.keys(), outcome("10")) == ({"ann", "bob"}, "about 500")


def test_the_options_of_lesson_11():
    told = journal("11")
    by = Counter()
    for event in told.of(Exercised):
        by[event.by] += event.quantity
    lapsed = [event for event in told.of(Lapsed)]
    assert all("-P" in event.symbol for event in lapsed)
    says("11", f"in this run {by['exception']} of them; {sum(event.quantity for event in lapsed)} puts lapsed")
    says("11", f"{by['choice']} options were exercised before")
    settled = next(told.of(SettlementPriceSet)).price
    assert f"ACME is worth {written(settled)}" in find_lesson(COURSE, "11").prediction.question
    called = sum(
        event.quantity for event in told.of(Exercised) if event.symbol == "ACME-C10000" and event.by == "exception"
    )
    assert (called > 0, outcome("11")) == (True, "the call is exercised for the holder")


def test_the_dilution_of_lesson_12():
    issued = list(journal("12").of(SharesIssued))
    made, cash = sum(event.shares for event in issued), sum(event.cash for event in issued)
    old, worth = issued[0].outstanding_before, 10_000 * issued[0].outstanding_before
    after = (worth + cash) / (old + made)
    assert (old, made, cash, outcome("12")) == (4_000, 800, 4_800_000, "it falls to about 93")
    says(
        "12",
        f"The price fell to {after / 100:.2f}",
        f"divided by {old + made:,}",
        f"got {written(cash)} from the holders",
    )
    says("12", f"{worth / (old + made) / 100:.2f} would be right if the new shares had been given away")
    says("12", f"Each old share lost {100 - after / 100:.2f}, and each warrant gained {after / 100 - 60:.2f}")
    says("12", f"both sums are {made * (after - 6_000) / 100:,.2f}")
    assert "computed: 93.33" in conclusion("12")


def test_the_empty_sides_of_lesson_13():
    fold, sent = TickerFold(), []
    for event in journal("13"):
        while event.time > (len(sent) + 1) * CYCLE_NS:
            sent += fold.at((len(sent) + 1) * CYCLE_NS)
        fold.add(event)
    sent += fold.at((len(sent) + 1) * CYCLE_NS)
    empty = sum(None in (one.bid_price, one.ask_price) for one in sent)
    says("13", f"{empty} of the {len(sent)} messages of the run had a side without a price")
    assert (0.2 < empty / len(sent) < 0.3, outcome("13")) == (True, "in about one in four")
    shown = re.search(r'^\{"timestamp".*?\}$', find_lesson(COURSE, "13").body, re.MULTILINE | re.DOTALL)[0]
    assert list(json.loads(shown)) == list(Ticker.__struct_fields__), "the lesson shows a message as it is sent"


def test_every_run_that_a_lesson_shows_has_something_to_see():
    for id in lesson_folders(COURSE):
        assert sum(1 for _ in journal(id).of(Trade)) >= 5


# What a student types


class Desk:
    """A student's answers folder, and the commands."""

    def __init__(self, place):
        self.answers = place / "answers"

    def type(self, command, *arguments, **more):
        out = io.StringIO()
        code = command(*arguments, out=out, course=COURSE, answers=self.answers, **more)
        return code, out.getvalue()


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_a_lesson_from_start_to_pass(desk):
    code, said = desk.type(commands.lesson_start, "1")
    mine = desk.answers / "01-order-book.py"
    assert (code, mine.read_bytes()) == (0, (COURSE / "01-order-book" / "starter.py").read_bytes())
    code, said = desk.type(commands.lesson_check, "01-order-book", how=I1)
    assert code == 1
    assert "public checks 0/5, 0 of 10 points" in said
    hints = [desk.type(commands.lesson_hint, "1", task=2)[1] for _ in range(4)]
    assert "hint 1 of 3" in hints[0]
    assert "all hints of task 2 were shown" in hints[3]
    shutil.copyfile(COURSE / "01-order-book" / "solution.py", mine)
    code, said = desk.type(commands.lesson_check, "1", how=I1)
    assert code == 0
    assert "public checks 5/5, 10 of 10 points; your instructor may run more checks" in said
    assert "further reading" in said
    lessons = load_course(COURSE)
    points = sum(lesson.points for lesson in lessons)
    told = f"10/{points} points ({1_000 / points:.0f} %), 1 of {len(lessons)} lessons passed"
    assert told in desk.type(commands.lesson_progress)[1]
    assert "passed" in desk.type(commands.lesson_list)[1]


def test_starting_again_keeps_the_answer_and_resetting_asks_first(desk):
    desk.type(commands.lesson_start, "1")
    mine = desk.answers / "01-order-book.py"
    mine.write_text("mine")
    assert "is there already" in desk.type(commands.lesson_start, "1")[1]
    assert "nothing was changed" in desk.type(commands.lesson_reset, "1", confirm=lambda question: False)[1]
    assert mine.read_text() == "mine"
    desk.type(commands.lesson_reset, "1", confirm=lambda question: True)
    assert (desk.answers / "01-order-book.py.old").read_text() == "mine"
    assert "def queue" in mine.read_text()


def test_mistakes_are_said_in_one_sentence(desk):
    with pytest.raises(InputError, match=r"begin with: .*python\S* \S*simulate.py lesson start 01-order-book$"):
        desk.type(commands.lesson_check, "1")
    with pytest.raises(InputError, match="has the tasks 1, 2, found 9"):
        desk.type(commands.lesson_hint, "1", task=9)


# What an instructor types


def test_a_scenario_and_a_lesson_of_ones_own_from_an_empty_folder(tmp_path):
    out = io.StringIO()
    assert commands.new_scenario("bank_run", out, tmp_path) == 0
    file = tmp_path / "bank_run.py"
    assert 15 <= len(file.read_text().splitlines()) <= 40
    course, checks_dir = tmp_path / "lessons", tmp_path / "hidden"
    assert commands.new_lesson(str(file), out, course, checks_dir) == 0
    assert commands.new_lesson("first-market", out, course) == 0
    assert sorted(lesson_folders(course)) == ["01-bank-run", "02-first-market"]
    said = io.StringIO()
    assert commands.lint(said, course, ["01-bank-run"], checks_dir) == 0, said.getvalue()
    assert (checks_dir / "salt.txt").stat().st_size > 30
    with pytest.raises(InputError, match="is there already"):
        commands.new_scenario("bank_run", out, tmp_path)
    with pytest.raises(InputError, match="small letters"):
        commands.new_scenario("../bank", out, tmp_path)
    for name in ("crowded-room", "crowded_room", "_arena_"[1:]):
        with pytest.raises(InputError, match="is the name of a scenario that comes with the sandbox; choose another"):
            commands.new_scenario(name, out, tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.py")) == ["bank_run.py"]


@pytest.mark.parametrize(
    ("scenario", "outcome"), [("crowded-room", "the fall"), ("news", "the rise"), ("informed-vs-noise", "neither")]
)
def test_the_prediction_of_a_new_lesson_comes_true_in_its_run(scenario, outcome, tmp_path):
    """A price moves otherwise in another scenario: the outcome is read from the run that the lesson shows."""
    assert commands.new_lesson(scenario, io.StringIO(), tmp_path) == 0
    [folder] = lesson_folders(tmp_path).values()
    text = (folder / "lesson.md").read_text(encoding="utf-8")
    assert f'outcome = "{outcome}"' in text
    journal = simulate(scenario, Options(seed=7, epochs=4, settlement="none")).journal
    prices = [trade.price for trade in journal.of(Trade)]
    fall, rise = (max(sign * (b - a) for a, b in pairwise(prices)) for sign in (-1, 1))
    assert {fall > rise: "the fall", rise > fall: "the rise"}.get(True, "neither") == outcome


# What lint finds

BREACHES = [
    ("lesson.md", "points = 10", "points = 11", "the checks give 10 points, the lesson promises 11"),
    ("lesson.md", "## Debrief", "## Afterwards", "needs the headings Look"),
    ("lesson.md", "Make your prediction first.", "See [this](nowhere.md).", "the link nowhere.md leads nowhere"),
    ("lesson.md", "Make your prediction first.", "See [it](https://example.org).", "leaves this machine"),
    ("lesson.md", "--seed 7 --epochs 8", "--seed 8 --epochs 8", "shows how to play its run"),
    ("lesson.md", 'scenario = "first-market"', 'scenario = "first-markt"', "did you mean first-market"),
    ("lesson.md", "requires = []", 'requires = ["05-settlement"]', "which does not come before it"),
    ("hints.md", "1. Sort the orders", "Sort the orders", "expected `1. hint`"),
    ("checks.py", "task=1", "task=7", "belongs to task 7, which is none"),
    ("checks.py", "    assert trades, ", "    assert trades\n    assert trades, ", "an assert without a message"),
    ("checks.py", "import pytest\n", "import pytest\nimport solution\n", "checks never import the solution"),
    ("wrong/strict.py", "says: ", "said: ", "its docstring needs a line `says: ...`"),
]  # fmt: skip
GRADED = [
    ("solution.py", "order[\"number\"]))", "-order[\"number\"]))", "the model solution does not get full marks"),
    ("wrong/strict.py", "points: 5", "points: 4", "says that it gets 4 points, it gets 5"),
    ("wrong/strict.py", "says: at exactly", "says: at roughly", "no check says 'at roughly"),
    ("starter.py", "", (COURSE / "01-order-book" / "solution.py").read_text(encoding="utf-8"),
     "the untouched starter must fail with sentences"),
]  # fmt: skip
"""What only grading shows."""


def small_course(place):
    """The first lesson alone, with no more wrong answers than lint wants."""
    lesson = place / "lessons" / "01-order-book"
    shutil.copytree(COURSE / lesson.name, lesson)
    for spare in sorted((lesson / "wrong").glob("*.py"))[:-3]:
        spare.unlink()
    return lesson.parent


def plant(course, file, old, new):
    place = course / "01-order-book" / file
    text = place.read_text(encoding="utf-8")
    if old not in text:
        pytest.fail(f"{file} has no {old!r} to break")
    place.write_text(text.replace(old, new, 1) if old else new, encoding="utf-8")


@pytest.mark.parametrize(("file", "old", "new", "said"), BREACHES)
def test_lint_finds_a_planted_breach(tmp_path, file, old, new, said):
    course = small_course(tmp_path)
    plant(course, file, old, new)
    out = io.StringIO()
    assert commands.lint(out, course) == 1
    assert said in out.getvalue()


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """What lint says of a lesson with all of these breaches: none hides another, and grading takes its time."""
    course = small_course(tmp_path_factory.mktemp("graded"))
    for file, old, new, _ in GRADED:
        plant(course, file, old, new)
    out = io.StringIO()
    assert commands.lint(out, course) == 1
    return out.getvalue().splitlines()


@pytest.mark.parametrize(("file", "old", "new", "said"), GRADED)
def test_lint_finds_a_breach_that_only_grading_shows(graded, file, old, new, said):
    assert sum(file in line and said in line for line in graded) == 1


def test_lint_finds_these_breaches_and_no_others(graded):
    assert sum("01-order-book/" in line for line in graded) == len(GRADED), graded
