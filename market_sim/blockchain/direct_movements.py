"""Direct movements: deposits and withdrawal requests that reach the vault without the exchange.

Anybody may deposit for any account, and an owner may request a withdrawal from the vault alone. The vault numbers both,
and they are taken in that order. A deposit becomes an entry of the exchange, which validators see in a block like any
other. What is worth no entry is ignored by rule and stays in the vault: a token or an account unknown to the run,
and dust, which is cash of less than one unit of its currency or less than a hundredth of another token. A request
becomes a withdrawal as soon as the account can pay it; one that the account cannot pay on the chain either is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from market_sim.blockchain.attestations import Attestations
from market_sim.blockchain.reconciliation import Reconciliation
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import Head, Movement, Request, Settlement
from market_sim.core.errors import RuleViolation
from market_sim.core.models.event import Event
from market_sim.core.models.settlement_events import DepositIgnored, RequestRefused


class Accounts(Protocol):
    """The ledger of the exchange."""

    def deposit(self, name: str, asset: str, amount: int) -> int:
        """Credit an account; returns the number of the entry."""

    def withdraw(self, name: str, asset: str, amount: int) -> int:
        """Debit an account; returns the number of the entry, raises RuleViolation when the amount is not free."""


class VaultBooks(NamedTuple):
    """A vault as the exchange knows it: the contract, who and what it numbers, what it should hold, and the journal."""

    settlement: Settlement
    register: Register
    reconciliation: Reconciliation
    record: Callable[[Event], None]
    now: Callable[[], int]


class DirectMovements:
    """The deposits and requests of one vault that the exchange did not make."""

    def __init__(self, books: VaultBooks, attestations: Attestations) -> None:
        self._settlement, self._register, self._reconciliation, self._record, self._now = books
        self._attestations = attestations
        head = self._settlement.head()
        self._deposits, self._requests = head.deposits, head.requests
        """The numbers of deposits and requests that were looked at."""
        self._ours: set[tuple[str, int]] = set()
        self._waiting: list[int] = []
        self.paid: dict[int, Movement] = {}
        """Deposits that the vault holds already, by the number of their entry."""
        self.asked: dict[int, Movement] = {}
        """Requests that the vault has already, by the number of their entry."""
        self.accounts: Accounts | None = None
        """Where direct movements become entries; set when the run has an exchange."""

    def made(self, kind: str, movement: Movement) -> Movement:
        """Note a deposit or a request that the exchange makes itself."""
        self._ours.add((kind, movement.number))
        return movement

    def look(self, head: Head) -> None:
        """Take what has reached the vault since the last look, in order; then try the waiting requests again."""
        if self.accounts is None:
            return
        for number in range(self._deposits + 1, head.deposits + 1):
            if ("deposit", number) not in self._ours:
                self._credit(self.accounts, number)
        for number in range(self._requests, head.requests):
            if ("request", number) not in self._ours:
                self._waiting.append(number)
        self._deposits, self._requests = max(self._deposits, head.deposits), max(self._requests, head.requests)
        self._ours.clear()
        self._waiting = [number for number in self._waiting if not self._debit(self.accounts, number)]

    def _credit(self, accounts: Accounts, number: int) -> None:
        account, token, amount = self._settlement.deposit_at(number)
        name, tokens = self._register.names.get(account), self._register.tokens
        reason = "UNKNOWN_TOKEN" if token >= len(tokens) else "UNKNOWN_ACCOUNT" if name is None else ""
        if not reason and amount < self._smallest(token):
            reason = "DUST"
        if reason or name is None:
            self._reconciliation.ignore((account, token), amount)
            asset = tokens[token].symbol if token < len(tokens) else str(token)
            self._record(DepositIgnored(self._now(), name or str(account), asset, amount, number, reason))
            return
        entry = accounts.deposit(name, tokens[token].symbol, amount)
        self.paid[entry] = Movement(number, amount, "", 0)
        self._reconciliation.took(entry, (account, token), amount)

    def _debit(self, accounts: Accounts, number: int) -> bool:
        """Withdraw what a request asks for; refuse it when the chain, too, has less. Returns whether it is decided."""
        request = self._settlement.request_at(number)
        name, asset = self._register.account_name(request.account), self._asset(request)
        held = self._reconciliation.on_chain((request.account, request.token))
        if asset:
            try:
                entry = accounts.withdraw(name, asset, request.amount)
            except RuleViolation:
                if held >= request.amount:
                    return False
            else:
                self.asked[entry] = Movement(number, request.amount, "", 0)
                return True
        ended = self._attestations.refuse(number)
        told = name, asset or str(request.token), request.amount, number, held, ended.transaction, ended.gas
        self._record(RequestRefused(self._now(), *told))
        return True

    def _asset(self, request: Request) -> str:
        tokens = self._register.tokens
        return tokens[request.token].symbol if request.token < len(tokens) else ""

    def _smallest(self, token: int) -> int:
        """The smallest deposit that is no dust."""
        unit: int = 10 ** self._register.tokens[token].decimals
        is_cash = any(terms.cash_token == token for terms in self._register.terms.values())
        return unit if is_cash else max(1, unit // 100)
