"""What validators signed on: the certificates of a run after one was convicted, or after its bond was paid back."""

from __future__ import annotations

from typing import Final, NamedTuple

from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.settlement_events import BatchCertified, DoubleSigned


class SignedOn(NamedTuple):
    """The certificates after an event, and how many of them hold the signature of one validator."""

    certificates: int
    signed: int

    @property
    def words(self) -> str:
        """How often it signed, after "its signature is".

        >>> SignedOn(8, 0).words, SignedOn(1, 0).words, SignedOn(0, 0).words
        ('in none of the 8 certificates after that', 'not in the one certificate after that', 'asked for no more')
        """
        if not self.certificates:
            return "asked for no more"
        if self.certificates == 1:
            return f"{'' if self.signed else 'not '}in the one certificate after that"
        return f"in {self.signed or 'none'} of the {self.certificates} certificates after that"


ASKED_NO_MORE: Final = SignedOn(0, 0)


def signed_after(journal: Journal, event: Event, validator: int) -> SignedOn:
    """What the validator signed after this event of the journal."""
    seen, certificates, signed = False, 0, 0
    for one in journal:
        if one is event:
            seen = True
        elif seen and isinstance(one, BatchCertified):
            certificates += 1
            signed += validator in one.signers
    return SignedOn(certificates, signed)


def after_conviction(journal: Journal) -> dict[int, SignedOn]:
    """What each convicted validator signed after the first pair of signatures that convicts it."""
    first: dict[int, DoubleSigned] = {}
    for pair in journal.of(DoubleSigned):
        first.setdefault(pair.validator, pair)
    return {validator: signed_after(journal, pair, validator) for validator, pair in sorted(first.items())}
