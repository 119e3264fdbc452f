"""A session is the run in one piece, however it is cut, and a run with inputs is a function of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from random import Random
from threading import Thread

import pytest

from market_sim.core.data.archive import load, save
from market_sim.core.errors import InputError
from market_sim.core.models.inputs import input_of, received
from market_sim.core.models.intents import Amend, Buy, Cancel, CancelAll, Exercise, Intent, PlaceOrder, Sell
from market_sim.core.models.market_events import AuctionHeld, OrderAccepted, OrderRejected, PhaseChanged, Trade
from market_sim.core.models.run_events import InputReceived, RunEnded
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.crowded_room import CrowdedRoom
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session
from tests.conftest import PATIENCE, ROOT
from tests.integration.consensus_schedules import turn

CASES = [*range(60)]
if os.environ.get("HYPOTHESIS_PROFILE") == "ci":  # the same hundred each time, and another hundred with each commit
    CASES = [*range(100), *range(first := 100 * (1 + turn() % 100_000), first + 100)]
EPOCH_NS = 1_000_000_000
OPTIONS = Options(epochs=3, settlement="memory")


def walked(session: Session, chance: Random) -> None:
    """Let the whole run pass in steps of every kind and size."""
    while not session.is_over:
        kind = chance.randrange(4)
        if kind == 0:
            session.step(until=session.now + chance.choice([0, 1, 77, 1_000_000, 130_000_000, EPOCH_NS]))
        elif kind == 1:
            session.step(events=chance.choice([1, 2, 17, 200]))
        elif kind == 2:
            session.step(epoch=session.epoch + chance.choice([0, 1, 1, 2]))
        else:
            session.step(until=EPOCH_NS * chance.randrange(1 + session.now // EPOCH_NS, 6))


def outsider(session: Session, chance: Random) -> Intent:
    """A random intent for a market with ACME."""
    account = session.world.exchange.accounts["maker-0"]
    order = chance.choice([*account.open, 1]) if account.open else 1
    side = chance.choice([Buy, Sell])
    return chance.choice(
        [
            side("ACME", chance.randrange(1, 20), 10_000 + chance.randrange(-30, 30)),
            side("ACME", chance.randrange(1, 5)),
            side("ACME", 3, 10_000, stop=10_000),
            Cancel(order),
            Amend(order, quantity=chance.randrange(1, 9)),
            CancelAll(),
            Exercise("ACME", 1),
        ]
    )


@pytest.mark.parametrize("seed", CASES)
def test_a_session_in_random_pieces_paused_forked_and_replayed_is_the_run_in_one_piece(seed: int) -> None:
    chance = Random(seed)
    kind = chance.choice(SCENARIOS)
    options = Options(seed=seed, epochs=3, settlement=chance.choice(["none", "memory"]))
    whole = simulate(kind(), options).fingerprint
    session = Session(kind(), options)
    session.step(events=chance.randrange(1, 300))
    twin = session.fork()
    assert (twin.now, twin.journal.since(0)) == (session.now, session.journal.since(0))
    before, was_over = session.journal.since(0), session.is_over  # a quiet market may be over after 300 events
    walked(twin, chance)
    assert (session.journal.since(0), session.is_over) == (before, was_over)
    walked(session, chance)
    assert session.result.fingerprint == twin.result.fingerprint == whole
    assert Session.replay(session.journal).run().fingerprint == whole


@pytest.mark.parametrize("seed", CASES)
def test_a_live_session_is_played_again_from_its_journal(seed: int) -> None:
    chance = Random(seed)
    session = Session(FirstMarket(), OPTIONS)
    session.step(events=30)
    for _ in range(chance.randrange(1, 12)):
        if chance.random() < 0.7:
            session.submit(chance.choice(["maker-0", "noise-0", "nobody"]), outsider(session, chance))
        else:
            session.phase(chance.choice(["pause", "resume"]), chance.choice([None, "ACME"]))
        if chance.random() < 0.5:
            session.step(events=chance.randrange(1, 120))
        elif chance.random() < 0.8:
            session.step(until=session.now + chance.choice([0, 5_000_000, 333_333_333]))
        if session.is_over:
            break
    live = session.run()
    again = Session.replay(session.journal)
    walked(again, chance)
    assert again.result.fingerprint == live.fingerprint
    session.world.check()


@pytest.mark.parametrize("seed", range(10))
def test_a_fork_at_any_event_shares_the_past_and_leaves_its_parent_alone(seed: int) -> None:
    chance = Random(seed)
    session = Session(FirstMarket(), Options(epochs=3, settlement="none"))
    session.step(events=100)
    session.submit("noise-0", Buy("ACME", 2))
    session.step(epoch=2)
    before = session.journal.since(0)
    at = chance.randrange(len(before))
    twin = session.fork(at)
    assert len(twin.journal) > at
    assert twin.journal.since(0) == before[: len(twin.journal)]
    [answer] = twin.submit("noise-1", Buy("ACME", 5))
    assert answer.status != "refused"
    twin.run()
    assert session.journal.since(0) == before
    assert session.run().fingerprint != twin.result.fingerprint


def test_a_replay_steps_as_far_as_asked_past_an_input_that_came_at_the_end_of_an_epoch() -> None:
    session = Session(FirstMarket(), Options(epochs=3, settlement="none"))
    session.step(epoch=1)
    session.submit("maker-0", Buy("ACME", 1, 9_000))
    session.step(epoch=2)
    again = Session.replay(session.journal)
    again.step(epoch=2)
    assert (again.now, again.epoch, again.journal.since(0)) == (session.now, 2, session.journal.since(0))


def test_an_input_is_told_before_what_it_leads_to_and_is_answered() -> None:
    session = Session(FirstMarket(), OPTIONS)
    session.step(epoch=1)
    number = len(session.journal)
    [answer] = session.submit("noise-0", Buy("ACME", 1))
    told = session.journal.since(number)
    assert [type(event) for event in told[:2]] == [InputReceived, OrderAccepted]
    assert answer.status == "filled"
    assert answer.fills[0].quantity == sum(event.quantity for event in told if isinstance(event, Trade)) == 1


def test_an_unknown_account_is_refused_like_in_any_other_order() -> None:
    session = Session(FirstMarket(), OPTIONS)
    session.step(epoch=0)
    [answer] = session.submit("nobody", Buy("ACME", 1))
    assert (answer.status, answer.reason) == ("refused", "UNKNOWN_ACCOUNT")


def test_in_a_pause_orders_are_refused_and_cancels_allowed_and_an_auction_opens_again() -> None:
    session = Session(FirstMarket(), Options(epochs=5, settlement="none"))
    session.step(epoch=1)
    [order] = session.submit("noise-0", Buy("ACME", 1, 9_000))
    session.phase("pause")
    [refused] = session.submit("noise-0", Buy("ACME", 1, 9_001))
    [cancelled] = session.submit("noise-0", Cancel(order.order or 0))
    assert (refused.status, refused.reason, cancelled.status) == ("refused", "PAUSED", "cancelled")
    quiet = len(session.journal)
    session.step(epoch=2)
    assert not [event for event in session.journal.since(quiet) if isinstance(event, Trade)]
    assert [event for event in session.journal.since(quiet) if isinstance(event, OrderRejected)]
    session.phase("resume")
    collected = len(session.journal)
    session.step(epoch=4)
    kinds = [type(event) for event in session.journal.since(collected - 1)]
    assert kinds.index(AuctionHeld) < kinds.index(Trade)
    phases = [event.phase for event in session.journal.of(PhaseChanged)]
    assert phases == ["halted", "call", "continuous"]
    assert session.run().complete


def test_a_session_that_is_stopped_keeps_what_happened() -> None:
    session = Session(FirstMarket(), OPTIONS)
    result = session.run(lambda journal, epoch: session.stop() if epoch == 2 else None)
    assert not result.complete
    assert session.epoch == 2
    last = result.journal[-1]
    assert isinstance(last, RunEnded)
    assert not last.complete
    whole = simulate(FirstMarket(), OPTIONS).journal.since(0)
    assert result.journal.since(0)[:-1] == whole[: len(result.journal) - 1]


def test_every_epoch_is_watched_once_and_in_order() -> None:
    seen: list[int] = []
    Session(CrowdedRoom(), OPTIONS).run(lambda journal, epoch: seen.append(epoch))
    assert seen == [0, 1, 2, 3]


def test_eight_threads_hand_in_a_thousand_orders_each_and_none_is_lost() -> None:
    session = Session(FirstMarket(), Options(epochs=3, settlement="none"))
    session.step(epoch=0)
    statuses: dict[int, list[str]] = {}

    def trade(number: int) -> None:
        name, chance = f"noise-{number % 3}", Random(number)
        offers = [
            session.intake.offer(name, chance.choice([Buy, Sell])("ACME", 1, 10_000 + chance.randrange(-40, 40)))
            for _ in range(1_000)
        ]
        statuses[number] = [offer.answers(PATIENCE)[0].status for offer in offers]

    threads = [Thread(target=trade, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        session.step(until=session.now + 1_000)
    assert sum(len(found) for found in statuses.values()) == 8_000
    inputs = list(session.journal.of(InputReceived))
    assert len(inputs) == 8_000
    session.world.check()
    assert Session.replay(session.run().journal).run().fingerprint == session.result.fingerprint


def test_an_offer_that_cannot_be_taken_raises_where_it_was_made() -> None:
    session = Session(FirstMarket(), OPTIONS)
    offer = session.intake.offer("noise-0", "buy!")  # type: ignore[arg-type]
    session.step(epoch=0)
    with pytest.raises(InputError, match=r"expected one of PlaceOrder.*found 'buy!'"):
        offer.answers(1)
    with pytest.raises(InputError, match=r"has not taken the intent within 0 seconds"):
        session.intake.offer("noise-0", Buy("ACME", 1)).answers(0)


def test_a_journal_with_inputs_is_saved_and_played_again(tmp_path) -> None:
    session = Session(FirstMarket(), OPTIONS)
    session.step(epoch=1)
    session.submit("noise-0", Buy("ACME", 3, 10_010, post_only="slide"))
    session.phase("pause")
    session.step(until=session.now + EPOCH_NS // 3)
    session.phase("resume")
    live = session.run()
    save(live.journal, tmp_path / "run")
    assert Session.replay(load(tmp_path / "run").journal).run().fingerprint == live.fingerprint


@pytest.mark.parametrize(
    "intent",
    [
        Buy("ACME", 1),
        Sell("ACME", 4, 9, "gtd", "mine", expires=5, display=2),
        Amend(3, limit=8),
        CancelAll("ACME"),
        Exercise("CALL", 2),
    ],
    ids=lambda intent: type(intent).__name__,
)
def test_an_input_is_read_from_its_event_as_it_was(intent: Intent) -> None:
    assert input_of(received(5, 1, "ann", intent)) == intent


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        (PlaceOrder("ACME", 1, "many"), "PlaceOrder: Expected `int`, got `str`"),  # type: ignore[arg-type]
        (Cancel(1.5), "Cancel: Expected `int`, got `float`"),  # type: ignore[arg-type]
        ({"order": 3}, "expected one of PlaceOrder"),
    ],
)
def test_an_input_that_is_no_intent_is_refused_in_a_sentence(thing: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        received(0, 0, "ann", thing)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda s: s.step(), "a step goes either"),
        (lambda s: s.step(epoch=1, events=3), "a step goes either"),
        (lambda s: s.step(until=3), "it is already 1000000000 ns"),
        (lambda s: s.fork(10**9), "there is no event 1000000000"),
        (lambda s: s.fork(-1), "there is no event -1"),
        (lambda s: s.phase("stop"), "pause or resume, found 'stop'"),
        (lambda s: s.phase("pause", "NONE"), "NONE is not listed; listed are ACME"),
    ],
)
def test_what_a_session_cannot_do_is_said_in_a_sentence(ask, sentence: str) -> None:
    session = Session(FirstMarket(), OPTIONS)
    session.step(epoch=0)
    before = session.journal.since(0)
    with pytest.raises(InputError, match=sentence):
        ask(session)
    assert session.journal.since(0) == before


class Clumsy(Mechanism):
    """Falls over the first order from outside."""

    name = "clumsy"

    def follow(self) -> None:
        if any(self.journal.of(InputReceived)):
            raise KeyError("margin")


@dataclass(frozen=True)
class ClumsyMarket(FirstMarket):
    """A market with a mechanism that fails."""

    def build(self, world) -> None:
        super().build(world)
        world.attach(Clumsy())


def test_what_a_mechanism_raises_about_an_order_from_outside_names_its_line() -> None:
    session = Session(ClumsyMarket(), OPTIONS)
    session.step(epoch=0)
    with pytest.raises(InputError, match=r"test_session\.py, line \d+: KeyError: 'margin'"):
        session.submit("noise-0", Buy("ACME", 1))


def test_nothing_can_be_handed_in_after_the_end() -> None:
    session = Session(FirstMarket(), OPTIONS)
    session.run()
    with pytest.raises(InputError, match="this run is over"):
        session.submit("noise-0", Buy("ACME", 1))
    with pytest.raises(InputError, match="RunStarted"):
        Session.replay([])


@dataclass(frozen=True)
class OwnRoom(Scenario):
    """A scenario that is not shipped."""

    name = "own-room"

    def build(self, world: World) -> None:
        FirstMarket().build(world)


def test_a_scenario_that_is_not_shipped_is_given_to_the_replay() -> None:
    result = Session(OwnRoom(), OPTIONS).run()
    with pytest.raises(InputError, match="there is no scenario 'own-room'"):
        Session.replay(result.journal)
    assert Session.replay(result.journal, OwnRoom()).run().fingerprint == result.fingerprint


def test_the_page_on_architecture_tells_the_truth_about_sessions(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    code, told = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL).groups()
    # The page is ours, and what it shows is what is run here.
    exec(compile(code, "docs/architecture.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == told
