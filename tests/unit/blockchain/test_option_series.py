"""Option series on a chain and in memory: covered from the first day, and paid once, as a naive reference says."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.option_models import OptionModel, OptionTerms
from market_sim.blockchain.option_series import FIELDS, OptionSeries
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.event import Numbers
from tests.unit.blockchain.rig import ALICE, BOB, CASH, Rig, called
from tests.unit.blockchain.test_oracle import Asking
from tests.unit.blockchain.test_vault import CALLS_BACK, KEEPS_FEE, LIES, SAYS_NO, Bank

EXPIRY, MONEY = 2, 100_000
CALL = OptionTerms(10_000, 500, EXPIRY, is_put=False)
PUT = OptionTerms(1_000, 1_000, EXPIRY, is_put=True)


class Series:
    """A series with Alice and Bob, and the oracle that decides."""

    def __init__(self, rig: Rig, terms: OptionTerms = CALL) -> None:
        self.asking = Asking(rig)
        self.context, self.owners = self.asking.context, self.asking.owners
        for owner in (ALICE, BOB):
            self.context.host.give(self.owners[owner].address, CASH, MONEY)
        self.series = OptionSeries("series", self.asking.oracle, terms)
        self.series.deploy(self.context)
        self.calls = 0

    def call(self, account: str, function: str, *arguments: int | str) -> Numbers:
        self.calls += 1
        return called(self.series, self.context, self.calls, account, function, *arguments)

    def decide(self, price: int) -> None:
        """Let the oracle's price at the expiry be final."""
        self.asking.pass_epochs(EXPIRY)
        self.asking.call("alice", "propose", EXPIRY, price)
        self.asking.pass_epochs(4)
        self.asking.call("alice", "finish", EXPIRY)

    def wallets(self) -> tuple[int, int]:
        return self.asking.wallets()

    def state(self) -> Numbers:
        return self.series.reconcile(self.context)


@pytest.fixture
def series(rig: Rig) -> Series:
    return Series(rig)


def test_a_unit_is_covered_when_it_is_written_and_pays_its_holder_and_its_writer(series: Series) -> None:
    begun = series.wallets()
    assert series.call("alice", "write", 7)["collateral"] == 3_500
    series.call("alice", "transfer", "bob", 5)
    assert (series.wallets(), series.state()["held"]) == ((begun[0] - 3_500, begun[1]), 3_500)
    series.decide(10_120)
    assert series.call("bob", "expire") == {"price": 10_120, "payoff": 120}
    assert series.call("bob", "claim")["amount"] == 5 * 120
    told = series.call("alice", "claim")
    assert (told["long"], told["short"], told["amount"]) == (2, 7, 2 * 120 + 7 * 380)
    assert series.wallets() == (begun[0] - 600, begun[1] + 600)
    assert series.state() == {"asset": "USD", "held": 0, "isExpired": 1, "payoff": 120}


def test_what_is_out_of_the_money_lapses_and_all_goes_back(rig: Rig) -> None:
    series = Series(rig, PUT)
    begun = series.wallets()
    series.call("bob", "write", 3)
    series.call("bob", "transfer", "alice", 3)
    series.decide(1_000)
    assert series.call("alice", "expire") == {"price": 1_000}
    assert [series.call(who, "claim")["amount"] for who in ("alice", "bob")] == [0, 3_000]
    assert series.wallets() == begun


@pytest.mark.parametrize(
    ("function", "arguments", "error"),
    [
        ("write", (0,), "NothingToWrite"),
        ("write", (202,), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=100500, needed=101000\)"),
        ("transfer", ("bob", 0), "NothingToTransfer"),
        ("transfer", ("bob", 2), r"ShortOfOptions\(owner=0x[0-9a-f]{40}, held=1, needed=2\)"),
        ("expire", (), r"NotFinal\(epoch=2\)"),
        ("claim", (), "NotExpired"),
    ],
)
def test_what_may_not_be_is_refused_and_moves_nothing(series: Series, function, arguments, error) -> None:
    series.call("alice", "write", 1)
    before = series.wallets(), series.state()
    with pytest.raises(ChainReverted, match=error):
        series.call("alice", function, *arguments)
    assert (series.wallets(), series.state()) == before


def test_after_the_expiry_nothing_is_written_and_each_pays_once(series: Series) -> None:
    series.call("alice", "write", 1)
    series.decide(10_700)
    with pytest.raises(ChainReverted, match=r"SeriesExpired\(expiry=2, settled=6\)"):
        series.call("alice", "write", 1)
    assert series.call("bob", "expire")["payoff"] == 500, "the cap"
    with pytest.raises(ChainReverted, match="ExpiredBefore"):
        series.call("alice", "expire")
    series.call("alice", "claim")
    for account in ("alice", "bob"):
        with pytest.raises(ChainReverted, match="NothingToClaim"):
            series.call(account, "claim")


def naive_payoffs(units: list[tuple[str, str]], terms: OptionTerms, price: int) -> dict[str, int]:
    """What each account gets in all, unit by unit and cent by cent."""
    paid = {"alice": 0, "bob": 0}
    for writer, holder in units:
        for cent in range(1, terms.cap + 1):
            beyond = terms.strike - cent >= price if terms.is_put else terms.strike + cent <= price
            paid[holder if beyond else writer] += 1
    return paid


@pytest.mark.parametrize("terms", [CALL, PUT], ids=["call", "put"])
def test_random_writers_and_holders_get_what_a_naive_reference_says(rig: Rig, terms: OptionTerms) -> None:
    luck = Random(terms.strike)
    series = Series(rig, terms)
    units: list[tuple[str, str]] = []
    for _ in range(8):
        account, other = luck.sample(["alice", "bob"], 2)
        quantity = luck.randrange(1, 4)
        if luck.random() < 0.5:
            series.call(account, "write", quantity)
            units += [(account, account)] * quantity
        else:
            own = [place for place, (_, holder) in enumerate(units) if holder == account]
            if len(own) < quantity:
                with pytest.raises(ChainReverted, match="ShortOfOptions"):
                    series.call(account, "transfer", other, quantity)
                continue
            series.call(account, "transfer", other, quantity)
            for place in own[:quantity]:
                units[place] = units[place][0], other
        assert series.state()["held"] == len(units) * terms.cap
    price = terms.strike + luck.randrange(-700, 700)
    series.decide(price)
    series.call("bob", "expire")
    got = dict.fromkeys(("alice", "bob"), 0)
    for account in {who for unit in units for who in unit}:
        got[account] = int(series.call(account, "claim")["amount"])
    assert got == naive_payoffs(units, terms, price)
    assert units and series.state()["held"] == 0


def rounds(twin: OptionModel) -> None:
    twin.held -= 1


def other_unit(twin: OptionModel) -> None:
    twin.held //= 100


def other_side(twin: OptionModel) -> None:
    owner, long = next(iter(twin.longOf.items()))
    twin.longOf[owner], twin.shortOf[owner] = long - 1, long + 1


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (rounds, "series says held 3500, and its twin 3499"),
        (other_unit, "series says held 3500, and its twin 35"),
        (other_side, r"series says long of 0x[0-9a-f]{40} 7, and its twin 6"),
    ],
)
def test_a_planted_difference_is_told_with_its_field_and_both_values(
    plant: Callable[[OptionModel], None], told: str
) -> None:
    series = Series(Rig())
    series.call("alice", "write", 7)
    plant(series.series.twin)
    with pytest.raises(InvariantBroken, match=told):
        series.state()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"is_put": True}, "call 2: series says payoff 120, and its twin None"),
        ({"strike": 100}, "call 2: series says payoff 120, and its twin 500"),
    ],
    ids=["direction", "unit"],
)
def test_a_twin_with_other_terms_differs_when_the_series_expires(change: dict, told: str) -> None:
    series = Series(Rig())
    series.call("alice", "write", 1)
    series.decide(10_120)
    series.series.twin.terms = CALL._replace(**change)
    with pytest.raises(InvariantBroken, match=told):
        series.call("bob", "expire")


def test_a_twin_that_refuses_what_the_contract_did_is_told() -> None:
    series = Series(Rig())
    series.series.twin.terms = CALL._replace(expiry=0)
    with pytest.raises(InvariantBroken, match="call 1: series made write, which its twin refuses: SeriesExpired"):
        series.call("alice", "write", 1)


def test_the_fields_that_are_compared_are_all_numbers_of_the_contract() -> None:
    public = {name for name, entry in artifact("OptionSeries").functions.items() if not entry.inputs and entry.outputs}
    assert set(FIELDS) == public - {"token", "oracle", "clock", "strike", "cap", "expiry", "isPut"}


def test_terms_names_and_places_that_are_none_are_refused(series: Series) -> None:
    for terms in (CALL._replace(cap=0), PUT._replace(cap=1_001)):
        with pytest.raises(InputError, match="the cap of an option is above 0"):
            OptionSeries("none", series.asking.oracle, terms)
        place = series.asking.oracle.place
        with pytest.raises(ChainReverted, match="BadTerms"):
            series.context.host.deploy("OptionSeries", TokenPlace(CASH), place, ClockPlace(), *terms)
    with pytest.raises(RuleViolation, match="UNKNOWN_ACCOUNT"):
        series.call("alice", "transfer", "nobody", 1)
    series.asking.oracle.place = ""
    with pytest.raises(InputError, match="series needs its oracle oracle on the chain first"):
        series.series.deploy(series.context)


class Hostile:
    """A series and an oracle whose money is a hostile token; all of it belongs to the relayer."""

    def __init__(self, rig: Rig) -> None:
        self.bank = bank = Bank(rig)
        self.token, _ = bank.hostile()
        members = ["0x" + wallet.address.hex() for wallet in rig.validators]
        clock, expiry = rig.settlement.contract.written, rig.settlement.head().epoch + 1
        self.oracle = bank.chain.deploy(bank.me, "Oracle", self.token.written, clock, 10, 1, members, bytes(32))
        terms = 50, 10, expiry, False
        self.series = bank.chain.deploy(bank.me, "OptionSeries", self.token.written, self.oracle.written, clock, *terms)


@pytest.mark.parametrize("manner", [SAYS_NO, KEEPS_FEE])
def test_a_token_that_lies_is_refused_by_both(chain_rig: Rig, manner: int) -> None:
    hostile = Hostile(chain_rig)
    bank = hostile.bank
    bank.does(bank.me, "behave", manner, hostile.series.written, b"", to=hostile.token)
    for place, call in ((hostile.series, ("write", 1)), (hostile.oracle, ("propose", 0, 1))):
        with pytest.raises(ChainReverted, match=LIES[manner]):
            bank.does(bank.me, *call, to=place)
        assert bank.chain.call(place, "held") == 0


def test_a_token_that_calls_back_while_a_bond_goes_back_finds_the_question_over(chain_rig: Rig) -> None:
    hostile = Hostile(chain_rig)
    bank, oracle, token = hostile.bank, hostile.oracle, hostile.token
    bank.does(bank.me, "transfer", oracle.written, 50, to=token)  # what a second payment would take
    bank.does(bank.me, "propose", 0, 55, to=oracle)
    chain_rig.settle(chain_rig.batch())
    finish = artifact("Oracle").functions["finish"].call(0)
    bank.does(bank.me, "behave", CALLS_BACK, oracle.written, finish, to=token)
    bank.does(bank.me, "finish", 0, to=oracle)
    over = next(one.selector for one in artifact("Oracle").errors.values() if one.name == "NotProposed")
    assert bank.chain.call(token, "answer")[:4] == over
    assert (bank.chain.call(oracle, "held"), bank.chain.call(token, "balanceOf", oracle.written)) == (0, 50)


def test_a_token_that_calls_back_while_it_is_paid_finds_nothing_left(chain_rig: Rig) -> None:
    hostile = Hostile(chain_rig)
    bank, series, token = hostile.bank, hostile.series, hostile.token
    bank.does(bank.me, "transfer", token.written, 20, to=token)
    bank.does(bank.me, "call", series.written, artifact("OptionSeries").functions["write"].call(2), to=token)
    bank.does(bank.me, "write", 1, to=series)
    chain_rig.settle(chain_rig.batch())
    expiry = chain_rig.settlement.head().epoch
    bank.does(bank.me, "propose", expiry, 55, to=hostile.oracle)
    chain_rig.settle(chain_rig.batch())
    bank.does(bank.me, "finish", expiry, to=hostile.oracle)
    bank.does(bank.me, "expire", to=series)
    claim = artifact("OptionSeries").functions["claim"].call()
    bank.does(bank.me, "call", series.written, claim, to=token)
    bank.does(bank.me, "behave", CALLS_BACK, series.written, claim, to=token)
    bank.does(bank.me, "claim", to=series)
    nothing = next(one.selector for one in artifact("OptionSeries").errors.values() if one.name == "NothingToClaim")
    assert bank.chain.call(token, "answer")[:4] == nothing
    assert bank.chain.call(series, "held") == 0
