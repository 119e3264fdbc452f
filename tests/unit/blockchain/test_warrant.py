"""Warrants on a chain and in memory: covered by new shares, exercised in time, and diluted as on the exchange."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.settlement import ChainReverted
from market_sim.blockchain.warrant import FIELDS, ChainWarrant
from market_sim.blockchain.warrant_model import WarrantModel, WarrantTerms
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.intents import Exercise
from market_sim.core.models.mechanism_events import SharesIssued
from market_sim.pricing.warrants import WarrantIssue, payoff, price_after_exercise
from tests.unit.blockchain.rig import ALICE, BOB, CASH, FEES, SHARES, Rig, called
from tests.unit.blockchain.test_escrow import REGISTER
from tests.unit.blockchain.test_oracle import Asking
from tests.unit.blockchain.test_vault import CALLS_BACK, KEEPS_FEE, LIES, SAYS_NO, Bank
from tests.unit.market.mechanisms import test_warrants

EXPIRY, WINDOW, STRIKE, PRICE = 2, 2, 6_000, 10_000
TERMS = WarrantTerms(STRIKE, 2, EXPIRY, WINDOW, 400)
STOCK, MONEY = 100, 1_000_000


class Company:
    """Warrants of the company `fees` with Alice and Bob, and the oracle that opens them."""

    def __init__(self, rig: Rig, terms: WarrantTerms = TERMS) -> None:
        self.asking = Asking(rig)
        self.context, self.owners = self.asking.context, self.asking.owners
        host = self.context.host
        host.give(self.owners[FEES].address, SHARES, STOCK)
        host.give(self.owners[ALICE].address, CASH, MONEY)
        self.warrant = ChainWarrant("warrant", self.asking.oracle, "fees", terms)
        self.warrant.deploy(self.context)
        self.calls = 0

    def call(self, account: str, function: str, *arguments: int | str) -> Numbers:
        self.calls += 1
        return called(self.warrant, self.context, self.calls, account, function, *arguments)

    def issue(self) -> None:
        self.call("fees", "issue", 35)
        for name, quantity in (("alice", 30), ("bob", 5)):
            self.call("fees", "give", name, quantity)

    def decide(self, price: int = PRICE) -> Numbers:
        """Let the oracle's price be final, and open the warrants by it."""
        self.asking.pass_epochs(EXPIRY)
        self.asking.call("alice", "propose", EXPIRY, price)
        self.asking.pass_epochs(4)
        self.asking.call("alice", "finish", EXPIRY)
        return self.call("bob", "open")

    def wallet(self, account: str, token: int) -> int:
        return self.context.host.in_wallet(self.owners[REGISTER.accounts[account]].address, token)

    def all_wallets(self) -> list[int]:
        return [self.wallet(name, token) for name in ("fees", "alice", "bob") for token in (CASH, SHARES)]

    def state(self) -> Numbers:
        return self.warrant.reconcile(self.context)


@pytest.fixture
def company(rig: Rig) -> Company:
    return Company(rig)


def test_new_shares_for_the_strike_and_what_nobody_takes_goes_back(company: Company) -> None:
    company.issue()
    assert (company.wallet("fees", SHARES), company.state()["treasury"]) == (STOCK - 70, 70)
    begun = company.wallet("fees", CASH), company.wallet("alice", CASH)
    assert company.decide() == {"price": PRICE, "settled": 6, "until": 8}
    done = company.call("alice", "exercise", 10)
    assert (done["shares"], done["cash"], done["outstanding"]) == (20, 120_000, 420)
    assert done["diluted"] == int(price_after_exercise(400 * PRICE, STRIKE, WarrantIssue(400, 10, 2.0)))
    assert (company.wallet("fees", CASH), company.wallet("alice", CASH)) == (begun[0] + 120_000, begun[1] - 120_000)
    assert company.wallet("alice", SHARES) == 20
    assert not company.warrant.is_over()
    with pytest.raises(ChainReverted, match=r"StillExercisable\(until=8, settled=6\)"):
        company.call("fees", "reclaim")
    company.asking.pass_epochs(WINDOW)
    with pytest.raises(ChainReverted, match=r"NotExercisable\(until=8, settled=8\)"):
        company.call("alice", "exercise", 1)
    assert company.warrant.is_over()
    assert company.call("fees", "reclaim")["shares"] == 50
    assert company.wallet("fees", SHARES) == STOCK - 20
    with pytest.raises(ChainReverted, match="NothingToReclaim"):
        company.call("fees", "reclaim")
    with pytest.raises(ChainReverted, match="OpenedBefore"):
        company.call("alice", "open")
    assert {name: company.state()[name] for name in ("treasury", "outstanding", "proceeds")} == {
        "treasury": 0, "outstanding": 420, "proceeds": 120_000,
    }  # fmt: skip


@pytest.mark.parametrize(("price", "is_open"), [(STRIKE, False), (STRIKE + 1, True)])
def test_warrants_open_above_the_strike_and_lapse_at_it(price: int, is_open: bool) -> None:
    company = Company(Rig())
    company.issue()
    assert ("until" in company.decide(price)) is is_open
    assert company.warrant.is_over() is not is_open
    if not is_open:
        with pytest.raises(ChainReverted, match=r"NotExercisable\(until=6, settled=6\)"):
            company.call("alice", "exercise", 1)
        assert company.call("fees", "reclaim")["shares"] == 70


BEFORE = (
    ("alice", "issue", (1,), r"NotIssuer\(caller=0x[0-9a-f]{40}\)"),
    ("fees", "issue", (0,), "NothingToIssue"),
    ("fees", "issue", (16,), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=30, needed=32\)"),
    ("alice", "give", ("bob", 0), "NothingToIssue"),
    ("alice", "give", ("bob", 31), r"ShortOfWarrants\(owner=0x[0-9a-f]{40}, held=30, needed=31\)"),
    ("alice", "open", (), r"NotFinal\(epoch=2\)"),
    ("alice", "exercise", (1,), "NotOpened"),
    ("alice", "reclaim", (), "NotIssuer"),
    ("fees", "reclaim", (), "NotOpened"),
)
AFTER = (
    ("fees", "issue", (1,), r"WarrantExpired\(expiry=2, settled=6\)"),
    ("alice", "exercise", (0,), "NothingToIssue"),
    ("alice", "exercise", (31,), r"ShortOfWarrants\(owner=0x[0-9a-f]{40}, held=30, needed=31\)"),
    ("bob", "exercise", (5,), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=1000, needed=60000\)"),
    ("fees", "exercise", (1,), r"IsIssuer\(caller=0x[0-9a-f]{40}\)"),
)


def test_what_may_not_be_is_refused_and_moves_nothing(company: Company) -> None:
    company.issue()
    for refused in (BEFORE, AFTER):
        before = company.all_wallets(), company.state()
        for account, function, arguments, error in refused:
            with pytest.raises(ChainReverted, match=error):
                company.call(account, function, *arguments)
        assert (company.all_wallets(), company.state()) == before
        if refused is BEFORE:
            company.decide()


def exercised_on_both(company: Company, quantities: list[int]) -> None:
    """Exercise warrants on the exchange and on the chain: shares, cash and dilution are the same after each."""
    scene = test_warrants.stage(cash=MONEY)
    company.issue()
    company.decide()
    left = 30
    for quantity in quantities:
        if quantity > left:
            assert scene.refusal("holder", Exercise("W", quantity)) == "NOT_HELD"
            with pytest.raises(ChainReverted, match="ShortOfWarrants"):
                company.call("alice", "exercise", quantity)
            continue
        left -= quantity
        assert scene.refusal("holder", Exercise("W", quantity)) == ""
        told = scene.told(SharesIssued)[-1]
        done = company.call("alice", "exercise", quantity)
        assert (done["shares"], done["cash"], done["outstanding"]) == (told.shares, told.cash, told.outstanding)
        assert done["diluted"] == naive_dilution(told.outstanding - 400)
    assert left < 30, "some were exercised"
    assert company.wallet("alice", SHARES) == scene.has("holder", "ACME")
    assert company.state()["treasury"] == 70 - 2 * (30 - left)


def naive_dilution(new: int) -> int:
    """The value of a share, when each old one brings its price into the company and each new one the strike."""
    brought = [PRICE] * 400 + [STRIKE] * new
    return sum(brought) // len(brought)


@given(st.lists(st.integers(1, 14), min_size=1, max_size=4))
def test_exchange_and_contract_dilute_alike(quantities: list[int]) -> None:
    exercised_on_both(Company(Rig()), quantities)


def test_the_compiled_contract_dilutes_as_the_exchange_does(chain_rig: Rig) -> None:
    luck = Random(4)
    exercised_on_both(Company(chain_rig), [luck.randrange(1, 14) for _ in range(6)])


def test_what_a_warrant_gains_is_what_its_price_before_dilution_promises() -> None:
    """Hull's payoff at the expiry, ratio (price after exercise - K), but for the cents that are rounded down."""
    company = Company(Rig())
    company.issue()
    company.decide()
    done = company.call("alice", "exercise", 30)
    gain = 2 * (int(done["diluted"]) - STRIKE)
    assert 0 <= payoff(400 * PRICE, STRIKE, WarrantIssue(400, 30, 2.0)) - gain < 2


def rounds(twin: WarrantModel) -> None:
    twin.treasury -= 1


def other_unit(twin: WarrantModel) -> None:
    twin.treasury //= 2


def other_owner(twin: WarrantModel) -> None:
    twin.warrantsOf[twin.issuer] += 1


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (rounds, "warrant says treasury 70, and its twin 69"),
        (other_unit, "warrant says treasury 70, and its twin 35"),
        (other_owner, r"warrant says warrants of 0x[0-9a-f]{40} 0, and its twin 1"),
    ],
)
def test_a_planted_difference_is_told_with_its_field_and_both_values(
    plant: Callable[[WarrantModel], None], told: str
) -> None:
    company = Company(Rig())
    company.issue()
    plant(company.warrant.twin)
    with pytest.raises(InvariantBroken, match=told):
        company.state()


def test_a_twin_that_counts_other_old_shares_differs_at_the_first_exercise() -> None:
    company = Company(Rig())
    company.issue()
    company.decide()
    company.warrant.twin.terms = TERMS._replace(outstanding=401)
    with pytest.raises(InvariantBroken, match="call 5: warrant says diluted 9809, and its twin 9833"):
        company.call("alice", "exercise", 10)


def test_a_twin_that_refuses_what_the_contract_did_is_told() -> None:
    company = Company(Rig())
    company.warrant.twin.issuer = "0x"
    with pytest.raises(InvariantBroken, match="call 1: warrant made issue, which its twin refuses: NotIssuer"):
        company.call("fees", "issue", 1)


def test_shares_that_are_missing_are_told() -> None:
    company = Company(Rig())
    company.issue()
    address = "0x" + company.owners[BOB].address.hex()
    company.asking.rig.settlement.move(company.warrant.place, address, SHARES, 1)
    with pytest.raises(InvariantBroken, match="warrant should hold 70 ACME and holds 69"):
        company.state()


def test_the_fields_that_are_compared_are_all_numbers_of_the_contract() -> None:
    functions = artifact("Warrant").functions
    public = {name for name, entry in functions.items() if not entry.inputs and entry.outputs}
    given_once = {"money", "asset", "oracle", "clock", "issuer", "strike", "ratio", "expiry", "window", "sharesBefore"}
    assert set(FIELDS) == public - given_once


def test_terms_names_and_places_that_are_none_are_refused(company: Company) -> None:
    oracle, host = company.asking.oracle, company.context.host
    for terms in (TERMS._replace(ratio=0), TERMS._replace(outstanding=0)):
        with pytest.raises(
            InputError, match="a warrant needs a strike, a ratio, a window and shares outstanding of at"
        ):
            ChainWarrant("none", oracle, "fees", terms)
        tokens = TokenPlace(CASH), TokenPlace(SHARES)
        with pytest.raises(ChainReverted, match=r"BadWarrant\(strike=6000, ratio=\d, outstanding=\d+, window=2\)"):
            host.deploy("Warrant", *tokens, oracle.place, ClockPlace(), "0x" + "01" * 20, *terms)
    with pytest.raises(RuleViolation, match="UNKNOWN_ACCOUNT"):
        company.call("alice", "give", "nobody", 1)
    company.warrant.issuer = "nobody"
    with pytest.raises(InputError, match="warrant is issued by 'nobody', and there is no such account"):
        company.warrant.deploy(company.context)
    oracle.symbol = "CALL"
    with pytest.raises(InputError, match="a warrant delivers shares, and CALL is no delivered instrument here"):
        company.warrant.deploy(company.context)
    oracle.place = ""
    with pytest.raises(InputError, match="warrant needs its oracle oracle on the chain first"):
        company.warrant.deploy(company.context)


class Hostile:
    """Warrants whose money and shares are one hostile token; the relayer is the company and gives all to the token."""

    def __init__(self, rig: Rig) -> None:
        self.bank = bank = Bank(rig)
        self.token, _ = bank.hostile()
        members = ["0x" + wallet.address.hex() for wallet in rig.validators]
        clock, expiry = rig.settlement.contract.written, rig.settlement.head().epoch + 1
        token, me = self.token.written, "0x" + bank.me.address.hex()
        self.oracle = bank.chain.deploy(bank.me, "Oracle", token, clock, 10, 1, members, bytes(32))
        terms = 5, 1, expiry, 9, 100
        self.warrant = bank.chain.deploy(bank.me, "Warrant", token, token, self.oracle.written, clock, me, *terms)


@pytest.mark.parametrize("manner", [SAYS_NO, KEEPS_FEE])
def test_a_token_that_lies_is_refused(chain_rig: Rig, manner: int) -> None:
    hostile = Hostile(chain_rig)
    bank = hostile.bank
    bank.does(bank.me, "behave", manner, hostile.warrant.written, b"", to=hostile.token)
    with pytest.raises(ChainReverted, match=LIES[manner]):
        bank.does(bank.me, "issue", 1, to=hostile.warrant)
    assert bank.chain.call(hostile.warrant, "treasury") == 0


def test_a_token_that_calls_back_while_it_moves_finds_its_warrant_used(chain_rig: Rig) -> None:
    hostile = Hostile(chain_rig)
    bank, warrant, token = hostile.bank, hostile.warrant, hostile.token
    bank.does(bank.me, "issue", 3, to=warrant)
    bank.does(bank.me, "give", token.written, 1, to=warrant)
    bank.does(bank.me, "transfer", token.written, 20, to=token)
    chain_rig.settle(chain_rig.batch())
    expiry = chain_rig.settlement.head().epoch
    bank.does(bank.me, "propose", expiry, 55, to=hostile.oracle)
    chain_rig.settle(chain_rig.batch())
    bank.does(bank.me, "finish", expiry, to=hostile.oracle)
    bank.does(bank.me, "open", to=warrant)
    again = artifact("Warrant").functions["exercise"].call(1)
    bank.does(bank.me, "behave", CALLS_BACK, warrant.written, again, to=token)
    bank.does(bank.me, "call", warrant.written, again, to=token)
    short = next(one.selector for one in artifact("Warrant").errors.values() if one.name == "ShortOfWarrants")
    assert bank.chain.call(token, "answer")[:4] == short
    assert (bank.chain.call(warrant, "treasury"), bank.chain.call(warrant, "outstanding")) == (2, 101)
