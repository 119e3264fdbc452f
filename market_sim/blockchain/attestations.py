"""Attestations: what the validators sign beside batches, relayed to the contract at once.

A heartbeat says that they are alive and have nothing to settle, so that a quiet week is no reason to escape. A refusal
ends a withdrawal request that its account cannot pay; the contract checks that it cannot.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.blockchain.certificate import HEARTBEAT, REFUSED, Wallet, attested, certificate, quorum
from market_sim.blockchain.settlement import Movement, Settlement


class Attestations:
    """The validators of a run as signers of attestations."""

    def __init__(self, settlement: Settlement, wallets: Sequence[Wallet], set_id: int) -> None:
        self._settlement = settlement
        self._wallets = wallets
        self._set_id = set_id

    def heartbeat(self) -> Movement:
        """Sign and relay the next heartbeat."""
        beat, height = self._settlement.beats(), self._settlement.head().height
        return self._settlement.heartbeat(beat, self._signed(HEARTBEAT, beat, height))

    def refuse(self, request: int) -> Movement:
        """Sign and relay that this request cannot be paid."""
        return self._settlement.refuse(request, self._signed(REFUSED, request))

    def _signed(self, kind: bytes, *values: int) -> bytes:
        digest = attested(self._settlement.domain, kind, self._set_id, *values)
        signing = self._wallets[: quorum(len(self._wallets))]
        return certificate({number: wallet.sign(digest) for number, wallet in enumerate(signing)})
