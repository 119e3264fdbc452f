"""The register: the numbers of accounts and tokens in payloads and contracts.

A token is a quote currency or an instrument that accounts hold. Currencies come first, so with one currency cash is
token 0. Account numbers come from the exchange and start at 1; number 0 is no account.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from market_sim.core.data.fold import FEES
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import AccountOpened, Deposited, InstrumentListed
from market_sim.core.models.settlement_events import ContractDeployed, DepositTaken, WithdrawalRequested


class SettlementTerms(NamedTuple):
    """The settlement terms of an instrument: a trade moves its token against cash = price * quantity * multiplier."""

    token: int
    cash_token: int
    multiplier: int
    delivered: bool = True
    """Whether the instrument is a token; for a derivative only cash moves on the chain."""


class Token(NamedTuple):
    """A currency or instrument on the chain, counted in the smallest unit of the exchange."""

    number: int
    symbol: str
    decimals: int


class Balance(NamedTuple):
    """The initial balance of one account in one token."""

    account: int
    token: int
    amount: int


FIRST_DERIVATIVE: Final = 1 << 24
"""The first number of a derivative: derivatives have numbers in payloads and are no tokens."""


class Register:
    """The numbers of one run; a listing or an opened account adds to it."""

    def __init__(self, quotes: Iterable[str] = ("USD",)) -> None:
        self.tokens: list[Token] = []
        self.accounts: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.collector = 0
        """The account that fees go to; 0 until it is opened."""
        self.terms: dict[str, SettlementTerms] = {}
        self.terms_of: dict[int, SettlementTerms] = {}
        """The same terms by the number of the token."""
        self.deposits: dict[int, int] = {}
        """The vault's number of each deposit during the run, by the number of its entry."""
        self.requests: dict[int, int] = {}
        """The vault's number of each withdrawal request, by the number of its entry."""
        self.contracts: dict[str, int] = {}
        """The numbers of the contracts beside the settlement, from 1."""
        self._numbers: dict[str, int] = {}
        for quote in quotes:
            self._add_token(quote, decimals=2)

    @classmethod
    def of(cls, events: Iterable[Event]) -> Register:
        """The register of the listings and accounts in these events."""
        events = list(events)
        listings = [event for event in events if isinstance(event, InstrumentListed)]
        register = cls(dict.fromkeys(listing.quote for listing in listings))
        for event in events:
            register.read(event)
        return register

    def read(self, event: Event) -> None:
        """Add a listing, an account, a deposit, a request or a contract; ignore other events."""
        if isinstance(event, InstrumentListed):
            if event.quote not in self._numbers:
                raise InputError(f"{event.symbol} is quoted in {event.quote}, which no listing named at the start")
            if event.delivered:
                token = self._add_token(event.symbol, event.quantity_decimals)
            else:
                token = self._numbers[event.symbol] = FIRST_DERIVATIVE + len(self.terms)
            terms = SettlementTerms(token, self._numbers[event.quote], event.multiplier, event.delivered)
            self.terms[event.symbol] = self.terms_of[token] = terms
        elif isinstance(event, AccountOpened):
            self.add_account(event.account, event.number)
        elif isinstance(event, DepositTaken):
            self.deposits[event.trade] = event.number
        elif isinstance(event, WithdrawalRequested):
            self.requests[event.trade] = event.number
        elif isinstance(event, ContractDeployed):
            self.contracts[event.contract] = len(self.contracts) + 1

    def add_account(self, name: str, number: int) -> None:
        """Add an account, which has its number from the exchange."""
        if number < 1 or number in self.names:
            raise InvariantBroken(f"account {name} cannot have the number {number}")
        self.accounts[name] = number
        self.names[number] = name
        if name == FEES:
            self.collector = number

    def token(self, asset: str) -> int:
        """The number of a currency or an instrument."""
        return self._numbers[asset]

    def is_token(self, asset: str) -> bool:
        """Whether this asset is a token: currencies and delivered instruments are, derivatives are not."""
        return self._numbers[asset] < FIRST_DERIVATIVE

    def has_token(self, asset: str) -> bool:
        """Whether this asset exists and is a token."""
        return asset in self._numbers and self.is_token(asset)

    def account_name(self, number: int) -> str:
        """The name of the account with this number; the number itself when there is none."""
        return self.names.get(number, f"number {number}")

    def balances(self, events: Iterable[Event]) -> tuple[Balance, ...]:
        """The initial balances: deposits before the run, by account and token, without zeros."""
        sums: dict[tuple[int, int], int] = {}
        for event in events:
            if isinstance(event, Deposited) and not event.trade:
                place = self.accounts[event.account], self._numbers[event.asset]
                sums[place] = sums.get(place, 0) + event.amount
        return tuple(Balance(*place, amount) for place, amount in sorted(sums.items()) if amount)

    def _add_token(self, symbol: str, decimals: int) -> int:
        if symbol in self._numbers:
            raise InvariantBroken(f"{symbol} has a token already")
        number = self._numbers[symbol] = len(self.tokens)
        self.tokens.append(Token(number, symbol, decimals))
        return number
