"""The in-memory versions of `Amm.sol` and `GuardedAmm.sol`: their models over the wallets of the in-memory vault."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Generic, Protocol, TypeVar

from market_sim.blockchain.amm_model import AmmModel
from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.guarded_amm_model import GuardedAmmModel, HaltRule
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers


class Chain(Protocol):
    """The in-memory chain as a contract sees it: wallets and the settled epoch."""

    @property
    def epoch(self) -> int:
        """The epoch of the last settled block."""

    def in_wallet(self, owner: bytes, token: int) -> int:
        """The token balance of an address."""

    def move(self, source: str, target: str, token: int, amount: int) -> None:
        """Transfer tokens."""


M = TypeVar("M")


class Modelled(Generic[M]):
    """A contract in memory whose public numbers are those of its model."""

    model: M

    def __getattr__(self, field: str) -> Any:
        if field.startswith("_") or field == "model":
            raise AttributeError(field)
        return getattr(self.model, field)


class MemoryAmm(Modelled[AmmModel]):
    """A pool of an asset and money."""

    def __init__(self, chain: Chain, place: str, base: TokenPlace, quote: TokenPlace, clock: ClockPlace, fee_bps: int):
        self._chain = chain
        self.place = place
        self.base_token, self.quote_token = base.token, quote.token
        self.model = AmmModel(fee_bps, chain.epoch)

    def add(self, caller: str, base: int, quote: int) -> Numbers:
        """Add liquidity; the caller pays both."""
        return self._call("add", caller, (base, quote), takes=("base", "quote"))

    def remove(self, caller: str, shares: int) -> Numbers:
        """Remove liquidity; the caller gets both."""
        return self._call("remove", caller, (shares,), takes=())

    def buy(self, caller: str, base: int, most: int) -> Numbers:
        """The caller pays money and gets the asset."""
        return self._call("buy", caller, (base, most), takes=("quote",))

    def sell(self, caller: str, base: int, least: int) -> Numbers:
        """The caller pays with the asset and gets money."""
        return self._call("sell", caller, (base, least), takes=("base",))

    def _call(self, function: str, caller: str, arguments: tuple[int, ...], takes: tuple[str, ...]) -> Numbers:
        """Change a copy of the model, check that the caller can pay, and only then let anything move."""
        after = deepcopy(self.model)
        numbers: Numbers = getattr(after, function)(caller, self._chain.epoch, *arguments)
        tokens = {"base": self.base_token, "quote": self.quote_token}
        for side in takes:
            needed, held = int(numbers[side]), self._chain.in_wallet(bytes.fromhex(caller[2:]), tokens[side])
            if held < needed:
                raise ChainReverted("ShortOfTokens", {"owner": caller, "held": held, "needed": needed})
        self.model = after
        for side, token in tokens.items():
            source, target = (caller, self.place) if side in takes else (self.place, caller)
            self._chain.move(source, target, token, int(numbers[side]))
        return numbers


class MemoryGuardedAmm(MemoryAmm):
    """A pool that a fast move of its price halts."""

    def __init__(
        self, chain: Chain, place: str, base: TokenPlace, quote: TokenPlace, clock: ClockPlace, fee_bps: int, *rule: int
    ) -> None:
        super().__init__(chain, place, base, quote, clock, fee_bps)
        self.model = GuardedAmmModel(fee_bps, chain.epoch, rule=HaltRule(*rule))
