"""A pacer lets a run wait and changes nothing else: same fingerprint with pauses, steps and speeds of every kind."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.api.live.pacing import MOST_WAITING, Pacer, speed_of
from market_sim.core.errors import InputError
from market_sim.core.models.run_events import RunEnded
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main

OPTIONS = Options(epochs=3, settlement="none")
SECOND = 1_000_000_000


class Wall:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def fingerprint() -> str:
    return simulate(FirstMarket(), OPTIONS).fingerprint


@pytest.mark.parametrize("seed", range(12))
def test_a_run_with_random_pauses_steps_and_speeds_is_the_same_run(fingerprint: str, seed: int) -> None:
    chance, wall = Random(seed), Wall()
    pacer = Pacer(chance.choice([None, 0.5, 30]), chance.random() < 0.5, clock=lambda: wall.now, wait=wall.wait)
    session = Session(FirstMarket(), OPTIONS)
    epochs: list[int] = []

    def pace(session: Session) -> None:
        wish = chance.randrange(12)
        if wish == 0:
            pacer.pause()
        elif wish == 1:
            pacer.run_at(chance.choice([None, 0.2, 1, 1_000]))
        elif wish < 4:
            pacer.resume()
        elif wish < 6:
            pacer.step(chance.choice(["event", "epoch"]))
        pacer(session)

    assert session.run(lambda journal, epoch: epochs.append(epoch), pace).fingerprint == fingerprint
    assert epochs == [0, 1, 2, 3], "every epoch is watched once, at any pace"


@pytest.mark.parametrize("speed", [0.5, 1, 10, 300])
def test_at_a_speed_a_run_takes_its_simulated_time(fingerprint: str, speed: float) -> None:
    wall = Wall()
    session = Session(FirstMarket(), OPTIONS)
    result = session.run(pace=Pacer(speed, clock=lambda: wall.now, wait=wall.wait))
    assert result.fingerprint == fingerprint
    assert wall.now * speed == pytest.approx(session.now / SECOND, rel=0.05)


def test_a_slow_start_is_not_caught_up_in_a_hurry() -> None:
    wall = Wall()

    class Slow(Session):
        """A session that needs five seconds for what is due at its opening."""

        def step(self, **how) -> bool:
            wall.now += 5.0 if wall.now == 0 else 0
            return super().step(**how)

    session, pacer = Slow(FirstMarket(), OPTIONS), Pacer(1, clock=lambda: wall.now, wait=wall.wait)
    while wall.now < 6:
        pacer(session)
    assert session.now / SECOND == pytest.approx(1, abs=0.2), "five seconds of the opening and one of trading"


def test_a_paused_run_stands_still_takes_single_steps_and_tells_each() -> None:
    places: list[tuple[int, int]] = []
    wall = Wall()
    pacer = Pacer(is_paused=True, told=lambda one: places.append((len(one.journal), one.epoch)), wait=wall.wait)
    session = Session(FirstMarket(), OPTIONS)
    for _ in range(3):
        pacer(session)
    begun = len(session.journal)
    assert places == [(begun, -1)], "a pause is told once"
    for stride in ("event", "event", "epoch", "epoch"):
        pacer.step(stride)
        pacer(session)
        pacer(session)
    events = [events for events, _ in places]
    assert events[1] > begun
    assert events == sorted(set(events))
    assert [epoch for _, epoch in places] == [-1, -1, -1, 0, 1]
    for _ in range(2 * MOST_WAITING):
        pacer.step("event")
    pacer.resume()
    pacer(session)
    assert not pacer.is_paused
    assert session.now > SECOND, "resuming forgets the steps that were still to be taken"


def test_a_paused_run_can_be_stopped() -> None:
    session = Session(FirstMarket(), OPTIONS)

    def wait(seconds: float) -> None:
        session.stop()

    assert not session.run(pace=Pacer(is_paused=True, wait=wait)).complete
    assert isinstance(session.journal[-1], RunEnded)


@pytest.mark.parametrize("text", ["0", "-3", "fast", "nan", "inf", "1e9", "0.001"])
def test_a_speed_that_cannot_be_kept_is_a_sentence(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match=r"a speed is from 0\.01 to 10,000 simulated seconds per second, found"):
        speed_of(text)
    assert main([f"--speed={text}"]) == 2
    assert "simulate.py: --speed: a speed is from 0.01 to 10,000" in capsys.readouterr().err


def test_the_command_line_runs_at_a_speed(tmp_path, fingerprint: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--epochs", "3", "--no-settle", "--no-plot", "--speed", "1000", "--out", str(tmp_path), "-q"]
    assert main(told) == 0
    assert fingerprint[:6] in capsys.readouterr().out
