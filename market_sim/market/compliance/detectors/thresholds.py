"""The thresholds of all detectors: the section `surveillance` of a rules profile (rulebook F-6.4 states them).

Times are those of the simulation's clock, in nanoseconds, because a machine's orders live for milliseconds of it.

>>> changed({"surveillance.layers": 4, "day.pace": 60}).layers, changed({"day.pace": 60})
(4, None)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from market_sim.core.units import MILLISECOND, SECOND
from market_sim.market.compliance.number import number
from market_sim.market.compliance.rule import Rule

SECTION = "surveillance"


@dataclass(frozen=True)
class Thresholds(Rule):
    """When a detector raises an alert."""

    title: ClassVar[str] = "Surveillance"
    says: ClassVar[str] = (
        "Detectors read every order and trade, and raise an alert with its evidence from these thresholds on. An alert "
        "stops no order; what it costs its accounts is a matter of penalties."
    )
    imitates: ClassVar[str] = (
        "The surveillance that MAR article 16 and FINRA rule 3110 ask for; FINRA's words for spoofing and layering"
    )
    differs: ClassVar[str] = (
        "Real surveillance keeps its thresholds secret and lets people judge each alert. Its times are those of the "
        "simulation, not market time."
    )

    rearm_ns: int = number(2 * SECOND, "ns", "the same accounts, instrument and kind raise no second alert for so long")

    wash_window_ns: int = number(3_600 * SECOND, "ns", "between two trades that belong together, inclusive", 1, 10**15)
    wash_net_percent: int = number(5, "percent", "of gross: the most that an owner's position changes", 0, 100)
    wash_price_bps: int = number(10, "bps", "between the prices of a round trip, at most", 0, 10_000)
    wash_size_percent: int = number(5, "percent", "between the sizes of a round trip, at most", 0, 100)
    wash_round_trips: int = number(5, "round trips", "of two owners, at least", 1)
    wash_mutual_percent: int = number(50, "percent", "of its volume that each of two trades with the other", 1, 100)

    pressure_window_ns: int = number(5 * SECOND, "ns", "from a trade on the other side to the cancel, inclusive", 1)
    two_sided_percent: int = number(25, "percent", "of the suspect quantity on the other side make a maker", 1, 1_000)
    spoof_size_times: int = number(5, "times", "the usual size, at least", 1)
    spoof_depth_percent: int = number(20, "percent", "of the depth of its side, at least", 1, 100)
    spoof_levels: int = number(5, "prices", "of its side are its depth", 1)
    spoof_filled_percent: int = number(10, "percent", "filled, at most", 0, 100)
    spoof_sizes: int = number(200, "orders", "whose median is the usual size", 1, 100_000)
    spoof_least_sizes: int = number(20, "orders", "before a size is unusual", 1, 100_000)
    layers: int = number(3, "prices", "of a stack of orders, at least", 1)
    layer_cancelled_percent: int = number(80, "percent", "of a stack are cancelled, at least", 1, 100)

    stuffing_window_ns: int = number(SECOND, "ns", "in which messages are counted", 1)
    stuffing_messages: int = number(100, "messages", "in the window are not yet a flood", 1)
    stuffing_cancelled_percent: int = number(95, "percent", "of its orders are fleeting, more than", 0, 99)
    stuffing_fleeting_ns: int = number(5 * MILLISECOND, "ns", "of an untraded order's life; below, it is fleeting", 1)

    close_window_ns: int = number(SECOND, "ns", "before a close", 1)
    close_least_trades: int = number(10, "trades", "in it, at least", 1)
    close_share_percent: int = number(30, "percent", "of its volume are of one account, more than", 0, 99)
    close_moved_bps: int = number(20, "bps", "that the price moves its way, at least", 0, 10_000)

    spike_bucket_ns: int = number(SECOND, "ns", "of a bucket of volume", 1)
    spike_buckets: int = number(20, "buckets", "before it make the mean", 1, 10_000)
    spike_times: int = number(10, "times", "the mean is a spike", 1)

    clustering_bucket_ns: int = number(100 * MILLISECOND, "ns", "of one return", 1)
    clustering_returns: int = number(250, "returns", "in the statistic", 10, 100_000)
    clustering_lags: int = number(5, "lags", "of the statistic", 1, 100)
    clustering_critical: int = number(20_515, "thousandths", "of it: the 99.9 % point of chi-squared with 5 degrees", 1)

    execution_worse_bps: int = number(0, "bps", "worse than another venue, more than that", 0, 10_000)


def changed(told: Mapping[str, Any]) -> Thresholds | None:
    """The thresholds among the numbers of the rules in force, if there are any."""
    known = {one.name: told[f"{SECTION}.{one.name}"] for one in fields(Thresholds) if f"{SECTION}.{one.name}" in told}
    return replace(Thresholds(), **known) if known else None
