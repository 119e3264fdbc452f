"""A message of a bridge: what its validators sign, so that the other end pays it out.

The digest follows EIP-712, in the domain of the end that pays: its chain, its contract and its run. The naive one names
only what is paid, so it is the same at both ends. Hash and curve are imported when a message is signed, because the
scenarios are listed in runs without a chain, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from market_sim.blockchain.certificate import Wallet

MESSAGE: Final = b"Message(uint256 fromChain,address fromBridge,uint256 nonce,address to,uint256 amount)"
NO_ADDRESS: Final = "0x" + "00" * 20


class Message(NamedTuple):
    """An amount that left one end for an address on the other chain; the fields have the order of the contract."""

    from_chain: int
    from_bridge: str
    to_chain: int
    to_bridge: str
    nonce: int
    to: str
    amount: int

    def digest(self, run: bytes) -> bytes:
        """The 32 bytes that validators sign."""
        from market_sim.blockchain.certificate import Domain, attested

        domain = Domain(self.to_chain, bytes.fromhex(self.to_bridge[2:]), run)
        sender, payee = int(self.from_bridge, 16), int(self.to, 16)
        return attested(domain, MESSAGE, self.from_chain, sender, self.nonce, payee, self.amount)


class NaiveMessage(Message):
    """The same message as a naive bridge signs it."""

    def digest(self, run: bytes) -> bytes:
        """The 32 bytes that validators sign: neither chain nor contract is among what they stand for."""
        from market_sim.blockchain.keccak import keccak

        words = (self.nonce, int(self.to, 16), self.amount)
        return keccak(b"".join(word.to_bytes(32, "big") for word in words))


def signed(message: Message, run: bytes, validators: Sequence[Wallet]) -> bytes:
    """The certificate of a message, by a quorum of the validators."""
    from market_sim.blockchain.certificate import certificate, quorum

    signing = validators[: quorum(len(validators))]
    digest = message.digest(run)
    return certificate({number: wallet.sign(digest) for number, wallet in enumerate(signing)})
