"""Detectors judge by the thresholds of the rules in force, during a run and afterwards."""

from __future__ import annotations

from market_sim.core.models.surveillance_events import AlertRaised
from market_sim.market.compliance.detectors.watch import alerts_of
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.spoofer import SpooferScenario


def spoofing_with(**numbers: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """The alerts that were raised online, and those of the whole journal, under a rules file with these thresholds."""
    told = ", ".join(f"{name} = {value}" for name, value in numbers.items())
    rules = f"surveillance = {{ {told} }}\npenalties = true\nposition_limit = false\nsymbol_halt = false\n"
    journal = simulate(SpooferScenario(), Options(settlement="none", rules=rules)).journal
    online = [(event.kind, event.event) for event in journal.of(AlertRaised)]
    return online, [(alert.kind, alert.event) for alert in alerts_of(journal)]


def test_thresholds_of_a_rules_file_hold_online_and_in_batch() -> None:
    online, batch = spoofing_with(rearm_ns=2_000_000_000)
    assert online == batch
    assert "SPOOFING" in dict(online)
    online, batch = spoofing_with(spoof_size_times=1_000, layers=50)
    assert online == batch
    assert "SPOOFING" not in dict(online)
    assert "LAYERING" not in dict(online)
