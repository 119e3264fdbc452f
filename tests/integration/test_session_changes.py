"""A fork with a change: the past is the same, the change is an input or a later fault, and the fork is played again."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import ByzantineAct, EpochStarted
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled
from market_sim.core.models.run_events import CommitteeSeated, InputReceived, RunStarted, WarningGiven
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session

OPTIONS = Options(epochs=6, settlement="none")
NAMED_FIRST = (RunStarted, CommitteeSeated, WarningGiven)
"""The first events, which name the validators that will deviate."""


@pytest.fixture(scope="module")
def whole() -> Session:
    """A run that has ended, to be forked."""
    session = Session(FirstMarket(), OPTIONS)
    session.run()
    return session


def lived(session: Session) -> list[Event]:
    """What happened, beside the first events that say what was chosen."""
    return [event for event in session.journal if not isinstance(event, NAMED_FIRST)]


def epoch_of(session: Session) -> int:
    return max((event.epoch for event in session.journal.of(EpochStarted)), default=0)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_validator_that_deviates_in_a_fork_has_the_same_past(whole: Session, name: str) -> None:
    chance = Random(name)
    at = chance.randrange(len(whole.journal) * 3 // 5)
    fork = whole.fork(at, byzantine=f"n1:{name}")  # it leads epoch 5
    assert lived(fork) == lived(whole)[: len(lived(fork))]
    assert len(lived(fork)) >= len(lived(whole)) * at // len(whole.journal) - 5, "the fork stands where it was asked to"
    epoch = epoch_of(fork)
    fork.run()
    acts = list(fork.journal.of(ByzantineAct))
    has_acted = bool(acts)
    without = ("double-vote", "greedy")
    assert has_acted is (name not in without), "the canary: it deviates; there was no second proposal and no call"
    assert all(act.epoch > epoch for act in acts)


def test_behaviours_of_the_run_are_kept_in_the_fork() -> None:
    session = Session(FirstMarket(), Options(epochs=5, settlement="none", byzantine="n3:silent@1-2"))
    session.step(epoch=3)
    fork = session.fork(byzantine="n3:equivocate@5")
    assert fork.options.byzantine == "n3:silent@1-2, n3:equivocate@5-5"
    assert lived(fork) == lived(session)
    both = session.fork(byzantine="n1:silent", beyond_the_bound=True)
    assert (both.options.byzantine, both.options.beyond_the_bound) == ("n3:silent@1-2, n1:silent@4-5", True)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        ("n3:equivocate@2-4", "epoch 3 has begun: n3:equivocate@2-4 would change the past"),
        ("n9:silent", "there is no validator n9"),
        ("n3:sing", "there is no byzantine behaviour 'sing'"),
        ("n3:silent, n2:silent", "beyond"),
    ],
)
def test_a_fork_that_cannot_be_had_is_a_sentence(ask: str, sentence: str) -> None:
    session = Session(FirstMarket(), Options(epochs=4, settlement="none"))
    session.step(epoch=2)
    session.step(events=5)
    with pytest.raises(InputError, match=sentence):
        session.fork(byzantine=ask)
    session.step(epoch=4)
    with pytest.raises(InputError, match="the last epoch, 4, has begun"):
        session.fork(byzantine="n3:silent")


def test_who_is_removed_leaves_its_orders_and_places_no_more(whole: Session) -> None:
    fork = whole.fork(700)
    shared = len(fork.journal)
    fork.remove("maker-0")
    fork.run()
    later = fork.journal.since(shared)
    assert fork.journal.since(0)[:shared] == whole.journal.since(0)[:shared]
    assert type(later[0]) is InputReceived
    assert isinstance(later[1], OrderCancelled)
    orders = [event.account for event in later if isinstance(event, OrderAccepted)]
    assert orders, "the canary: the others go on"
    assert "maker-0" not in orders
    assert "maker-0" in [event.account for event in whole.journal.since(shared) if isinstance(event, OrderAccepted)]
    assert Session.replay(fork.journal).run().fingerprint == fork.result.fingerprint
    twice = whole.fork(700)
    twice.remove("maker-0")
    with pytest.raises(InputError, match="maker-0 takes no part any more"):
        twice.remove("maker-0")


def test_a_strategy_is_tuned_from_here_on_and_keeps_what_it_knows(whole: Session) -> None:
    fork = whole.fork(700)
    before = fork.world.agents["maker-0"].strategy
    known = before.spread_bps
    fork.tune("maker-0", "spread_bps", known + 30)
    assert before.spread_bps == known, "the strategy of the first run is not touched"
    fork.run()
    [asked] = fork.journal.of(InputReceived)
    assert (asked.sender, asked.kind, asked.terms) == (
        "maker-0",
        "Tune",
        {"parameter": "spread_bps", "value": known + 30},
    )
    assert fork.result.fingerprint != whole.result.fingerprint
    assert Session.replay(fork.journal).run().fingerprint == fork.result.fingerprint


@pytest.mark.parametrize(
    ("agent", "parameter", "value", "sentence"),
    [
        ("nobody", "spread_bps", 3, "there is no participant 'nobody'; there are maker-0"),
        ("maker-0", "hats", 3, "VolatilityMaker has no parameter 'hats'; it has symbol"),
        ("maker-0", "spread_bps", "wide", "the new value is of the same kind, found 'wide'"),
        ("maker-0", "spread_bps", True, "the new value is of the same kind, found True"),
    ],
)
def test_a_change_that_cannot_be_made_is_a_sentence_and_no_event(
    whole: Session, agent: str, parameter: str, value, sentence: str
) -> None:
    fork = whole.fork(100)
    before = len(fork.journal)
    with pytest.raises(InputError, match=sentence):
        fork.tune(agent, parameter, value)
    assert len(fork.journal) == before


@pytest.mark.parametrize("seed", range(3))
def test_a_session_that_goes_back_and_forward_again_is_the_same_run(seed: int) -> None:
    chance = Random(seed)
    session = Session(FirstMarket(), Options(epochs=3, settlement="none"))
    session.step(epoch=1)
    session.tune("maker-0", "spread_bps", 9)
    session.step(epoch=2)
    at = chance.randrange(len(session.journal))
    earlier = session.back(at)
    assert at < len(earlier.journal) <= len(session.journal)
    assert earlier.journal.since(0) == session.journal.since(0)[: len(earlier.journal)]
    assert earlier.run().fingerprint == session.run().fingerprint
    with pytest.raises(InputError, match="there is no event 9999999"):
        session.back(9_999_999)
