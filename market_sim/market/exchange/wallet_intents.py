"""Wallet intents: withdrawals, deposits, claims and contract calls of participants.

A withdrawal concerns only the account and the ledger, so any venue executes it. A deposit, a claim and a contract call
need the owner's wallet, which is a key on a chain: they are refused unless the run has a chain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from market_sim.core.errors import RuleViolation
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.intents import CallContract, Deposit, WalletIntent, Withdraw
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.terms import shown
from market_sim.market.ledger.ledger import Ledger


class Wallets(Protocol):
    """The owners' wallets on a chain."""

    def deposit(self, account: str, asset: str, amount: int, credit: Callable[[str, str, int], int]) -> None:
        """Pay in from a wallet; `credit` credits the account and returns the entry number."""

    def call(self, account: str, intent: CallContract) -> None:
        """Submit a contract call, which waits for a block."""

    def claim(self, account: str, asset: str) -> None:
        """Pay the settled withdrawals of an asset into the wallet."""


class WalletIntents:
    """Executes wallet intents."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.wallets: Wallets | None = None
        """Set when the run has a chain."""

    def serve(self, member: Member, intent: WalletIntent) -> None:
        """Execute an intent, or refuse it with the numbers."""
        if isinstance(intent, CallContract):
            self._wallets(member, intent).call(member.name, intent)
            return
        amount = 1 if not isinstance(intent, Withdraw | Deposit) else intent.amount
        self._check(intent.asset, amount)
        if isinstance(intent, Withdraw):
            self._ledger.withdraw(member.name, intent.asset, amount)
        elif isinstance(intent, Deposit):
            self._wallets(member, intent).deposit(member.name, intent.asset, amount, self._ledger.deposit)
        else:
            self._wallets(member, intent).claim(member.name, intent.asset)

    def _wallets(self, member: Member, intent: WalletIntent) -> Wallets:
        if self.wallets is None:
            raise RuleViolation("NO_WALLET", account=member.name, intent=type(intent).__name__)
        return self.wallets

    def _check(self, asset: object, amount: object) -> None:
        """Refuse an unknown asset, a derivative, or an invalid amount."""
        instrument = self._ledger.assets.get(asset) if isinstance(asset, str) else None
        if instrument is None and all(each.quote != asset for each in self._ledger.assets.values()):
            raise RuleViolation("UNKNOWN_ASSET", asset=shown(asset))
        if instrument is not None and not instrument.delivered:
            raise RuleViolation("NOTHING_TO_DELIVER", symbol=instrument.symbol)
        if type(amount) is not int or not 0 < amount <= LARGEST_AMOUNT:
            raise RuleViolation("BAD_AMOUNT", found=shown(amount))
