"""The model of an automated market maker: the rules of `Amm.sol` in Python, with exact integers and without tokens.

The in-memory chain runs it as the contract. Beside the compiled contract it is the twin: it repeats every call, and
each number of the contract is compared with its own after every block. Errors have the contract's order and names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers
from market_sim.core.units import BPS
from market_sim.pricing.constant_product import price_to_buy, price_to_sell

BURNT: Final = 1_000
"""The shares of the first owner that belong to nobody, so that a share can never become too dear to be divided."""
SCALE: Final = 1_000_000
"""The accumulated price is in millionths of the quote's unit."""


@dataclass
class AmmModel:
    """The reserves, shares and accumulated price of one pool; fields are named after those of the contract."""

    feeBps: int
    observed: int = 0
    baseReserve: int = 0
    quoteReserve: int = 0
    totalShares: int = 0
    cumulative: int = 0
    sharesOf: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.feeBps >= BPS:
            raise ChainReverted("BadFee", {"feeBps": self.feeBps})

    def add(self, owner: str, epoch: int, base: int, quote: int) -> Numbers:
        """Add liquidity in the ratio of the reserves; the first owner chooses the ratio."""
        seen = self._observe(epoch)
        total = self.totalShares
        if not total:
            total = math.isqrt(base * quote)
            if total <= BURNT:
                raise ChainReverted("PoolTooSmall", {"found": total, "least": BURNT + 1})
            shares = total - BURNT
            self.totalShares = total
        else:
            shares = min(base * total // self.baseReserve, quote * total // self.quoteReserve)
            if not shares:
                raise ChainReverted("NothingToAdd")
            base, quote = -(-shares * self.baseReserve // total), -(-shares * self.quoteReserve // total)
            self.totalShares += shares
        self.sharesOf[owner] = self.sharesOf.get(owner, 0) + shares
        self.baseReserve += base
        self.quoteReserve += quote
        return seen | {"owner": owner, "base": base, "quote": quote, "shares": shares}

    def remove(self, owner: str, epoch: int, shares: int) -> Numbers:
        """Give shares back for their part of both reserves."""
        held = self.sharesOf.get(owner, 0)
        if held < shares:
            raise ChainReverted("ShortOfShares", {"owner": owner, "held": held, "needed": shares})
        if not shares:
            raise ChainReverted("NothingToRemove")
        seen = self._observe(epoch)
        base = shares * self.baseReserve // self.totalShares
        quote = shares * self.quoteReserve // self.totalShares
        self.sharesOf[owner] = held - shares
        self.totalShares -= shares
        self.baseReserve -= base
        self.quoteReserve -= quote
        return seen | {"owner": owner, "base": base, "quote": quote, "shares": shares}

    def buy(self, owner: str, epoch: int, base: int, most: int) -> Numbers:
        """Sell exactly this much of the asset to its caller."""
        if not base:
            raise ChainReverted("NothingToSwap")
        if base >= self.baseReserve:
            raise ChainReverted("BeyondReserve", {"wanted": base, "reserve": self.baseReserve})
        seen = self._observe(epoch) | self._before_trade()
        quote = price_to_buy(base, self.baseReserve, self.quoteReserve, self.feeBps)
        if quote > most:
            raise ChainReverted("PriceMoved", {"found": quote, "limit": most})
        self.baseReserve -= base
        self.quoteReserve += quote
        return seen | self._after_trade() | {"owner": owner, "base": base, "quote": quote}

    def sell(self, owner: str, epoch: int, base: int, least: int) -> Numbers:
        """Buy exactly this much of the asset from its caller."""
        if not base or not self.totalShares:
            raise ChainReverted("NothingToSwap")
        seen = self._observe(epoch) | self._before_trade()
        quote = price_to_sell(base, self.baseReserve, self.quoteReserve, self.feeBps)
        if quote < least:
            raise ChainReverted("PriceMoved", {"found": quote, "limit": least})
        if not quote:
            raise ChainReverted("NothingToSwap")
        self.baseReserve += base
        self.quoteReserve -= quote
        return seen | self._after_trade() | {"owner": owner, "base": base, "quote": quote}

    def accumulated(self, epoch: int) -> int:
        """The accumulated price up to an epoch."""
        if not self.baseReserve:
            return self.cumulative
        return self.cumulative + self.quoteReserve * SCALE // self.baseReserve * (epoch - self.observed)

    def _before_trade(self) -> Numbers:
        """What a pool with a rule of its own checks before a trade; a refusal drops what it changed."""
        return {}

    def _after_trade(self) -> Numbers:
        """What a pool with a rule of its own does about the new price."""
        return {}

    def _observe(self, epoch: int) -> Numbers:
        """Accumulate the price that stood since the last observation, before anything changes it."""
        if epoch == self.observed:
            return {}
        self.cumulative = self.accumulated(epoch)
        self.observed = epoch
        return {"epoch": epoch, "cumulative": self.cumulative}
