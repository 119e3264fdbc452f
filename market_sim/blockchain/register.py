"""The register: by which number the payloads and the contracts know each account and each token.

A token is anything an account can hold: the cash of a quote currency or an instrument. Cash tokens come first, so
that with one currency cash is token 0. Account numbers come from the exchange and start at 1; number 0 is nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from market_sim.core.data.fold import FEES
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import AccountOpened, Deposited, InstrumentListed
from market_sim.core.models.settlement_events import ContractDeployed, WithdrawalRequested


class Terms(NamedTuple):
    """What a trade in an instrument moves: its token against cash = price * quantity * multiplier."""

    token: int
    cash_token: int
    multiplier: int
    delivered: bool = True
    """Whether the instrument itself is a token; of a derivative only cash moves on the chain."""


class Token(NamedTuple):
    """One thing that accounts hold on the chain, in the exchange's own smallest unit."""

    number: int
    symbol: str
    decimals: int


class Balance(NamedTuple):
    """What one account holds of one token when the chain is opened."""

    account: int
    token: int
    amount: int


FIRST_DERIVATIVE: Final = 1 << 24
"""Derivatives are numbered from here on: they are named in payloads and are no tokens."""


class Register:
    """The numbers of one run; it grows when an instrument is listed or an account is opened."""

    def __init__(self, quotes: Iterable[str] = ("USD",)) -> None:
        self.tokens: list[Token] = []
        self.accounts: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.collector = 0
        """The account that fees go to; 0 until it is opened."""
        self.terms: dict[str, Terms] = {}
        self.terms_of: dict[int, Terms] = {}
        """The same terms by the number of the token."""
        self.requests: dict[int, int] = {}
        """By the number of a withdrawal's entry: the number under which its owner asked the vault for it."""
        self.contracts: dict[str, int] = {}
        """The numbers of the contracts beside the settlement, from 1."""
        self._numbers: dict[str, int] = {}
        for quote in quotes:
            self._add_token(quote, decimals=2)

    @classmethod
    def of(cls, events: Iterable[Event]) -> Register:
        """The register that the listings and openings among these events lead to."""
        events = list(events)
        listings = [event for event in events if isinstance(event, InstrumentListed)]
        register = cls(dict.fromkeys(listing.quote for listing in listings))
        for event in events:
            register.read(event)
        return register

    def read(self, event: Event) -> None:
        """Take a listing, an opening, a request or a contract into the register; other events do not concern it."""
        if isinstance(event, InstrumentListed):
            if event.quote not in self._numbers:
                raise InputError(f"{event.symbol} is quoted in {event.quote}, which no listing named at the start")
            if event.delivered:
                token = self._add_token(event.symbol, event.quantity_decimals)
            else:
                token = self._numbers[event.symbol] = FIRST_DERIVATIVE + len(self.terms)
            terms = Terms(token, self._numbers[event.quote], event.multiplier, event.delivered)
            self.terms[event.symbol] = self.terms_of[token] = terms
        elif isinstance(event, AccountOpened):
            if event.number < 1 or event.number in self.names:
                raise InvariantBroken(f"account {event.account} cannot have the number {event.number}")
            self.accounts[event.account] = event.number
            self.names[event.number] = event.account
            if event.account == FEES:
                self.collector = event.number
        elif isinstance(event, WithdrawalRequested):
            self.requests[event.trade] = event.number
        elif isinstance(event, ContractDeployed):
            self.contracts[event.contract] = len(self.contracts) + 1

    def token(self, asset: str) -> int:
        """The number of a currency or an instrument."""
        return self._numbers[asset]

    def is_token(self, asset: str) -> bool:
        """Whether the chain holds this asset: currencies and what is delivered, but no derivatives."""
        return self._numbers[asset] < FIRST_DERIVATIVE

    def has_token(self, asset: str) -> bool:
        """Whether there is such an asset at all, and the chain holds it."""
        return asset in self._numbers and self.is_token(asset)

    def account_name(self, number: int) -> str:
        """Who has this account number; the number itself when nobody has."""
        return self.names.get(number, f"number {number}")

    def balances(self, events: Iterable[Event]) -> tuple[Balance, ...]:
        """The sum of the deposits before the run among these events, by account and token; nothing that is zero."""
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
