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
from typing import TYPE_CHECKING, Any, ClassVar, Final

from market_sim.blockchain.amm import Amm
from market_sim.blockchain.contracts import Arguments, ChainContext, Invoked, check_account
from market_sim.blockchain.margin_model import MarginModel
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import Twinned, agreed, check_held
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
class MarginVault(Twinned):
    """The adapter of margin accounts beside a pool, in which they trade and which prices them."""

    kind: ClassVar[str] = "MarginVault"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "fund": (int,), "draw": (int,), "deposit": (int,), "withdraw": (int,), "buy": (int, int), "sell": (int, int),
        "liquidate": (str, int), "accrue": (),
    }  # fmt: skip
    pays_first: ClassVar[tuple[str, ...]] = ("buy",)

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

    def changed(self) -> tuple[Any, ...]:
        """A purchase and a sale change the pool, too."""
        return self, self.market

    def epoch_of(self, said: Numbers) -> int:
        """The epoch of a call; the contract says it when it is another one than that of the call before."""
        return int(said.get("epoch", self.twin.accruedAt))

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin and on that of the pool."""
        twin, market, function, owner = self.twin, self.market.twin, call.function, context.address_of(call.account)
        seen = twin.accrue_to(epoch, market.accumulated(epoch))
        if function == "buy":
            shares, most = map(int, call.arguments)
            return seen | twin.buy(owner, shares, int(market.buy(self.place, epoch, shares, most)["quote"]))
        if function == "sell":
            shares, least = map(int, call.arguments)
            least = twin.check_sale(owner, shares, least)
            return seen | twin.sell(owner, shares, int(market.sell(self.place, epoch, shares, least)["quote"]))
        if function == "liquidate":
            owner, shares = context.address_of(str(call.arguments[0])), int(call.arguments[1])
            least, held = twin.check_liquidation(owner, shares), twin.sharesOf.get(owner, 0)
            proceeds = int(market.sell(self.place, epoch, shares, least)["quote"]) if held else 0
            return seen | twin.liquidate(owner, shares, proceeds)
        numbers: Numbers = getattr(twin, function)(owner, *call.arguments)
        return seen | numbers

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """Repeat a call on the twins, and note who bought."""
        super().count(submitted, executed, context)
        if submitted.function == "buy":
            self._owners[submitted.account] = context.address_of(submitted.account)

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the contract must hold its money and its shares."""
        twin, market = self.twin, self.market
        numbers = agreed(context, self.name, self.place, twin, FIELDS, OF_OWNERS)
        money = (market.quote, twin.cash + twin.insurance + twin.totalMoney)
        check_held(context, self.name, self.place, money, (market.base, twin.totalShares))
        return numbers
