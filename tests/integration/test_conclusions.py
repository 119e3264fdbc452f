"""What a scenario of margin concludes is true for other parameters too: its numbers are counted again in another way.

What was forced is found by its orders: nobody in these scenarios sends an order without a limit, brokers do.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import product

import pytest

from market_sim.analysis.results.result import Result
from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import OrderAccepted, OrderRejected, Trade, Transferred
from market_sim.core.models.mechanism_events import LiquidationStarted, MarginCalled, MarksTaken, Recalled
from market_sim.core.money import written
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.liquidation_cascade import LiquidationCascade
from market_sim.simulation.scenarios.margin_call import MarginCall
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.short_squeeze import ShortSqueeze

ROUGH = re.compile(r"\b1 (\w+ )?\w+s (was|were)\b|\b1 were\b|\b[02-9] was\b|\(\)|\b0 \w+ gave|None|--")
"""What no sentence may look like: the wrong number of a noun or verb, an empty list."""


def played(scenario: Scenario, epochs: int | None = None, seed: int = 7) -> Result:
    result = simulate(scenario, Options(settlement="none", epochs=epochs, seed=seed))
    assert result.failures == ()
    assert result.conclusion.endswith(".")
    assert not ROUGH.search(result.conclusion), result.conclusion
    return result


def cash(journal: Journal, reason: str) -> Counter[str]:
    """What each account paid in dollars for this reason."""
    paid: Counter[str] = Counter()
    for event in journal.of(Transferred):
        if event.reason == reason and event.asset == "USD":
            paid[event.source] += event.amount
    return paid


def covered(journal: Journal) -> set[str]:
    """Who covered deficits, read from the transfers, as the sentence names them."""
    others = cash(journal, "DELEVERAGED") + cash(journal, "SOCIALISED")
    paid = {
        "the insurance fund": cash(journal, "INSURANCE").total(),
        "the clearing house": cash(journal, "DEFICIT_COVERED").total(),
        "the broker": others.pop("broker", 0),
        "others who held the contract": others.total(),
    }
    return {f"{payer} ({written(amount)})" for payer, amount in paid.items() if amount}


def told_payers(said: str) -> set[str]:
    names = "the insurance fund|the clearing house|the broker|others who held the contract"
    return set(re.findall(rf"(?:{names}) \([\d,.]+\)", said))


def forced_trades(journal: Journal) -> list[Trade]:
    """The trades of orders without a limit."""
    forced = {event.order for event in journal.of(OrderAccepted) if event.terms.limit is None}
    return [trade for trade in journal.of(Trade) if trade.taker_order in forced]


@pytest.mark.parametrize(("fall", "days"), [*product((-10.0, -35.0, -40.0, -60.0, -80.0, 20.0), (0, 1, 2))])
def test_a_margin_call_says_who_was_called_and_who_was_sold_out(fall: float, days: int) -> None:
    result = played(MarginCall(fall_percent=fall, grace_days=days))
    journal, said = result.journal, result.conclusion
    called = {event.account for event in journal.of(MarginCalled)}
    # Nobody of the three ever sells of their own accord: whatever they sell is sold by force.
    orders = {event.order for event in journal.of(OrderAccepted) if event.account in ("ann", "bob", "carl")}
    sold: dict[str, tuple[int, int]] = {}
    for trade in journal.of(Trade):
        if trade.taker_order in orders and trade.side < 0:
            shares, value = sold.get(trade.taker, (0, 0))
            sold[trade.taker] = shares + trade.quantity, value + trade.quantity * trade.price
    for name in ("ann", "bob", "carl"):
        assert (f"{name} for " in said) == (name in called)
        assert (f"of {name} was" in said or f"of {name} were" in said) == (name in sold)
    for name, (shares, value) in sold.items():
        assert f"{shares} shares of {name} were sold by force for {written(value)}" in said
    assert ("Nobody was called" in said) == (not called)
    assert ("at every check each equity reached its requirement" in said) == (not called and not sold)
    for name, payer in (("bob", "aunt"),):
        helped = cash(journal, "MARGIN_PAYMENT")[payer]
        assert (f"{name} was helped with {written(helped)}" in said) == bool(helped)
    assert told_payers(said) == covered(journal)
    interest = cash(journal, "INTEREST").total()
    assert f"{written(interest)} of interest" in said or (not called and not sold)


CASCADES = [
    LiquidationCascade(longs=longs, leverage=leverage, fall_percent=fall, insurance_dollars=fund)
    for longs, leverage, fall, fund in (
        (8, 20, -4.0, 300), (8, 20, -4.0, 0), (1, 20, -4.0, 300), (1, 40, -8.0, 0), (8, 40, -0.5, 300),
        (8, 2, -4.0, 300), (8, 20, -40.0, 1_000_000), (8, 20, -40.0, 0), (8, 20, 30.0, 300), (8, 20, 90.0, 0),
        (20, 40, -90.0, 100), (3, 30, 5.0, 0),
    )
]  # fmt: skip


@pytest.mark.parametrize("scenario", CASCADES, ids=lambda each: "-".join(map(str, each.parameters.values())))
def test_a_cascade_says_what_was_closed_where_the_mark_went_and_who_paid(scenario: LiquidationCascade) -> None:
    result = played(scenario)
    journal, said = result.journal, result.conclusion
    assert told_payers(said) == covered(journal)
    assert min(assets.get("USD", 0) for assets in fold(journal).values()) >= 0
    started = [*journal.of(LiquidationStarted)]
    assert said.startswith("Nobody was liquidated") == (not started)
    if not started:
        assert not forced_trades(journal)
        return
    pattern = (
        r"([\d,]+) accounts? (?:was|were) liquidated in ([\d,]+) rounds?: ([\d,]+) contracts? went through the book "
        r"and ([\d,]+) (?:was|were) closed against winners, (?:at|while) (.*?); "
    )
    found = re.match(pattern, said)
    assert found is not None, said
    accounts, rounds, sold, reduced = (int(group.replace(",", "")) for group in found.groups()[:4])
    assert accounts == len({event.account for event in started})
    taken = [*journal.of(MarksTaken)]
    assert rounds == len(taken)
    assert sold == sum(trade.quantity for trade in forced_trades(journal))
    moved = [event for event in journal.of(Transferred) if event.reason == "DELEVERAGED" and event.asset == "BTC-PERP"]
    assert reduced == sum(event.amount for event in moved)
    assert ("nobody had to cover a deficit" in said) == (not covered(journal))
    marks = [event.marks["BTC-PERP"] for event in taken]
    first, least, most = marks[0], min(marks), max(marks)
    words = {
        "at a mark of": first == least == most,
        "the mark fell from": least < first == most,
        "the mark rose from": most > first == least,
        "in the first round, moved between": least < first < most,
    }
    assert [word for word, holds in words.items() if holds] == [word for word in words if word in said]
    assert all(written(mark) in said for mark in (first, least, most))


SQUEEZES = [
    (ShortSqueeze(), None), (ShortSqueeze(), 1), (ShortSqueeze(), 5), (ShortSqueeze(), 6), (ShortSqueeze(), 7),
    (ShortSqueeze(sellers=1), None), (ShortSqueeze(sellers=1, lent=1, recalled=1), None),
    (ShortSqueeze(crowd=0), None), (ShortSqueeze(crowd=0, recalled=1), None),
    (ShortSqueeze(lent=60, recalled=60), None),
    (ShortSqueeze(sellers=40, lent=3_000, recalled=3_000, crowd=60), None),
    (ShortSqueeze(lent=50_000, recalled=10), None), (ShortSqueeze(borrow_fee_bps=0), None),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "epochs"), SQUEEZES)
def test_a_squeeze_says_what_was_borrowed_recalled_and_bought_back(scenario: ShortSqueeze, epochs: int | None) -> None:
    result = played(scenario, epochs)
    journal, said = result.journal, result.conclusion
    recalled = [*journal.of(Recalled)]
    until = recalled[0].time if recalled else 10**18
    # What the lender has less than at the start is what is out.
    out = sum(
        event.amount * ((event.source == "lender") - (event.target == "lender"))
        for event in journal.of(Transferred)
        if event.asset == "ACME" and event.time <= until
    )
    assert re.match(rf"{out:,} borrowed shares? (was|were) out when ", said), said
    if not recalled:
        assert said.endswith("out when the run ended; none had been recalled.")
        return
    refused = sum(event.reason == "NO_LOCATE" for event in journal.of(OrderRejected))
    assert re.search(rf"when {sum(event.quantity for event in recalled):,} (was|were) recalled, and {refused:,} ", said)
    assert f"borrowing cost {written(cash(journal, 'BORROW_FEE').total())}." in said
    buys = [trade for trade in forced_trades(journal) if trade.side > 0]
    returned = [
        event.amount
        for event in journal.of(Transferred)
        if event.reason == "RETURNED" and event.time >= recalled[0].due
    ]
    by_force = sum(trade.quantity for trade in buys)
    ended = journal[len(journal) - 1].time < recalled[0].due
    assert ("the run ended before they had to be returned" in said) == ended
    if ended:
        return
    found = re.search(r"([\d,]+) (?:was|were) bought in, and liquidations bought back ([\d,]+)", said)
    assert found is not None, said
    bought, forced = (int(group.replace(",", "")) for group in found.groups())
    assert bought + forced == by_force
    assert bought <= sum(returned)
    trades = [*journal.of(Trade)]
    last = [trade.price for trade in trades if trade.time < recalled[0].due][-1]
    after = [trade.price for trade in trades if trade.time >= recalled[0].due]
    if not after:
        assert "the price" not in said
        return
    most = max(after)
    rose = f"while the price rose from {written(last)} to {written(most)}" in said
    assert rose == (most > last)
    assert rose != (f"and the price did not rise from {written(last)}" in said)


def test_more_shares_than_there_are_cannot_be_recalled() -> None:
    with pytest.raises(InputError, match=r"recalled must be at most the 300 shares .* found 301"):
        ShortSqueeze(lent=300, recalled=301)
