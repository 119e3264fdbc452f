"""What an answer to 21-a-token-and-a-vault must do. The life of a whole run is compared with the vault of the product:
its batches, its claims, and the proof of its reserves. Amounts are whole units of the token."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.analysis.reserves import reserves
from market_sim.core.models.market_events import Deposited, Trade, Transferred, Withdrawn
from market_sim.core.models.settlement_events import BlockSettled, DepositTaken, Reconciled, WithdrawalClaimed
from market_sim.simulation.scenarios.wallet_and_vault import CREDITS, WalletAndVault

WALLETS = {"ann": 100, "bob": 20}


@pytest.mark.points(1, task=1, hint="A payment changes two balances, or none.")
def test_a_payment(student, replay):
    "units go from one owner to the other, and nobody pays more than it has"
    token = student.make("Token", WALLETS)
    asked(token, "transfer", ("ann", "bob", 30), "paid", replay, "ann has 100 and pays 30 to bob")
    has(token, {"ann": 70, "bob": 50}, replay, "ann paid 30 of her 100 to bob, who had 20")
    asked(token, "transfer", ("bob", "ann", 51), "short of tokens", replay, "bob has 50 and should pay 51")
    has(token, {"ann": 70, "bob": 50}, replay, "the payment of 51 was refused")
    asked(token, "transfer", ("bob", "bob", 50), "paid", replay, "bob pays 50 to himself")
    has(token, {"ann": 70, "bob": 50}, replay, "bob paid himself, which moves nothing")


@pytest.mark.points(1, task=1, hint="The allowance first, then the balance; what fails changes neither.")
def test_an_allowance(student, replay):
    "a spender takes what was allowed, in all, and no more"
    token = student.make("Token", WALLETS)
    asked(token, "transfer_from", ("eve", "ann", "eve", 1), "short of allowance", replay, "ann has allowed nothing")
    token.call("approve", "ann", "eve", 40)
    asked(token, "transfer_from", ("eve", "ann", "bob", 25), "paid", replay, "ann has allowed eve 40, who takes 25")
    has(token, {"ann": 75, "bob": 45, "eve": 0}, replay, "eve had 25 of ann's units paid to bob")
    left(token, "ann", "eve", 15, replay, "40 were allowed and 25 taken")
    asked(
        token, "transfer_from", ("eve", "ann", "eve", 16), "short of allowance", replay, "15 are left of the allowance"
    )
    token.call("approve", "ann", "eve", 10)
    left(token, "ann", "eve", 10, replay, "a later allowance of 10 replaces the 15 that were left")
    token.call("approve", "bob", "eve", 500)
    asked(
        token, "transfer_from", ("eve", "bob", "eve", 46), "short of tokens", replay, "500 are allowed, and bob has 45"
    )
    left(token, "bob", "eve", 500, replay, "the payment failed, so the allowance is what it was")
    left(token, "eve", "bob", 0, replay, "bob allowed eve something, and eve allowed bob nothing")


@pytest.mark.points(1, task=2, hint="Who takes 100 before the change has taken nothing of what the change allows.")
def test_the_trap(student, seed, replay):
    "what a spender can take while its allowance is changed, and a contract that calls again while it is paid"
    luck = Random(seed)
    cases = [(1_000, [100]), (1_000, [100, 60]), (130, [100, 60]), (1_000, [100, 0, 60]), (50, [])]
    cases += [(luck.randint(0, 300), [luck.randint(0, 99) for _ in range(luck.randint(1, 4))]) for _ in range(20)]
    for held, allowances in cases:
        expected = min(held, sum(allowances))
        found = student.call("most_taken", held, allowances)
        replay(*replayed(), f"most_taken({held}, {allowances})", expected, found)
        assert found == expected or found != min(held, max(allowances, default=0)), (
            f"most_taken({held}, {allowances}): you say {found}, the largest allowance; but one can be taken before "
            f"the next replaces it, and the next after it: {expected}"
        )
        assert found == expected or found != sum(allowances), (
            f"most_taken({held}, {allowances}): {found} were allowed, and the owner has {held}: {expected}"
        )
        assert found == expected, (
            f"most_taken({held}, {allowances}): whoever takes each allowance before the next one gets {expected} in "
            f"the end, you say {found!r}"
        )
    again = [(100, 25, 0, False), (100, 25, 2, True), (100, 25, 2, False), (100, 30, 9, False), (20, 30, 9, False)]
    again += [(90, 30, 9, False), (100, 0, 3, False), (30, 30, 0, True)]
    again += [(luck.randint(0, 300), luck.randint(1, 60), luck.randint(0, 9), luck.random() < 0.3) for _ in range(20)]
    for given in again:
        the_second_trap(student, *given, replay)


def the_second_trap(student, held, claim, calls, forgets_first, replay):
    """One question about a contract that calls the vault again, compared with what happens when it is played."""
    given = held, claim, calls, forgets_first
    expected = called_again(*given)
    found = student.call("most_claimed", *given)
    replay(*replayed(), f"most_claimed{given}", expected, found)
    assert found == expected or not forgets_first or found != called_again(held, claim, calls, False), (
        f"most_claimed{given}: the vault has forgotten the claim when it is called again, so it pays it once: "
        f"{expected}, you say {found}"
    )
    assert found == expected or found != min(held, claim * (calls + 1)), (
        f"most_claimed{given}: a payment of {claim} is made as a whole or refused, so what the contract gets is a "
        f"multiple of it: {expected}, you say {found}"
    )
    assert found == expected, (
        f"most_claimed{given}: the vault has {held}, the claim is {claim}, and the contract calls again {calls} times: "
        f"it gets {expected}, you say {found!r}"
    )


@pytest.mark.points(1, task=3, hint="Take the units first; credit the account only if that worked.")
def test_a_deposit_and_a_claim(student, replay):
    "what comes in is credited once it has arrived, and what goes out is paid once"
    vault = student.make("Vault", WALLETS)
    asked(vault, "deposit", ("ann", 10), "short of allowance", replay, "ann has not allowed the vault to take anything")
    sums(vault, (0, 0, 0), replay, "a deposit was refused")
    vault.call("approve", "ann", 200)
    asked(vault, "deposit", ("ann", 101), "short of tokens", replay, "ann has 100 and deposits 101")
    sums(vault, (0, 0, 0), replay, "ann's deposit of 101 was refused, because she has 100")
    asked(vault, "deposit", ("ann", 0), "nothing to move", replay, "a deposit of 0")
    asked(vault, "deposit", ("ann", -5), "nothing to move", replay, "a deposit of -5 would take 5 out of the vault")
    asked(vault, "deposit", ("ann", 60), "paid", replay, "ann has 100 and deposits 60")
    sums(vault, (60, 60, 0), replay, "ann deposited 60")
    asked(vault, "settle", ({}, {"ann": 25}), "settled", replay, "ann withdraws 25 of her 60")
    sums(vault, (60, 35, 25), replay, "a batch executed ann's withdrawal of 25, which she has not claimed yet")
    asked(vault, "claim", ("ann",), 25, replay, "ann may claim 25")
    sums(vault, (35, 35, 0), replay, "ann claimed her 25")
    asked(vault, "claim", ("ann",), 0, replay, "ann has claimed everything, and claims again")
    sums(vault, (35, 35, 0), replay, "ann claimed a second time, when there was nothing left to claim")
    for amount in (10, 5):
        asked(vault, "settle", ({}, {"ann": amount}), "settled", replay, f"ann withdraws {amount} of what is left")
    asked(vault, "claim", ("ann",), 15, replay, "ann withdrew 10 and then 5 before she claims")
    vault.call("send", "bob", 5)
    sums(vault, (25, 20, 0), replay, "bob sent 5 to the vault without a deposit: it has them and owes them to nobody")


@pytest.mark.points(
    1, task=3, hint="All new balances beside the old ones, withdrawals included; then one look at them."
)
def test_all_or_nothing(student, replay):
    "a batch that cannot be paid as a whole changes nothing"
    vault = student.make("Vault", WALLETS)
    vault.call("approve", "ann", 100)
    vault.call("deposit", "ann", 100)
    why = "90 leave ann and 91 reach bob"
    asked(vault, "settle", ({"ann": -90, "bob": 91}, {}), "not zero-sum", replay, why)
    why = "ann, who has 100, pays 200, and 201 reach bob: the first answer that fits"
    asked(vault, "settle", ({"ann": -200, "bob": 201}, {}), "not zero-sum", replay, why)
    asked(vault, "settle", ({"ann": -101, "bob": 101}, {}), "insolvent", replay, "ann has 100 and pays 101")
    why = "ann has 100, pays bob 80 and withdraws 30"
    asked(vault, "settle", ({"ann": -80, "bob": 80}, {"ann": 30}), "insolvent", replay, why)
    sums(vault, (100, 100, 0), replay, "four batches were refused")
    asked(
        vault,
        "claim",
        ("ann",),
        0,
        replay,
        "the batch with ann's withdrawal was refused, so that she may claim nothing",
    )
    why = "bob gets 80 in this batch and withdraws 70 of them"
    asked(vault, "settle", ({"ann": -80, "bob": 80}, {"bob": 70}), "settled", replay, why)
    found = vault.call("account", "bob")
    assert found == 10, f"bob got 80 and withdrew 70: his account holds 10, you say {found!r}"


@pytest.mark.points(5, task=3, hint="The life of a vault: each step that you refuse or count twice shows in the sums.")
def test_the_life_of_a_vault(student, partial, seed, replay):
    "over a whole run the vault has, owes and pays out what the product's vault does, whatever else is tried"
    journal, steps = life(seed)
    vault = student.make("Vault", opening(journal))
    for number, (place, what, given, expected) in enumerate(steps):
        partial(0.4 * number / len(steps), f"{number} of {len(steps)} steps are right until the first that differs")
        found = (student if what.startswith("most_") else vault).call(what, *given)
        found = tuple(found) if isinstance(found, list) else found
        if what == "approve":
            continue
        replay(journal, place, f"{what}{given} at step {number + 1}", expected, found)
        assert found == expected, (
            f"step {number + 1} of the run, {what}{given}: the product's vault says {expected!r}, yours {found!r}"
        )
    partial(1, "")


# How the checks ask, and what the product did


def asked(thing, what, given, expected, replay, why):
    found = thing.call(what, *given)
    replay(*replayed(), f"{what}{given}", expected, found)
    assert found == expected, f"{why}: {what} answers {expected!r}, found {found!r}"


def has(token, expected, replay, why):
    for owner, units in expected.items():
        found = token.call("balance", owner)
        replay(*replayed(), f"balance({owner!r})", units, found)
        assert found == units, f"{why}: {owner} has {units}, you say {found!r}"


def left(token, owner, spender, expected, replay, why):
    found = token.call("allowance", owner, spender)
    replay(*replayed(), f"allowance({owner!r}, {spender!r})", expected, found)
    assert found == expected, f"{why}: {spender} may still take {expected} of {owner}'s units, you say {found!r}"


def sums(vault, expected, replay, why):
    found = vault.call("sums")
    assert isinstance(found, list | tuple) and len(found) == 3, f"sums() returns three numbers, found {found!r}"
    names = ("has", "owes to accounts", "owes to those who may claim")
    for name, right, mine in zip(names, expected, found, strict=True):
        replay(*replayed(), f"sums(), after: {why}", expected, tuple(found))
        assert mine == right, f"{why}: the vault {name} {right}, you say {mine!r}"


def called_again(held, claim, calls, forgets_first):
    """Play it: each payment reaches the contract, which calls again before the vault goes on."""
    vault = {"held": held, "claim": claim, "calls": calls, "got": 0}

    def pay():
        amount = vault["claim"]
        if amount > vault["held"]:
            return
        if forgets_first:
            vault["claim"] = 0
        vault["held"] -= amount
        vault["got"] += amount
        if vault["calls"]:
            vault["calls"] -= 1
            pay()
        vault["claim"] = 0

    pay()
    return vault["got"]


@cache
def run(seed):
    return simulate(WalletAndVault(), Options(seed=seed, settlement="memory")).journal


def replayed():
    """A run, and its first claim."""
    journal = run(7)
    return journal, next(place for place, event in enumerate(journal) if isinstance(event, WithdrawalClaimed))


GIFT = 7
"""What ann sends to the vault without a deposit."""


def opening(journal):
    """What is in the wallets at first: what comes in later, and what the opening of the run brought."""
    wallets = {"ann": GIFT}
    for event in journal.of(Deposited):
        if event.asset == CREDITS:
            wallets[event.account] = wallets.get(event.account, 0) + event.amount
    return wallets


def life(seed):
    """The steps of the product's vault in a run: deposits, batches, claims, and the sums at each comparison.

    Between them others are tried that change nothing; only ann's gift makes the vault richer than the product's. The
    last unit of a withdrawal has a batch of its own.
    """
    journal = run(seed)
    proof = {one.event: one for one in reserves(journal) if one.token == CREDITS}
    own = {event.trade for event in journal.of(DepositTaken) if event.from_wallet}
    entries, settled, steps = {}, 0, [(0, "send", ("ann", GIFT), "paid")]
    for place, event in enumerate(journal):
        if isinstance(event, Trade | Transferred | Deposited | Withdrawn) and getattr(event, "trade", 0):
            entries[event.trade] = event
        if isinstance(event, Deposited) and event.asset == CREDITS and (not event.trade or event.trade in own):
            steps += [(place, *step) for step in arrival(event.account, event.amount)]
        elif isinstance(event, BlockSettled):
            batch = [entries[number] for number in range(settled + 1, settled + event.trades + 1)]
            settled += event.trades
            steps.append((place, "settle", ({"maker": 1}, {}), "not zero-sum"))
            steps.append((place, "settle", ({}, {"maker": 10**9}), "insolvent"))
            later = dict.fromkeys(leaving := exits(batch), 1)
            first = {owner: amount - 1 for owner, amount in leaving.items()}
            steps.append((place, "settle", (changes(batch), first), "settled"))
            steps += [(place, "settle", ({}, later), "settled")] if later else []
        elif isinstance(event, WithdrawalClaimed) and event.asset == CREDITS:
            steps.append((place, "claim", (event.account,), event.amount))
            steps.append((place, "claim", (event.account,), 0))
        elif isinstance(event, Reconciled):
            one = proof[place]
            steps.append((place, "sums", (), (one.held + GIFT, one.owed, one.claimable)))
    return journal, steps


def arrival(owner, amount):
    """Somebody deposits the whole wallet, and tries to get in more: one unit is allowed that it does not have."""
    return [
        ("most_taken", (3 * amount, [amount, amount // 2]), amount + amount // 2),
        ("most_claimed", (3 * amount, amount, 2, True), amount),
        ("most_claimed", (2 * amount + 1, amount, 2, False), 2 * amount),
        ("approve", (owner, amount + 1), None),
        ("deposit", (owner, amount + 1), "short of tokens"),
        ("deposit", (owner, amount), "paid"),
        ("deposit", (owner, 2), "short of allowance"),
        ("deposit", (owner, -1), "nothing to move"),
    ]


def changes(batch):
    """What the trades of a batch change of the token."""
    found = {}
    for event in batch:
        if isinstance(event, Trade) and event.symbol == CREDITS:
            for owner, side in ((event.taker, event.side), (event.maker, -event.side)):
                found[owner] = found.get(owner, 0) + side * event.quantity
    return {owner: change for owner, change in found.items() if change}


def exits(batch):
    """The withdrawals of a batch."""
    return {event.account: event.amount for event in batch if isinstance(event, Withdrawn) and event.asset == CREDITS}
