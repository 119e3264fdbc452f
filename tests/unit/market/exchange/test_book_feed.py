"""The public book rebuilt from the journal equals the book; a subscriber's copy equals both."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Buy
from market_sim.market.exchange.book_feed import KEPT, BookCopy, BookFeed
from tests.unit.market.exchange.marketplace import Marketplace, random_day, step


def shown(ladder, levels=1_000):
    return tuple([(level.price, level.quantity) for level in ladder.depth(side, levels)] for side in (1, -1))


@pytest.mark.parametrize("seed", range(6))
def test_feed_and_copy_show_what_the_book_shows_after_each_message(seed):
    draw, place = Random(seed), Marketplace(tick=2, lot=5)
    feed = BookFeed(place.journal, "ACME")
    copy = BookCopy(feed.snapshot())
    moved = 0
    for _ in range(600):
        place.clock.now += draw.choice((0, 1))
        step(place, draw)
        changes = feed.changes(copy.sequence)
        copy.apply(changes)
        moved += len(changes)
        assert shown(feed) == shown(copy) == place.book.depth(1_000)
    assert moved > 200


def test_a_late_reader_gets_the_same_book_as_one_from_the_start():
    place = random_day(1, 1_000)
    assert shown(_read(place)) == place.book.depth(1_000)


def _read(place):
    feed = BookFeed(place.journal, "ACME")
    feed.catch_up()
    return feed


def test_depth_is_at_most_ten_levels_with_running_sums():
    place = Marketplace()
    for price in range(100, 120):
        place.sell("ann", 2, price)
    depth = _read(place).depth(-1)
    assert len(depth) == 10
    assert [(level.price, level.quantity, level.cumulative) for level in depth[:3]] == [
        (100, 2, 2), (101, 2, 4), (102, 2, 6),
    ]  # fmt: skip


def test_a_crossing_order_never_shows_at_its_limit():
    place = Marketplace()
    place.sell("ann", 10, 100)
    feed = BookFeed(place.journal, "ACME")
    feed.catch_up()
    place.accepted("bob", Buy("ACME", 4, 105))
    assert [(change.side, change.price, change.quantity) for change in feed.changes(1)] == [(-1, 100, 6)]
    assert feed.top[0] is None
    assert feed.top[1].quantity == 6


def test_a_gap_is_an_error_and_a_repetition_is_not():
    place = Marketplace()
    feed = BookFeed(place.journal, "ACME")
    copy = BookCopy(feed.snapshot())
    for price in (100, 101, 102):
        place.sell("ann", 1, price)
    changes = feed.changes(0)
    copy.apply(changes[:1])
    copy.apply(changes[:2])
    with pytest.raises(InputError, match="snapshot"):
        copy.apply([changes[2].__class__(9, 0, -1, 100, 1)])
    assert copy.sequence == 2


def test_old_changes_are_not_kept_for_ever():
    place = Marketplace()
    feed = BookFeed(place.journal, "ACME")
    for _ in range(KEPT + 10):
        place.exchange.submit("ann", Buy("ACME", 1, 50))
        place.exchange.submit("ann", Buy("ACME", 1, 51))
    feed.catch_up()
    with pytest.raises(InputError, match="take a snapshot"):
        feed.changes(0)
    assert feed.snapshot().sequence == 2 * KEPT + 20
    first = feed._changes[0].sequence
    assert [change.sequence for change in feed.changes(first - 1)][:2] == [first, first + 1]
    with pytest.raises(InputError, match=f"changes are kept from {first} on, not from {first - 1}: take a snapshot"):
        feed.changes(first - 2)


def test_a_snapshot_has_the_best_prices_first():
    place = Marketplace()
    for price in (98, 97, 99):
        place.buy("ann", 2, price)
        place.sell("bob", 3, price + 5)
    feed = BookFeed(place.journal, "ACME")
    assert feed.snapshot().bids == ((99, 2), (98, 2), (97, 2))
    assert feed.snapshot().asks == ((102, 3), (103, 3), (104, 3))


def test_changes_are_kept_to_the_oldest_one_that_is_named():
    place = Marketplace()
    feed = BookFeed(place.journal, "ACME")
    for price in (98, 97, 99):
        place.buy("ann", 2, price)
    assert [change.sequence for change in feed.changes(0)] == [1, 2, 3]
    assert [change.sequence for change in feed.changes(2)] == [3]
    assert feed.changes(3) == []
