"""Signed transactions are read back as they were made, and the sender is whoever signed."""

from __future__ import annotations

import rlp
from hypothesis import given
from hypothesis import strategies as st

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.transactions import FEE, read, signed

SECRETS = st.binary(min_size=31, max_size=31).map(lambda secret: b"\1" + secret)


@given(
    SECRETS, st.integers(1, 2**40), st.integers(0, 2**30), st.sampled_from([b"", bytes(20), bytes(range(20))]),
    st.binary(max_size=90), st.integers(0, 2**24), st.integers(0, 5), st.integers(0, 2**90),
)  # fmt: skip
def test_what_was_signed_is_read(
    secret: bytes, chain: int, nonce: int, to: bytes, data: bytes, gas: int, attempt: int, value: int
) -> None:
    wallet = Wallet(secret)
    made = signed(wallet, chain, nonce, to, data, gas, attempt, value)
    found = read(made.raw)
    assert (found.hash, found.sender, found.chain_id, found.nonce) == (made.hash, wallet.address, chain, nonce)
    assert (found.to, found.data, found.gas, found.value) == (to, data, gas, value)
    assert found.fee >= FEE and (found.fee > FEE) == (attempt > 0)


@given(st.binary(max_size=60), st.integers(0, 2**20))
def test_a_changed_nonce_makes_another_sender(data: bytes, nonce: int) -> None:
    wallet = Wallet(b"\1" * 32)
    one, other = (signed(wallet, 1, nonce + more, bytes(20), data, 21_000).raw for more in (0, 1))
    fields, others = (rlp.decode(raw[1:]) for raw in (one, other))
    forged = one[:1] + rlp.encode([*others[:9], *fields[9:]])
    assert read(other).sender == wallet.address != read(forged).sender
