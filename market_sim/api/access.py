"""Access to a live market for people and programs outside: the market, its views, its members, and what a new one gets.

It stands as `app.extensions["live"]` where a market is open, for the REST interface and the pages alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from market_sim.api.live.market import LiveMarket
from market_sim.api.live.state import LiveState
from market_sim.api.members import Member, Members, NotAdmitted, Role
from market_sim.api.tickets import Tickets
from market_sim.core.errors import InputError
from market_sim.core.money import dollars

PURSE: Final = dollars(100_000)
"""What a new account gets of each currency, in its smallest unit, where nobody says otherwise."""
OPERATOR_NAME = "operator"
"""The first instructor of a market, whose token is shown in the terminal."""


@dataclass(frozen=True)
class LiveSettings:
    """How a market is open to others."""

    class_name: str = ""
    """The class that trades in it; without one it is open to everybody on this computer."""
    cash: int = PURSE
    """What a new account gets of each currency, in its smallest unit."""
    holdings: dict[str, int] = field(default_factory=dict)
    """What it gets of each instrument, in lots of its smallest unit."""
    codes: dict[str, str] = field(default_factory=lambda: {"student": "", "observer": ""})
    """By role the code that admits to it; an empty one admits everybody, and a role without one nobody."""


class Access:
    """A live market with its members."""

    def __init__(self, market: LiveMarket, members: Members, settings: LiveSettings | None = None) -> None:
        self.market = market
        self.members = members
        self.settings = settings or LiveSettings()
        self.state = LiveState(market)
        self.tickets = Tickets()

    def admit(self, name: str, role: Role, code: str = "") -> str:
        """Make somebody a member, a student with an account of its own; returns the token, which is shown this once."""
        self.state.catch_up()
        if name in self.state.accounts:
            raise NotAdmitted("NAME_TAKEN", f"there is already an account named {name!r}")
        token = self.members.admit(name, role, code)
        if role == "student":
            try:
                self.market.join(name, self._cash(), self.settings.holdings)
            except InputError:
                self.members.remove(name)
                raise
        return token

    def operator(self) -> str:
        """Admit the operator, an instructor; returns the token."""
        return self.members.enrol(OPERATOR_NAME, "instructor")

    def member(self, token: str) -> Member | None:
        """The member with this token."""
        return self.members.find(token)

    def _cash(self) -> dict[str, int]:
        quotes = sorted({listed.quote for listed in self.state.instruments.values()})
        return dict.fromkeys(quotes, self.settings.cash) if self.settings.cash else {}
