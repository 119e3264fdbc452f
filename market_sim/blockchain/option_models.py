"""The models of an oracle and of an option series: the rules of `Oracle.sol` and `OptionSeries.sol` in Python.

They hold exact integers and no tokens. The in-memory chain runs them as the contracts; beside the compiled contracts
they are the twins, which repeat every call. Errors have the contracts' order and names, fields those of the contracts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers

UNKNOWN, PROPOSED, DISPUTED, FINAL = range(4)
"""The states of a question."""
NOBODY: Final = ""


class Answer(NamedTuple):
    """What is proposed or decided about one epoch."""

    proposer: str = NOBODY
    disputer: str = NOBODY
    price: int = 0
    until: int = 0
    state: int = UNKNOWN


@dataclass
class OracleModel:
    """The prices of one asset at the ends of epochs, and the bonds on them."""

    bond: int
    window: int
    held: int = 0
    answers: dict[int, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.bond or not self.window:
            raise ChainReverted("BadTerms")

    def propose(self, caller: str, settled: int, epoch: int, price: int) -> Numbers:
        """Propose the price at the end of an epoch that is settled."""
        if settled < epoch:
            raise ChainReverted("TooEarly", {"epoch": epoch, "settled": settled})
        if self.answer(epoch).state != UNKNOWN:
            raise ChainReverted("ProposedBefore", {"epoch": epoch})
        until = settled + self.window
        self.answers[epoch] = Answer(caller, NOBODY, price, until, PROPOSED)
        self.held += self.bond
        return {"epoch": epoch, "proposer": caller, "price": price, "settled": settled, "until": until}

    def dispute(self, caller: str, settled: int, epoch: int) -> Numbers:
        """Dispute a proposal of somebody else while its window is open."""
        answer = self._proposed(epoch)
        if answer.proposer == caller:
            raise ChainReverted("OwnProposal", {"epoch": epoch})
        if settled >= answer.until:
            raise ChainReverted("WindowOver", {"until": answer.until, "settled": settled})
        self.answers[epoch] = answer._replace(disputer=caller, state=DISPUTED)
        self.held += self.bond
        return {"epoch": epoch, "disputer": caller, "settled": settled}

    def finish(self, caller: str, settled: int, epoch: int) -> Numbers:
        """Let a proposal stand that nobody disputed; whoever calls, the bond goes back to the proposer."""
        answer = self._proposed(epoch)
        if settled < answer.until:
            raise ChainReverted("WindowOpen", {"until": answer.until, "settled": settled})
        self.answers[epoch] = answer._replace(state=FINAL)
        self.held -= self.bond
        stood: Numbers = {"epoch": epoch, "price": answer.price, "winner": answer.proposer}
        return stood | {"amount": self.bond, "settled": settled}

    def decide(self, caller: str, settled: int, epoch: int, price: int) -> Numbers:
        """Decide a dispute by the price that validators signed; the side that was right gets both bonds."""
        answer = self.check_disputed(epoch)
        winner = answer.proposer if price == answer.price else answer.disputer
        self.answers[epoch] = answer._replace(price=price, state=FINAL)
        self.held -= 2 * self.bond
        return {"epoch": epoch, "price": price, "winner": winner, "amount": 2 * self.bond}

    def check_disputed(self, epoch: int) -> Answer:
        """Refuse to decide what nobody disputed."""
        answer = self.answer(epoch)
        if answer.state != DISPUTED:
            raise ChainReverted("NotDisputed", {"epoch": epoch})
        return answer

    def answer(self, epoch: int) -> Answer:
        """What is known about an epoch."""
        return self.answers.get(epoch, Answer())

    def final_price(self, epoch: int) -> int:
        """The price that nobody can change any more."""
        answer = self.answer(epoch)
        if answer.state != FINAL:
            raise ChainReverted("NotFinal", {"epoch": epoch})
        return answer.price

    def _proposed(self, epoch: int) -> Answer:
        answer = self.answer(epoch)
        if answer.state != PROPOSED:
            raise ChainReverted("NotProposed", {"epoch": epoch})
        return answer


class OptionTerms(NamedTuple):
    """The terms of a series: strike, the most that a unit pays, the epoch that decides, and the side."""

    strike: int
    cap: int
    expiry: int
    is_put: bool

    def payoff(self, price: int) -> int:
        """What a unit pays at a price.

        >>> OptionTerms(10_000, 500, 4, is_put=False).payoff(10_120), OptionTerms(10_000, 500, 4, True).payoff(9_000)
        (120, 500)
        """
        gain = self.strike - price if self.is_put else price - self.strike
        return min(max(gain, 0), self.cap)


@dataclass
class OptionModel:
    """The two sides of one series and its collateral."""

    terms: OptionTerms
    held: int = 0
    isExpired: bool = False
    payoff: int = 0
    longOf: dict[str, int] = field(default_factory=dict)
    shortOf: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        terms = self.terms
        if not terms.cap or (terms.is_put and terms.cap > terms.strike):
            raise ChainReverted("BadTerms")

    def write(self, caller: str, settled: int, quantity: int) -> Numbers:
        """Write units before the expiry; the caller gets both sides."""
        if not quantity:
            raise ChainReverted("NothingToWrite")
        if settled >= self.terms.expiry:
            raise ChainReverted("SeriesExpired", {"expiry": self.terms.expiry, "settled": settled})
        for side in (self.longOf, self.shortOf):
            side[caller] = side.get(caller, 0) + quantity
        collateral = quantity * self.terms.cap
        self.held += collateral
        return {"writer": caller, "quantity": quantity, "collateral": collateral, "settled": settled}

    def transfer(self, caller: str, to: str, quantity: int) -> Numbers:
        """Give units to another owner."""
        if not quantity:
            raise ChainReverted("NothingToTransfer")
        owned = self.longOf.get(caller, 0)
        if owned < quantity:
            raise ChainReverted("ShortOfOptions", {"owner": caller, "held": owned, "needed": quantity})
        self.longOf[caller] = owned - quantity
        self.longOf[to] = self.longOf.get(to, 0) + quantity
        return {"owner": caller, "to": to, "quantity": quantity}

    def check_open(self) -> None:
        """Refuse to expire a second time."""
        if self.isExpired:
            raise ChainReverted("ExpiredBefore")

    def expire(self, price: int) -> Numbers:
        """Fix what a unit pays by the oracle's price at the expiry."""
        self.check_open()
        self.isExpired = True
        self.payoff = self.terms.payoff(price)
        return {"price": price, "payoff": self.payoff} if self.payoff else {"price": price}

    def claim(self, caller: str) -> Numbers:
        """Pay a caller for both sides, once."""
        if not self.isExpired:
            raise ChainReverted("NotExpired")
        long, short = self.longOf.get(caller, 0), self.shortOf.get(caller, 0)
        if not long and not short:
            raise ChainReverted("NothingToClaim")
        amount = long * self.payoff + short * (self.terms.cap - self.payoff)
        self.longOf[caller] = self.shortOf[caller] = 0
        self.held -= amount
        return {"owner": caller, "long": long, "short": short, "amount": amount}
