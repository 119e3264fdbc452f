"""The in-memory versions of both bridges: the rules of `Bridge.sol` and `NaiveBridge.sol`, with the same errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from market_sim.blockchain.bridge_message import Message, NaiveMessage
from market_sim.blockchain.contracts import TokenPlace
from market_sim.blockchain.in_memory_validators import MemoryValidators
from market_sim.blockchain.in_memory_vault import MemoryVault
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers

AT_ONCE: Final = 2**64
"""A bridge has no epochs: the next set of validators counts as soon as the notice of its plan has passed."""


class MemoryBridge(MemoryValidators):
    """One end: with a token it locks, without one it mints."""

    message: type[Message] = Message

    def __init__(
        self, vault: MemoryVault, place: str, token: TokenPlace | str, validators: Sequence[str], run: bytes
    ) -> None:
        super().__init__(vault, place, validators, run)
        self._vault = vault
        self._token = token.token if isinstance(token, TokenPlace) else None
        self._other = (0, "")
        self._delivered: set[bytes] = set()
        self._sent = self.locked = 0
        self.holding: dict[str, int] = {}
        """What each address holds of the minted token."""

    @property
    def supply(self) -> int:
        """The amount that this end has minted and not burned."""
        return sum(self.holding.values())

    def connect(self, chain_id: int, bridge: str) -> None:
        """Name the other end."""
        self._other = chain_id, bridge

    def send(self, caller: str, to: str, amount: int) -> Numbers:
        """Lock or burn an amount of the caller."""
        if not amount:
            raise ChainReverted("NothingToSend")
        if self._token is None:
            held = self.holding.get(caller, 0)
            if held < amount:
                raise ChainReverted("ShortOfTokens", {"owner": caller, "held": held, "needed": amount})
            self.holding[caller] = held - amount
        else:
            self._vault.move(caller, self._place, self._token, amount)
            self.locked += amount
        self._sent += 1
        return {"nonce": self._sent - 1, "to": to, "amount": amount}

    def deliver(self, caller: str, fields: tuple[Any, ...], certificate: bytes) -> Numbers:
        """Mint or release what a message says, once."""
        message = self.message(*fields)
        self._check_place(message)
        digest = message.digest(self._run)
        if digest in self._delivered:
            raise ChainReverted("DeliveredBefore", {"nonce": message.nonce})
        following = self._checked(AT_ONCE, digest, certificate)
        if self._token is None:
            self.holding[message.to] = self.holding.get(message.to, 0) + message.amount
        else:
            if self.locked < message.amount:
                raise ChainReverted("ShortOfLocked", {"locked": self.locked, "needed": message.amount})
            self.locked -= message.amount
            self._vault.move(self._place, message.to, self._token, message.amount)
        self._set = following
        self._delivered.add(digest)
        return {"nonce": message.nonce, "to": message.to, "amount": message.amount}

    def _check_place(self, message: Message) -> None:
        """Refuse a message for another chain or contract, and one that does not come from the other end."""
        if (message.to_chain, message.to_bridge) != (self._vault.chain_id, self._place):
            raise ChainReverted("WrongDestination", {"chainId": message.to_chain, "bridge": message.to_bridge})
        if (message.from_chain, message.from_bridge) != self._other:
            raise ChainReverted("WrongOrigin", {"chainId": message.from_chain, "bridge": message.from_bridge})


class MemoryNaiveBridge(MemoryBridge):
    """The same without a look at where a message is from and for."""

    message = NaiveMessage

    def _check_place(self, message: Message) -> None:
        """A naive bridge believes every signature of its validators."""


BRIDGES: Final = {"Bridge": MemoryBridge, "NaiveBridge": MemoryNaiveBridge}
