"""`simulate.py fuse`: what several sources say together, by Bayes, Dempster and Yager, and how far they conflict.

A source gives mass to outcomes, or to several at once: `up=0.6`, `up|flat=0.3`. What is left of 1 says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.analysis.microstructure.fusion import Mass, bayes, belief, dempster, plausibility, yager
from market_sim.analysis.results.text_table import aligned
from market_sim.core.errors import InputError
from market_sim.core.money import units
from market_sim.core.units import MILLION
from market_sim.ui.cli.arguments import Parser

REFUSED = "refused"
HEAD = ("outcome", "Bayes", "Dempster", "Yager")


def fuse(arguments: Sequence[str]) -> int:
    """Print each outcome with what the three rules leave to it, and the conflict of all sources."""
    made = Parser(prog="simulate.py fuse", description="What several sources say together, and their conflict K.")
    made.add_argument(
        "sources", metavar="SOURCE", nargs="+", help="masses of one source: up=0.6,up|flat=0.3; the rest says nothing"
    )
    typed = made.parse_args(list(arguments))
    named = [read(text) for text in typed.sources]
    frame = frozenset().union(*(outcome for masses in named for outcome in masses))
    print("\n".join(told(frame, [completed(masses, frame) for masses in named])))
    return 0


def read(text: str) -> dict[frozenset[str], float]:
    """The masses that a person typed for one source."""
    found: dict[frozenset[str], float] = {}
    for part in text.split(","):
        names, equals, mass = part.partition("=")
        outcome = frozenset(name.strip() for name in names.split("|"))
        if not equals or "" in outcome:
            raise InputError(f"a source is written like up=0.6,up|flat=0.3, found {part!r}")
        if outcome in found:
            raise InputError(f"a source gives each set of outcomes one mass, found a second one for {names}")
        found[outcome] = units(mass, decimals=6) / MILLION
    if min(found.values()) < 0 or sum(found.values()) > 1 + 1e-9:
        raise InputError(f"masses are not negative and add up to at most 1, found {text}")
    return found


def completed(masses: dict[frozenset[str], float], frame: frozenset[str]) -> Mass:
    """With what is left of 1 on everything that is possible."""
    rest = round(1 - sum(masses.values()), 9)
    return {**masses, frame: masses.get(frame, 0.0) + rest} if rest > 0 else masses


def told(frame: frozenset[str], sources: Sequence[Mass]) -> list[str]:
    """The table, and the sentence about the conflict."""
    careful = yager(frame, *sources)
    reasons = []
    try:
        sure: Mass | None = dempster(*sources).mass
    except InputError as refused:
        sure = None
        reasons.append(f"Dempster: {refused}.")
    try:
        chances: dict[str, float] | None = bayes(frame, *sources)
    except InputError as refused:
        chances = None
        reasons.append(f"Bayes: {refused}.")
    rows = [
        (
            outcome,
            REFUSED if chances is None else f"{chances[outcome]:.4f}",
            REFUSED if sure is None else _between(sure, outcome),
            _between(careful.mass, outcome),
        )
        for outcome in sorted(frame)
    ]
    away = "Dempster's rule divides it away, Yager's" if sure is not None else "Yager's rule"
    return [
        *aligned([HEAD, *rows], left=range(len(HEAD))),
        f"The conflict K of all sources is {careful.conflict:.4f}: {away} gives it to what is unknown.",
        *reasons,
    ]


def _between(mass: Mass, outcome: str) -> str:
    one = frozenset({outcome})
    return f"{belief(mass, one):.4f} to {plausibility(mass, one):.4f}"
