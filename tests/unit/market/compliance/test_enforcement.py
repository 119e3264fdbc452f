"""Each accusation climbs the ladder; fines go through the ledger; gates refuse orders; appeals lift measures."""

from __future__ import annotations

import pytest

from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Amend, Buy, Cancel, Sell
from market_sim.core.models.market_events import OrderCancelled, OrderRejected, Transferred
from market_sim.core.models.surveillance_events import AlertRaised, AppealGranted, MeasureTaken
from market_sim.market.compliance.detectors.thresholds import Thresholds
from market_sim.market.compliance.detectors.watch import alerts_of
from market_sim.market.compliance.enforcement import Enforcement
from market_sim.market.compliance.ladder import FINE, SUSPEND, THROTTLE, WARN, Ladder
from market_sim.market.exchange.exchange import Exchange
from market_sim.simulation.engine.clock import Clock

MS = 1_000_000
SECOND = 1_000 * MS
THRESHOLDS = Thresholds(rearm_ns=0, spoof_least_sizes=1)


class Court:
    """A market with a crowd, and eve, who spoofs when she is told to."""

    def __init__(self, ladder: Ladder | None = None, cash: int = 1_000_000) -> None:
        self.clock, self.journal = Clock(), Journal()
        self.exchange = Exchange(self.clock, self.journal)
        self.exchange.list(Stock("ACME"))
        self.enforcement = Enforcement(ladder, THRESHOLDS)
        self.enforcement.attach(self.exchange, self.journal)
        for name in ("crowd", "eve"):
            self.exchange.ledger.open_account(name)
            self.exchange.ledger.deposit(name, "USD", cash if name == "eve" else 10_000_000)
            self.exchange.ledger.deposit(name, "ACME", 1_000)
        self.exchange.submit("crowd", Sell("ACME", 10, 200))

    def offend(self) -> None:
        """One spoof: a wall, a trade on the other side, and the wall is gone."""
        self.clock.now += SECOND
        wall = self.exchange.submit("eve", Buy("ACME", 50, 99))
        self.clock.now += 2 * SECOND
        self.exchange.submit("eve", Sell("ACME", 5, 100))
        self.exchange.submit("crowd", Buy("ACME", 5, 100))
        self.exchange.submit("eve", Cancel(wall.id))

    def refused(self, intent) -> str | None:
        answer = self.exchange.submit("eve", intent)
        return answer.reason if isinstance(answer, OrderRejected) else None

    def cash(self, name: str) -> int:
        return self.exchange.accounts[name].balance("USD").total

    @property
    def steps(self) -> list[tuple[int, str, int]]:
        return [(one.measure, one.step, one.offence) for one in self.journal.of(MeasureTaken)]


@pytest.fixture
def court() -> Court:
    return Court(Ladder(throttle_ns=6 * SECOND, suspend_ns=3 * SECOND))


def test_a_repeated_offence_climbs_every_step_of_the_ladder(court) -> None:
    for _ in range(4):
        court.offend()
    assert court.steps == [(1, WARN, 1), (2, FINE, 2), (3, THROTTLE, 3), (4, SUSPEND, 4)]
    court.clock.now += 3 * SECOND
    court.offend()
    assert court.steps[4:] == [(5, SUSPEND, 5)]


def test_a_fine_goes_to_its_account_through_the_ledger(court) -> None:
    court.offend()
    before = court.cash("eve")
    court.offend()
    (fine,) = [entry for entry in court.journal.of(Transferred) if entry.reason == "FINE"]
    assert (fine.source, fine.target, fine.amount) == ("eve", "fines", 50_000)
    assert court.cash("fines") == 50_000
    assert court.cash("eve") == before + 500 - 50_000
    assert fold(court.journal)["fines"] == {"USD": 50_000}


def test_an_amendment_is_the_one_order_of_a_throttled_account(court) -> None:
    for _ in range(3):
        court.offend()
    court.clock.now += SECOND
    resting = court.exchange.submit("eve", Buy("ACME", 5, 50))
    court.clock.now += SECOND
    assert court.refused(Amend(resting.id, 5, 51)) is None
    assert court.refused(Amend(resting.id, 5, 52)) == "THROTTLED"
    assert court.refused(Buy("ACME", 1, 50)) == "THROTTLED"
    court.clock.now += SECOND
    assert court.refused(Amend(resting.id, 5, 52)) is None


def test_an_amendment_that_was_refused_is_no_order(court) -> None:
    for _ in range(3):
        court.offend()
    court.clock.now += SECOND
    resting = court.exchange.submit("eve", Buy("ACME", 5, 50))
    court.clock.now += SECOND
    assert court.refused(Amend(resting.id, 10**9, 50)) == "INSUFFICIENT_CASH"
    assert court.refused(Buy("ACME", 1, 50)) is None


def test_who_has_less_than_the_fine_pays_what_is_free() -> None:
    court = Court(cash=20_000)
    court.offend()
    court.offend()
    assert court.cash("eve") == 0
    assert [one.amount for one in court.journal.of(MeasureTaken)] == [0, 20_000 + 2 * 500]
    assert court.cash("fines") == 21_000


def test_a_throttled_account_places_one_order_a_second_until_the_throttle_ends(court) -> None:
    for _ in range(3):
        court.offend()
    # Her last order came with the offence, at this very moment.
    assert court.refused(Buy("ACME", 1, 50)) == "THROTTLED"
    court.clock.now += SECOND - 1
    assert court.refused(Buy("ACME", 1, 50)) == "THROTTLED"
    court.clock.now += 1
    assert court.refused(Buy("ACME", 1, 50)) is None
    assert court.refused(Buy("ACME", 1, 50)) == "THROTTLED"
    (end,) = [one.until for one in court.journal.of(MeasureTaken) if one.step == THROTTLE]
    court.clock.now = end
    assert court.refused(Buy("ACME", 1, 50)) is None
    assert court.refused(Buy("ACME", 1, 50)) is None


def test_a_suspension_withdraws_orders_and_refuses_all_but_closing_at_once(court) -> None:
    waiting = court.exchange.submit("eve", Buy("ACME", 7, 50))
    for _ in range(4):
        court.offend()
    assert not court.exchange.accounts["eve"].open
    assert [event.order for event in court.journal.of(OrderCancelled) if event.reason == "SUSPENSION"] == [waiting.id]
    assert court.refused(Buy("ACME", 1, 50)) == "SUSPENDED"
    assert court.refused(Sell("ACME", 1, 50)) == "SUSPENDED"  # it would wait
    assert court.refused(Sell("ACME", 1, 50, "ioc")) is None
    assert court.refused(Sell("ACME", 2_000, 50, "ioc")) == "SUSPENDED"  # more than she holds
    court.clock.now += 3 * SECOND
    assert court.refused(Buy("ACME", 1, 50)) is None


def test_a_suspension_is_no_matter_of_other_accounts(court) -> None:
    for _ in range(4):
        court.offend()
    assert court.exchange.submit("crowd", Buy("ACME", 1, 50)).status == "open"


def test_an_appeal_returns_the_fine_and_forgets_the_offence(court) -> None:
    court.offend()
    court.offend()
    before = court.cash("eve")
    court.enforcement.grant_appeal(2)
    assert court.cash("eve") == before + 50_000
    assert court.cash("fines") == 0
    assert [one.measure for one in court.journal.of(AppealGranted)] == [2]
    court.offend()
    assert court.steps[-1] == (3, FINE, 2)


def test_an_appeal_ends_a_suspension_and_a_measure_is_lifted_once(court) -> None:
    for _ in range(4):
        court.offend()
    court.enforcement.grant_appeal(4)
    assert court.refused(Buy("ACME", 1, 50)) == "THROTTLED"
    court.enforcement.grant_appeal(3)
    assert court.refused(Buy("ACME", 1, 50)) is None
    with pytest.raises(InputError, match="there is no measure 4 that an appeal could lift; in force are 1, 2"):
        court.enforcement.grant_appeal(4)


def test_what_was_raised_during_a_run_is_what_the_journal_shows_afterwards(court) -> None:
    for _ in range(3):
        court.offend()
    raised = [(one.kind, one.accounts, one.sentence, one.event) for one in court.journal.of(AlertRaised)]
    found = alerts_of(court.journal, THRESHOLDS)
    assert raised == [(one.kind, one.accounts, one.sentence, one.event) for one in found]
    assert len(raised) == 3


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"steps": ("warn", "hang")}, "a ladder has some of the steps warn, fine, throttle, suspend, found hang"),
        ({"steps": ()}, "found none"),
        ({"fine_cents": 0}, "the fine and the times of a ladder are positive"),
    ],
)
def test_an_impossible_ladder_is_a_sentence(wrong, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        Ladder(**wrong)
