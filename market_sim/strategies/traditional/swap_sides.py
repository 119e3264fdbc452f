"""The two sides of an atomic swap by hash time locks (Herlihy 2018, "Atomic Cross-Chain Swaps").

The buyer makes a secret and locks money on one chain under its digest. The seller sees that lock and locks shares on
the other chain under the same digest, with an earlier deadline. The buyer's claim of the shares shows the secret to
all, and with it the seller claims the money. Whichever side finds its lock unclaimed at its deadline takes it back.

Both sides look at what the two contracts did, which is public, and at nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from market_sim.core.models.intents import CallContract, Intent
from market_sim.core.models.settlement_events import CallExecuted
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View

Seen = Sequence[Sequence[CallExecuted]]
"""What each contract did so far."""


@dataclass(frozen=True)
class SwapTerms:
    """The terms that both sides have agreed on: what goes which way, through which contracts, until when."""

    buyer: str
    seller: str
    symbol: str
    shares: int
    money: int
    money_lock: str
    """The name of the contract that locks the money."""
    share_lock: str
    money_day: int
    """The deadline of the money, a whole day of the run."""
    share_day: int


@dataclass
class SwapBuyer(Strategy):
    """Locks money first, and takes the shares only if they are worth it when the time is nearly over."""

    terms: SwapTerms
    decides: float
    """The day on which it decides; the shares can be had until the day of their deadline."""
    seen: Seen = ()
    secret: str = field(default="", init=False)
    decided: bool = field(default=False, init=False)
    refunded: bool = field(default=False, init=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Lock; later claim or not; take the money back after its deadline."""
        terms = self.terms
        if not self.secret:
            self.secret = view.random.randbytes(32).hex()
            yield CallContract(
                terms.money_lock, "lock", (terms.seller, terms.money, digest_of(self.secret), terms.money_day)
            )
        offered = locked(self.seen, terms.share_lock, digest_of(self.secret))
        if offered is not None and not self.decided and view.time >= self.decides * TRADING_DAY_NS:
            self.decided = True
            if self.takes(view) and int(offered.numbers["amount"]) >= terms.shares:
                yield CallContract(terms.share_lock, "claim", (offered.numbers["swap"], self.secret))
        own = locked(self.seen, terms.money_lock, digest_of(self.secret))
        if own is not None and not self.refunded and view.time >= terms.money_day * TRADING_DAY_NS:
            self.refunded = True
            if not is_over(self.seen, own):
                yield CallContract(terms.money_lock, "refund", (own.numbers["swap"],))

    def takes(self, view: View) -> bool:
        """Whether it wants the shares, now that it decides."""
        return is_worth_it(view, self.terms)


@dataclass
class SwapCustomer(SwapBuyer):
    """Needs the shares on the other chain, whatever they cost elsewhere, and claims them as soon as they are locked."""

    decides: float = 0.0

    def takes(self, view: View) -> bool:
        """Always."""
        return True


@dataclass
class SwapSeller(Strategy):
    """Locks shares once the money is locked on the agreed terms, and claims the money with the secret."""

    terms: SwapTerms
    margin: int = 2
    """The days by which the money must be locked for longer than the shares: a claim takes time to become final."""
    seen: Seen = ()
    answered: str = field(default="", init=False)
    """The digest of the lock that it has answered."""
    finished: bool = field(default=False, init=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Answer the buyer's lock; claim once the secret is out; take the shares back after their deadline."""
        terms = self.terms
        paid = self.payment()
        if paid is None or self.finished:
            return
        if not self.answered:
            self.answered = str(paid.numbers["digest"])
            yield CallContract(terms.share_lock, "lock", (terms.buyer, terms.shares, self.answered, terms.share_day))
            return
        own = locked(self.seen, terms.share_lock, self.answered)
        if own is None:
            return
        secret = next(
            (str(event.numbers["preimage"]) for event in _ends(self.seen, own) if event.function == "claim"), ""
        )
        if secret:
            self.finished = True
            yield CallContract(terms.money_lock, "claim", (paid.numbers["swap"], secret))
        elif view.time >= terms.share_day * TRADING_DAY_NS:
            self.finished = True
            yield CallContract(terms.share_lock, "refund", (own.numbers["swap"],))

    def payment(self) -> CallExecuted | None:
        """The buyer's lock, if it has the agreed amount, and a deadline that leaves time after that of the shares."""
        terms = self.terms
        return next(
            (
                event
                for event in chain.from_iterable(self.seen)
                if (event.contract, event.function, event.account) == (terms.money_lock, "lock", terms.buyer)
                and int(event.numbers["amount"]) >= terms.money
                and int(event.numbers["deadline"]) >= terms.share_day + self.margin
            ),
            None,
        )


def digest_of(secret: str) -> str:
    """The SHA-256 digest of a secret, both in hexadecimal.

    >>> digest_of("00" * 32)[:16]
    '66687aadf862bd77'
    """
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()


def is_worth_it(view: View, terms: SwapTerms) -> bool:
    """Whether the shares are worth at least the money at their last price."""
    last = view[terms.symbol].last
    return last is not None and last * terms.shares >= terms.money


def locked(seen: Seen, contract: str, digest: str) -> CallExecuted | None:
    """The first lock with this digest in a contract."""
    return next(
        (
            event
            for event in chain.from_iterable(seen)
            if (event.contract, event.function) == (contract, "lock") and event.numbers["digest"] == digest
        ),
        None,
    )


def is_over(seen: Seen, lock: CallExecuted) -> bool:
    """Whether what was locked was claimed or refunded."""
    return any(True for _ in _ends(seen, lock))


def _ends(seen: Seen, lock: CallExecuted) -> Iterable[CallExecuted]:
    return (
        event
        for event in chain.from_iterable(seen)
        if event.contract == lock.contract
        and event.function != "lock"
        and event.numbers["swap"] == lock.numbers["swap"]
    )
