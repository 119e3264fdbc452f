"""Who asks, and how often: the member of a token, the roles of a route, the limits of a member and of a computer.

No cookie is read here. A token comes in the header Authorization alone, never in an address, which ends up in logs and
histories.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask_limiter import Limiter

from market_sim.api.access import Access
from market_sim.api.members import Member, Role
from market_sim.api.rest.refusals import refuse
from market_sim.core.english import listed
from market_sim.market.exchange.terms import shown

MEMBER_LIMIT: Final = "200 per second"
PEER_LIMIT: Final = "2000 per second"
JOINING_LIMIT: Final = "120 per minute"
"""How often one computer may become a member."""
GUESSING_LIMIT: Final = "20 per minute"
"""How often one computer may name a wrong code."""


def access() -> Access:
    """The live market of this site; 404 without one."""
    found: Access | None = current_app.extensions.get("live")
    if found is None:
        refuse("NO_MARKET")
    return found


def known_member() -> Member | None:
    """The member whose token the request holds; None without a token."""
    if "member" not in g:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        live: Access | None = current_app.extensions.get("live")
        g.has_token = scheme.lower() == "bearer" and bool(token.strip())
        g.member = live.member(token.strip()) if g.has_token and live is not None else None
    found: Member | None = g.member
    return found


def member(*roles: Role) -> Member:
    """The member who asks, if it has one of these roles; 401 for nobody, 403 for another role."""
    access()
    found = known_member()
    if found is None:
        refuse("UNKNOWN_TOKEN" if g.has_token else "NO_TOKEN")
    if found.role not in roles:
        needed = listed([f"{role}s" for role in roles])
        article = "an" if found.role[0] in "aeiou" else "a"
        refuse("NOT_YOUR_ROLE", needed=needed, name=found.name, role=f"{article} {found.role}")
    return found


def check_origin() -> None:
    """Refuse a page of another site; a program sends no such header."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin)[:2] != urlsplit(request.host_url)[:2]:
        refuse("WRONG_ORIGIN", origin=shown(origin))
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        refuse("WRONG_ORIGIN", origin="Sec-Fetch-Site")


def limited(app: Flask) -> Limiter:
    """The limits of an app, kept in memory: one count for each member and each computer, gone with its second."""
    return Limiter(_who, app=app, storage_uri="memory://", strategy="fixed-window", headers_enabled=False)


def peer() -> str:
    """The address of the computer that asks; a header that anybody can write is not believed."""
    return request.remote_addr or "nobody"


def _who() -> str:
    found = known_member()
    return f"member {found.name}" if found is not None else f"peer {peer()}"
