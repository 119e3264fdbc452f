"""Corporate actions: splits and dividends of a share, and the adjustment of its derivatives (rulebook F-3.3).

In a split of n for 1 every holder gets n - 1 more shares out of the company's authorised holding; in a reverse split
of 1 for n the company takes back n - 1 of n; a stock dividend (in basis points) is a split by a fraction. Fractions of
a share are paid in cash at the last mark. The share's open orders end, and every remembered price of it (mark, last
trade, close, fat-finger check) is restated.

A derivative keeps its price, strike, multiplier, positions and open orders. Its unit changes: after 2 for 1 it is two
shares, after a special dividend also the cash that was paid out. So no party gains or loses by the action itself, and
the open interest is unchanged (docs/decisions/0014). An action that would leave no whole number of shares to deliver is
refused when the mechanism is attached. An ordinary dividend changes no derivative.

A share may be quoted on several venues: its orders end and its prices are restated on all of them.

Pledged and lent shares keep their owners: a dividend on pledged shares goes to the account that pledged them. A
borrower of shares owes the new number of shares, and pays the dividend to the lender (`manufactured` notifies other
mechanisms).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, Literal, NamedTuple, get_args

from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Instrument, positive
from market_sim.core.models.intents import CancelAll
from market_sim.core.models.mechanism_events import CorporateActionTaken, TermsAdjusted, share_ratio
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.models.unit import Unit
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.mechanisms.clearing_house import PLEDGES, ClearingHouse, positions
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.options import OptionsClearing
from market_sim.market.mechanisms.short_selling import CASH_IN_LIEU

Action = Literal["split", "reverse split", "stock dividend", "dividend", "special dividend"]
SPECIAL = "special dividend"
CASH = ("dividend", SPECIAL)


class CorporateAction(NamedTuple):
    """A planned corporate action: its time, its kind and its amount.

    The amount is new shares for each old one (split), old ones for each new one (reverse split), basis points of new
    shares (stock dividend), or cents per share (dividend, special dividend).
    """

    time: int
    action: Action
    amount: int

    @property
    def told(self) -> str:
        """The action in words."""
        return f"{self.action} of {self.amount}"

    def adapted(self, unit: Unit) -> Unit:
        """The unit of a derivative after the action."""
        return unit.paid(self.amount) if self.action == SPECIAL else unit.split(*share_ratio(self.action, self.amount))


class CorporateActions(Mechanism):
    """The actions of one company, known in advance."""

    name: ClassVar[str] = "corporate actions"

    def __init__(
        self,
        house: ClearingHouse,
        symbol: str,
        issuer: str,
        actions: Iterable[CorporateAction],
        marks: Marks,
        options: OptionsClearing | None = None,
    ) -> None:
        super().__init__()
        self.house = house
        self.symbol = symbol
        self.issuer = issuer
        self.actions = sorted(CorporateAction(*each) for each in actions)
        self.marks = marks
        self.options = options
        self.manufactured: list[Callable[[str, int], None]] = []
        """Called with the symbol and the dividend per share, after the holders were paid."""
        self._done = 0

    def begin(self) -> None:
        """Refuse actions that cannot be carried out."""
        if self.symbol not in self.exchange.listings or self.issuer not in self.exchange.accounts:
            raise InputError(
                f"corporate actions need a listed share and its company, found {self.symbol} {self.issuer}"
            )
        for action in self.actions:
            positive(f"{action.action} of {self.symbol}", "amount", action.amount)
            if action.action not in get_args(Action):
                raise InputError(f"a company splits its shares or pays a dividend, found {action.action!r}")
        value = self.marks.values.get(self.symbol)
        if value is not None and not hasattr(value, "restate"):
            raise InputError(f"the believed value of {self.symbol} cannot follow a split: it has no restate()")
        for instrument in self._written_on_it():
            self._check(instrument)

    def _check(self, instrument: Instrument) -> None:
        """Refuse actions after which the terms of this instrument could not be fulfilled."""
        for action in self.actions:
            if action.action == "dividend":
                continue
            if instrument.ends_at is not None and action.time >= instrument.ends_at:
                return
            instrument = instrument.adjusted(action.told, action.adapted)

    def times(self) -> Iterable[int]:
        """The times of the remaining actions."""
        return [action.time for action in self.actions[self._done :]]

    def act(self, now: int) -> None:
        """Carry out the actions that are due."""
        while self._done < len(self.actions) and self.actions[self._done].time <= now:
            self._done += 1
            self.carry_out(self.actions[self._done - 1])

    def carry_out(self, action: CorporateAction) -> None:
        """Withdraw the share's orders, distribute shares or cash, and adjust all terms and prices."""
        price = self.marks.mark(self.exchange.listings[self.symbol])
        for venue in self._quoting():
            for name in venue.accounts:
                venue.cancel_all(name, CancelAll(self.symbol), "TERMS_CHANGED")
        held = self._holders()
        if action.action in CASH:
            self._pay_dividend(dict(held), action.amount)
        else:
            self._change_shares(held, *share_ratio(action.action, action.amount), price or 0)
        if action.action != "dividend":
            for instrument in self._written_on_it():
                self._adjust(instrument, action)
        taken = CorporateActionTaken(
            self.exchange.clock.now, self.symbol, action.action, action.amount, sum(held.values()), price or 0
        )
        self.journal.record(taken)
        self._restate(taken)

    def _change_shares(self, held: dict[str, int], new: int, old: int, price: int) -> None:
        """Turn every `old` shares of each holder into `new` ones; the company pays fractions in cash."""
        needed = sum(max(0, shares * new // old - shares) for shares in held.values())
        authorised = self.house.free(self.issuer, self.symbol, needed)
        if authorised < needed:
            raise InputError(f"a split of {self.symbol} needs {needed} new shares, {self.issuer} has {authorised}")
        listing = self.exchange.listings[self.symbol]
        for name, shares in held.items():
            after, rest = divmod(shares * new, old)
            if after > shares:
                self.ledger.transfer(self.issuer, name, self.symbol, after - shares, "SPLIT", self.symbol)
            elif after < shares:
                self.ledger.transfer(name, self.issuer, self.symbol, shares - after, "SPLIT", self.symbol)
            cash = rest * price * listing.multiplier // new
            if cash:
                self.house.pay(self.issuer, name, listing.quote, cash, CASH_IN_LIEU, self.symbol)

    def _pay_dividend(self, held: dict[str, int], amount: int) -> None:
        """Pay every holder per share; for pledged shares, the account that pledged them."""
        quote = self.exchange.listings[self.symbol].quote
        pledged = held.pop(PLEDGES, 0)
        owners = self.options.pledges.owners(self.symbol) if self.options is not None and pledged else {}
        for name, shares in (*held.items(), *owners.items()):
            self.house.pay(self.issuer, name, quote, amount * shares, "DIVIDEND", self.symbol)
        for pay in self.manufactured:
            pay(self.symbol, amount)

    def _adjust(self, instrument: Instrument, action: CorporateAction) -> None:
        """Adjust the terms of an instrument, and return the part of pledges that is no longer needed."""
        before = self.options.pledges.cash_for(instrument.symbol) if self.options is not None else 0
        after = instrument.adjusted(action.told, action.adapted)
        for venue in self.venues:
            if after.symbol in venue.listings:
                venue.adjust(after)
        unit = after.unit
        now = self.exchange.clock.now
        self.journal.record(TermsAdjusted(now, after.symbol, unit.shares, unit.parts, unit.cash))
        if self.options is not None:
            self.options.pledges.lower(after.symbol, before)

    def _restate(self, taken: CorporateActionTaken) -> None:
        """Restate the believed value and every remembered price of the share."""
        value = self.marks.values.get(self.symbol)
        if value is not None:
            new, old = taken.ratio
            value.restate(new, old, taken.amount if taken.action in CASH else 0)  # type: ignore[attr-defined]
            self.journal.record(ValueMoved(taken.time, self.symbol, value.price))
        for venue in self._quoting():
            venue.restate(self.symbol, taken.restated, taken.price or None)

    def _holders(self) -> dict[str, int]:
        """The holders of shares, without the company itself."""
        return {name: held for name, held in positions(self.exchange, self.symbol).items() if name != self.issuer}

    def _quoting(self) -> Iterator[Exchange]:
        """The venues that list the share."""
        return (venue for venue in self.venues if self.symbol in venue.listings)

    def _written_on_it(self) -> Iterator[Instrument]:
        """The instruments on any venue whose terms refer to the share, as far as they have not ended."""
        listings = {listing.symbol: listing for venue in self.venues for listing in venue.listings.values()}
        for listing in listings.values():
            if listing.instrument.underlying == self.symbol and listing.because != "INSTRUMENT_ENDED":
                yield listing.instrument
