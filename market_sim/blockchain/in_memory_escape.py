"""The in-memory escape, and the in-memory set of validators with its handover: rules of the contract in Python.

`Escape.sol`, `Attestations.sol` and the handover of `ValidatorSet.sol` a second time, with the same errors. The time of
this chain is a number that tests move: in a run without Ethereum no time passes on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from market_sim.blockchain.certificate import LARGEST_S, SIGNATURE_SIZE, Wallet, recovered
from market_sim.blockchain.in_memory_vault import MemoryVault
from market_sim.blockchain.settlement import ChainReverted, Movement

DAY: Final = 24 * 3600
ESCAPE_AFTER: Final = 7 * DAY
"""After this time without a batch or a heartbeat the escape may be planned."""
ESCAPE_NOTICE: Final = 2 * DAY
"""The time between the plan of an escape and the escape."""
HANDOVER_NOTICE: Final = 2 * DAY
"""The time between the plan of a handover and the first batch of the next set."""
SILENCE: Final = 2**256 - 1
"""The cause of an escape that is no request."""
LARGEST_SET: Final = 128


class MemoryEscape(MemoryVault):
    """A vault that owners can leave when settlement stops or makes them wait in vain."""

    def __init__(self) -> None:
        super().__init__()
        self.alive_at = 0
        self._planned: dict[int, int] = {}

    def plan_escape(self, cause: int) -> None:
        """Plan the escape for a cause: an overdue request, or silence."""
        self._check_cause(cause)
        if self._is_planned(cause):
            raise ChainReverted("EscapePlannedBefore", {"from": self._planned[cause] + ESCAPE_NOTICE})
        self._planned[cause] = self.time

    def escape(self, cause: int) -> None:
        """End settlement for good, once the notice has passed and the cause lasts."""
        self._check_cause(cause)
        if not self._is_planned(cause):
            raise ChainReverted("EscapeNotPlanned", {"cause": cause})
        if self.time < self._planned[cause] + ESCAPE_NOTICE:
            raise ChainReverted("TooEarlyToEscape", {"from": self._planned[cause] + ESCAPE_NOTICE})
        self.escaped = True

    def escape_withdraw(self, owner: Wallet, account: int, token: int) -> Movement:
        """Pay a whole balance into the owner's wallet, after the escape."""
        self._check_owner(owner, account)
        if not self.escaped:
            raise ChainReverted("NotEscaped")
        amount = self._balances.pop((account, token), 0)
        if not amount:
            raise ChainReverted("NothingToMove")
        self.give(owner.address, token, amount)
        return Movement(0, amount, "", 0)

    def _is_planned(self, cause: int) -> bool:
        planned = self._planned.get(cause, 0)
        return planned > self.alive_at if cause == SILENCE else planned > 0

    def _check_cause(self, cause: int) -> None:
        self._check_not_escaped()
        start = self.alive_at + ESCAPE_AFTER
        if cause != SILENCE:
            request = self._open_request(cause)
            self._check_payable(request)
            start = request.deadline
        if self.time <= start:
            raise ChainReverted("TooEarlyToEscape", {"from": start})


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

    def planned(self, following: Sequence[bytes], from_epoch: int, time: int) -> ValidatorSet:
        """The set with this plan in place of any earlier one."""
        handover = Handover(tuple(following), from_epoch, time + HANDOVER_NOTICE)
        return self._replace(plans=self.plans + 1, plan=handover)

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
