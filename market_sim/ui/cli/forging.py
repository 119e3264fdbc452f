"""`simulate.py forgeries`: what the settlement contract says to batches that are repeated, forged or incomplete."""

from __future__ import annotations

import re
from collections.abc import Sequence

from market_sim.analysis.words import with_short_hashes
from market_sim.core.english import counted, listed
from market_sim.core.models.reasons import explain
from market_sim.core.money import written
from market_sim.ui.cli.arguments import Parser

WIDTH = 44
ADDRESS = re.compile(r"\b(0x[0-9a-f]{6})[0-9a-f]{34}\b")


def forgeries(arguments: Sequence[str]) -> int:
    """Bring them all to a contract on a chain of its own; print its answers, and the balances before and after."""
    Parser(
        prog="simulate.py forgeries", description="What the settlement contract answers to batches that it must refuse."
    ).parse_args(list(arguments))
    for line in _played():
        print(line)
    return 0


def _played() -> list[str]:
    from market_sim.blockchain.ethereum.forgeries import Forger  # a chain takes a second to import
    from market_sim.blockchain.ethereum.ways_out import ANN, BOB

    forger = Forger()
    lines, refused = [], 0
    for one in forger.play():
        if not one.error:
            lines.append(f"{one.what:<{WIDTH}} settled")
            continue
        refused += 1
        sentence = with_short_hashes(ADDRESS.sub(r"\1…", explain(one.error, one.numbers)))
        lines += [f"{one.what:<{WIDTH}} refused: {one.error}", f"    {sentence}"]
    held = forger.balances()
    who = listed(f"{name} has {written(held[account])}" for name, account in (("ann", ANN), ("bob", BOB)))
    return [*lines, f"{counted(refused, 'batch', 'batches')} refused, block 1 and block 2 settled once each: {who}."]
