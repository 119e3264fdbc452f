"""Background flow: noise that has no reason to choose a venue, and is divided among them by their shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.market.venues.terms import VenueTerms
from market_sim.strategies.traditional.noise import Noise, noise_order


@dataclass
class Background(Strategy):
    """With some probability at each wake-up: one order of a noise trader, on a venue that is drawn by the shares."""

    shares: Mapping[str, float]
    """The share of each venue; together 1."""
    symbol: str = "ACME"
    trade_probability: float = 0.1
    max_size: int = 5
    patience: float = 0.5
    reach_bps: int = 20
    _noise: Noise = field(init=False, repr=False)
    _venues: tuple[str, ...] = field(init=False, repr=False)
    _bounds: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.shares or min(self.shares.values()) < 0 or abs(sum(self.shares.values()) - 1) > 1e-9:
            raise InputError(f"the shares of the venues add up to 1, found {dict(self.shares)}")
        self._noise = Noise(self.symbol, self.trade_probability, self.max_size, self.patience, self.reach_bps)
        self._venues = tuple(self.shares)
        self._bounds = tuple(accumulate(self.shares.values()))

    def decide(self, view: View) -> Iterable[Intent]:
        """Toss a coin, draw a venue, and order there; a venue that shows nothing is judged by the others."""
        random = view.random.random
        if random() >= self.trade_probability:
            return
        drawn = random()
        place = next((place for place, bound in enumerate(self._bounds) if drawn < bound), len(self._bounds) - 1)
        venue = self._venues[place]
        market = view[self.symbol, venue]
        bid, ask = market.bid, market.ask
        if bid is None or ask is None:
            bid, ask = self._shown(view, venue, bid, ask)
        yield from noise_order(self._noise, view, market, bid, ask, venue)

    def _shown(
        self, view: View, drawn: str, best_bid: int | None, best_ask: int | None
    ) -> tuple[int | None, int | None]:
        """The best bid and the best ask over all venues, of which those of the drawn one are known."""
        for venue in self._venues:
            if venue == drawn:
                continue
            place = view[self.symbol, venue]
            bid, ask = place.bid, place.ask
            if bid is not None and (best_bid is None or bid > best_bid):
                best_bid = bid
            if ask is not None and (best_ask is None or ask < best_ask):
                best_ask = ask
        return best_bid, best_ask


def shares_of(venues: Sequence[VenueTerms]) -> dict[str, float]:
    """The shares that the terms of these venues state."""
    return {terms.name: terms.share for terms in venues}
