"""A certificate: the signatures of a quorum of validators on a range of final blocks, for the settlement contract.

The EVM cannot verify Ed25519 (EIP-665 stayed a draft), so each validator has a second key, on the curve secp256k1. The
signed data follows EIP-712: its domain names the chain and the contract, so a signature is invalid on another chain or
for another contract. Its salt is the identity of the run, so it is invalid in another run with equal keys, too.

A validator never signs two digests for one height. Two certificates that contradict each other therefore share at least
f + 1 signers, and the two signatures of each of them are the proof (rulebook P-4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from coincurve import PrivateKey, PublicKey

from market_sim.blockchain.execution import Execution, net_hash, packed_exits, packed_rows
from market_sim.blockchain.keccak import keccak
from market_sim.core.errors import InvariantBroken
from market_sim.core.randomness import Randomness

SIGNATURE_SIZE: Final = 65
"""One byte with twice the index of the signer plus the parity of the point, then r and s."""

CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
LARGEST_S: Final = CURVE_ORDER // 2
"""Both s and n - s are valid; only the smaller is accepted, so that nobody can make a second form of a signature."""

DOMAIN_NAME: Final = b"Market Sandbox Settlement"
DOMAIN_VERSION: Final = b"1"
_DOMAIN_TYPE: Final = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
_FINALIZED_TYPE: Final = (
    b"Finalized(uint32 setId,uint64 first,uint64 last,uint64 epoch,bytes32 parent,bytes32 blockHash,"
    b"bytes32 tradesRoot,uint64 trades,bytes32 netHash)"
)
_FINALIZED_HASH: Final = keccak(_FINALIZED_TYPE)


class Domain(NamedTuple):
    """The contract, the chain and the run that a signature is for."""

    chain_id: int
    contract: bytes
    run: bytes
    """The identity of the run (market_sim/blockchain/run_identity.py)."""

    @property
    def separator(self) -> bytes:
        """The EIP-712 domain separator of what validators sign."""
        return self.named(DOMAIN_NAME)

    def named(self, name: bytes) -> bytes:
        """The separator for another purpose, which has another name."""
        return _separator(name, self.chain_id, self.contract, self.run)


@lru_cache
def _separator(name: bytes, chain_id: int, contract: bytes, run: bytes) -> bytes:
    """Computed once for a run, since each signature needs it."""
    return keccak(
        keccak(_DOMAIN_TYPE) + keccak(name) + keccak(DOMAIN_VERSION) + _word(chain_id) + contract.rjust(32, b"\0") + run
    )


class Header(NamedTuple):
    """The signed facts about a range of blocks; rows and exits enter the signature as a hash."""

    set_id: int
    first: int
    last: int
    epoch: int
    parent: bytes
    block: bytes
    trades_root: bytes
    trades: int


class Batch(NamedTuple):
    """The settlement data of one range of blocks, without the certificate."""

    header: Header
    rows: bytes
    exits: bytes

    @classmethod
    def of(cls, execution: Execution, set_id: int) -> Batch:
        """The batch of an executed range."""
        done = execution
        header = Header(
            set_id, done.first, done.last, done.epoch, done.parent, done.block, done.trades_root, len(done.accepted)
        )
        return cls(header, packed_rows(done.rows), packed_exits(done.exits))

    def digest(self, domain: Domain) -> bytes:
        """The 32 bytes that validators sign."""
        return finalized_digest(domain.separator, self.header, net_hash(self.rows, self.exits))


def finalized_digest(separator: bytes, header: Header, net: bytes) -> bytes:
    """The digest of a range of final blocks whose rows and exits have this hash."""
    struct = keccak(
        _FINALIZED_HASH
        + b"".join(map(_word, header[:4]))
        + header.parent
        + header.block
        + header.trades_root
        + _word(header.trades)
        + net
    )
    return keccak(b"\x19\x01" + separator + struct)


HEARTBEAT: Final = b"Heartbeat(uint32 setId,uint64 beat,uint64 height)"
"""The validators are alive, and nothing is to be settled after this height."""
REFUSED: Final = b"Refused(uint32 setId,uint32 number)"
"""The withdrawal request with this number cannot be paid."""
HANDOVER: Final = b"Handover(uint32 setId,uint64 nonce,uint64 fromEpoch,bytes32 validators)"
"""The next set of validators, by the hash of its members, takes over from this epoch on."""


def attested(domain: Domain, kind: bytes, *values: int) -> bytes:
    """The 32 bytes that validators sign to attest something beside a batch."""
    return keccak(b"\x19\x01" + domain.separator + keccak(keccak(kind) + b"".join(map(_word, values))))


def members_hash(members: Sequence[bytes]) -> int:
    """The hash of the addresses of a set, as a plan of a handover names it."""
    words = b"".join(address.rjust(32, b"\0") for address in members)
    return int.from_bytes(keccak(_word(32) + _word(len(members)) + words), "big")


class Wallet:
    """A key on the curve secp256k1 and its Ethereum address; validators, relayers and owners of accounts have one."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.address = address_of(self._key.public_key)

    @classmethod
    def of(cls, randomness: Randomness, who: str) -> Wallet:
        """The wallet of this participant of this run, such as `validator/0`."""
        return cls(randomness.secret(f"{who}/secp256k1"))

    def sign(self, digest: bytes) -> bytes:
        """r, s and the parity of the point; the library always returns the smaller s."""
        return self._key.sign_recoverable(digest, hasher=None)


class Signer:
    """The signing side of one validator: it stores a digest before it signs it, and never signs two for one height."""

    def __init__(
        self,
        wallet: Wallet,
        signed: dict[int, bytes] | None = None,
        keep: Callable[[int, int, bytes], None] = lambda first, last, digest: None,
    ) -> None:
        self._wallet = wallet
        self._keep = keep
        """Writes first block, last block and digest to where they survive the program, before they are signed."""
        self.signed: dict[int, bytes] = {} if signed is None else signed
        """The signed digest of each height; a caller that keeps this dictionary keeps it over a restart."""

    def sign(self, batch: Batch, domain: Domain) -> bytes:
        """The signature on this batch; the same one for the same batch."""
        digest = batch.digest(domain)
        heights = range(batch.header.first, batch.header.last + 1)
        for height in heights:
            if self.signed.get(height, digest) != digest:
                raise InvariantBroken(f"block {height} is signed already, with another result")
        self._keep(batch.header.first, batch.header.last, digest)
        self.signed.update(dict.fromkeys(heights, digest))
        return self._wallet.sign(digest)


def certificate(signatures: Mapping[int, bytes]) -> bytes:
    """The signatures in the format of the contract: ascending by the index of the signer."""
    return b"".join(
        bytes([validator * 2 + signature[64]]) + signature[:64] for validator, signature in sorted(signatures.items())
    )


def signers(signed: bytes) -> tuple[int, ...]:
    """The indices of the validators that signed a certificate."""
    return tuple(signed[place] // 2 for place in range(0, len(signed), SIGNATURE_SIZE))


def quorum(validators: int) -> int:
    """The smallest number of signatures k with 3k >= 2n."""
    return -(-2 * validators // 3)


def address_of(public_key: PublicKey) -> bytes:
    """The Ethereum address of a public key: the last 20 bytes of its hash."""
    return keccak(public_key.format(compressed=False)[1:])[12:]


def recovered(digest: bytes, signature: bytes) -> bytes:
    """The address that made this signature (r, s, parity); 20 zero bytes if there is none, as with `ecrecover`."""
    try:
        return address_of(PublicKey.from_signature_and_message(signature, digest, hasher=None))
    except ValueError:
        return bytes(20)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")
