"""The values of a yes and a no contract: together they are always worth one payout (rulebook F-3.7)."""

from __future__ import annotations

from market_sim.core.errors import InvariantBroken


def worth(outcome: str, payout: int) -> tuple[int, int]:
    """What a yes and a no pay; a void question pays half to each, and an odd cent to no.

    >>> worth("yes", 100), worth("no", 100), worth("void", 101)
    ((100, 0), (0, 100), (50, 51))
    """
    if outcome not in ("yes", "no", "void"):
        raise InvariantBroken(f"a question is answered by yes, no or void, found {outcome!r}")
    yes = {"yes": payout, "no": 0, "void": payout // 2}[outcome]
    return yes, payout - yes
