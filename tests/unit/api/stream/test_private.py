"""Private streams: a ticket opens one, once, for its member; what comes is what REST tells, until the market ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.protocol import State
from websockets.sync.client import connect

from market_sim.api.client import Client, Refused
from market_sim.api.stream.clients import ReportsClient
from market_sim.core.models.intents import Buy
from tests.served_market import Served, served

EVIL = "http://evil.example"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A market whose journal is closed, as in a class."""
    with served(tmp_path_factory.mktemp("private"), has_stream=True, journal_is_open=False) as found:
        yield found


def address_for(client: Client) -> str:
    """A new ticket, in the address that it opens."""
    return str(client.ask("POST", "/api/tickets", dict[str, object])["address"])


def knock(address: str, origin: str | None = None) -> str:
    """The reason why a connection is refused; empty if it is not."""
    try:
        with connect(address, proxy=None, origin=origin):
            return ""
    except InvalidStatus as refused:
        return str(json.loads(refused.response.body or b"")["code"])


def test_a_ticket_opens_one_stream_once(live: Served) -> None:
    ann = Client.join(live.address, "ann")
    earlier, address = address_for(ann), address_for(ann)
    assert knock(earlier) == "BAD_TICKET", "the next one has ended it"
    assert knock(f"{address}&after=x") == "BAD_NUMBER"
    assert knock(address, EVIL) == knock(address, "null") == "WRONG_ORIGIN"
    assert knock(address) == "", "what is refused for another reason leaves the ticket as it is"
    assert knock(address) == "BAD_TICKET"
    assert knock(address.partition("?")[0]) == "BAD_TICKET"


def test_each_role_gets_what_it_may_see(live: Served) -> None:
    bob = Client.join(live.address, "bob")
    assert knock(address_for(bob).replace("/reports", "/journal")) == "BAD_TICKET"
    teacher = Client(live.address, live.app.extensions["live"].operator())
    assert knock(address_for(teacher).replace("/journal", "/reports")) == "BAD_TICKET"
    with connect(address_for(teacher), proxy=None, max_queue=None) as journal:  # all is read before the farewell
        assert json.loads(journal.recv())["event"]["type"] == "RunStarted"
    assert knock(f"{live.stream}/journal") == "JOURNAL_CLOSED"
    watcher = Client.join(live.address, "walter", "observer")
    with pytest.raises(Refused, match="this is for students and instructors"):
        address_for(watcher)


def test_who_leaves_while_its_reports_are_asked_for_ends_nothing() -> None:
    def write(data: bytes) -> None:
        raise RuntimeError("Cannot call write() after write_eof()")

    transport = SimpleNamespace(is_closing=lambda: False, get_write_buffer_size=lambda: 0, write=write)
    left: Any = SimpleNamespace(transport=transport, protocol=SimpleNamespace(state=State.CLOSING))
    client = ReportsClient(1, left, "/reports", 0.0, "ann", 0)
    client.offer([(1, b"{}")], is_over=False)
    assert (client.place, client.sent) == (0, 0)


@pytest.mark.thorough
def test_a_member_follows_its_own_reports_as_they_come_and_to_the_end(live: Served) -> None:
    cora, dan = Client.join(live.address, "cora"), Client.join(live.address, "dan")
    follows, late = cora.follow_reports(), cora.follow_reports(after=2)
    seen = [next(follows), next(follows)]
    for client in (dan, cora):
        placed = client.place(Buy("ACME", 1, limit=1_000))
        seen += [next(late)] if client is cora else []
        client.cancel(placed.order)
    seen += [next(follows), next(follows)][1:]
    assert [(one.number, one.kind) for one in seen] == [(1, "Moved"), (2, "Moved"), (3, "Accepted"), (4, "Cancelled")]
    assert seen == cora.reports()
    live.market.end()
    assert [*follows, *late] == seen[3:], "each has told all, and ends with the market"
