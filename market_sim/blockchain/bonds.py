"""The bonds of validators: one that signs two results of a block loses its bond, a share of it to the reporter.

This is the adapter of `contracts/Bonds.sol`. Participants call

    deposit(validator)                 pay the bond of a validator, by its number, and own it
    give_notice(validator)             want it back; it stays until the notice is over
    withdraw(validator)                get it back after that
    report(validator, block, other)    show what this validator signed for one block and for another, or twice for one

A reporter shows what the collector of signatures has, and nothing else: of a validator that signed one result of a
block it is the same result twice. After each block contract and twin (`bond_model.py`) must agree in each field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from market_sim.blockchain.bond_model import BondModel, BondTerms
from market_sim.blockchain.contracts import Arguments, ChainContext, ClockPlace, Invoked, TokenPlace
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import ChainReverted
from market_sim.blockchain.twins import Twinned, by_owner, check_held, compare
from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.bond_evidence import Statement
    from market_sim.blockchain.certificate import Wallet

IN_THE_CONTRACT: Final = {"give_notice": "giveNotice"}


@dataclass
class Bonds(Twinned):
    """The adapter of the bonds, in one currency; the treasury is an account."""

    kind: ClassVar[str] = "Bonds"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "deposit": (int,), "give_notice": (int,), "withdraw": (int,), "report": (int, int, int),
    }  # fmt: skip

    bond_terms: BondTerms
    treasury: str
    name: str = "bonds"
    asset: str = "USD"
    events: list[CallExecuted] = field(default_factory=list, repr=False)
    """What the contract did, for all to see."""
    place: str = field(default="", repr=False)
    twin: BondModel = field(init=False, repr=False)
    context: ChainContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.bond_terms.are_good:
            raise InputError(
                "a bond is above 0, the reporter's share below all of it, and the notice longer than the window, "
                f"found {', '.join(f'{name} {value}' for name, value in self.bond_terms._asdict().items())}"
            )
        self.twin = BondModel(self.bond_terms)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract for the validators of the settlement."""
        register = context.register
        if not register.has_token(self.asset):
            raise InputError(f"bonds are in a currency or a delivered instrument, not in {self.asset}")
        if self.treasury not in register.accounts:
            raise InputError(f"the treasury of the bonds is an account, and there is no account {self.treasury!r}")
        token, treasury = TokenPlace(register.token(self.asset)), context.address_of(self.treasury)
        self.place = context.host.deploy(self.kind, token, ClockPlace(), treasury, *self.bond_terms)
        self.twin = BondModel(self.bond_terms)
        self.context = context
        return self.place

    def terms(self) -> Numbers:
        """The bond, the share, the times and the treasury."""
        named: Numbers = {"asset": self.asset, "treasury": self.treasury}
        return named | self.bond_terms._asdict()

    def convicted(self) -> Sequence[tuple[int, int]]:
        """Validator and block of each pair of signatures that anybody can report."""
        results = self.context.results if self.context is not None else None
        return results.convicted if results is not None else ()

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse a number that no validator has, and evidence of blocks of which the validator signed no result."""
        validator, members = int(arguments[0]), len(self._deployed().validators)
        if validator >= members and function != "deposit":
            raise RuleViolation("BAD_ARGUMENTS", function=function, expected=f"a validator below {members}")
        if function == "report" and not all(self._results(validator, int(block)) for block in arguments[1:]):
            expected = "a validator and two blocks of which it signed a result"
            raise RuleViolation("BAD_ARGUMENTS", function=function, expected=expected)

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; the bond is approved before it is paid, and a report is made of two statements."""
        host, validator = context.host, int(arguments[0])
        if function == "report":
            return host.invoke(owner, self.place, function, *map(tuple, self._evidence(arguments)))
        if function == "deposit":
            return context.pay(owner, self.place, [(self.asset, self.bond_terms.bond)], function, validator)
        return host.invoke(owner, self.place, IN_THE_CONTRACT.get(function, function), self._address(validator))

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin, which takes the bond of whom the evidence of a report convicts."""
        caller, place = context.address_of(call.account), int(call.arguments[0])
        if call.function == "report":
            from market_sim.blockchain.bond_evidence import convicted

            signer = convicted(context.domain, self.bond_terms.window, epoch, *self._evidence(call.arguments))
            return self.twin.report(caller, signer, epoch)
        if call.function == "deposit":
            if place >= len(context.validators):
                raise ChainReverted("UnknownPlace", {"place": place, "validators": len(context.validators)})
            return self.twin.deposit(caller, self._address(place))
        numbers: Numbers = getattr(self.twin, call.function)(caller, self._address(place), epoch)
        return numbers

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """Repeat a call on the twin, and tell what the contract did."""
        self.events.append(executed)
        super().count(submitted, executed, context)

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the contract must hold the bonds."""
        host, twin = context.host, self.twin
        says: dict[str, object] = {"held": host.ask(self.place, "held")}
        expected: dict[str, object] = {"held": twin.held}
        for name in ("state", "until"):
            known = {validator: int(getattr(bond, name)) for validator, bond in twin.bonds.items()}
            says |= by_owner(name, {validator: host.ask(self.place, f"{name}Of", validator) for validator in known})
            expected |= by_owner(name, known)
        compare(self.name, "after the block", says, expected)
        check_held(context, self.name, self.place, (self.asset, twin.held))
        return {"asset": self.asset, "held": twin.held, "bonds": len(twin.bonds)}

    def _deployed(self) -> ChainContext:
        if self.context is None:
            raise InputError(f"{self.name} is used, and it is on no chain")
        return self.context

    def _address(self, validator: int) -> str:
        return "0x" + self._deployed().validators[validator].address.hex()

    def _results(self, validator: int, block: int) -> int:
        results = self._deployed().results
        return len(results.of(validator, block)) if results is not None else 0

    def _evidence(self, arguments: Arguments) -> tuple[Statement, Statement]:
        """What the validator signed first for one block, and last for the other."""
        from market_sim.blockchain.bond_evidence import statement_of

        context = self._deployed()
        validator, block, other = map(int, arguments)
        results = context.results
        if results is None:
            raise InputError(f"{self.name} is asked for evidence, and nobody collects signatures")
        shown = results.of(validator, block)[0], results.of(validator, other)[-1]
        return statement_of(shown[0], context.domain), statement_of(shown[1], context.domain)
