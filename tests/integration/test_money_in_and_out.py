"""Money that comes in and goes out during a run: by intents, on a chain and in memory, with random orders between."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest

from market_sim import Buy, Claim, Deposit, Options, Session, Withdraw, simulate
from market_sim.analysis.history.block_contents import BlockContents
from market_sim.analysis.reserves import reserves
from market_sim.analysis.results.result import Result
from market_sim.analysis.summary import summarize
from market_sim.blockchain.certificate import Wallet
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Deposited, OrderRejected, Trade, Withdrawn, entry_number
from market_sim.core.models.settlement_events import (
    DepositIgnored,
    DepositTaken,
    Reconciled,
    TradeRefused,
    WithdrawalClaimed,
    WithdrawalRequested,
)
from market_sim.core.randomness import Randomness
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.first_market import FirstMarket

WHO = "noise-0"


def money_around(settlement: str) -> Result:
    """In one run: out, too early to claim, claimed, more in than the wallet has, and in again."""
    session = Session(FirstMarket(), Options(epochs=12, settlement=settlement, paranoid=True))
    session.step(epoch=1)
    session.submit(WHO, Withdraw("USD", 5_000))
    session.submit(WHO, Claim("USD"))
    session.step(epoch=8)
    session.submit(WHO, Claim("USD"))
    session.submit(WHO, Deposit("USD", 5_001))
    session.submit(WHO, Deposit("USD", 2_000))
    return session.run()


@pytest.mark.parametrize("settlement", ["memory", "eth-tester"])
def test_money_goes_out_to_the_wallet_and_in_again(settlement: str) -> None:
    result = money_around(settlement)
    journal, summary = result.journal, summarize(result)
    (out,), (back,) = journal.of(Withdrawn), (one for one in journal.of(Deposited) if one.trade)
    assert (out.account, out.asset, out.amount, back.account, back.amount) == (WHO, "USD", 5_000, WHO, 2_000)
    (asked,), (taken,) = journal.of(WithdrawalRequested), journal.of(DepositTaken)
    assert (asked.trade, taken.trade, taken.from_wallet) == (out.trade, back.trade, True)
    assert [one.amount for one in journal.of(WithdrawalClaimed)] == [5_000]
    refused = [(one.reason, dict(one.numbers)) for one in journal.of(OrderRejected) if one.account == WHO]
    assert refused == [
        ("NOTHING_TO_CLAIM", {"asset": "USD", "waiting": 0}),
        ("WALLET_TOO_SMALL", {"asset": "USD", "needed": 5_001, "held": 5_000}),
    ]
    assert summary.conserved
    assert summary.settled is not None and summary.settled.reconciled
    assert not list(journal.of(TradeRefused))


@pytest.mark.thorough
def test_both_chains_tell_the_same_of_it_but_for_gas_and_transactions() -> None:
    told = []
    for settlement in ("memory", "eth-tester"):
        journal = money_around(settlement).journal
        told.append([event for event in journal if event.area != "settlement"])
        told[-1] += [(one.time, one.trade, one.amount, one.number) for one in journal.of(DepositTaken)]
        told[-1] += [(one.time, one.trade, one.amount, one.number) for one in journal.of(WithdrawalRequested)]
        told[-1] += [(one.time, one.amount) for one in journal.of(WithdrawalClaimed)]
        told[-1] += list(journal.of(Reconciled))
    # Options differ in the name of the settlement, which stands in the first event.
    assert told[0][1:] == told[1][1:]


def test_without_a_chain_nobody_has_a_wallet_and_money_leaves_all_the_same() -> None:
    session = Session(FirstMarket(), Options(epochs=3, settlement="none"))
    session.step(epoch=1)
    for intent in (Deposit("USD", 1), Claim("USD"), Withdraw("USD", 100)):
        session.submit(WHO, intent)
    journal = session.run().journal
    assert [(one.reason, one.numbers["intent"]) for one in journal.of(OrderRejected) if one.account == WHO] == [
        ("NO_WALLET", "Deposit"), ("NO_WALLET", "Claim")
    ]  # fmt: skip
    assert [one.amount for one in journal.of(Withdrawn)] == [100]


def test_a_withdrawal_is_refused_with_the_numbers() -> None:
    session = Session(FirstMarket(), Options(epochs=3, settlement="none"))
    account = session.world.ledger.open_account("nobody-else")
    session.world.ledger.deposit(account.name, "USD", 100_000)
    session.submit(account.name, Buy("ACME", 1, 5_000))
    for asset, amount in (("USD", 100_000), ("USD", 0), ("EUR", 1), ("ACME", 1)):
        session.submit(account.name, Withdraw(asset, amount))
    refused = [(one.reason, dict(one.numbers)) for one in session.journal.of(OrderRejected)]
    held = account.balance("USD").reserved
    assert held >= 5_000
    assert refused == [
        ("WITHDRAWAL_TOO_LARGE", {"asset": "USD", "needed": 100_000, "available": 100_000 - held, "reserved": held}),
        ("BAD_AMOUNT", {"found": "0"}),
        ("UNKNOWN_ASSET", {"asset": "EUR"}),
        ("WITHDRAWAL_TOO_LARGE", {"asset": "ACME", "needed": 1, "available": 0, "reserved": 0}),
    ]
    session.submit(account.name, Withdraw("USD", 100_000 - held))
    assert account.balance("USD").total == held


@dataclass(frozen=True)
class Visitor:
    """Who does what at which time: a plan made from a seed."""

    seed: int

    def play(self, settlement: str) -> Journal:
        luck = random.Random(self.seed)
        session = Session(FirstMarket(), Options(epochs=9, settlement=settlement, seed=self.seed, paranoid=True))
        for _ in range(30):
            session.step(until=session.now + luck.randrange(1, 300_000_000))
            who, asset = f"noise-{luck.randrange(4)}", luck.choice(["USD", "USD", "ACME"])
            most = 400_000 if asset == "USD" else 12
            kind = luck.randrange(4)
            if kind == 0:
                session.credit(who, asset, luck.randint(1, most))
            else:
                amount = luck.randint(1, most)
                session.submit(who, (Claim(asset), Deposit(asset, amount // 2 + 1), Withdraw(asset, amount))[kind - 1])
        return session.run().journal


@pytest.mark.parametrize("seed", range(6))
def test_random_deposits_and_withdrawals_between_trades_are_settled_in_one_count(seed: int) -> None:
    """Each batch is reconciled with the contract on the way; here everything is looked at once more at the end."""
    journal = Visitor(seed).play("memory")
    assert [*Session.replay(journal).run().journal] == [*journal], "money from outside is an input like any other"
    numbers = [number for number in map(entry_number, journal) if number]
    assert numbers == list(range(1, len(numbers) + 1))
    assert not list(journal.of(TradeRefused))
    contents = BlockContents(journal)
    batches = contents.batches
    assert batches and all(contents.digest_matches(block) for block in contents.proposed)
    settled = {number for batch in batches for number in range(batch.first_trade, batch.last_trade + 1)}
    for kind in (Trade, Withdrawn, Deposited):
        assert any(event.trade in settled for event in journal.of(kind)), f"no {kind.__name__} was settled"
    exits = [number for batch in batches for number in batch.execution.exits]
    assert exits == [one.number for one in journal.of(WithdrawalRequested) if one.trade in settled]
    assert list(journal.of(Reconciled))[-1].surplus == (0, 0)
    held = reserves(journal)
    assert len(held) == 2 * len(list(journal.of(Reconciled))) and not any(one.beyond for one in held)
    assert any(one.claimable for one in held)


def test_a_deposit_of_an_ordinary_run_has_no_number_in_its_line() -> None:
    from market_sim.core.data.codec import encode

    journal = simulate(FirstMarket(), Options(epochs=1, settlement="none")).journal
    assert all(b"trade" not in encode(deposit) for deposit in journal.of(Deposited))


def test_money_from_outside_is_an_input_that_forks_and_replays_carry() -> None:
    session = Session(FirstMarket(), Options(epochs=5, settlement="memory", paranoid=True))
    session.step(until=1_300_000_000)
    before = session.world.ledger.accounts[WHO].balance("USD").total
    session.credit(WHO, "USD", 7_000)
    session.credit(WHO, "ACME", 3)
    session.step(until=2_100_000_000)
    session.submit(WHO, Withdraw("USD", 4_000))
    twin = session.fork()
    for piece in range(21, 30):
        twin.step(until=piece * 100_000_000 + 7)
    live = session.run()
    assert twin.run().fingerprint == live.fingerprint == Session.replay(live.journal).run().fingerprint
    taken = [(one.asset, one.amount) for one in live.journal.of(Deposited) if one.trade]
    assert taken == [("USD", 7_000), ("ACME", 3)]
    assert [one.trade for one in live.journal.of(DepositTaken)] == [one.trade for one in live.journal.of(Deposited)][
        -2:
    ]
    assert list(live.journal.of(Reconciled))[-1].surplus == (0, 0)
    earlier = session.back(next(at for at, one in enumerate(live.journal) if isinstance(one, Deposited) and one.trade))
    assert earlier.world.ledger.accounts[WHO].balance("USD").total - 7_000 == before


@pytest.mark.parametrize(
    ("account", "asset", "amount", "said"),
    [
        ("nobody", "USD", 1, "there is no account 'nobody'; the accounts are fees, maker-0"),
        (WHO, "EUR", 1, r"in a currency or a listed instrument \(USD, ACME\), found 'EUR'"),
        (WHO, "USD", 0, "a deposit of USD by noise-0 is a whole number from 1 to [0-9]+, found 0"),
        (WHO, "USD", True, "found True"),
        (WHO, "USD", 2**63 - 1, "found 9223372036854775807"),
    ],
)
def test_money_that_cannot_come_in_is_refused_in_a_sentence_and_records_nothing(account, asset, amount, said) -> None:
    session = Session(FirstMarket(), Options(epochs=2, settlement="none"))
    length = len(session.journal)
    with pytest.raises(InputError, match=said):
        session.credit(account, asset, amount)
    assert len(session.journal) == length


@dataclass(frozen=True)
class WithdrawalDay(FirstMarket):
    """The first market, in which a trader withdraws in epoch 2 and claims in epoch 7."""

    def build(self, world: World) -> None:
        super().build(world)
        world.at(epoch=2, submit=(WHO, Withdraw("USD", 5_000)))
        world.at(epoch=7, submit=(WHO, Claim("USD")))


def test_a_scenario_pays_out_and_a_strangers_deposit_is_an_entry_that_a_block_counts() -> None:
    session = Session(WithdrawalDay(), Options(epochs=9, settlement="memory", paranoid=True))
    session.step(epoch=3)
    chain: Any = session._pipeline.settlement.settlement  # type: ignore[union-attr]
    stranger, number = Wallet.of(Randomness(5), "stranger"), session.world.ledger.accounts[WHO].number
    chain.give(stranger.address, 0, 777)
    for amount in (700, 77):
        chain.deposit_from(stranger, number, 0, amount)
    journal = session.run().journal
    (credited,) = (one for one in journal.of(Deposited) if one.trade)
    assert (credited.account, credited.asset, credited.amount) == (WHO, "USD", 700)
    assert [(one.amount, one.reason) for one in journal.of(DepositIgnored)] == [(77, "DUST")]
    settled = {n for batch in BlockContents(journal).batches for n in range(batch.first_trade, batch.last_trade + 1)}
    assert credited.trade in settled
    assert [one.amount for one in journal.of(WithdrawalClaimed)] == [5_000]
    assert not list(journal.of(TradeRefused))
    beyond = [one.beyond for one in reserves(journal) if one.token == "USD"]
    assert set(beyond) == {0, 77} and beyond == sorted(beyond), "dust is held and owed to nobody"
