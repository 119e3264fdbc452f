"""`simulate.py escape`: how money leaves the vault, by a withdrawal and without the exchange, on a chain of its own."""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.money import written
from market_sim.ui.cli.arguments import Parser


def escape(arguments: Sequence[str]) -> int:
    """Play both ways out, print each step with the contract's answer, and what is in wallets and vault at the end."""
    Parser(
        prog="simulate.py escape", description="Two ways out of the vault: a withdrawal, and the escape after 7 days."
    ).parse_args(list(arguments))
    for line in _played():
        print(line)
    return 0


def _played() -> list[str]:
    from market_sim.blockchain.ethereum.ways_out import ANN, BOB, Vault  # a chain takes a second to import

    vault = Vault()
    lines = [f"{'day':>3}  {'who':<9} {'does':<28} answer"]
    lines += [f"{one.day:>3}  {one.who:<9} {one.does:<28} {one.answer}" for one in vault.play()]
    ann, bob, held = map(written, (vault.in_wallet(ANN), vault.in_wallet(BOB), vault.held()))
    return [*lines, f"In the end {ann} are in the wallet of ann, {bob} in that of bob, and {held} in the vault."]
