"""A hash time lock: a payee takes the money with a secret before a deadline, or the payer takes it back afterwards.

This is the adapter of `contracts/Htlc.sol`. Participants call

    lock(payee, amount, digest, day)   lock an amount from the wallet under the SHA-256 digest of a secret
    claim(swap, preimage)              pay the payee, before the day of the deadline begins
    refund(swap)                       pay the payer back, from that day on

Digest and secret are 32 bytes in hexadecimal. Deadlines are whole trading days of the run, and the time of a chain with
such a contract follows the run: a day of the chain for each trading day. Two locks with one digest on two chains are an
atomic swap; the second one must end earlier, so that its payer, who learns the secret from the claim, can use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from market_sim.blockchain.contracts import Arguments, ChainContext, Invoked, TokenPlace, check_account
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import ChainReverted
from market_sim.blockchain.twins import check_locked
from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted
from market_sim.core.trading_day import TRADING_DAY_NS

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

DAY_S: Final = 24 * 3600
LAST_DAY: Final = 1_000_000
"""The last day that a deadline can have."""
WORD: Final = 32
"""The size of a secret and of a digest, in bytes."""


@dataclass
class Htlc:
    """The adapter of a hash time lock for one asset."""

    kind: ClassVar[str] = "Htlc"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "lock": (str, int, str, int),
        "claim": (int, str),
        "refund": (int,),
    }

    name: str = "htlc"
    asset: str = "USD"
    open_swaps: dict[int, int] = field(default_factory=dict, repr=False)
    """The amounts of the open swaps by their number, according to the journal."""
    events: list[CallExecuted] = field(default_factory=list, repr=False)
    """What the contract did, for all to see."""
    place: str = field(default="", repr=False)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract for the token of its asset; its chain keeps the time of the run from now on."""
        if not context.register.has_token(self.asset):
            raise InputError(f"a hash time lock holds a currency or a delivered instrument, not {self.asset}")
        context.host.keep_time(0)
        self.place = context.host.deploy(self.kind, TokenPlace(context.register.token(self.asset)))
        return self.place

    def terms(self) -> Numbers:
        """The asset of the lock."""
        return {"asset": self.asset}

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse a payee without an account, a digest or a secret that is none, and a day beyond all runs."""
        if function == "lock":
            check_account(arguments[0], register)
        words = [text for place, text in enumerate(arguments) if isinstance(text, str) and (function, place) != PAYEE]
        if not all(map(_is_word, words)):
            raise RuleViolation("BAD_ARGUMENTS", function=function, expected="32 bytes in hexadecimal")
        if function == "lock" and int(arguments[3]) > LAST_DAY:
            raise RuleViolation("BAD_ARGUMENTS", function=function, expected=f"a day of at most {LAST_DAY:,}")

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call at the time of the run; before a lock the payer approves the amount."""
        host = context.host
        began = host.keep_time(context.now() * DAY_S // TRADING_DAY_NS)
        try:
            done = self._invoked(context, owner, function, arguments, began)
        except ChainReverted as refused:
            raise ChainReverted(refused.error, in_days(refused.arguments, began)) from None
        return done._replace(numbers=in_days(done.numbers, began))

    def _invoked(
        self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments, began: int
    ) -> Invoked:
        host = context.host
        if function == "refund":
            return host.invoke(owner, self.place, function, *arguments)
        if function == "claim":
            return host.invoke(owner, self.place, function, arguments[0], bytes.fromhex(str(arguments[1])))
        payee, amount, digest, day = arguments
        terms = (context.address_of(str(payee)), amount, bytes.fromhex(str(digest)), began + int(day) * DAY_S)
        return context.pay(owner, self.place, [(self.asset, int(amount))], function, *terms)

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """A lock opens a swap, a claim or a refund ends one."""
        self.events.append(executed)
        swap = int(executed.numbers["swap"])
        if submitted.function == "lock":
            self.open_swaps[swap] = int(submitted.arguments[1])
        else:
            del self.open_swaps[swap]

    def reconcile(self, context: ChainContext) -> Numbers:
        """The contract must report the amount locked according to the journal, and hold at least that amount."""
        held = check_locked(context, self.name, self.place, self.asset, self.open_swaps.values())
        return {"asset": self.asset, "held": held, "swaps": len(self.open_swaps)}


PAYEE: Final = ("lock", 0)
"""The one text among the arguments that is a name."""


def in_days(numbers: Numbers, began: int) -> Numbers:
    """The same numbers, with times of the chain as days of the run.

    >>> in_days({"swap": 1, "deadline": 1_000 + 3 * 86_400, "time": 1_000 + 86_399}, began=1_000)
    {'swap': 1, 'deadline': 3, 'time': 0}
    """
    times: Numbers = {name: (int(numbers[name]) - began) // DAY_S for name in ("deadline", "time") if name in numbers}
    return {**numbers, **times}


def _is_word(text: str) -> bool:
    try:
        return len(text) == 2 * WORD and len(bytes.fromhex(text)) == WORD
    except ValueError:
        return False
