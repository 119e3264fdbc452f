"""The sentences for the events of surveillance: alerts that were raised, measures, appeals that were granted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from market_sim.analysis.words import Words
from market_sim.core.models import surveillance_events as happened
from market_sim.core.models.event import Event
from market_sim.core.money import written


def _measure(w: Words, e: happened.MeasureTaken) -> str:
    steps = {
        "warn": "is warned",
        "fine": f"pays a fine of {written(e.amount)}",
        "throttle": f"may place one order in each interval until {e.until / 1e9:.3f} s",
        "suspend": f"is suspended until {e.until / 1e9:.3f} s",
    }
    return f"measure {e.measure}: {e.account} {steps.get(e.step, e.step)}, for offence {e.offence}"


def _appeal(w: Words, e: happened.AppealGranted) -> str:
    returned = f", and {written(e.returned)} is returned" if e.returned else ""
    return f"the appeal of {e.account} against measure {e.measure} ({e.step}) is granted{returned}"


SENTENCES: dict[type[Event], Callable[[Words, Any], str]] = {
    happened.AlertRaised: lambda w, e: f"surveillance raises {e.kind} in {e.symbol}: {e.sentence}",
    happened.MeasureTaken: _measure,
    happened.AppealGranted: _appeal,
}
