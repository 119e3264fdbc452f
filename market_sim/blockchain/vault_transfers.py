"""Vault transfers: deposits from wallets into accounts of the exchange, and withdrawals back.

A deposit or a withdrawal during a run is an entry like a trade: it has a number in the same sequence, travels to the
validators, and takes effect on the chain once its block is final. But the vault must hold the tokens of a deposit
before a validator counts them, and must have a request before a batch executes it, so both are sent to the vault before
the entry is announced. A withdrawal takes three steps: the request moves nothing, the batch makes the amount claimable,
the owner claims it. If a balance left the vault at once, a batch that is final already could become insolvent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.direct_movements import DirectMovements, VaultBooks
from market_sim.blockchain.execution import BalanceKey
from market_sim.blockchain.settlement import ChainReverted, Movement
from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import CallContract
from market_sim.core.models.market_events import Deposited, Entry, Withdrawn
from market_sim.core.models.settlement_events import DepositTaken, WithdrawalClaimed, WithdrawalRequested

CLOSED: Final = ("SettlementPaused", "SettlementEscaped")
"""The errors of a vault that takes no deposits; it lets claims pass all the same."""


class VaultTransfers:
    """Deposits, withdrawal requests and claims at the vault, for the operator and for the owners of accounts."""

    def __init__(
        self,
        books: VaultBooks,
        direct: DirectMovements,
        submit: Callable[[str, CallContract], None],
        wallet: Callable[[int], Wallet],
    ) -> None:
        self._settlement, self._register, self._reconciliation, self._record, self._now = books
        self.direct = direct
        """Deposits and requests that reach the vault without the exchange."""
        self.call = submit
        """Submits a contract call."""
        self._wallet = wallet
        self._asked: dict[tuple[str, str], int] = {}
        """The amounts withdrawn and not claimed yet, by account and asset."""

    def prepare(self, entry: Entry) -> bool:
        """Send a deposit or a withdrawal to the vault, before validators hear of its entry.

        Returns False when the vault takes no deposit now, because its guardian paused it: the entry waits.
        """
        if isinstance(entry, Deposited | Withdrawn) and self._register.is_token(entry.asset):
            if isinstance(entry, Withdrawn):
                self._ask(entry)
            else:
                return self._take(entry)
        return True

    def deposit(self, account: str, asset: str, amount: int, credit: Callable[[str, str, int], int]) -> None:
        """The owner deposits from the wallet; `credit` credits the account and returns the number of the entry.

        What the vault does not take now stays in the wallet, and no account is credited.
        """
        number, token, owner = self._place(account, asset)
        held = self._settlement.in_wallet(owner.address, token)
        if held < amount:
            raise RuleViolation("WALLET_TOO_SMALL", asset=asset, needed=amount, held=held)
        taken = self._if_open(lambda: self._settlement.deposit_from(owner, number, token, amount))
        if taken is None:
            raise RuleViolation("VAULT_CLOSED", asset=asset, needed=amount)
        movement = self.direct.made("deposit", taken)
        entry = credit(account, asset, amount)
        self.direct.paid[entry] = movement
        # From now on the chain holds it, and a batch may be compared before the entry is announced.
        self._reconciliation.took(entry, (number, token), amount)

    def claim(self, account: str, asset: str) -> None:
        """The owner claims the sum of the settled withdrawals of an asset."""
        number, token, owner = self._place(account, asset)
        nothing = RuleViolation("NOTHING_TO_CLAIM", asset=asset, waiting=self._asked.get((account, asset), 0))
        if not self._settlement.claimable(number, token):
            raise nothing
        try:
            paid = self._settlement.claim(owner, number, token)
        except ChainReverted as reverted:
            if reverted.error != "NothingToMove":
                raise
            raise nothing from None  # the owner was there alone, just before
        self._asked[account, asset] -= paid.amount
        self._reconciliation.claimed((number, token), paid.amount)
        self._record(WithdrawalClaimed(self._now(), account, asset, paid.amount, paid.transaction, paid.gas))

    def claimed_directly(self, place: BalanceKey, amount: int) -> None:
        """An owner claimed at the vault without the exchange; whose transaction that was is not ours to tell."""
        account, asset = self._register.account_name(place[0]), self._register.tokens[place[1]].symbol
        self._asked[account, asset] -= amount
        self._record(WithdrawalClaimed(self._now(), account, asset, amount, "", 0))

    def _take(self, entry: Deposited) -> bool:
        """Have the vault take a deposit; False when it takes none now."""
        number, token, _ = self._place(entry.account, entry.asset)
        movement = self.direct.paid.pop(entry.trade, None)
        from_wallet = movement is not None
        if movement is None:
            movement = self._if_open(lambda: self._settlement.deposit(number, token, entry.amount))
            if movement is None:
                return False
            movement = self.direct.made("deposit", movement)
            self._reconciliation.took(entry.trade, (number, token), entry.amount)
        moved = entry.trade, entry.account, entry.asset, entry.amount, movement.number
        taken = DepositTaken(self._now(), *moved, from_wallet, movement.transaction, movement.gas)
        self._register.read(taken)
        self._record(taken)
        return True

    def _if_open(self, pay: Callable[[], Movement]) -> Movement | None:
        """The deposit that `pay` makes; None while the vault is paused or escaped, or from just before on."""
        if self._settlement.is_paused():
            return None
        try:
            return pay()
        except ChainReverted as reverted:
            if reverted.error not in CLOSED:
                raise
            return None

    def _ask(self, entry: Withdrawn) -> None:
        number, token, owner = self._place(entry.account, entry.asset)
        asked = self.direct.asked.pop(entry.trade, None)
        if asked is None:
            asked = self.direct.made("request", self._settlement.request(owner, number, token, entry.amount))
        place = entry.account, entry.asset
        self._asked[place] = self._asked.get(place, 0) + entry.amount
        moved = entry.trade, *place, entry.amount, asked.number
        requested = WithdrawalRequested(self._now(), *moved, asked.transaction, asked.gas)
        self._register.read(requested)
        self._record(requested)

    def _place(self, account: str, asset: str) -> tuple[int, int, Wallet]:
        number = self._register.accounts[account]
        return number, self._register.token(asset), self._wallet(number)
