"""A bridge between two chains: one end locks an asset, the other mints what stands for it and burns it on the way back.

This is the adapter of `contracts/Bridge.sol` and of the naive `contracts/naive/NaiveBridge.sol`. Participants call

    send(to, amount)         lock or burn an amount, for an account on the other chain; messages are numbered from 0
    deliver(end, nonce)      pay out, here, the message with this number that left that end

Anybody delivers, and anybody may name a wrong end: the certificate of a message is public, and a contract that asks for
too little pays it twice. The validators sign every message that left an end, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from market_sim.blockchain.bridge_message import NO_ADDRESS, Message, NaiveMessage, signed
from market_sim.blockchain.contracts import Arguments, ChainContext, Invoked, TokenPlace, check_account
from market_sim.blockchain.register import Register
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet


@dataclass
class BridgeEnd:
    """The adapter of one end; `bridge` makes a pair of them."""

    kind: ClassVar[str] = "Bridge"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {"send": (str, int), "deliver": (str, int)}
    message: ClassVar[type[Message]] = Message
    is_backed: ClassVar[bool] = True
    """Whether what is minted must be locked; otherwise what is missing is only reported."""

    name: str
    asset: str
    locks: bool
    """Whether this end locks the currency; the other end mints."""
    other: BridgeEnd | None = field(default=None, repr=False)
    sent: dict[int, Message] = field(default_factory=dict, repr=False)
    """The messages that left here, according to the journal."""
    paid: dict[tuple[str, int], int] = field(default_factory=dict, repr=False)
    """The amounts that were paid out here, by the end and the number of their message."""
    holdings: dict[str, int] = field(default_factory=dict, repr=False)
    """What each address should hold of the minted token."""
    events: list[CallExecuted] = field(default_factory=list, repr=False)
    """What the contract did, for all to see."""
    place: str = field(default="", repr=False)
    context: ChainContext | None = field(default=None, repr=False)

    @property
    def amount(self) -> int:
        """What is locked here, or minted and not burned, according to the journal."""
        out, back = sum(message.amount for message in self.sent.values()), sum(self.paid.values())
        return out - back if self.locks else back - out

    @property
    def under_way(self) -> int:
        """What left here and was not paid out at the other end."""
        waiting = (one for number, one in self.sent.items() if (self.name, number) not in self._opposite.paid)
        return sum(message.amount for message in waiting)

    @property
    def missing(self) -> int:
        """What the end that locks owes and does not have: for the minted amount, and for what is under way."""
        home, away = (self, self._opposite) if self.locks else (self._opposite, self)
        return away.amount + home.under_way + away.under_way - home.amount

    @property
    def _opposite(self) -> BridgeEnd:
        if self.other is None:
            raise InputError(f"{self.name} has no other end: `bridge` makes both")
        return self.other

    def deploy(self, context: ChainContext) -> str:
        """Deploy this end; the second one that is deployed connects both."""
        if not context.register.has_token(self.asset):
            raise InputError(f"a bridge carries a currency or a delivered instrument, not {self.asset}")
        token = TokenPlace(context.register.token(self.asset)) if self.locks else NO_ADDRESS
        members = ["0x" + wallet.address.hex() for wallet in context.validators]
        self.place = context.host.deploy(self.kind, token, members, context.run)
        self.context = context
        if self._opposite.context is not None:
            self._connect(self._opposite)
            self._opposite._connect(self)
        return self.place

    def _connect(self, other: BridgeEnd) -> None:
        here, there = self._deployed(), other._deployed()
        here.host.administer(self.place, "connect", there.host.chain_id, other.place)

    def _deployed(self) -> ChainContext:
        if self.context is None:
            raise InputError(f"{self.name} is used, and one end of its bridge is on no chain")
        return self.context

    def terms(self) -> Numbers:
        """The asset, and the side of it."""
        return {"asset": self.asset, "side": "locks" if self.locks else "mints"}

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse a recipient without an account, and the name of what is no end of this bridge."""
        self._opposite._deployed()
        if function == "send":
            check_account(arguments[0], register)
        if function == "deliver" and arguments[0] not in (self.name, self._opposite.name):
            ends = f"the name of an end ({self.name} or {self._opposite.name}), a whole number"
            raise RuleViolation("BAD_ARGUMENTS", function=function, expected=ends)

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; before a lock the sender approves the amount."""
        if function == "deliver":
            return self._deliver(context, owner, str(arguments[0]), int(arguments[1]))
        to, amount = context.address_of(str(arguments[0])), int(arguments[1])
        taken = [(self.asset, amount)] if self.locks else []
        return context.pay(owner, self.place, taken, function, to, amount)

    def _deliver(self, context: ChainContext, owner: Wallet, end: str, nonce: int) -> Invoked:
        """Show the contract a message of an end with its certificate; nobody signs what never left."""
        source = self if end == self.name else self._opposite
        message = source.sent.get(nonce)
        if message is None:
            message, certificate = source._message(nonce, "0x" + owner.address.hex(), 0), b""
        else:
            certificate = signed(message, context.run, context.validators)
        return context.host.invoke(owner, self.place, "deliver", tuple(message), certificate)

    def _message(self, nonce: int, to: str, amount: int) -> Message:
        here, there = self._deployed().host.chain_id, self._opposite._deployed().host.chain_id
        return self.message(here, self.place, there, self._opposite.place, nonce, to, amount)

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """A message leaves, or is paid out."""
        self.events.append(executed)
        nonce, to, amount = (executed.numbers[name] for name in ("nonce", "to", "amount"))
        if submitted.function == "send":
            self.sent[int(nonce)] = self._message(int(nonce), str(to), int(amount))
            holder, change = self._deployed().address_of(submitted.account), -int(amount)
        else:
            self.paid[str(submitted.arguments[0]), int(nonce)] = int(amount)
            holder, change = str(to), int(amount)
        if not self.locks:
            self.holdings[holder] = self.holdings.get(holder, 0) + change

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and journal agree, and what is minted or will be is locked."""
        host, expected = context.host, self.amount
        says = host.ask(self.place, "locked" if self.locks else "supply")
        held = context.held(self.place, self.asset) if self.locks else says
        wrong = [who for who, amount in self.holdings.items() if host.ask(self.place, "holding", who) != amount]
        if says != expected or held < expected or wrong:
            raise InvariantBroken(
                f"{self.name} reports {says} {self.asset} and holds {held}, by the journal it is {expected}; "
                f"holders that differ: {', '.join(wrong) or 'none'}"
            )
        if self.missing and self.is_backed:
            raise InvariantBroken(f"{self.name}: {self.missing} {self.asset} of what was minted is locked nowhere")
        side = "locked" if self.locks else "minted"
        return {"asset": self.asset, side: says, "underway": self.under_way, "missing": self.missing}


class NaiveBridgeEnd(BridgeEnd):
    """One end of a bridge whose validators sign what is paid and not where."""

    kind = "NaiveBridge"
    message = NaiveMessage
    is_backed = False


def bridge(name: str, asset: str = "USD", is_naive: bool = False) -> tuple[BridgeEnd, BridgeEnd]:
    """Both ends of a bridge, to be deployed on two chains: the one that locks and the one that mints."""
    kind = NaiveBridgeEnd if is_naive else BridgeEnd
    home = kind(f"{name}-home", asset, True)
    away = kind(f"{name}-away", asset, False, home)
    home.other = away
    return home, away
