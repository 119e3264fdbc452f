"""Orders that their owners sign, as `OrderSettlement.sol` takes them: the other way to settle, for comparison.

A trade is two signed orders and a quantity. The contract needs no validators: it checks signatures and limits itself.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from market_sim.blockchain.certificate import Domain, Wallet
from market_sim.blockchain.keccak import keccak

ORDERS_NAME: Final = b"Market Sandbox Orders"
"""The name of the domain of orders: nothing that is signed for another purpose is an order."""
_ORDER_TYPE: Final = keccak(
    b"Order(address owner,bool isBuy,uint128 price,uint128 quantity,uint64 expiry,uint64 nonce)"
)


class SignedOrder(NamedTuple):
    """A wish to buy or to sell at a limit price or better, until an epoch; the fields are those of the contract."""

    owner: str
    """The address of the wallet that pays and is paid."""
    is_buy: bool
    price: int
    quantity: int
    expiry: int
    """The last settled epoch in which it counts."""
    nonce: int

    def digest(self, domain: Domain) -> bytes:
        """The 32 bytes that the owner signs."""
        numbers = (int(self.owner, 16), *self[1:])
        struct = keccak(_ORDER_TYPE + b"".join(int(number).to_bytes(32, "big") for number in numbers))
        return keccak(b"\x19\x01" + domain.named(ORDERS_NAME) + struct)

    def signed(self, wallet: Wallet, domain: Domain) -> bytes:
        """The owner's signature in the form of wallets: r, s, and 27 or 28."""
        signature = wallet.sign(self.digest(domain))
        return signature[:64] + bytes([27 + signature[64]])


class Fill(NamedTuple):
    """A trade of two orders at the price of the maker."""

    maker: SignedOrder
    maker_signature: bytes
    taker: SignedOrder
    taker_signature: bytes
    quantity: int
