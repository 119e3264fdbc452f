"""A small market with a broker: the smallest world in which margin can be tried, and what must be true of it always."""

from __future__ import annotations

from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import Perpetual
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import Deposited, Transferred
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.mechanisms.margin import MarginAccounts, MarginTerms
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.market.mechanisms.requirements import StrategyMargin
from market_sim.pricing.perpetual import Tier

DAY = TRADING_DAY_NS
BTC = StrategyMargin(leverage=10, tiers=(Tier(0, 50),))


class Clock:
    now = 0


class Value:
    """A believed value that a test sets."""

    def __init__(self, price: int) -> None:
        self.price = price

    def restate(self, new: int, old: int, paid: int = 0) -> None:
        self.price = (self.price - paid) * old // new


class Market:
    """ACME at $100 and a perpetual on it; `mm` quotes with cash of its own, `lender` has shares."""

    def __init__(self, customers: dict[str, Agreement], price: int = 100_00, **terms: object) -> None:
        self.clock, self.journal = Clock(), Journal()
        self.exchange = Exchange(self.clock, self.journal)
        self.exchange.list(Stock("ACME"))
        self.exchange.list(Perpetual("PERP", underlying="ACME", funding_every=DAY))
        self.value = Value(price)
        for name in ("mm", "lender", "mm2", *customers):
            self.exchange.ledger.open_account(name)
        self.exchange.ledger.deposit("mm", "USD", 10_000_000_00)
        self.exchange.ledger.deposit("mm", "ACME", 100_000)
        self.exchange.ledger.deposit("lender", "ACME", 1_000)
        everybody = {**customers, "mm": Agreement(BTC)}
        terms = {"lenders": ("lender",), "capital": 1_000_000_00, **terms}
        self.margin = MarginAccounts(everybody, MarginTerms(**terms), {"ACME": self.value})
        self.margin.attach(self.exchange, self.journal)
        self.margin.act(0)

    def fund(self, name: str, cash: int) -> None:
        self.exchange.ledger.deposit(name, "USD", cash)

    def cash(self, name: str) -> int:
        return self.exchange.accounts[name].balance("USD").total

    def held(self, name: str, symbol: str = "ACME") -> int:
        return self.exchange.accounts[name].balance(symbol).total

    def loan(self, name: str) -> int:
        self.margin.calculator.catch_up()
        return self.margin.calculator.liabilities.loans.get(name, 0)

    def owed(self, name: str, symbol: str = "ACME") -> int:
        self.margin.calculator.catch_up()
        return sum(self.margin.calculator.liabilities.borrowed.get(name, {}).get(symbol, {}).values())

    def offer(self, price: int, quantity: int, symbol: str = "ACME") -> None:
        self.exchange.submit("mm", Sell(symbol, quantity, price))

    def bid(self, price: int, quantity: int, symbol: str = "ACME") -> None:
        self.exchange.submit("mm", Buy(symbol, quantity, price))

    def buy(self, name: str, quantity: int, price: int, symbol: str = "ACME"):
        """Let somebody buy from mm at this price."""
        self.offer(price, quantity, symbol)
        return self.exchange.submit(name, Buy(symbol, quantity, price))

    def sell(self, name: str, quantity: int, price: int, symbol: str = "ACME"):
        """Let somebody sell to mm at this price."""
        self.bid(price, quantity, symbol)
        return self.exchange.submit(name, Sell(symbol, quantity, price))

    def later(self, price: int | None = None, by: int = DAY // 10) -> None:
        """Time passes, the value moves, and the broker looks at everybody."""
        self.clock.now += by
        if price is not None:
            self.value.price = price
        self.margin.act(self.clock.now)

    def events(self, kind):
        return list(self.journal.of(kind))

    def transfers(self, reason: str) -> list[Transferred]:
        return [event for event in self.journal.of(Transferred) if event.reason == reason]


def check_promises(market: Market) -> None:
    """Whatever happened: nothing is created or lost, nothing on the chain is negative, everything folds."""
    exchange = market.exchange
    brought: dict[str, int] = {}
    for event in market.journal.of(Deposited):
        brought[event.asset] = brought.get(event.asset, 0) + event.amount
    sums: dict[str, int] = {}
    for account in exchange.accounts.values():
        for asset, balance in account.balances.items():
            sums[asset] = sums.get(asset, 0) + balance.total
            if asset not in exchange.listings or exchange.listings[asset].instrument.delivered:
                assert balance.total >= 0, f"{account.name} has {balance.total} {asset}"
                assert balance.available >= 0, f"{account.name} has {balance.available} {asset} free"
    assert {asset: total for asset, total in sums.items() if total} == brought
    owned = {
        name: {asset: balance.total for asset, balance in account.balances.items() if balance.total}
        for name, account in exchange.accounts.items()
    }
    assert owned == fold(market.journal)
