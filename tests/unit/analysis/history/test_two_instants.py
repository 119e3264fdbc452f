"""The difference of two instants says what the exchange, the accounts and the validators had then and have now."""

from __future__ import annotations

import pytest

from market_sim.analysis.history.two_instants import difference
from market_sim.analysis.words import Words, signed
from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.session import Session


def live(session: Session) -> tuple[int, dict[str, int], dict[str, int], int]:
    """The last event, the books, the balances and the number of final blocks, read from the running market itself."""
    waiting = {
        f"{symbol}{f' on {venue.name}' if venue.name else ''}: {side} at {price / 100:.2f}": quantity
        for venue in session.world.venues.by_name.values()
        for symbol, listing in venue.listings.items()
        for side, levels in zip(("bid", "ask"), listing.book.depth(10_000), strict=True)
        for price, quantity in levels
    }
    owned = {
        f"{name}: {asset}": balance.total
        for name, account in session.world.ledger.accounts.items()
        for asset, balance in account.balances.items()
        if balance.total
    }
    return len(session.journal) - 1, waiting, owned, session._pipeline.committee.status().finalized


@pytest.mark.parametrize("scenario", [FirstMarket(), TwoVenues()], ids=lambda one: one.name)
def test_books_balances_and_blocks_are_those_of_the_running_market(scenario) -> None:
    session = Session(scenario, Options(epochs=4, settlement="memory"))
    session.step(until=1_700_000_000)
    then = live(session)
    session.step(until=3_600_000_000)
    now = live(session)
    words = Words(session.journal)
    found = difference(session.journal, then[0], now[0])
    for title, place, write in (
        ("The books", 1, lambda name, amount: words.size(name.partition(":")[0].partition(" on ")[0], amount)),
        ("The balances", 2, lambda name, amount: words.amount(name.partition(": ")[2], amount)),
    ):
        rows = {row.name: row for row in found[title] if "best" not in row.name}
        assert set(rows) == {*then[place], *now[place]}
        for name, row in rows.items():
            one, other = then[place].get(name, 0), now[place].get(name, 0)
            assert (row.left, row.right) == (write(name, one), write(name, other))
            assert row.difference == signed(write(name, other - one))
        assert any(row.differs for row in rows.values())
    bids = [row.name for row in found["The books"] if row.name.startswith("ACME") and ": bid at" in row.name]
    assert bids == sorted(bids, key=lambda name: (name.partition(":")[0], -float(name.rpartition(" ")[2])))
    done = [sum(row.left in ("final", "settled") for row in found["The blocks"])]
    done.append(sum(row.right in ("final", "settled") for row in found["The blocks"]))
    assert done == [then[3], now[3]]
    assert done[0] < done[1]
    same = difference(session.journal, now[0], now[0])
    assert not [row for rows in same.values() for row in rows if row.differs]
    back = difference(session.journal, now[0], then[0])
    assert {(r.name, r.right, r.left) for rows in found.values() for r in rows} == {
        (r.name, r.left, r.right) for rows in back.values() for r in rows
    }


def test_an_event_that_is_not_there_is_a_sentence() -> None:
    session = Session(FirstMarket(), Options(epochs=1, settlement="none"))
    with pytest.raises(InputError, match="there is no event 99999"):
        difference(session.journal, 0, 99_999)
