"""Prediction markets on a chain and in memory: covered pairs, one answer, and the same payouts as on the exchange."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.prediction_market import FIELDS, ChainPredictionMarket
from market_sim.blockchain.prediction_model import PredictionModel, QuestionTerms
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.intents import Buy, Merge, Resolve, Sell, Split
from market_sim.core.models.market_events import Transferred
from tests.unit.blockchain.rig import ALICE, BOB, CASH, Rig, called
from tests.unit.blockchain.test_escrow import REGISTER
from tests.unit.blockchain.test_oracle import Asking
from tests.unit.blockchain.test_vault import CALLS_BACK, KEEPS_FEE, LIES, SAYS_NO, Bank
from tests.unit.market.mechanisms.test_prediction import stage

EXPIRY, PATIENCE, MONEY, STRIKE = 2, 3, 100_000, 10_000
TERMS = QuestionTerms(STRIKE, 100, EXPIRY, PATIENCE)
NAMES = ("alice", "bob")


class Asked:
    """A question with Alice and Bob, and the oracle that answers."""

    def __init__(self, rig: Rig, terms: QuestionTerms = TERMS) -> None:
        self.asking = Asking(rig)
        self.context, self.owners = self.asking.context, self.asking.owners
        for owner in (ALICE, BOB):
            self.context.host.give(self.owners[owner].address, CASH, MONEY)
        self.market = ChainPredictionMarket("question", self.asking.oracle, terms)
        self.market.deploy(self.context)
        self.calls = 0

    def call(self, account: str, function: str, *arguments: int | str) -> Numbers:
        self.calls += 1
        return called(self.market, self.context, self.calls, account, function, *arguments)

    def propose(self, price: int) -> None:
        self.asking.pass_epochs(EXPIRY)
        self.asking.call("alice", "propose", EXPIRY, price)

    def answer(self, outcome: str) -> None:
        """Let the question be answered, or given up."""
        if outcome == "void":
            self.asking.pass_epochs(EXPIRY + PATIENCE)
            self.call("bob", "giveUp")
            return
        self.propose(STRIKE if outcome == "yes" else STRIKE - 1)
        self.asking.pass_epochs(4)
        self.asking.call("alice", "finish", EXPIRY)
        self.call("bob", "resolve")

    def sides(self, account: str) -> tuple[int, int]:
        """The yes and the no of an account."""
        address = "0x" + self.owners[REGISTER.accounts[account]].address.hex()
        yes, no = (self.context.host.ask(self.market.place, f"{side}Of", address) for side in ("yes", "no"))
        return yes, no

    def wallets(self) -> tuple[int, int]:
        return self.asking.wallets()

    def state(self) -> Numbers:
        return self.market.reconcile(self.context)


@pytest.fixture
def asked(rig: Rig) -> Asked:
    return Asked(rig)


def test_money_becomes_pairs_and_pairs_become_money(asked: Asked) -> None:
    begun = asked.wallets()
    assert asked.call("alice", "split", 7)["collateral"] == 700
    assert (asked.sides("alice"), asked.wallets()) == ((7, 7), (begun[0] - 700, begun[1]))
    assert asked.call("alice", "merge", 2)["collateral"] == 200
    asked.call("alice", "giveNo", "bob", 4)
    asked.call("alice", "giveYes", "bob", 1)
    assert (asked.sides("alice"), asked.sides("bob")) == ((4, 1), (1, 4))
    assert asked.wallets() == (begun[0] - 500, begun[1])
    assert asked.state() == {"asset": "USD", "held": 500, "isResolved": 0, "yesPays": 0}


@pytest.mark.parametrize(("outcome", "paid"), [("yes", (400, 100)), ("no", (100, 400)), ("void", (250, 250))])
def test_the_answer_pays_one_side_and_a_void_question_half_to_each(outcome: str, paid: tuple[int, int]) -> None:
    asked = Asked(Rig())
    begun = asked.wallets()
    asked.call("alice", "split", 5)
    asked.call("alice", "giveNo", "bob", 4)
    asked.call("alice", "giveYes", "bob", 1)
    asked.answer(outcome)
    assert asked.market.outcome == outcome
    assert tuple(asked.call(name, "redeem")["amount"] for name in NAMES) == paid
    assert asked.wallets() == (begun[0] - 500 + paid[0], begun[1] + paid[1])
    assert asked.state()["held"] == 0


def test_an_odd_cent_of_a_void_question_goes_to_no() -> None:
    asked = Asked(Rig(), TERMS._replace(payout=3))
    asked.call("alice", "split", 5)
    asked.call("alice", "giveNo", "bob", 5)
    asked.answer("void")
    assert [asked.call(name, "redeem")["amount"] for name in NAMES] == [5, 10]


REFUSED = (
    ("split", (0,), "NothingToSplit"),
    ("split", (1_006,), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=100500, needed=100600\)"),
    ("merge", (0,), "NothingToSplit"),
    ("merge", (3,), r"ShortOfOutcomes\(owner=0x[0-9a-f]{40}, held=1, needed=3\)"),
    ("giveYes", ("bob", 0), "NothingToGive"),
    ("giveYes", ("bob", 6), r"ShortOfOutcomes\(owner=0x[0-9a-f]{40}, held=5, needed=6\)"),
    ("giveNo", ("bob", 0), "NothingToGive"),
    ("giveNo", ("bob", 2), r"ShortOfOutcomes\(owner=0x[0-9a-f]{40}, held=1, needed=2\)"),
    ("resolve", (), r"NotFinal\(epoch=2\)"),
    ("giveUp", (), r"StillAnswerable\(until=5, settled=0\)"),
    ("redeem", (), "NotResolved"),
)
OVER = (("split", (1,)), ("merge", (1,)), ("resolve", ()), ("giveUp", ()))
"""What the answer ends."""


def test_what_may_not_be_is_refused_and_moves_nothing(asked: Asked) -> None:
    asked.call("alice", "split", 5)
    asked.call("alice", "giveNo", "bob", 4)
    before = asked.wallets(), asked.state(), asked.sides("alice")
    for function, arguments, error in REFUSED:
        with pytest.raises(ChainReverted, match=error):
            asked.call("alice", function, *arguments)
    assert (asked.wallets(), asked.state(), asked.sides("alice")) == before


def test_a_question_with_a_proposed_price_is_not_given_up_however_long_its_dispute_takes(asked: Asked) -> None:
    asked.call("alice", "split", 1)
    asked.propose(STRIKE)
    asked.asking.call("bob", "dispute", EXPIRY)
    asked.asking.pass_epochs(PATIENCE)
    with pytest.raises(ChainReverted, match=r"PriceProposed\(epoch=2\)"):
        asked.call("bob", "giveUp")


@pytest.mark.parametrize("outcome", ["yes", "no", "void"])
def test_exchange_and_contract_pay_every_holder_the_same_after_random_moves(outcome: str) -> None:
    play_on_both(Asked(Rig(), TERMS._replace(payout=5)), outcome, Random(outcome), moves=40)


def test_the_compiled_contract_pays_every_holder_what_the_exchange_pays(chain_rig: Rig) -> None:
    play_on_both(Asked(chain_rig, TERMS._replace(payout=5)), "void", Random(3), moves=12)


def play_on_both(asked: Asked, outcome: str, luck: Random, moves: int) -> None:
    """Random moves in both places: after each both hold the same, and at the end both pay the same."""
    payout = asked.market.question.payout
    scene, seats = stage(MONEY, payout), dict(zip(NAMES, ("ann", "cat"), strict=True))
    refused = 0
    for _ in range(moves):
        account, other = luck.sample(NAMES, 2)
        quantity, move = luck.randrange(1, 5), luck.choice(["split", "split", "merge", "giveYes", "giveNo"])
        yes, no = asked.sides(account)
        is_held = {"split": 99, "merge": min(yes, no), "giveYes": yes, "giveNo": no}[move] >= quantity
        symbol = "NO" if move == "giveNo" else "YES"
        if move in ("split", "merge"):
            scene.exchange.submit(seats[account], (Split if move == "split" else Merge)("YES", quantity))
        elif is_held:
            scene.exchange.submit(seats[account], Sell(symbol, quantity, 3))
            scene.exchange.submit(seats[other], Buy(symbol, quantity, 3))
        arguments = (quantity,) if move in ("split", "merge") else (other, quantity)
        if is_held:
            asked.call(account, move, *arguments)
        else:
            refused += 1
            with pytest.raises(ChainReverted, match="ShortOfOutcomes"):
                asked.call(account, move, *arguments)
        here = {name: asked.sides(name) for name in NAMES}
        assert here == {name: (scene.has(seats[name], "YES"), scene.has(seats[name], "NO")) for name in NAMES}
        pairs = asked.market.twin.held // payout
        assert [sum(side) for side in zip(*here.values(), strict=True)] == [pairs, pairs]
    assert refused, "a move that one of them cannot make was reached"
    asked.state()
    asked.answer(outcome)
    scene.exchange.submit("oracle", Resolve("YES", outcome))
    for function, arguments in OVER:
        with pytest.raises(ChainReverted, match="ResolvedBefore"):
            asked.call("alice", function, *arguments)
    got = {name: asked.call(name, "redeem")["amount"] for name in NAMES if sum(asked.sides(name))}
    paid = dict.fromkeys(got, 0)
    for event in scene.told(Transferred):
        if event.reason == "RESOLVED" and event.asset == "USD":
            paid[next(name for name in NAMES if seats[name] == event.target)] += event.amount
    assert got == paid
    assert sum(got.values()) == pairs * payout > 0
    assert asked.state()["held"] == 0
    with pytest.raises(ChainReverted, match="NothingToRedeem"):
        asked.call("alice", "redeem")


def rounds(twin: PredictionModel) -> None:
    twin.held -= 1


def other_unit(twin: PredictionModel) -> None:
    twin.held //= 100


def other_side(twin: PredictionModel) -> None:
    owner = next(iter(twin.yesOf))
    twin.yesOf[owner] += 1


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (rounds, "question says held 700, and its twin 699"),
        (other_unit, "question says held 700, and its twin 7"),
        (other_side, r"question says yes of 0x[0-9a-f]{40} 7, and its twin 8"),
    ],
)
def test_a_planted_difference_is_told_with_its_field_and_both_values(
    plant: Callable[[PredictionModel], None], told: str
) -> None:
    asked = Asked(Rig())
    asked.call("alice", "split", 7)
    plant(asked.market.twin)
    with pytest.raises(InvariantBroken, match=told):
        asked.state()


def test_a_twin_that_rounds_the_other_half_up_differs_when_the_question_is_void() -> None:
    asked = Asked(Rig(), TERMS._replace(payout=3))
    asked.market.twin.terms = TERMS._replace(payout=4)
    with pytest.raises(InvariantBroken, match="call 1: question says yesPays 1, and its twin 2"):
        asked.answer("void")


def test_a_twin_that_refuses_what_the_contract_did_is_told() -> None:
    asked = Asked(Rig())
    asked.market.twin.isResolved = True
    with pytest.raises(InvariantBroken, match="call 1: question made split, which its twin refuses: ResolvedBefore"):
        asked.call("alice", "split", 1)


def test_money_that_is_missing_is_told() -> None:
    asked = Asked(Rig())
    asked.call("alice", "split", 1)
    address = "0x" + asked.owners[BOB].address.hex()
    asked.asking.rig.settlement.move(asked.market.place, address, CASH, 1)
    with pytest.raises(InvariantBroken, match="question should hold 100 USD and holds 99"):
        asked.state()


def test_the_fields_that_are_compared_are_all_numbers_of_the_contract() -> None:
    functions = artifact("PredictionMarket").functions
    public = {name for name, entry in functions.items() if not entry.inputs and entry.outputs}
    assert set(FIELDS) == public - {"token", "oracle", "clock", "strike", "payout", "expiry", "patience"}


def test_terms_names_and_places_that_are_none_are_refused(asked: Asked) -> None:
    for terms in (TERMS._replace(payout=0), TERMS._replace(patience=0)):
        with pytest.raises(InputError, match="a question needs a payout and a patience of at least 1"):
            ChainPredictionMarket("none", asked.asking.oracle, terms)
        place = asked.asking.oracle.place
        with pytest.raises(ChainReverted, match=rf"BadQuestion\(payout={terms.payout}, patience={terms.patience}\)"):
            asked.context.host.deploy("PredictionMarket", TokenPlace(CASH), place, ClockPlace(), *terms)
    with pytest.raises(RuleViolation, match="UNKNOWN_ACCOUNT"):
        asked.call("alice", "giveYes", "nobody", 1)
    asked.asking.oracle.place = ""
    with pytest.raises(InputError, match="question needs its oracle oracle on the chain first"):
        asked.market.deploy(asked.context)


class Hostile:
    """A question whose money is a hostile token; all of it belongs to the relayer."""

    def __init__(self, rig: Rig) -> None:
        self.bank = bank = Bank(rig)
        self.token, _ = bank.hostile()
        members = ["0x" + wallet.address.hex() for wallet in rig.validators]
        clock = rig.settlement.contract.written
        oracle = bank.chain.deploy(bank.me, "Oracle", self.token.written, clock, 10, 1, members, bytes(32))
        terms = 50, 10, rig.settlement.head().epoch, 1
        self.market = bank.chain.deploy(
            bank.me, "PredictionMarket", self.token.written, oracle.written, clock, *terms
        )  # fmt: skip

    def told(self) -> bytes:
        """What the market answered to the call from inside, up to the error's name."""
        return self.bank.chain.call(self.token, "answer")[:4]


def selector(name: str) -> bytes:
    return next(one.selector for one in artifact("PredictionMarket").errors.values() if one.name == name)


@pytest.mark.parametrize("manner", [SAYS_NO, KEEPS_FEE])
def test_a_token_that_lies_is_refused(chain_rig: Rig, manner: int) -> None:
    hostile = Hostile(chain_rig)
    bank = hostile.bank
    bank.does(bank.me, "behave", manner, hostile.market.written, b"", to=hostile.token)
    with pytest.raises(ChainReverted, match=LIES[manner]):
        bank.does(bank.me, "split", 1, to=hostile.market)
    assert bank.chain.call(hostile.market, "held") == 0


@pytest.mark.parametrize(("function", "error"), [("merge", "ShortOfOutcomes"), ("redeem", "NothingToRedeem")])
def test_a_token_that_calls_back_while_it_is_paid_finds_nothing_left(chain_rig: Rig, function: str, error: str) -> None:
    hostile = Hostile(chain_rig)
    bank, market, token = hostile.bank, hostile.market, hostile.token
    calls = {name: entry.call for name, entry in artifact("PredictionMarket").functions.items()}
    bank.does(bank.me, "transfer", token.written, 20, to=token)
    bank.does(bank.me, "call", market.written, calls["split"](2), to=token)
    bank.does(bank.me, "split", 3, to=market)
    again = calls["merge"](2) if function == "merge" else calls["redeem"]()
    if function == "redeem":
        chain_rig.settle(chain_rig.batch())
        bank.does(bank.me, "giveUp", to=market)
    bank.does(bank.me, "behave", CALLS_BACK, market.written, again, to=token)
    bank.does(bank.me, "call", market.written, again, to=token)
    assert hostile.told() == selector(error)
    assert bank.chain.call(market, "held") == 30
    assert bank.chain.call(token, "balanceOf", market.written) == 30
