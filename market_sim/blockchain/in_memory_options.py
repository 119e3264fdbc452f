"""The in-memory versions of `Oracle.sol` and `OptionSeries.sol`: their models over the wallets of the in-memory vault.

A call changes a copy of the model, and counts only once its tokens have moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Final, Protocol

from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.in_memory_amm import Chain, Modelled
from market_sim.blockchain.in_memory_validators import ChainWithTime, MemoryValidators
from market_sim.blockchain.option_models import OptionModel, OptionTerms, OracleModel
from market_sim.blockchain.oracle_price import price_digest
from market_sim.core.models.event import Numbers


class OracleChain(Chain, ChainWithTime, Protocol):
    """An in-memory chain with an epoch, an id and a time."""


class MemoryOracle(MemoryValidators):
    """The price of one asset at the ends of epochs."""

    def __init__(
        self, chain: OracleChain, place: str, token: TokenPlace, clock: ClockPlace, bond: int, window: int,
        validators: Sequence[str], run: bytes,
    ) -> None:  # fmt: skip
        super().__init__(chain, place, validators, run)
        self._chain = chain
        self._token = token.token
        self.model = OracleModel(bond, window)

    @property
    def held(self) -> int:
        """The bonds of all questions that are open."""
        return self.model.held

    @property
    def priceOf(self) -> dict[int, int]:
        """The proposed or final prices."""
        return {epoch: answer.price for epoch, answer in self.model.answers.items()}

    @property
    def untilOf(self) -> dict[int, int]:
        """The epochs from which proposals stand."""
        return {epoch: answer.until for epoch, answer in self.model.answers.items()}

    @property
    def stateOf(self) -> dict[int, int]:
        """The states of the questions."""
        return {epoch: answer.state for epoch, answer in self.model.answers.items()}

    def propose(self, caller: str, epoch: int, price: int) -> Numbers:
        """The caller locks the bond."""
        after = deepcopy(self.model)
        numbers = after.propose(caller, self._chain.epoch, epoch, price)
        self._chain.move(caller, self._place, self._token, after.bond)
        self.model = after
        return numbers

    def dispute(self, caller: str, epoch: int) -> Numbers:
        """The caller locks as much."""
        after = deepcopy(self.model)
        numbers = after.dispute(caller, self._chain.epoch, epoch)
        self._chain.move(caller, self._place, self._token, after.bond)
        self.model = after
        return numbers

    def finish(self, caller: str, epoch: int) -> Numbers:
        """The proposer gets the bond back."""
        numbers = self.model.finish(caller, self._chain.epoch, epoch)
        return self._paid(numbers)

    def decide(self, caller: str, epoch: int, price: int, certificate: bytes) -> Numbers:
        """The side that was right gets both bonds."""
        after = deepcopy(self.model)
        numbers = after.decide(caller, self._chain.epoch, epoch, price)
        digest = price_digest(self._chain.chain_id, self._place, self._run, epoch, price)
        self._set = self._checked(self._chain.epoch, digest, certificate)
        self.model = after
        return self._paid(numbers)

    def _reached(self) -> int:
        return self._chain.epoch

    def _paid(self, numbers: Numbers) -> Numbers:
        self._chain.move(self._place, str(numbers["winner"]), self._token, int(numbers["amount"]))
        return numbers


class MemoryOptionSeries(Modelled[OptionModel]):
    """A series of options on the price of an oracle."""

    def __init__(
        self, chain: Chain, place: str, token: TokenPlace, oracle: MemoryOracle, clock: ClockPlace, strike: int,
        cap: int, expiry: int, is_put: bool,
    ) -> None:  # fmt: skip
        self._chain = chain
        self._place = place
        self._token = token.token
        self._oracle = oracle
        self.model = OptionModel(OptionTerms(strike, cap, expiry, is_put))

    def write(self, caller: str, quantity: int) -> Numbers:
        """The caller locks the collateral."""
        after = deepcopy(self.model)
        numbers = after.write(caller, self._chain.epoch, quantity)
        self._chain.move(caller, self._place, self._token, int(numbers["collateral"]))
        self.model = after
        return numbers

    def transfer(self, caller: str, to: str, quantity: int) -> Numbers:
        """No money moves."""
        return self.model.transfer(caller, to, quantity)

    def expire(self, caller: str) -> Numbers:
        """The oracle's price decides."""
        self.model.check_open()
        return self.model.expire(self._oracle.model.final_price(self.model.terms.expiry))

    def claim(self, caller: str) -> Numbers:
        """The caller gets what both of its sides are worth."""
        numbers = self.model.claim(caller)
        self._chain.move(self._place, caller, self._token, int(numbers["amount"]))
        return numbers


OPTIONS: Final = {"Oracle": MemoryOracle, "OptionSeries": MemoryOptionSeries}
