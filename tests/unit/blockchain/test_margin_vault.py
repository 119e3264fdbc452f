"""Margin accounts on a chain and in memory: the exchange's margins, sales in slices, and no cent from nowhere."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from market_sim.blockchain.amm import Amm
from market_sim.blockchain.contracts import ChainContext
from market_sim.blockchain.ethereum.artifacts import artifact, refusal
from market_sim.blockchain.ethereum.chain import DeployedContract
from market_sim.blockchain.guarded_amm import GuardedAmm
from market_sim.blockchain.guarded_amm_model import HaltRule
from market_sim.blockchain.margin_vault import FIELDS, MarginVault
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.instruments import Stock
from market_sim.market.mechanisms.margin_rules import RULES, ContractTerms, Position
from market_sim.pricing.margin_formulas import equity, margin_call
from tests.unit.blockchain.rig import ALICE, BOB, CASH, FEES, SHARES, Rig, called
from tests.unit.blockchain.test_escrow import REGISTER
from tests.unit.blockchain.test_vault import CALLS_BACK, LIES, Bank

MONEY, STOCK, NAMES = 1_000_000, 20_000, ("fees", "alice", "bob")
NO_LIMIT = 10**9


class Margin:
    """A pool without a fee at the price 100, and margin accounts of Alice and Bob; the broker is the account `fees`."""

    def __init__(self, rig: Rig, rate: int = 0, pool: Amm | None = None) -> None:
        self.rig = rig
        self.owners = dict(zip((FEES, ALICE, BOB), rig.owners, strict=True))
        self.context = ChainContext(rig.settlement.host(), REGISTER, self.owners.__getitem__)
        for owner in self.owners.values():
            self.context.host.give(owner.address, CASH, 10 * MONEY)
            self.context.host.give(owner.address, SHARES, STOCK)
        self.pool = pool or Amm(fee_bps=0)
        self.vault = MarginVault(self.pool, "fees", rate=rate)
        self.calls = 0
        for contract in (self.pool, self.vault):
            contract.deploy(self.context)
        self.call("fees", "add", 10_000, 1_000_000, of=self.pool)
        self.call("fees", "fund", 100_000)
        self.pass_epochs(2)

    def call(self, account: str, function: str, *arguments: int | str, of: Any = None) -> Numbers:
        self.calls += 1
        return called(of or self.vault, self.context, self.calls, account, function, *arguments)

    def pass_epochs(self, count: int) -> None:
        """Let epochs pass, and the price be counted."""
        for _ in range(count):
            self.rig.settle(self.rig.batch())
        self.call("bob", "accrue")

    def address(self, account: str) -> str:
        return "0x" + self.owners[REGISTER.accounts[account]].address.hex()

    def account(self, name: str) -> tuple[int, int, int]:
        """The money, the shares and the debt of an account."""
        twin, owner = self.vault.twin, self.address(name)
        return twin.moneyOf.get(owner, 0), twin.sharesOf.get(owner, 0), twin.debt_of(owner)

    def everything(self, token: int) -> int:
        """All tokens of one kind, wherever they are."""
        places = [self.owners[each].address for each in self.owners]
        places += [bytes.fromhex(contract.place[2:]) for contract in (self.pool, self.vault)]
        return sum(self.context.host.in_wallet(place, token) for place in places)

    def wallets(self) -> list[int]:
        host = self.context.host
        return [host.in_wallet(owner.address, token) for owner in self.owners.values() for token in (CASH, SHARES)]

    def crash(self, shares: int) -> None:
        """The broker sells into the pool, and the price of the accounts follows over two epochs."""
        self.call("fees", "sell", shares, 0, of=self.pool)
        self.pass_epochs(2)

    def state(self) -> Numbers:
        self.pool.reconcile(self.context)
        return self.vault.reconcile(self.context)


@pytest.fixture
def margin(rig: Rig) -> Margin:
    return Margin(rig)


def test_half_is_borrowed_and_a_sale_repays_it_first(margin: Margin) -> None:
    begun = margin.context.host.in_wallet(margin.owners[ALICE].address, CASH)
    margin.call("alice", "deposit", 6_000)
    bought = margin.call("alice", "buy", 100, 11_000)
    assert (bought["cost"], bought["borrowed"]) == (10_102, 4_102)
    assert margin.account("alice") == (0, 100, 4_102)
    assert (margin.state()["cash"], margin.vault.shares_of("alice"), margin.vault.call_of("alice")) == (95_898, 100, 0)
    assert margin.call("alice", "deposit", 1_000)["repaid"] == 1_000
    sold = margin.call("alice", "sell", 100, 10_000)
    assert (sold["proceeds"], sold["repaid"]) == (10_101, 3_102), "the pool keeps what rounding leaves"
    assert margin.account("alice") == (6_999, 0, 0)
    margin.call("alice", "withdraw", 6_999)
    assert margin.context.host.in_wallet(margin.owners[ALICE].address, CASH) == begun - 1
    margin.call("fees", "draw", 100_000)
    assert margin.state()["cash"] == 0


def test_interest_is_owed_from_epoch_to_epoch_and_belongs_to_the_broker() -> None:
    margin = Margin(Rig(), rate=1_000)
    margin.call("alice", "deposit", 6_000)
    margin.call("alice", "buy", 100, 11_000)
    margin.pass_epochs(10)
    assert margin.account("alice")[2] == 4_144, "4,102 and 1 % of it, rounded up"
    margin.call("alice", "deposit", 4_144)
    assert margin.state()["cash"] == 100_000 + 42


REFUSED = (
    ("alice", "fund", (1,), r"NotBroker\(caller=0x[0-9a-f]{40}\)"),
    ("alice", "draw", (1,), "NotBroker"),
    ("fees", "fund", (0,), "NothingToLend"),
    ("fees", "draw", (95_900,), r"ShortOfCash\(held=95898, needed=95900\)"),
    ("alice", "deposit", (0,), "NothingToLend"),
    ("bob", "deposit", (10**8,), "ShortOfTokens"),
    ("alice", "withdraw", (0,), "NothingToLend"),
    ("alice", "withdraw", (1,), r"ShortOfMoney\(owner=0x[0-9a-f]{40}, held=0, needed=1\)"),
    ("alice", "buy", (0, 1), "NothingToSwap"),
    ("alice", "buy", (1, 99), r"PriceMoved\(found=103, limit=99\)"),
    ("alice", "buy", (20, NO_LIMIT), r"MarginTooSmall\(has=12000, needs=12147\)"),
    ("bob", "buy", (1_000, NO_LIMIT), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=95898, needed=113495\)"),
    ("alice", "sell", (101, 0), r"ShortOfCollateral\(owner=0x[0-9a-f]{40}, held=100, needed=101\)"),
    ("alice", "sell", (100, 10_300), r"PriceMoved\(found=10101, limit=10300\)"),
    ("bob", "liquidate", ("alice", 1), r"MarginInOrder\(has=10000, needs=6602\)"),
)


def test_what_may_not_be_is_refused_and_moves_nothing(margin: Margin) -> None:
    margin.call("alice", "deposit", 6_000)
    margin.call("alice", "buy", 100, 11_000)
    before = margin.wallets(), margin.state(), margin.account("alice")
    for account, function, arguments, error in REFUSED:
        with pytest.raises(ChainReverted, match=error):
            margin.call(account, function, *arguments)
    assert (margin.wallets(), margin.state(), margin.account("alice")) == before


def test_an_account_below_its_margin_is_sold_in_halves_until_it_is_in_order(margin: Margin) -> None:
    margin.call("alice", "deposit", 5_200)
    margin.call("alice", "buy", 100, NO_LIMIT)
    margin.crash(2_500)
    money, shares, debt = margin.account("alice")
    assert (money, shares) == (0, 100) and margin.vault.call_of("alice") > 0
    with pytest.raises(ChainReverted, match=r"SliceTooLarge\(most=50, found=51\)"):
        margin.call("bob", "liquidate", "alice", 51)
    told = margin.call("bob", "liquidate", "alice", 50)
    assert told["fee"] == int(told["proceeds"]) * 50 // 10_000
    assert told["repaid"] == int(told["proceeds"]) - int(told["fee"])
    assert margin.account("alice") == (0, 50, debt - int(told["repaid"]))
    assert margin.state()["insurance"] == told["fee"]
    assert margin.vault.call_of("alice") == 0
    with pytest.raises(ChainReverted, match="MarginInOrder"):
        margin.call("bob", "liquidate", "alice", 1)


def test_what_an_empty_account_owes_is_borne_by_the_insurance_and_then_by_the_broker() -> None:
    margin = Margin(Rig())
    for name in ("alice", "bob"):
        margin.call(name, "deposit", 5_400)
        margin.call(name, "buy", 100, NO_LIMIT)
    margin.crash(6_000)
    lost = insured = 0
    for name in ("alice", "bob"):
        while shares := margin.account(name)[1]:
            told = margin.call("fees", "liquidate", name, -(-shares // 2))
            lost, insured = lost + int(told["lost"]), insured + int(told["insured"])
        assert margin.account(name) == (0, 0, 0)
    state = margin.state()
    assert lost > 0 and insured > 0
    assert (state["cash"], state["totalUnits"]) == (100_000 - lost, 0)


def test_a_debt_that_its_owner_left_without_shares_is_written_off(margin: Margin) -> None:
    margin.call("alice", "deposit", 5_200)
    margin.call("alice", "buy", 100, NO_LIMIT)
    margin.crash(6_000)
    margin.call("alice", "sell", 100, 0)
    debt = margin.account("alice")[2]
    assert debt > 0
    told = margin.call("bob", "liquidate", "alice", 0)
    assert (told["proceeds"], told["insured"], told["lost"]) == (0, 0, debt)
    assert margin.state()["totalUnits"] == 0


def test_nothing_is_sold_far_below_the_price_that_counts(margin: Margin) -> None:
    """A friend empties the market for one epoch: neither an owner nor a liquidator can sell there."""
    margin.call("alice", "deposit", 5_200)
    margin.call("alice", "buy", 100, NO_LIMIT)
    margin.call("fees", "sell", 3_000, 0, of=margin.pool)
    with pytest.raises(ChainReverted, match=r"PriceMoved\(found=5\d\d\d, limit=9000\)"):
        margin.call("alice", "sell", 100, 0)


def test_a_halt_of_the_market_stops_purchases_sales_and_liquidations_here(rig: Rig) -> None:
    pool = GuardedAmm(fee_bps=0, rule=HaltRule(move_bps=1_000, window=2, halt=5))
    margin = Margin(rig, pool=pool)
    margin.call("alice", "deposit", 5_200)
    margin.call("alice", "buy", 100, NO_LIMIT)
    margin.crash(2_500)
    assert margin.vault.call_of("alice") > 0
    for account, function, arguments in (
        ("bob", "liquidate", ("alice", 50)), ("alice", "sell", (1, 0)), ("alice", "buy", (1, NO_LIMIT)),
    ):  # fmt: skip
        with pytest.raises(ChainReverted, match=r"TradingHalted\(until=7, settled=4\)"):
            margin.call(account, function, *arguments)
    margin.call("alice", "deposit", 2_000)
    assert margin.vault.call_of("alice") == 0, "there was time to bring money"
    margin.pass_epochs(3)
    margin.call("alice", "sell", 1, 0)
    margin.state()


def test_a_loan_is_not_made_of_the_money_of_another_account() -> None:
    margin = Margin(Rig())
    margin.call("alice", "deposit", 50_000)
    with pytest.raises(ChainReverted, match=r"ShortOfCash\(held=100000, needed=111112\)"):
        margin.call("bob", "buy", 1_000, NO_LIMIT)


def exchange_margin(value_of_one: int, shares: int, initial: bool) -> int:
    """What the exchange requires of a long position in a stock."""
    position = Position(Stock("ACME"), shares, {"ACME": shares}, {"ACME": value_of_one})
    return RULES["share"].requirement(position, ContractTerms(10, ()), initial)


def test_an_account_is_called_exactly_when_the_exchange_would_call_it() -> None:
    """Whole prices, because a mark of the exchange is one."""
    luck, reached = Random(5), set()
    for _ in range(400):
        price, shares = luck.randrange(1, 500), luck.randrange(1, 200)
        value = price * shares
        debt = max(0, value * luck.choice([50, 75]) // 100 + luck.randrange(-2, 3))
        vault = MarginVault(Amm(), "fees")
        vault.twin.price, vault.twin.sharesOf["x"] = price * 1_000_000, shares
        vault.twin.unitsOf["x"] = debt
        for initial in (True, False):
            has, needs = vault.twin.margin_of("x", initial)
            lacking = margin_call(equity(-debt, value, 0), exchange_margin(price, shares, initial))
            assert max(0, needs - has) == lacking
            reached.add((initial, lacking > 0))
    assert len(reached) == 4


def played(margin: Margin, luck: Random, rounds: int) -> set[str]:
    """Random calls; money and shares come from nowhere and go nowhere, and a refused call changes nothing."""
    begun = margin.everything(CASH), margin.everything(SHARES)
    errors: set[str] = set()
    for number in range(rounds):
        name = luck.choice(["alice", "bob"])
        money, shares, debt = margin.account(name)
        near = luck.choice([-1, 0, 0, 1])
        function, arguments = luck.choice(
            [
                ("deposit", (max(0, luck.choice([debt, 3_000]) + near),)),
                ("withdraw", (max(0, money + near),)),
                ("buy", (luck.choice([1, 40, 90]), NO_LIMIT)),
                ("buy", (luck.choice([1, 40, 90]), NO_LIMIT)),
                ("sell", (max(0, luck.choice([shares, shares // 2]) + near), 0)),
                ("liquidate", (name, max(0, -(-shares // 2) + near))),
            ]
        )
        before = margin.wallets()
        try:
            margin.call(name, function, *arguments)
        except ChainReverted as refused:
            errors.add(refused.error)
            if margin.wallets() != before:
                raise AssertionError(f"a refused {function} moved something") from None
        money, _, debt = margin.account(name)
        assert not (money and debt)
        assert (margin.everything(CASH), margin.everything(SHARES)) == begun
        if number % 4 == 3:
            move(margin, luck)
            margin.pass_epochs(luck.choice([1, 2]))
            margin.state()
    return errors


def move(margin: Margin, luck: Random) -> None:
    """Somebody else moves the market."""
    shares = luck.choice([300, 900])
    if luck.random() < 0.6:
        margin.call("fees", "sell", shares, 0, of=margin.pool)
    else:
        margin.call("fees", "buy", shares, NO_LIMIT, of=margin.pool)


@pytest.mark.parametrize("rate", [0, 3_000])
def test_nothing_comes_from_nowhere_in_random_calls(rate: int) -> None:
    errors = played(Margin(Rig(), rate=rate), Random(rate), 120)
    assert {"MarginTooSmall", "MarginInOrder", "ShortOfMoney", "ShortOfCollateral"} <= errors


@pytest.mark.thorough
def test_the_compiled_contract_equals_its_twin_in_random_calls(chain_rig: Rig) -> None:
    assert len(played(Margin(chain_rig, rate=3_000), Random(2), 16)) > 1


def test_a_planted_difference_is_told_with_its_field_and_both_values() -> None:
    margin = Margin(Rig())
    margin.call("alice", "deposit", 6_000)
    margin.vault.twin.totalMoney //= 100
    with pytest.raises(InvariantBroken, match="margin says totalMoney 6000, and its twin 60"):
        margin.state()


def test_a_twin_that_refuses_what_the_contract_did_is_told() -> None:
    margin = Margin(Rig())
    margin.call("alice", "deposit", 6_000)
    margin.vault.twin.price = 0
    with pytest.raises(InvariantBroken, match="call 5: margin made buy, which its twin refuses: PriceUnknown"):
        margin.call("alice", "buy", 1, NO_LIMIT)


def test_money_that_is_missing_is_told() -> None:
    margin = Margin(Rig())
    margin.rig.settlement.move(margin.vault.place, margin.address("bob"), CASH, 1)
    with pytest.raises(InvariantBroken, match="margin should hold 100000 USD and holds 99999"):
        margin.state()


def test_the_fields_that_are_compared_are_all_numbers_of_the_contract() -> None:
    functions = artifact("MarginVault").functions
    public = {name for name, entry in functions.items() if not entry.inputs and len(entry.outputs) == 1}
    fixed = {"money", "asset", "market", "clock", "rate", "broker", "UNIT", "WINDOW"}
    fixed |= {"INITIAL_BPS", "MAINTENANCE_BPS", "FLOOR_BPS", "FEE_BPS"}
    assert set(FIELDS) == public - fixed


def test_terms_names_and_places_that_are_none_are_refused() -> None:
    margin = Margin(Rig())
    with pytest.raises(InputError, match="the interest for an epoch is 0 to 1,000,000 millionths, found -1"):
        MarginVault(margin.pool, "fees", rate=-1)
    with pytest.raises(RuleViolation, match="UNKNOWN_ACCOUNT"):
        margin.vault.check("alice", "liquidate", ("nobody", 1), REGISTER)
    with pytest.raises(InputError, match="margin gets its money from 'nobody', and there is no such account"):
        MarginVault(margin.pool, "nobody").deploy(margin.context)
    with pytest.raises(InputError, match="margin trades in amm, which has to be deployed before it"):
        MarginVault(Amm(), "fees").deploy(margin.context)


def test_before_there_is_a_price_nobody_borrows(margin: Margin) -> None:
    fresh = MarginVault(margin.pool, "fees", name="fresh")
    fresh.deploy(margin.context)
    margin.call("fees", "fund", 1_000, of=fresh)
    margin.call("alice", "deposit", 1_000, of=fresh)
    with pytest.raises(ChainReverted, match="PriceUnknown"):
        margin.call("alice", "buy", 1, NO_LIMIT, of=fresh)


def beside_a_hostile_token(rig: Rig) -> tuple[Bank, DeployedContract, DeployedContract]:
    """A bank, and a margin vault whose money is a hostile token."""
    bank = Bank(rig)
    money, _ = bank.hostile()
    shares, clock = rig.settlement.tokens[SHARES].written, rig.settlement.contract.written
    pool = bank.chain.deploy(bank.me, "Amm", shares, money.written, clock, 0)
    return bank, money, bank.chain.deploy(bank.me, "MarginVault", pool.written, 0, "0x" + bank.me.address.hex())


@pytest.mark.parametrize(("manner", "error"), LIES.items())
def test_a_token_that_lies_is_refused(chain_rig: Rig, manner: int, error: str) -> None:
    bank, money, vault = beside_a_hostile_token(chain_rig)
    bank.does(bank.me, "behave", manner, vault.written, b"", to=money)
    for function in ("deposit", "fund"):
        with pytest.raises(ChainReverted, match=error):
            bank.does(bank.me, function, 10, to=vault)
    assert [bank.chain.call(vault, name) for name in ("totalMoney", "cash")] == [0, 0]


def test_a_token_that_calls_back_finds_the_vault_closed(chain_rig: Rig) -> None:
    bank, money, vault = beside_a_hostile_token(chain_rig)
    again = artifact("MarginVault").functions["withdraw"].call(5)
    bank.does(bank.me, "transfer", money.written, 20, to=money)
    bank.does(bank.me, "call", vault.written, artifact("MarginVault").functions["deposit"].call(10), to=money)
    bank.does(bank.me, "behave", CALLS_BACK, vault.written, again, to=money)
    bank.does(bank.me, "call", vault.written, again, to=money)
    assert refusal(bank.chain.call(money, "answer")).error == "ReentrancyGuardReentrantCall"
    assert bank.chain.call(vault, "totalMoney") == 5
