"""The in-memory version of the hash time lock: the rules of `Htlc.sol` in Python, with the same errors."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from market_sim.blockchain.contracts import TokenPlace
from market_sim.blockchain.in_memory_vault import MemoryVault
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers


class LockedSwap(NamedTuple):
    """An amount that a payer locked; 0 once the swap is over."""

    payer: str
    payee: str
    amount: int
    digest: bytes
    deadline: int


class MemoryHtlc:
    """The rules of `Htlc.sol`."""

    def __init__(self, vault: MemoryVault, place: str, token: TokenPlace) -> None:
        self._vault = vault
        self._place = place
        self._token = token.token
        self._swaps: list[LockedSwap] = []
        self.held = 0

    def lock(self, caller: str, payee: str, amount: int, digest: bytes, deadline: int) -> Numbers:
        """Take the amount from the caller's wallet."""
        if not amount:
            raise ChainReverted("NothingToLock")
        if payee == caller:
            raise ChainReverted("NoPayee")
        self._check_before(deadline)
        self._vault.move(caller, self._place, self._token, amount)
        self._swaps.append(LockedSwap(caller, payee, amount, digest, deadline))
        self.held += amount
        told: Numbers = {
            "payer": caller,
            "payee": payee,
            "amount": amount,
            "digest": digest.hex(),
            "deadline": deadline,
        }
        return {"swap": len(self._swaps) - 1, **told}

    def claim(self, caller: str, swap: int, preimage: bytes) -> Numbers:
        """Pay the payee for the preimage."""
        found = self._find(swap)
        if hashlib.sha256(preimage).digest() != found.digest:
            raise ChainReverted("WrongPreimage", {"swap": swap})
        self._check_before(found.deadline)
        self._end(swap, found, found.payee)
        return {"swap": swap, "amount": found.amount, "preimage": preimage.hex()}

    def refund(self, caller: str, swap: int) -> Numbers:
        """Pay the payer back after the deadline."""
        found = self._find(swap)
        if self._vault.time < found.deadline:
            raise ChainReverted("DeadlineNotReached", {"deadline": found.deadline, "time": self._vault.time})
        self._end(swap, found, found.payer)
        return {"swap": swap, "amount": found.amount}

    def _check_before(self, deadline: int) -> None:
        if self._vault.time >= deadline:
            raise ChainReverted("DeadlinePassed", {"deadline": deadline, "time": self._vault.time})

    def _find(self, swap: int) -> LockedSwap:
        if swap >= len(self._swaps):
            raise ChainReverted("UnknownSwap", {"swap": swap})
        if not self._swaps[swap].amount:
            raise ChainReverted("SwapOver", {"swap": swap})
        return self._swaps[swap]

    def _end(self, swap: int, found: LockedSwap, to: str) -> None:
        self._swaps[swap] = found._replace(amount=0)
        self.held -= found.amount
        self._vault.move(self._place, to, self._token, found.amount)
