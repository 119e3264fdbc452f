"""A call auction on the chain: orders collect until an epoch is settled, and then trade at one price.

This is the adapter of `contracts/CallAuction.sol`. Participants call

    buy(price, quantity)    lock the money for a quantity, at most at this price
    sell(price, quantity)   lock a quantity, to sell it at least at this price
    cancel(order)           get back what an order has locked, while orders are taken
    hold()                  hold the auction, once it is closed; anybody may
    collect()               get what one bought, what one was paid, and what did not trade

After each block contract and twin (`auction_model.py`) must agree in each field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from market_sim.blockchain.auction_model import AuctionModel, AuctionTerms
from market_sim.blockchain.contracts import Arguments, ChainContext, ClockPlace, Invoked, TokenPlace
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import Twinned, agreed, check_held
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS = ("count", "isHeld", "price", "volume", "baseHeld", "quoteHeld")
OF_OWNERS = ("baseOf", "quoteOf")


@dataclass
class ChainCallAuction(Twinned):
    """The adapter of one auction of an asset for money."""

    kind: ClassVar[str] = "CallAuction"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "buy": (int, int), "sell": (int, int), "cancel": (int,), "hold": (), "collect": (),
    }  # fmt: skip

    name: str
    auction: AuctionTerms
    base: str = "ACME"
    quote: str = "USD"
    place: str = field(default="", repr=False)
    twin: AuctionModel = field(init=False, repr=False)
    context: ChainContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        reference, closes = self.auction
        if reference < 1 or closes < 1:
            raise InputError(
                f"an auction needs a reference and a closing epoch of at least 1, found {reference} and {closes}"
            )
        self.twin = AuctionModel(self.auction)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract between two tokens of the chain."""
        register = context.register
        for asset in (self.base, self.quote):
            if not register.has_token(asset):
                raise InputError(f"{self.name} trades {self.base} for {self.quote}, and {asset} is no token here")
        if self.base == self.quote:
            raise InputError(f"{self.name} trades {self.base} for another asset, and not for itself")
        base, quote = (TokenPlace(register.token(asset)) for asset in (self.base, self.quote))
        self.place = context.host.deploy(self.kind, base, quote, ClockPlace(), *self.auction)
        self.twin = AuctionModel(self.auction)
        self.context = context
        return self.place

    def terms(self) -> Numbers:
        """The asset, the money, and the terms of the auction."""
        return {"base": self.base, "quote": self.quote, **self.auction._asdict()}

    def is_due(self) -> bool:
        """Whether the auction can be held and was not; anybody can see it."""
        settled = self.context.settled_epoch() if self.context is not None else 0
        return not self.twin.isHeld and settled >= self.auction.closes

    def is_held(self) -> bool:
        """Whether the auction was held; anybody can see it."""
        return self.twin.isHeld

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """No argument names an account."""

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; what an order locks is approved before."""
        taken: list[tuple[str, int]] = []
        if function == "buy":
            taken = [(self.quote, int(arguments[0]) * int(arguments[1]))]
        if function == "sell":
            taken = [(self.base, int(arguments[1]))]
        return context.pay(owner, self.place, taken, function, *arguments)

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin; the epoch, which no event of an auction says, is asked of the chain."""
        twin, owner, settled = self.twin, context.address_of(call.account), context.host.epoch()
        if call.function == "hold":
            return twin.hold(settled)
        if call.function == "collect":
            return twin.collect(owner)
        numbers: Numbers = getattr(twin, call.function)(owner, settled, *call.arguments)
        return numbers

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the contract must hold what it owes of both."""
        numbers = agreed(context, self.name, self.place, self.twin, FIELDS, OF_OWNERS)
        check_held(context, self.name, self.place, (self.base, self.twin.baseHeld), (self.quote, self.twin.quoteHeld))
        return {"base": self.base, "quote": self.quote} | numbers
