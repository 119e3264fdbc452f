"""Measuring: the sections of the meter by name, and the report that they make together with the claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from market_sim.analysis.reports.report import Report
from market_sim.analysis.reports.sheet import Head, Sheet
from market_sim.core.version import VERSION
from market_sim.ui.meter.claims import CLAIMS, ORIGINS
from market_sim.ui.meter.readings import NONE, Section, placed, read, write

Told = Callable[[str], None]
"""Hears what is being measured."""
NOT_MEASURED = "not measured yet"
NOTICE = (
    "Claimed are the numbers of the systems before this one, modelled is what a simulation assumes, measured is what "
    "this program did on the machine that is named. A miss is told as a miss."
)


def _throughput(told: Told) -> Section:
    from market_sim.ui.meter.throughput import throughput

    return throughput()


def _latency(told: Told) -> Section:
    from market_sim.ui.meter.latency import latency

    return latency()


def _delivery(told: Told) -> Section:
    from market_sim.ui.meter.delivery import delivery

    return delivery()


def _execution(told: Told) -> Section:
    from market_sim.ui.meter.scoreboard import scoreboard

    return scoreboard(told=told)


def _savings(told: Told) -> Section:
    from market_sim.ui.meter.savings import savings

    return savings(told=told)


SECTIONS: dict[str, Callable[[Told], Section]] = {
    "throughput": _throughput,
    "latency": _latency,
    "delivery": _delivery,
    "execution": _execution,
    "savings": _savings,
}


def measure(results: Path, names: tuple[str, ...], told: Callable[[str, str], None]) -> dict[str, Section]:
    """Measure these sections and keep them beside the others; what is being measured is told."""
    known = read(results)
    for name in names:
        told(name, "")
        section = SECTIONS[name](partial(told, name))
        known[name] = placed(section, datetime.now(timezone.utc).strftime("%Y-%m-%d"))
        write(results, [known[one] for one in SECTIONS if one in known])
    return known


def meter_report(known: Mapping[str, Section]) -> Report:
    """Every claim with what was measured of it, and the tables behind it."""
    found = {one.claim: (section, one) for section in known.values() for one in section.readings}
    rows = []
    for claim in CLAIMS:
        stated = claim.row, claim.origin, claim.says
        if claim.id not in found:
            rows.append((*stated, NONE, NOT_MEASURED, NONE, NONE, NONE))
            continue
        section, one = found[claim.id]
        stale = "; stale" if section.is_stale else ""
        rows.append((*stated, one.modelled, one.measured, one.verdict, f"{section.date}{stale}", one.how))
    heads = tuple(
        Head(name, "text", means)
        for name, means in (
            ("number", "under which this product keeps the claim"),
            ("origin", "which system stated it"),
            ("claimed", "as it was stated"),
            ("modelled", "what a simulation assumes"),
            ("measured", "what this program did"),
            ("verdict", "met, missed, or not compared"),
            ("measured_on", "the day"),
            ("how", "what was done"),
        )
    )
    verdicts = [row[5] for row in rows]
    counts = f"{verdicts.count('met')} met, {verdicts.count('missed')} missed, {verdicts.count(NONE)} not measured yet"
    origins = "; ".join(f"{name}: {what}" for name, what in ORIGINS.items())
    told = f"{len(CLAIMS)} numbers: {counts}. {origins}. Stale is what another version of this program measured."
    claims = Sheet("claims", "Claimed, modelled, measured", told, heads, rows)
    panels = [
        Sheet(
            panel.name, panel.title, panel.sentence, tuple(Head(name, "text", name) for name in panel.head), panel.rows
        )
        for section in known.values()
        for panel in section.panels
    ]
    return Report("meter", "The honest meter", (NOTICE, *_places(known)), (claims, *panels))


def _places(known: Mapping[str, Section]) -> list[str]:
    if not known:
        return [f"Nothing is measured yet: simulate.py bench does it, with version {VERSION}."]
    places: dict[str, list[str]] = {}
    for section in known.values():
        where = f"{section.host}, Python {section.python}, version {section.version}, on {section.date}"
        places.setdefault(where, []).append(section.name)
    return [f"Measured on {where}: {', '.join(names)}." for where, names in places.items()]
