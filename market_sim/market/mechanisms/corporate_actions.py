"""Corporate actions: a share split and a dividend, and what they change for options (finance rule 3.3).

In a split of n for 1 every holder gets n - 1 more shares out of the company's authorised holding, and each option
becomes n options at an n-th of the strike, so that nobody gains or loses (Options Clearing Corporation, whole-number
splits). An ordinary dividend changes no option; a special one lowers the strikes by what was paid for each share.

What is pledged or lent still belongs to somebody: a dividend on pledged shares goes to whoever pledged them, and who
borrowed shares pays the dividend to the lender (`manufactured`, a hook for the mechanism that lends shares).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar, Literal, NamedTuple

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Option
from market_sim.core.models.instruments import positive
from market_sim.core.models.intents import CancelAll
from market_sim.core.models.mechanism_events import CorporateActionTaken, TermsAdjusted
from market_sim.market.mechanisms.clearing_house import PLEDGES, ClearingHouse, pairs, positions
from market_sim.market.mechanisms.mechanism import Mechanism
from market_sim.market.mechanisms.options import Options


class CorporateAction(NamedTuple):
    """What a company does, when, and how much: new shares for each old one, or cents for each share."""

    time: int
    action: Literal["split", "dividend", "special dividend"]
    amount: int


class CorporateActions(Mechanism):
    """The actions of one company, known in advance."""

    name: ClassVar[str] = "corporate actions"

    def __init__(
        self,
        house: ClearingHouse,
        symbol: str,
        issuer: str,
        actions: Iterable[CorporateAction],
        options: Options | None = None,
    ) -> None:
        super().__init__()
        self.house = house
        self.symbol = symbol
        self.issuer = issuer
        self.actions = sorted(CorporateAction(*each) for each in actions)
        self.options = options
        self.manufactured: list[Callable[[str, int], None]] = []
        """Called with the symbol and the dividend for each share, after the holders were paid."""
        self._done = 0

    def begin(self) -> None:
        """Refuse what cannot be carried out."""
        if self.symbol not in self.exchange.listings or self.issuer not in self.exchange.accounts:
            raise InputError(
                f"corporate actions need a listed share and its company, found {self.symbol} {self.issuer}"
            )
        factor = 1
        for action in self.actions:
            positive(f"{action.action} of {self.symbol}", "amount", action.amount)
            if action.action not in ("split", "dividend", "special dividend"):
                raise InputError(f"a company splits its shares or pays a dividend, found {action.action!r}")
            if action.action == "split":
                factor *= action.amount
        for option in self._options():
            if option.strike % factor:
                raise InputError(f"{option.symbol}: a split by {factor} leaves no whole strike of {option.strike}")

    def times(self) -> Iterable[int]:
        """When each of them is due."""
        return [action.time for action in self.actions[self._done :]]

    def act(self, now: int) -> None:
        """Carry out what is due."""
        while self._done < len(self.actions) and self.actions[self._done].time <= now:
            action = self.actions[self._done]
            self._done += 1
            for symbol in (self.symbol, *(option.symbol for option in self._options())):
                for name in self.exchange.accounts:
                    self.exchange.cancel_all(name, CancelAll(symbol), "TERMS_CHANGED")
            if action.action == "split":
                self.split(action.amount)
            else:
                self.pay_dividend(action.action, action.amount)

    def split(self, factor: int) -> None:
        """Make `factor` shares, and `factor` options, out of each one."""
        held = self._holders()
        needed = (factor - 1) * sum(held.values())
        authorised = self.house.free(self.issuer, self.symbol, needed)
        if authorised < needed:
            raise InputError(f"a split of {self.symbol} needs {needed} new shares, {self.issuer} has {authorised}")
        for name, shares in held.items():
            if factor > 1:
                self.exchange.transfer(self.issuer, name, self.symbol, (factor - 1) * shares, "SPLIT", self.symbol)
        for option in self._options():
            for holder, writer, contracts in pairs(self.exchange, option.symbol):
                if factor > 1:
                    more = (factor - 1) * contracts
                    self.exchange.transfer(writer, holder, option.symbol, more, "ADJUSTED", option.symbol)
            self._adjust(option, option.strike // factor, factor)
        self._tell("split", factor, sum(held.values()))

    def pay_dividend(self, action: str, amount: int) -> None:
        """Pay every holder for each share; a special dividend lowers the strikes, down to one tick at least."""
        held = self._holders()
        quote = self.exchange.listings[self.symbol].quote
        pledged = held.pop(PLEDGES, 0)
        owners = self.options.pledges.owners(self.symbol) if self.options is not None and pledged else {}
        for name, shares in (*held.items(), *owners.items()):
            self.house.pay(self.issuer, name, quote, amount * shares, "DIVIDEND", self.symbol)
        for pay in self.manufactured:
            pay(self.symbol, amount)
        if action == "special dividend":
            for option in self._options():
                self._adjust(option, max(option.strike - amount, 1), 1)
        self._tell(action, amount, sum(held.values()) + pledged)

    def _adjust(self, option: Option, strike: int, contracts: int) -> None:
        """Let new terms hold; the pledges of a put that needs less cash now go back."""
        if self.options is None or (strike, contracts) == (option.strike, 1):
            return
        pledges = self.options.pledges
        kept = {name: held for (name, symbol), held in pledges.contracts.items() if symbol == option.symbol}
        less = (option.strike - strike * contracts) * option.multiplier
        for name, held in kept.items():
            if option.right == "put" and less > 0:
                self.exchange.transfer(PLEDGES, name, option.quote, less * held, "PLEDGE_RETURNED", option.symbol)
        self.options.terms[option.symbol] = msgspec.structs.replace(option, strike=strike)
        pledges.multiply(option.symbol, contracts)
        self.journal.record(TermsAdjusted(self.exchange.clock.now, option.symbol, option.strike, strike, contracts))

    def _holders(self) -> dict[str, int]:
        """Who holds shares, the company itself left out."""
        return {name: held for name, held in positions(self.exchange, self.symbol).items() if name != self.issuer}

    def _options(self) -> list[Option]:
        """The options on the share that have not expired."""
        if self.options is None:
            return []
        ended = self.options.ended
        terms = self.options.terms.items()
        return [option for symbol, option in terms if option.underlying == self.symbol and symbol not in ended]

    def _tell(self, action: str, amount: int, entitled: int) -> None:
        self.journal.record(CorporateActionTaken(self.exchange.clock.now, self.symbol, action, amount, entitled))
