"""What an answer to 05-settlement must do. The whole run is compared with what the product settled in it.

Prices, fees and amounts of USD are whole cents, in the sentences as in the answers.
"""

from __future__ import annotations

from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.models.market_events import Deposited, Trade
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.scenarios.first_market import FirstMarket


def trade(buyer, seller, quantity, price, fees=(0, 0)):
    return {
        "trade": 1, "buyer": buyer, "seller": seller, "asset": "ACME", "quantity": quantity, "price": price,
        "buyer_fee": fees[0], "seller_fee": fees[1],
    }  # fmt: skip


@pytest.mark.points(1, task=1, hint="A dictionary from (account, asset) to the sum of its changes.")
def test_trades_are_netted(student):
    "the changes of one account and one asset become one row"
    found = rows(student.call("net", [trade("ann", "bob", 5, 100), trade("ann", "bob", 3, 110)]))
    expected = [("ann", "ACME", 8), ("ann", "USD", -830), ("bob", "ACME", -8), ("bob", "USD", 830)]
    assert len(found) <= 4, f"ann and bob trade twice: that makes 4 rows after netting, not {len(found)}; add them up"
    assert found == expected, f"ann buys 5 at 100 and 3 at 110 from bob: {expected}, found {found}"
    found = rows(student.call("net", [trade("zoe", "ann", 1, 50)]))
    expected = [("ann", "ACME", -1), ("ann", "USD", 50), ("zoe", "ACME", 1), ("zoe", "USD", -50)]
    assert found == expected, (
        f"zoe buys 1 at 50 from ann; rows are sorted by account and asset: {expected}, found {found}"
    )


@pytest.mark.points(2, task=1, hint="Every asset must add up to 0, the fees included: somebody receives them.")
def test_fees_and_zeros(student, partial):
    "fees go to their account, and what cancels out is left out"
    found = rows(student.call("net", [trade("ann", "bob", 10, 100, (3, 1))]))
    total = sum(change for _, asset, change in found if asset == "USD")
    assert total == 0, f"the cash changes add up to {total} instead of 0: who receives the fees of 3 and 1?"
    expected = [
        ("ann", "ACME", 10),
        ("ann", "USD", -1003),
        ("bob", "ACME", -10),
        ("bob", "USD", 999),
        ("fees", "USD", 4),
    ]
    assert found == expected, f"with fees of 3 and 1: {expected}, found {found}"
    partial(0.5, "the fees are right")
    back = rows(student.call("net", [trade("ann", "bob", 5, 100), trade("bob", "ann", 5, 120)]))
    assert all(change for _, _, change in back), (
        f"ann and bob trade 5 shares there and back, so no shares move: leave rows of 0 out, found {back}"
    )
    assert back == [("ann", "USD", 100), ("bob", "USD", -100)], f"bob pays the 20 cents for each of 5, found {back}"
    partial(1, "")


@pytest.mark.points(1, task=2, hint="Remember the number of the last block that was paid.")
def test_exactly_once(student, partial):
    "a batch that comes again is not paid again, and none is skipped"
    vault = student.make("Vault", {("ann", "USD"): 1_000, ("bob", "ACME"): 10})
    batch = [("ann", "ACME", 5), ("ann", "USD", -500), ("bob", "ACME", -5), ("bob", "USD", 500)]
    assert vault.call("settle", 1, 2, batch) == "settled", "blocks 1 to 2 come first and can be paid: settled"
    paid = vault.call("balance", "bob", "USD")
    assert paid == 500, f"the batch pays bob 500 for his 5 shares, and your vault says that he has {paid}"
    partial(0.25, "the first batch is right")
    again = vault.call("settle", 1, 2, batch)
    paid = vault.call("balance", "bob", "USD")
    assert paid != 1_000, (
        "the answer was lost on the way, the relayer sends the same batch again, and bob is paid twice"
    )
    assert again == "already settled" and paid == 500, (
        f"the same batch again: nothing happens, and the answer is 'already settled'; found {again!r}, bob has {paid}"
    )
    part = vault.call("settle", 1, 1, batch)
    assert part == "already settled", (
        f"block 1 comes alone, and it was paid together with block 2: the answer is 'already settled', found {part!r}"
    )
    partial(0.75, "nothing is paid twice")
    overlap = vault.call("settle", 2, 3, batch)
    assert overlap == "gap", (
        f"block 2 was paid, and comes again together with block 3: a batch that does not begin at the next block is "
        f"a 'gap'; found {overlap!r}"
    )
    gap = vault.call("settle", 4, 4, batch)
    assert gap == "gap", f"block 3 is missing when block 4 comes: the answer is 'gap', found {gap!r}"
    assert vault.call("balance", "bob", "USD") == 500, "block 4 came before block 3 and was paid all the same"
    assert vault.call("settle", 3, 4, batch) == "settled", "blocks 3 to 4 follow block 2 and can be paid: settled"
    partial(1, "")


@pytest.mark.points(
    1, task=2, hint="Compute all new balances beside the old ones, and look at them before you keep them."
)
def test_all_or_nothing(student, partial):
    "a batch that cannot be paid as a whole changes nothing"
    start = {("ann", "USD"): 1_000, ("bob", "ACME"): 10}
    vault = student.make("Vault", start)
    invented = vault.call("settle", 1, 1, [("ann", "USD", -100), ("bob", "USD", 101)])
    assert invented == "not zero-sum", f"100 leave ann and 101 reach bob: 'not zero-sum', found {invented!r}"
    mixed = vault.call("settle", 1, 1, [("ann", "USD", -1), ("bob", "ACME", 1)])
    assert mixed == "not zero-sum", (
        f"a cent leaves ann and a share reaches bob: each asset adds up for itself: 'not zero-sum', found {mixed!r}"
    )
    both = vault.call("settle", 1, 1, [("ann", "USD", -2_000), ("bob", "USD", 2_001)])
    assert both == "not zero-sum", (
        f"2000 leave ann, who has 1000, and 2001 reach bob: the first row of the table that fits is 'not zero-sum', "
        f"found {both!r}"
    )
    partial(0.5, "money out of nothing is refused")
    cannot = vault.call(
        "settle", 1, 1, [("ann", "ACME", 50), ("ann", "USD", -900), ("bob", "ACME", -50), ("bob", "USD", 900)]
    )
    assert cannot == "insolvent", f"bob has 10 shares and should deliver 50: 'insolvent', found {cannot!r}"
    left = vault.call("balance", "ann", "USD")
    assert left == 1_000, (
        f"the batch was refused because of bob, and ann has paid all the same: she has {left} of 1000; all or nothing"
    )
    dip = vault.call("settle", 1, 1, [("ann", "USD", -1_200), ("ann", "USD", 400), ("bob", "USD", 800)])
    assert dip != "insolvent", "ann pays 1200 of her 1000 and gets 400: after all rows she has 200, so it can be paid"
    assert dip == "settled", f"a refused batch was not paid, so block 1 is still the next; found {dip!r}"
    partial(1, "")


@pytest.mark.points(5, task=2, hint="Both functions together, on real blocks; a row that pays wrongly once has paid.")
def test_a_whole_run_with_a_forgetful_relayer(student, partial, seed, replay):
    "a whole run, brought by a relayer who forgets, hurries and errs, leads to the balances that the product settled"
    journal = simulate(FirstMarket(), Options(seed=seed, epochs=6, settlement="memory")).journal
    deposits, batches = opening(journal), settled(journal)
    vault = student.make("Vault", deposits)
    expected = dict(deposits)
    for number, (event, place, trades) in enumerate(batches):
        partial(
            number / (len(batches) + 1), f"{number} of {len(batches)} batches are right until the first that differs"
        )
        changes = rows(student.call("net", trades))
        blocks = f"block {event.first}" if event.first == event.last else f"blocks {event.first} to {event.last}"
        replay(journal, place, f"the rows of {blocks} with {len(trades)} trades", event.rows, len(changes))
        assert len(changes) == event.rows, (
            f"{blocks} with {len(trades)} trades: the contract got {event.rows} rows, you make {len(changes)}"
        )
        totals = {asset: sum(change for _, one, change in changes if one == asset) for _, asset, _ in changes}
        assert not any(totals.values()), f"the changes of {blocks} must add up to 0 for each asset, yours to {totals}"
        for first, last, sent, answer in visits(event, changes):
            said = vault.call("settle", first, last, sent)
            replay(journal, place, f"settle({first}, {last}, ...) with {len(sent)} rows", answer, said)
            assert said == answer, (
                f"the next batch is {blocks}, and settle({first}, {last}, ...) with {len(sent)} rows comes: the answer "
                f"is {answer!r}, found {said!r}"
            )
        for account, asset, change in product_rows(trades):
            expected[account, asset] = expected.get((account, asset), 0) + change
        for account, asset, _ in changes:
            found, right = vault.call("balance", account, asset), expected.get((account, asset), 0)
            unit = "cents" if asset == "USD" else "shares"
            replay(journal, place, f"what {account} holds of {asset} after {blocks}", right, found)
            assert found == right, f"after {blocks} {account} has {right} {unit} of {asset}, with you {found}"
    partial(1, "")


@pytest.mark.points(2, task=3, hint="What may be on the way must be on the disk; what is carried out is paid.")
def test_a_relayer_without_a_crash(student):
    "as long as nothing breaks, each batch is paid once, in its order"
    story, trouble = relayed(student, 3, {})
    assert not trouble, f"nothing breaks, and {trouble}: {shown(story)}"


@pytest.mark.points(
    8, task=3, hint="Read the disk after each step as if you had just been born: what may be on its way?"
)
def test_a_relayer_that_is_killed_at_every_step(student, seed, replay):
    "wherever the relayer is killed, and whichever transaction is lost or late, each batch is paid once"
    journal = simulate(FirstMarket(), Options(seed=seed, epochs=4, settlement="memory")).journal
    places = [place for _, place, _ in settled(journal)]
    steps = len(relayed(student, BATCHES, {})[0])
    luck = Random(seed)
    single = [{step: fault} for step in range(steps) for fault in FAULTS]
    several = [{luck.randrange(3 * steps): luck.choice(FAULTS) for _ in range(4)} for _ in range(20)]
    for faults in (*single, *several):
        story, trouble = relayed(student, BATCHES, faults)
        replay(journal, places[0], f"a relayer to which this happens: {shown(story)}", "each batch once", trouble)
        assert not trouble, f"{shown(story)}: {trouble}"


# A bank that pays what it is told, and the life of a relayer

BATCHES = 2
FAULTS = ("killed before", "killed after", "lost", "late")
PATIENCE = 12
"""The steps for each batch after which a relayer has had its chance."""


class Bank:
    """Carries out a transaction with the next number and refuses any other; a late one arrives when it is let in."""

    def __init__(self):
        self.next_number, self.paid, self.on_its_way = 1, [], []

    def receive(self, number, batch):
        if number == self.next_number:
            self.next_number += 1
            self.paid.append(batch)

    def let_in(self):
        waiting, self.on_its_way = self.on_its_way, []
        for transaction in waiting:
            self.receive(*transaction)


def relayed(student, batches, faults):
    """The life of a relayer with these faults at its steps, until it has paid one batch more, and what went wrong."""
    bank, story, disk = Bank(), [], {"paid": 0, "number": None}
    relayer = student.make("Relayer")
    for number in range(batches * PATIENCE + len(faults)):
        waiting = len(bank.on_its_way)
        fault = faults.get(number, "")
        what, first, second = step_of(relayer.call("step", dict(disk), bank.next_number))
        if fault != "killed before":
            if what == "write":
                disk = {"paid": first, "number": second}
                story.append(f"wrote {first} paid" + (f" and number {second}" if second is not None else ""))
            else:
                story.append(f"sent batch {second} as transaction {first}")
                if fault == "lost":
                    story[-1] += ", which was LOST"
                elif fault == "late":
                    story[-1] += ", which is LATE"
                    bank.on_its_way.append((first, second))
                else:
                    bank.receive(first, second)
        if fault.startswith("killed"):
            story += ["KILLED", "restarted"]
            relayer = student.make("Relayer")
        if waiting:
            bank.let_in()
        trouble = wrong_so_far(bank)
        if trouble or (disk["paid"] >= batches and bank.paid[batches:]):
            return story, trouble
    return story, f"after {number + 1} steps {len(bank.paid)} batches are paid and {disk['paid']} are written down"


def wrong_so_far(bank):
    for batch in bank.paid:
        if bank.paid.count(batch) > 1:
            return f"batch {batch} is paid twice"
    for batch in range(1, max(bank.paid, default=0)):
        if batch not in bank.paid:
            return f"batch {batch} is never paid: batch {batch + 1} was paid, and nobody comes back to batch {batch}"
    return ""


def step_of(found):
    sound = isinstance(found, list | tuple) and len(found) == 3 and found[0] in ("write", "send")
    assert sound and type(found[1]) is int and (type(found[2]) is int or (found[0] == "write" and found[2] is None)), (
        f'step(...) returns ("write", paid, number) or ("send", number, batch), found {str(found)[:80]}'
    )
    return found


def shown(story):
    """The last of what happened."""
    return ", ".join(story[-7:])


# How the checks ask, and what the product did


def rows(found):
    assert isinstance(found, list) and all(isinstance(one, list | tuple) and len(one) == 3 for one in found), (
        f"net(...) returns a list of (account, asset, change), found {str(found)[:80]}"
    )
    return [tuple(one) for one in found]


def visits(event, changes):
    """How the relayer brings a batch: too early, wrong, too expensive, right, once more, and with the next.

    Some visits are wrong in two ways: the first row of the lesson's table that fits gives the answer.
    """
    first, last = event.first, event.last
    account, asset, change = changes[0]
    wrong = [(account, asset, change + 1), *changes[1:]]
    worse = [*wrong, ("nobody", "USD", -2)]
    expensive = [*changes, ("nobody", "USD", -1), (account, "USD", 1)]
    return [
        (first + 1, last + 1, wrong, "gap"),
        (first, last, worse, "not zero-sum"),
        (first, last, expensive, "insolvent"),
        (first, last, changes, "settled"),
        (first, last, wrong, "already settled"),
        (last, last + 1, changes, "gap"),
    ]


def opening(journal):
    """What everybody brought in."""
    balances = {}
    for event in journal.of(Deposited):
        balances[event.account, event.asset] = balances.get((event.account, event.asset), 0) + event.amount
    return balances


def settled(journal):
    """Each batch that was paid: its event, the place of that event, and its trades in their order."""
    trades = [as_record(event) for event in journal.of(Trade)]
    batches, done = [], 0
    for place, event in enumerate(journal):
        if type(event) is BlockSettled:
            batches.append((event, place, trades[done : done + event.trades]))
            done += event.trades
    return batches


def as_record(event):
    bought = event.side > 0
    buyer, seller = (event.taker, event.maker) if bought else (event.maker, event.taker)
    fees = (event.taker_fee, event.maker_fee) if bought else (event.maker_fee, event.taker_fee)
    return {
        "trade": event.trade, "buyer": buyer, "seller": seller, "asset": event.symbol, "quantity": event.quantity,
        "price": event.price, "buyer_fee": fees[0], "seller_fee": fees[1],
    }  # fmt: skip


def product_rows(trades):
    """All moves, one by one: what the balances of the run add up to."""
    for one in trades:
        cash = one["price"] * one["quantity"]
        yield one["buyer"], one["asset"], one["quantity"]
        yield one["seller"], one["asset"], -one["quantity"]
        yield one["buyer"], "USD", -cash - one["buyer_fee"]
        yield one["seller"], "USD", cash - one["seller_fee"]
        yield "fees", "USD", one["buyer_fee"] + one["seller_fee"]
