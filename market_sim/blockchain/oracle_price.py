"""The price that validators sign for an oracle: the last one of an asset on the final chain, up to an epoch.

It follows from the final chain alone, so honest validators sign the same. Hash and curve are imported when a price is
signed, because the scenarios are listed in runs without a chain, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from market_sim.core.models.market_events import Entry, Trade

if TYPE_CHECKING:
    from market_sim.blockchain.certificate import Wallet
    from market_sim.blockchain.execution import Execution

PRICE: Final = b"Price(uint256 epoch,uint256 price)"


def last_price(executed: Sequence[Execution], trade: Callable[[int], Entry], symbol: str, epoch: int) -> int | None:
    """The price of the last trade of a symbol in the executed blocks up to this epoch; None if there is none."""
    for execution in reversed(executed):
        if execution.epoch <= epoch:
            for number in reversed(execution.accepted):
                entry = trade(number)
                if isinstance(entry, Trade) and entry.symbol == symbol:
                    return entry.price
    return None


def price_digest(chain_id: int, oracle: str, run: bytes, epoch: int, price: int) -> bytes:
    """The 32 bytes that validators sign: they name the chain, the oracle and the run."""
    from market_sim.blockchain.certificate import Domain, attested

    return attested(Domain(chain_id, bytes.fromhex(oracle[2:]), run), PRICE, epoch, price)


def signed_price(validators: Sequence[Wallet], digest: bytes) -> bytes:
    """The certificate of a price by a quorum of the validators."""
    from market_sim.blockchain.certificate import certificate, quorum

    signing = validators[: quorum(len(validators))]
    return certificate({number: wallet.sign(digest) for number, wallet in enumerate(signing)})
