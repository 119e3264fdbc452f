"""In-memory versions of the compiled contracts, over the wallets of the in-memory vault."""

from __future__ import annotations

from typing import Any, NamedTuple

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.contracts import NO_EPOCHS, ClockPlace, Invoked, TokenPlace
from market_sim.blockchain.in_memory_amm import MemoryAmm, MemoryGuardedAmm
from market_sim.blockchain.in_memory_auction import MemoryCallAuction
from market_sim.blockchain.in_memory_bonds import BONDS
from market_sim.blockchain.in_memory_bridge import BRIDGES
from market_sim.blockchain.in_memory_htlc import MemoryHtlc
from market_sim.blockchain.in_memory_lending import MemoryFlashArbitrage, MemoryLendingPool
from market_sim.blockchain.in_memory_margin import MemoryMarginVault
from market_sim.blockchain.in_memory_options import OPTIONS
from market_sim.blockchain.in_memory_prediction import MemoryPredictionMarket
from market_sim.blockchain.in_memory_vault import MemoryVault
from market_sim.blockchain.in_memory_warrant import MemoryWarrant
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.event import Numbers


class Deal(NamedTuple):
    """An amount that a payer locked for a payee; 0 once the deal is over."""

    payer: str
    payee: str
    amount: int


class MemoryEscrow:
    """The rules of `Escrow.sol` in Python."""

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
        """The payer releases the amount to the payee."""
        found = self._find(deal)
        if caller != found.payer:
            raise ChainReverted("NotPayer", {"deal": deal, "caller": caller})
        return self._end(deal, found, found.payee)

    def refund(self, caller: str, deal: int) -> Numbers:
        """The payee sends the amount back to the payer."""
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


TWINS: dict[str, Any] = {
    "Escrow": MemoryEscrow,
    "Amm": MemoryAmm,
    "GuardedAmm": MemoryGuardedAmm,
    "Htlc": MemoryHtlc,
    "LendingPool": MemoryLendingPool,
    "FlashArbitrage": MemoryFlashArbitrage,
    "PredictionMarket": MemoryPredictionMarket,
    "CallAuction": MemoryCallAuction,
    "Warrant": MemoryWarrant,
    "MarginVault": MemoryMarginVault,
    **BRIDGES,
    **OPTIONS,
    **BONDS,
}


class MemoryHost:
    """The host of in-memory contracts."""

    gas = 0

    def __init__(self, vault: MemoryVault, chain_id: int, tokens: int, settles: bool) -> None:
        self._vault = vault
        self.chain_id = vault.chain_id = chain_id
        self._settles = settles
        self.token_contracts = ("",) * tokens
        self._contracts: dict[str, Any] = {}

    def epoch(self) -> int:
        """The epoch that contracts see now."""
        return self._vault.epoch

    def keep_time(self, elapsed: int) -> int:
        """Let at least these seconds have passed; the time of this chain begins at 0."""
        self._vault.time = max(self._vault.time, elapsed)
        return 0

    def deploy(self, contract: str, *arguments: Any) -> str:
        """Create the in-memory version of a contract."""
        if contract not in TWINS:
            raise InvariantBroken(f"the contract {contract} has no in-memory version")
        if not self._settles and any(isinstance(each, ClockPlace) for each in arguments):
            raise InputError(NO_EPOCHS)
        place = "0x" + keccak(f"market-sim/memory/{len(self._contracts)}".encode())[12:].hex()
        # An address of another contract stands for that contract.
        given = (self._contracts.get(each, each) if isinstance(each, str) else each for each in arguments)
        self._contracts[place] = TWINS[contract](self._vault, place, *given)
        return place

    def invoke(self, owner: Wallet, place: str, function: str, *arguments: Any) -> Invoked:
        """Call a function of a contract."""
        numbers = getattr(self._contracts[place], function)("0x" + owner.address.hex(), *arguments)
        return Invoked(numbers, "", 0)

    def administer(self, place: str, function: str, *arguments: Any) -> None:
        """Call a contract as its deployer."""
        getattr(self._contracts[place], function)(*arguments)

    def allow(self, owner: Wallet, place: str, token: int, amount: int) -> int:
        """Nothing to do: in memory a call can take tokens from its caller without an approval."""
        return 0

    def ask(self, place: str, function: str, *arguments: Any) -> int:
        """A number that a contract holds."""
        found = getattr(self._contracts[place], function)
        for key in arguments:
            found = found.get(key, 0)
        return int(found)

    def give(self, owner: bytes, token: int, amount: int) -> None:
        """Mint new tokens into a wallet."""
        self._vault.give(owner, token, amount)

    def in_wallet(self, owner: bytes, token: int) -> int:
        """The token balance of an address."""
        return self._vault.in_wallet(owner, token)
