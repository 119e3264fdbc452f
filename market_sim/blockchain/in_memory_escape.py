"""The in-memory escape: the rules of `Escape.sol` a second time, with the same errors.

The time of this chain is a number that tests move: in a run without Ethereum no time passes on it.
"""

from __future__ import annotations

from typing import Final

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.in_memory_vault import MemoryVault
from market_sim.blockchain.settlement import ChainReverted, Movement

DAY: Final = 24 * 3600
ESCAPE_AFTER: Final = 7 * DAY
"""After this time without a batch or a heartbeat the escape may be planned."""
ESCAPE_NOTICE: Final = 2 * DAY
"""The time between the plan of an escape and the escape."""
SILENCE: Final = 2**256 - 1
"""The cause of an escape that is no request."""


class MemoryEscape(MemoryVault):
    """A vault that owners can leave when settlement stops or makes them wait in vain."""

    def __init__(self) -> None:
        super().__init__()
        self.alive_at = 0
        self._planned: dict[int, int] = {}

    def plan_escape(self, cause: int) -> None:
        """Plan the escape for a cause: an overdue request, or silence."""
        self._check_cause(cause)
        if self._is_planned(cause):
            raise ChainReverted("EscapePlannedBefore", {"from": self._planned[cause] + ESCAPE_NOTICE})
        self._planned[cause] = self.time

    def escape(self, cause: int) -> None:
        """End settlement for good, once the notice has passed and the cause lasts."""
        self._check_cause(cause)
        if not self._is_planned(cause):
            raise ChainReverted("EscapeNotPlanned", {"cause": cause})
        if self.time < self._planned[cause] + ESCAPE_NOTICE:
            raise ChainReverted("TooEarlyToEscape", {"from": self._planned[cause] + ESCAPE_NOTICE})
        self.escaped = True

    def escape_withdraw(self, owner: Wallet, account: int, token: int) -> Movement:
        """Pay a whole balance into the owner's wallet, after the escape."""
        self._check_owner(owner, account)
        if not self.escaped:
            raise ChainReverted("NotEscaped")
        amount = self._balances.pop((account, token), 0)
        if not amount:
            raise ChainReverted("NothingToMove")
        self.give(owner.address, token, amount)
        return Movement(0, amount, "", 0)

    def _is_planned(self, cause: int) -> bool:
        planned = self._planned.get(cause, 0)
        return planned > self.alive_at if cause == SILENCE else planned > 0

    def _check_cause(self, cause: int) -> None:
        self._check_not_escaped()
        start = self.alive_at + ESCAPE_AFTER
        if cause != SILENCE:
            request = self._open_request(cause)
            self._check_payable(request)
            start = request.deadline
        if self.time <= start:
            raise ChainReverted("TooEarlyToEscape", {"from": start})
