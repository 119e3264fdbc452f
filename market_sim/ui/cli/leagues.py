"""`simulate.py league FILE.py:Class`: detectors of misconduct scored on hidden markets."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict

from market_sim.core.english import counted
from market_sim.course.league import MARKETS, FromFile, Score, hidden_seeds, league
from market_sim.ui.cli.arguments import Parser, whole

MOST_SEEDS = 100
LARGEST_SECRET = 2**31


def compete(arguments: Sequence[str]) -> int:
    """Print the table of a league."""
    made = Parser(
        prog="simulate.py league",
        description="Score detectors of misconduct on markets with hidden seeds: precision, recall, delay, points.",
    )
    made.add_argument("detector", nargs="+", metavar="FILE.py:Class", help="a class with a method feed(event)")
    made.add_argument("--seeds", type=whole(1, MOST_SEEDS), default=3, metavar="N", help="seeds to play, default 3")
    made.add_argument(
        "--secret", type=whole(0, LARGEST_SECRET), metavar="N", help="what the seeds follow from; default: drawn anew"
    )
    made.add_argument("--json", action="store_true", help="print the scores as a JSON document")
    typed = made.parse_args(list(arguments))
    detectors = [FromFile(told) for told in typed.detector]
    secret = secrets.randbelow(LARGEST_SECRET) if typed.secret is None else typed.secret
    scores = league(detectors, hidden_seeds(typed.seeds, secret))
    if typed.json:
        told = [
            {**asdict(one), "precision": one.precision, "recall": one.recall, "points": one.points} for one in scores
        ]
        print(json.dumps({"secret": secret, "seeds": typed.seeds, "scores": told}, indent=2))
        return 0
    print(
        f"{counted(len(MARKETS) * typed.seeds, 'market')}; play them again with --seeds {typed.seeds} --secret {secret}"
    )
    print(f"{'detector':<20} {'precision':>9} {'recall':>7} {'delay':>6} {'points':>7}")
    for one in scores:
        print(f"{one.detector:<20} {one.precision:>9.0%} {one.recall:>7.0%} {one.delay:>6.0%} {one.points:>7.1f}")
    for name in dict.fromkeys(one.name for one in detectors):
        print("\n".join(_told(one) for one in scores if one.detector == name))
    return 0


def _told(score: Score) -> str:
    """What a detector missed, and whom it wronged."""
    missed = f"missed {', '.join(score.missed)}" if score.missed else "missed nobody"
    wronged = f"accused honest accounts: {', '.join(score.wronged)}" if score.wronged else "accused no honest account"
    return f"{score.detector} {missed}; {wronged}"
