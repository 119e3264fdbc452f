"""What the chains inside this process have in common: their beginning, and ether for the wallets of a run."""

from __future__ import annotations

from typing import Final

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.chain import Chain
from market_sim.blockchain.ethereum.transactions import signed

GENESIS_TIME: Final = 4_000_000_000
"""A time in the future: so blocks advance by one second each, and the machine's clock never enters the chain."""
FIRST_CHAIN_ID: Final = 31337
WEALTH: Final = 10**30
"""What a rich wallet has in the genesis block, in wei."""
_GIFT: Final = WEALTH // 10**6


def gift(chain: Chain, rich: Wallet, wallet: Wallet, has: int) -> None:
    """Give a wallet ether for gas when it has little; the rich wallets are funded in the genesis block."""
    if has < _GIFT // 2:
        nonce = chain.next_nonce(rich)
        chain.send_raw(signed(rich, chain.chain_id, nonce, wallet.address, b"", 21_000, value=_GIFT).raw)
