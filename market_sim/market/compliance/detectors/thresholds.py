"""The thresholds of all detectors, with their units: times in nanoseconds, shares in percent, distances in bp."""

from __future__ import annotations

from dataclasses import dataclass

MILLISECOND = 1_000_000
SECOND = 1_000 * MILLISECOND


@dataclass(frozen=True)
class Thresholds:
    """When a detector raises an alert (rulebook F-6.4 states them)."""

    rearm_ns: int = 2 * SECOND
    """Hysteresis: the same accounts, instrument and kind raise no second alert for so long."""

    wash_window_ns: int = 3_600 * SECOND
    """Inclusive: two trades that are exactly so far apart still belong together."""
    wash_net_percent: int = 5
    wash_price_bps: int = 10
    wash_size_percent: int = 5
    wash_round_trips: int = 5
    """The least number of matched round trips of two owners."""
    wash_mutual_percent: int = 50
    """The least share of its volume that each of the two trades with the other: a maker trades with everybody."""

    pressure_window_ns: int = 5 * SECOND
    """Spoofing and layering: how soon after a trade on the other side orders are cancelled."""
    two_sided_percent: int = 25
    """Quotes on the other side of at least this share make a maker, whose cancelled quotes are no pressure."""
    spoof_size_times: int = 5
    spoof_depth_percent: int = 20
    spoof_levels: int = 5
    spoof_filled_percent: int = 10
    spoof_sizes: int = 200
    """How many of the last orders make the usual size, their median."""
    spoof_least_sizes: int = 20
    layers: int = 3
    layer_cancelled_percent: int = 80

    stuffing_window_ns: int = SECOND
    stuffing_messages: int = 100
    """More than so many messages in the window."""
    stuffing_cancelled_percent: int = 95
    """More than so many of its orders were fleeting."""
    stuffing_fleeting_ns: int = 5 * MILLISECOND
    """An order that is cancelled untraded before this age was not meant to be traded."""

    close_window_ns: int = SECOND
    """A market minute, where a simulated second is one."""
    close_least_trades: int = 10
    close_share_percent: int = 30
    close_moved_bps: int = 20

    spike_bucket_ns: int = SECOND
    spike_buckets: int = 20
    spike_times: int = 10

    clustering_bucket_ns: int = 100 * MILLISECOND
    clustering_returns: int = 250
    clustering_lags: int = 5
    clustering_critical: float = 20.515
    """The 99.9 % point of the chi-squared distribution with five degrees of freedom."""

    execution_worse_bps: int = 0
    """A price that is worse by more than this is reported."""
