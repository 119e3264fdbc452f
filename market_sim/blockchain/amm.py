"""An automated market maker: a pool of an asset and money that trades with every caller by a formula.

This is the adapter of `contracts/Amm.sol`. Participants call

    add(base, quote)    add liquidity, at most these amounts, and get shares of the pool
    remove(shares)      give shares back for their part of the pool
    buy(base, most)     buy this much of the asset for at most this much money
    sell(base, least)   sell this much of the asset for at least this much money

The adapter repeats every call on a model in Python (`amm_model.py`), which must make and refuse what the contract makes
and refuses (`twins.py`). After each block the two must agree in each field; the first difference stops the run and is
told with the field and both values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from market_sim.blockchain.amm_model import AmmModel
from market_sim.blockchain.contracts import Arguments, ChainContext, ClockPlace, Invoked, TokenPlace
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import Twinned, agreed, check_held
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS = ("baseReserve", "quoteReserve", "totalShares", "cumulative", "observed")


@dataclass
class Amm(Twinned):
    """The adapter of a pool of one asset and one currency."""

    kind: ClassVar[str] = "Amm"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "add": (int, int), "remove": (int,), "buy": (int, int), "sell": (int, int),
    }  # fmt: skip

    fields: ClassVar[tuple[str, ...]] = FIELDS
    """The numbers of the contract that are compared."""

    name: str = "amm"
    base: str = "ACME"
    quote: str = "USD"
    fee_bps: int = 30
    place: str = field(default="", repr=False)
    twin: AmmModel = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.fee_bps < 10_000:
            raise InputError(f"the fee of a pool is 0 to 9,999 basis points, found {self.fee_bps}")
        self.twin = self._model(0)

    def _rule(self) -> tuple[int, ...]:
        """What a pool with a rule of its own is deployed with, beside the fee."""
        return ()

    def _model(self, observed: int) -> AmmModel:
        """A new twin."""
        return AmmModel(self.fee_bps, observed)

    @property
    def reserves(self) -> tuple[int, int]:
        """The asset and the money in the pool after the last block that changed them; anybody can read them."""
        return self.twin.baseReserve, self.twin.quoteReserve

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract for the tokens of its asset and its currency."""
        for asset in (self.base, self.quote):
            if not context.register.has_token(asset):
                raise InputError(f"a pool holds a currency and a delivered instrument, and {asset} is neither here")
        if self.base == self.quote:
            raise InputError(f"a pool holds two different tokens, found {self.base} twice")
        tokens = (TokenPlace(context.register.token(asset)) for asset in (self.base, self.quote))
        self.place = context.host.deploy(self.kind, *tokens, ClockPlace(), self.fee_bps, *self._rule())
        self.twin = self._model(context.host.ask(self.place, "observed"))
        return self.place

    def terms(self) -> Numbers:
        """What the pool trades, and its fee."""
        return {"base": self.base, "quote": self.quote, "feeBps": self.fee_bps}

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Every amount is checked by the contract."""

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; before it the owner approves what the pool may take."""
        return context.pay(owner, self.place, self._taken(function, arguments), function, *arguments)

    def _taken(self, function: str, arguments: Arguments) -> list[tuple[str, int]]:
        """The most that a call takes from its owner, by asset."""
        if function == "remove":
            return []
        first, second = map(int, arguments)
        if function == "add":
            return [(self.base, first), (self.quote, second)]
        return [(self.quote, second)] if function == "buy" else [(self.base, first)]

    def epoch_of(self, said: Numbers) -> int:
        """The epoch of a call; the contract says it when it is another one than that of the call before."""
        return int(said.get("epoch", self.twin.observed))

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin."""
        numbers: Numbers = getattr(self.twin, call.function)(context.address_of(call.account), epoch, *call.arguments)
        return numbers

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the pool must hold its reserves; a donation is a surplus."""
        numbers = agreed(context, self.name, self.place, self.twin, self.fields, ("sharesOf",))
        reserves = zip((self.base, self.quote), self.reserves, strict=True)
        check_held(context, self.name, self.place, *reserves)
        return numbers
