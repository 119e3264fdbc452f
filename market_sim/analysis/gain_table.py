"""The table of gains for pages: amounts with their currency, gains with their sign."""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.analysis.gains import Gain
from market_sim.analysis.words import Words, signed
from market_sim.core.models.run_events import RECORD

HEAD = ("account", "strategy", "brought in", "worth at the end", "gain", "from trading", "from prices", "dividends")
SENTENCE = (
    "A gain is what an account is worth at the last marks, minus what was brought into it. From prices: what holding "
    "all of that would have gained; dividends: what it got of them, less what it paid; from trading: the rest. What "
    "some gain from trading, others lose."
)


def gain_rows(gains: Iterable[Gain], words: Words) -> list[tuple[str, ...]]:
    """One row for each account, in the order of the gains."""

    def amount(one: Gain, value: int) -> str:
        return words.amount(one.currency, value)

    return [
        (
            one.account,
            one.strategy or "the house",
            amount(one, one.brought),
            amount(one, one.worth),
            signed(amount(one, one.gain)),
            signed(amount(one, one.from_trading)),
            signed(amount(one, one.from_prices)),
            signed(amount(one, one.dividends)),
        )
        for one in gains
        if one.account != RECORD
    ]
