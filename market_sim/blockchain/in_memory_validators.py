"""The in-memory set of validators: certificates and the handover to the next set, as in `ValidatorSet.sol`.

The settlement, an oracle and each end of a bridge have a set of their own, and the set of each is handed over by a
plan that its validators sign for that contract alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from market_sim.blockchain.certificate import (
    HANDOVER,
    LARGEST_S,
    SIGNATURE_SIZE,
    Domain,
    attested,
    members_hash,
    recovered,
)
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers

HANDOVER_NOTICE: Final = 2 * 24 * 3600
"""The seconds between the plan of a handover and the first certificate of the next set."""
LARGEST_SET: Final = 128


class Handover(NamedTuple):
    """A planned handover: the next set, its first epoch, and the time before which it does not take over."""

    validators: tuple[bytes, ...]
    from_epoch: int
    not_before: int


class ValidatorSet(NamedTuple):
    """The validators whose signatures count, the number of plans so far, and the plan that is to be carried out."""

    number: int
    validators: tuple[bytes, ...]
    plans: int = 0
    plan: Handover | None = None

    def planned(
        self, domain: Domain, following: Sequence[bytes], from_epoch: int, nonce: int, signed: bytes, reached: int,
        time: int,
    ) -> ValidatorSet:  # fmt: skip
        """The set with this plan in place of any earlier one, once its certificate is checked."""
        if nonce != self.plans:
            raise ChainReverted("HandoverSuperseded", {"expected": self.plans, "found": nonce})
        if from_epoch <= reached:
            raise ChainReverted("HandoverTooEarly", {"reached": reached, "found": from_epoch})
        check_members(following)
        digest = attested(domain, HANDOVER, self.number, nonce, from_epoch, members_hash(following))
        check_certificate(self.validators, digest, signed)
        handover = Handover(tuple(following), from_epoch, time + HANDOVER_NOTICE)
        return self._replace(plans=self.plans + 1, plan=handover)

    def after_notice(self, epoch: int, time: int) -> ValidatorSet:
        """The set that counts now in a contract where a plan whose notice runs changes nothing."""
        return self if self.plan is None or time < self.plan.not_before else self.at(epoch, time)

    def at(self, epoch: int, time: int) -> ValidatorSet:
        """The set that counts in this epoch; the next one does not begin before its notice has passed."""
        if self.plan is None or epoch < self.plan.from_epoch:
            return self
        if time < self.plan.not_before:
            raise ChainReverted("HandoverNotDue", {"from": self.plan.not_before})
        return ValidatorSet(self.number + 1, self.plan.validators, self.plans)


def check_members(members: Sequence[bytes]) -> None:
    """Refuse a set without members, with too many, with one twice, or with the address zero."""
    if not 0 < len(members) <= LARGEST_SET or len(set(members)) < len(members) or not all(map(any, members)):
        raise ChainReverted("BadValidators")


def check_certificate(validators: Sequence[bytes], digest: bytes, certificate: bytes) -> None:
    """Refuse a certificate that is not signed by two thirds of these validators, each once, in their order."""
    count, rest = divmod(len(certificate), SIGNATURE_SIZE)
    if rest:
        raise ChainReverted("BadCertificateLength", {"length": len(certificate)})
    if 3 * count < 2 * len(validators):
        raise ChainReverted("TooFewSignatures", {"found": count, "validators": len(validators)})
    next_signer = 0
    for place in range(0, len(certificate), SIGNATURE_SIZE):
        signature = certificate[place : place + SIGNATURE_SIZE]
        signer, parity = divmod(signature[0], 2)
        if signer < next_signer:
            raise ChainReverted("SignersNotAscending", {"signer": signer})
        if signer >= len(validators):
            raise ChainReverted("UnknownSigner", {"signer": signer})
        if int.from_bytes(signature[33:], "big") > LARGEST_S:
            raise ChainReverted("HighS", {"signer": signer})
        found = recovered(digest, signature[1:] + bytes([parity]))
        if not any(found):
            raise ChainReverted("ZeroSignature", {"signer": signer})
        if found != validators[signer]:
            raise ChainReverted("WrongSigner", {"signer": signer, "recovered": "0x" + found.hex()})
        next_signer = signer + 1


class ChainWithTime(Protocol):
    """An in-memory chain: its id is in what validators sign, and its time begins a handover."""

    chain_id: int
    time: int


class MemoryValidators:
    """A contract beside the settlement with validators of its own, whose handover anybody may plan by certificate."""

    def __init__(self, chain: ChainWithTime, place: str, validators: Sequence[str], run: bytes) -> None:
        self._chain_of_set = chain
        self._place = place
        self._run = run
        self._set = ValidatorSet(1, tuple(map(_address, validators)))

    def planHandover(
        self, caller: str, members: Sequence[str], from_epoch: int, nonce: int, certificate: bytes
    ) -> Numbers:
        """Plan the next set of this contract."""
        chain = self._chain_of_set
        domain, time = Domain(chain.chain_id, _address(self._place), self._run), chain.time
        following = tuple(map(_address, members))
        self._set = self._set.planned(domain, following, from_epoch, nonce, certificate, self._reached(), time)
        not_before = time + HANDOVER_NOTICE
        return {"setId": self._set.number + 1, "nonce": nonce, "fromEpoch": from_epoch, "notBefore": not_before}

    def _reached(self) -> int:
        """The epoch that a plan must lie after; a contract that counts none is at 0."""
        return 0

    def _checked(self, epoch: int, digest: bytes, certificate: bytes) -> ValidatorSet:
        """The set that counts in this epoch, once its certificate is checked; a call that succeeds seats it."""
        following = self._set.after_notice(epoch, self._chain_of_set.time)
        check_certificate(following.validators, digest, certificate)
        return following


def _address(written: str) -> bytes:
    return bytes.fromhex(written.removeprefix("0x"))
