"""The cashier: what participants ask for when cash or holdings shall leave an account or come in from a wallet.

A withdrawal is between the account and the ledger, so any venue can serve it. A deposit and a claim need the wallet of
the owner, which is a key on a chain: they are refused until a chain is there that serves them.
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
    """Whoever deals with the wallets of the owners, on a chain."""

    def deposit(self, account: str, asset: str, amount: int, credit: Callable[[str, str, int], int]) -> None:
        """Pay in from a wallet; `credit` lets the account have it and returns the number of the entry."""

    def call(self, account: str, intent: CallContract) -> None:
        """Take a call of a contract; it waits for a block."""

    def claim(self, account: str, asset: str) -> None:
        """Pay out to a wallet what settled withdrawals came to."""


class Cashier:
    """Serves withdrawals, deposits and claims."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.wallets: Wallets | None = None
        """Set when the run has a chain."""

    def serve(self, member: Member, intent: WalletIntent) -> None:
        """Do what is asked, or refuse it with the numbers."""
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
        """Refuse what no wallet could hold: an unknown asset, a derivative, or an amount that is none."""
        instrument = self._ledger.assets.get(asset) if isinstance(asset, str) else None
        if instrument is None and all(each.quote != asset for each in self._ledger.assets.values()):
            raise RuleViolation("UNKNOWN_ASSET", asset=shown(asset))
        if instrument is not None and not instrument.delivered:
            raise RuleViolation("NOTHING_TO_DELIVER", symbol=instrument.symbol)
        if type(amount) is not int or not 0 < amount <= LARGEST_AMOUNT:
            raise RuleViolation("BAD_AMOUNT", found=shown(amount))
