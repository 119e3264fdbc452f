"""Margin accounts on the chain: shares bought in a pool with a broker's loan, kept above a margin, or sold in slices.

This is the adapter of `contracts/MarginVault.sol`. Participants call

    fund(amount)                 lend money to the accounts; draw(amount) takes out what is not lent: the broker
    deposit(amount)              bring money; it repays one's debt first. withdraw(amount) takes it out
    buy(shares, most)            buy in the pool, with one's money and then with a loan
    sell(shares, least)          sell in the pool
    liquidate(account, shares)   sell for an account below its margin, at most half of its shares
    accrue()                     bring interest and price up to now, as every other call does

As with a pool (`amm.py`), contract and twin (`margin_model.py`) are compared after each block in each number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from market_sim.blockchain.amm import Amm
from market_sim.blockchain.contracts import Arguments, ChainContext, Invoked, check_account
from market_sim.blockchain.margin_model import MarginModel
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import agreed, check_held, same
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS: Final = (
    "cash", "insurance", "totalMoney", "totalShares", "totalUnits", "index", "accruedAt", "price", "markedAt",
    "markedPrice",
)  # fmt: skip
OF_OWNERS: Final = ("moneyOf", "sharesOf", "unitsOf")


@dataclass
class MarginVault:
    """The adapter of margin accounts beside a pool, in which they trade and which prices them."""

    kind: ClassVar[str] = "MarginVault"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "fund": (int,), "draw": (int,), "deposit": (int,), "withdraw": (int,), "buy": (int, int), "sell": (int, int),
        "liquidate": (str, int), "accrue": (),
    }  # fmt: skip

    market: Amm
    broker: str
    """The account that lends."""
    name: str = "margin"
    rate: int = 1_000
    """The interest for each epoch, in millionths of the debt."""
    place: str = field(default="", repr=False)
    twin: MarginModel = field(init=False, repr=False)
    _owners: dict[str, str] = field(default_factory=dict, repr=False)
    """The accounts that bought, with their addresses."""

    def __post_init__(self) -> None:
        self.twin = MarginModel(self.rate)

    def shares_of(self, account: str) -> int:
        """The shares of an account here; anybody can read them."""
        return self.twin.sharesOf.get(self._owners.get(account, ""), 0)

    def call_of(self, account: str) -> int:
        """What an account lacks to its maintenance margin, as of the last accrual."""
        has, needs = self.twin.margin_of(self._owners.get(account, ""), initial=False)
        return max(0, needs - has)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract beside its pool."""
        if not self.market.place:
            raise InputError(f"{self.name} trades in {self.market.name}, which has to be deployed before it")
        if self.broker not in context.register.accounts:
            raise InputError(f"{self.name} gets its money from {self.broker!r}, and there is no such account")
        broker = context.address_of(self.broker)
        self.place = context.host.deploy(self.kind, self.market.place, self.rate, broker)
        now = context.host.ask(self.place, "accruedAt")
        self.twin = MarginModel(self.rate, now, now, self.market.twin.accumulated(now), broker=broker)
        return self.place

    def terms(self) -> Numbers:
        """Where it trades, who lends, and the interest."""
        market = self.market
        names: Numbers = {"money": market.quote, "asset": market.base, "market": market.name}
        return names | {"broker": self.broker, "rate": self.rate}

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse to liquidate an account that does not exist."""
        if function == "liquidate":
            check_account(arguments[0], register)

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; before it the owner approves the money that it brings."""
        taken = [(self.market.quote, int(arguments[0]))] if function in ("fund", "deposit") else []
        if function == "liquidate":
            arguments = (context.address_of(str(arguments[0])), arguments[1])
        return context.pay(owner, self.place, taken, function, *arguments)

    def count(self, submitted: CallSubmitted, executed: CallExecuted) -> None:
        """Repeat the call on the twin and on that of the pool, which must come to the same numbers."""
        said, function = executed.numbers, submitted.function
        same(self.name, submitted, said, self._repeat, function, said, submitted.arguments)
        if function == "buy":
            self._owners[submitted.account] = str(said["owner"])

    def _repeat(self, function: str, said: Numbers, arguments: Arguments) -> Numbers:
        twin, market, owner = self.twin, self.market.twin, str(said.get("owner", ""))
        epoch = int(said.get("epoch", twin.accruedAt))
        seen = twin.accrue_to(epoch, market.accumulated(epoch))
        if function == "buy":
            shares, most = map(int, arguments)
            return seen | twin.buy(owner, shares, int(market.buy(self.place, epoch, shares, most)["quote"]))
        if function in ("sell", "liquidate"):
            if function == "sell":
                shares, least = map(int, arguments)
                least = twin.check_sale(owner, shares, least)
            else:
                shares = int(arguments[1])
                least = twin.check_liquidation(owner, shares)
            is_sold = bool(twin.sharesOf.get(owner))
            proceeds = int(market.sell(self.place, epoch, shares, least)["quote"]) if is_sold else 0
            numbers: Numbers = getattr(twin, function)(owner, shares, proceeds)
            return seen | numbers
        numbers = getattr(twin, function)(owner, *arguments)
        return seen | numbers

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the contract must hold its money and its shares."""
        twin, market = self.twin, self.market
        numbers = agreed(context, self.name, self.place, twin, FIELDS, OF_OWNERS)
        money = (market.quote, twin.cash + twin.insurance + twin.totalMoney)
        check_held(context, self.name, self.place, money, (market.base, twin.totalShares))
        return numbers
