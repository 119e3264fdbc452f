"""Contracts without a chain: the twins of the compiled ones, over the wallets of the vault in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.contracts import Invoked, TokenPlace
from market_sim.blockchain.in_memory_vault import MemoryVault
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Numbers


class Deal(NamedTuple):
    """What one payer locked for one payee; nothing once it is over."""

    payer: str
    payee: str
    amount: int


class MemoryEscrow:
    """What `Escrow.sol` says, written a second time."""

    def __init__(self, vault: MemoryVault, place: str, token: TokenPlace) -> None:
        self._vault = vault
        self._place = place
        self._token = token.token
        self._deals: list[Deal] = []
        self.held = 0

    def lock(self, caller: str, payee: str, amount: int) -> Numbers:
        """Take the amount from the caller's wallet."""
        if not amount:
            raise ChainReverted("NothingToLock")
        if payee == caller:
            raise ChainReverted("NoPayee")
        self._vault.move(caller, self._place, self._token, amount)
        self._deals.append(Deal(caller, payee, amount))
        self.held += amount
        return {"deal": len(self._deals) - 1, "payer": caller, "payee": payee, "amount": amount}

    def release(self, caller: str, deal: int) -> Numbers:
        """The payer lets the payee have it."""
        found = self._find(deal)
        if caller != found.payer:
            raise ChainReverted("NotPayer", {"deal": deal, "caller": caller})
        return self._end(deal, found, found.payee)

    def refund(self, caller: str, deal: int) -> Numbers:
        """The payee sends it back."""
        found = self._find(deal)
        if caller != found.payee:
            raise ChainReverted("NotPayee", {"deal": deal, "caller": caller})
        return self._end(deal, found, found.payer)

    def _find(self, deal: int) -> Deal:
        if deal >= len(self._deals):
            raise ChainReverted("UnknownDeal", {"deal": deal})
        if not self._deals[deal].amount:
            raise ChainReverted("DealOver", {"deal": deal})
        return self._deals[deal]

    def _end(self, deal: int, found: Deal, to: str) -> Numbers:
        self._deals[deal] = found._replace(amount=0)
        self.held -= found.amount
        self._vault.move(self._place, to, self._token, found.amount)
        return {"deal": deal, "amount": found.amount}


TWINS = {"Escrow": MemoryEscrow}


class MemoryHost:
    """The contracts of a run in memory."""

    def __init__(self, vault: MemoryVault) -> None:
        self._vault = vault
        self._contracts: dict[str, Any] = {}

    def deploy(self, contract: str, *arguments: Any) -> str:
        """Make the twin of a contract."""
        if contract not in TWINS:
            raise InvariantBroken(f"the contract {contract} has no twin in memory")
        place = "0x" + keccak(f"market-sim/memory/{len(self._contracts)}".encode())[12:].hex()
        self._contracts[place] = TWINS[contract](self._vault, place, *arguments)
        return place

    def invoke(self, owner: Wallet, place: str, function: str, *arguments: Any) -> Invoked:
        """Call a twin."""
        numbers = getattr(self._contracts[place], function)("0x" + owner.address.hex(), *arguments)
        return Invoked(numbers, "", 0)

    def allow(self, owner: Wallet, place: str, token: int, amount: int) -> int:
        """In memory a call takes what it needs from its caller alone."""
        return 0

    def ask(self, place: str, function: str, *arguments: Any) -> int:
        """A number that a twin holds."""
        return int(getattr(self._contracts[place], function))

    def give(self, owner: bytes, token: int, amount: int) -> None:
        """Bring new tokens into a wallet."""
        self._vault.give(owner, token, amount)

    def in_wallet(self, owner: bytes, token: int) -> int:
        """What an address holds of a token."""
        return self._vault.in_wallet(owner, token)
