"""The model of the bonds of validators: the rules of `Bonds.sol` in Python, but for the check of the evidence.

It holds exact integers and no tokens. The in-memory chain runs it as the contract; beside the compiled contract it is
the twin, which repeats every call. Errors have the contract's order and names, fields those of the contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers
from market_sim.core.units import BPS

NONE, BONDED, LEAVING, SLASHED = range(4)
"""The states of a bond."""


class BondTerms(NamedTuple):
    """The bond of each validator, the reporter's share in basis points, and two times in settled epochs."""

    bond: int
    share_bps: int
    window: int
    """The time in which a signature can be reported."""
    notice: int
    """The time between the notice and the withdrawal."""

    @property
    def are_good(self) -> bool:
        """Whether they deter: the notice is longer than the window, and the reporter gets less than the bond."""
        return self.bond > 0 and 0 <= self.share_bps < BPS and 0 < self.window < self.notice


class Bond(NamedTuple):
    """The bond of one validator."""

    owner: str = ""
    state: int = NONE
    until: int = 0
    """The epoch from which it can be withdrawn; 0 without a notice."""


@dataclass
class BondModel:
    """The bonds of the validators of one settlement, by the address of the validator."""

    terms: BondTerms
    held: int = 0
    bonds: dict[str, Bond] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.terms.are_good:
            raise ChainReverted("BadBondTerms")

    def deposit(self, caller: str, validator: str) -> Numbers:
        """Pay the bond of a validator of the current set."""
        state = self.bond_of(validator).state
        if state == SLASHED:
            raise ChainReverted("SlashedBefore", {"validator": validator})
        if state != NONE:
            raise ChainReverted("BondedBefore", {"validator": validator})
        self.bonds[validator] = Bond(caller, BONDED)
        self.held += self.terms.bond
        return {"validator": validator, "owner": caller, "amount": self.terms.bond}

    def give_notice(self, caller: str, validator: str, settled: int) -> Numbers:
        """The owner wants the bond back; it stays until the notice is over."""
        found = self._owned(caller, validator)
        if found.state == LEAVING:
            raise ChainReverted("NoticeGivenBefore", {"until": found.until})
        until = settled + self.terms.notice
        self.bonds[validator] = found._replace(state=LEAVING, until=until)
        return {"validator": validator, "settled": settled, "until": until}

    def withdraw(self, caller: str, validator: str, settled: int) -> Numbers:
        """The owner gets the bond after the notice."""
        found = self._owned(caller, validator)
        if found.state != LEAVING:
            raise ChainReverted("NoticeNotGiven", {"validator": validator})
        if settled < found.until:
            raise ChainReverted("NoticeRuns", {"until": found.until, "settled": settled})
        self.bonds[validator] = Bond()
        self.held -= self.terms.bond
        return {"validator": validator, "owner": caller, "amount": self.terms.bond, "settled": settled}

    def report(self, caller: str, signer: str, settled: int) -> Numbers:
        """Take the bond of the signer of good evidence; the share is rounded down, and the treasury gets the rest."""
        found = self.bond_of(signer)
        if found.state == NONE:
            raise ChainReverted("NotBonded", {"signer": signer})
        if found.state == SLASHED:
            raise ChainReverted("SlashedBefore", {"validator": signer})
        self.bonds[signer] = found._replace(state=SLASHED)
        self.held -= self.terms.bond
        reward = self.terms.bond * self.terms.share_bps // BPS
        paid: Numbers = {"reward": reward, "rest": self.terms.bond - reward}
        return {"validator": signer, "reporter": caller} | paid | {"settled": settled}

    def bond_of(self, validator: str) -> Bond:
        """The bond of a validator."""
        return self.bonds.get(validator, Bond())

    def _owned(self, caller: str, validator: str) -> Bond:
        found = self.bond_of(validator)
        if found.state == NONE:
            raise ChainReverted("NotBonded", {"signer": validator})
        if found.state == SLASHED:
            raise ChainReverted("SlashedBefore", {"validator": validator})
        if found.owner != caller:
            raise ChainReverted("NotBondOwner", {"owner": found.owner, "caller": caller})
        return found
