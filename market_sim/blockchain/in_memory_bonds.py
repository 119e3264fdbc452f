"""The in-memory version of `Bonds.sol`: its model over the wallets of the in-memory vault.

A call changes a copy of the model, and counts only once its tokens have moved.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Final, Protocol

from market_sim.blockchain.bond_evidence import Statement, convicted
from market_sim.blockchain.bond_model import BondModel, BondTerms
from market_sim.blockchain.certificate import Domain
from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.in_memory_amm import Chain
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers


class SettlingChain(Chain, Protocol):
    """An in-memory chain with the settlement whose validators are bonded."""

    @property
    def domain(self) -> Domain:
        """The domain of what validators sign."""

    @property
    def validators(self) -> tuple[bytes, ...]:
        """The addresses of the current set."""


class MemoryBonds:
    """The bonds of the validators of one settlement."""

    def __init__(
        self, chain: SettlingChain, place: str, token: TokenPlace, settlement: ClockPlace, treasury: str, bond: int,
        share_bps: int, window: int, notice: int,
    ) -> None:  # fmt: skip
        self._chain = chain
        self._place = place
        self._token = token.token
        self._treasury = treasury
        self.model = BondModel(BondTerms(bond, share_bps, window, notice))

    @property
    def held(self) -> int:
        """All bonds together."""
        return self.model.held

    @property
    def stateOf(self) -> dict[str, int]:
        """The states of the bonds."""
        return {validator: bond.state for validator, bond in self.model.bonds.items()}

    @property
    def untilOf(self) -> dict[str, int]:
        """The epochs from which bonds can be withdrawn."""
        return {validator: bond.until for validator, bond in self.model.bonds.items()}

    def deposit(self, caller: str, place: int) -> Numbers:
        """The caller locks the bond of the validator at this place."""
        members = self._chain.validators
        if place >= len(members):
            raise ChainReverted("UnknownPlace", {"place": place, "validators": len(members)})
        after = deepcopy(self.model)
        numbers = after.deposit(caller, "0x" + members[place].hex())
        self._chain.move(caller, self._place, self._token, after.terms.bond)
        self.model = after
        return numbers

    def giveNotice(self, caller: str, validator: str) -> Numbers:
        """Nothing moves."""
        return self.model.give_notice(caller, validator, self._chain.epoch)

    def withdraw(self, caller: str, validator: str) -> Numbers:
        """The owner gets the bond back."""
        numbers = self.model.withdraw(caller, validator, self._chain.epoch)
        self._chain.move(self._place, caller, self._token, int(numbers["amount"]))
        return numbers

    def report(self, caller: str, one: Statement, other: Statement) -> Numbers:
        """The reporter and the treasury share the bond of the validator that the evidence convicts."""
        settled, window = self._chain.epoch, self.model.terms.window
        signer = convicted(self._chain.domain.separator, window, settled, Statement(*one), Statement(*other))
        numbers = self.model.report(caller, signer, settled)
        self._chain.move(self._place, caller, self._token, int(numbers["reward"]))
        self._chain.move(self._place, self._treasury, self._token, int(numbers["rest"]))
        return numbers


BONDS: Final = {"Bonds": MemoryBonds}
