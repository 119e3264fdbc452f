"""The status of a committee: what is proposed, notarized and final, whether all agree, and what is still pending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from market_sim.core.consensus.blocks import Block, Rules
from market_sim.core.consensus.streamlet import Validator


@dataclass(frozen=True)
class ValidatorStatus:
    """The status of one honest validator; blocks are named by their hashes."""

    validator: int
    finalized: tuple[str, ...]
    notarized_tips: tuple[str, ...]
    finalized_digest: str


@dataclass(frozen=True)
class CommitteeStatus:
    """The status of all honest validators together; counts leave genesis out."""

    views: tuple[ValidatorStatus, ...]
    proposed: int
    notarized: int
    finalized: int
    pending: str

    @property
    def finalized_digest(self) -> str:
        """The digest of the longest finalized chain of an honest validator."""
        return max(self.views, key=lambda view: len(view.finalized)).finalized_digest

    @property
    def all_agree(self) -> bool:
        """Whether every honest validator holds the same finalized chain."""
        return len({view.finalized for view in self.views}) == 1


def status_of(rules: Rules, validators: Sequence[Validator]) -> CommitteeStatus:
    """The status of these honest validators."""
    proposed = {name for validator in validators for name in validator.view.payloads}
    notarized = {name for validator in validators for name in validator.view.height} & proposed
    ahead = max(validators, key=lambda validator: (validator.finalized.height, validator.view.longest))
    return CommitteeStatus(
        tuple(_view_of(validator) for validator in validators),
        len(proposed),
        len(notarized),
        ahead.finalized.height,
        pending_sentence(ahead),
    )


def _view_of(validator: Validator) -> ValidatorStatus:
    blocks = validator.finalized.blocks[1:]
    tips = tuple(sorted(tip.hash.hex() for tip in validator.view.tips))
    return ValidatorStatus(validator.index, tuple(block.hash.hex() for block in blocks), tips, digest_of(blocks))


def digest_of(blocks: Sequence[Block]) -> str:
    """One digest for a chain: SHA-256 over the hashes of its blocks in order."""
    return sha256(b"".join(block.hash for block in blocks)).hexdigest()


def pending_sentence(validator: Validator) -> str:
    """Why the last notarized block is not final yet (R8)."""
    pending = validator.view.longest - validator.finalized.height
    if pending <= 0:
        return "No notarized block is pending."
    tip = validator.choose_parent(validator.view.tips)
    parent = validator.view.blocks[tip.parent]
    name = f"block {validator.view.longest}"
    if tip.epoch != validator.view.longest:
        name += f" (epoch {tip.epoch})"
    if validator.epoch > tip.epoch + 1:
        needs = "notarized blocks of three consecutive epochs behind it"
    elif parent.epoch + 1 == tip.epoch:
        needs = f"a notarized block of epoch {tip.epoch + 1}"
    else:
        needs = f"notarized blocks of epochs {tip.epoch + 1} and {tip.epoch + 2}"
    return f"{pending} block{'s' * (pending > 1)} pending: {name} needs {needs}."
