"""The oracle on a chain and in memory: a price stands, or validators decide, and the side that was wrong pays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market_sim.blockchain.certificate import HANDOVER, Domain, attested, members_hash
from market_sim.blockchain.contracts import ChainContext
from market_sim.blockchain.execution import Execution
from market_sim.blockchain.option_models import DISPUTED, FINAL, OracleModel
from market_sim.blockchain.oracle import Oracle
from market_sim.blockchain.oracle_price import last_price, price_digest, signed_price
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import Entry, Trade
from tests.unit.blockchain.rig import ALICE, BOB, CASH, FEES, RUN, Rig, called, travel, wallet
from tests.unit.blockchain.test_escrow import REGISTER

BOND, WINDOW, MONEY, TRUE = 300, 4, 1_000, 10_015


class Asking:
    """An oracle with Alice and Bob, who have money for bonds; the price on the final chain is what a test says."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.owners = dict(zip((FEES, ALICE, BOB), rig.owners, strict=True))
        self.context = ChainContext(
            rig.settlement.host(), REGISTER, self.owners.__getitem__, validators=rig.validators, run=RUN,
            last_price=lambda symbol, epoch: TRUE, settled_epoch=lambda: rig.settlement.head().epoch,
        )  # fmt: skip
        for owner in (ALICE, BOB):
            self.context.host.give(self.owners[owner].address, CASH, MONEY)
        self.oracle = Oracle(bond=BOND, window=WINDOW)
        self.oracle.deploy(self.context)
        self.calls = 0

    def pass_epochs(self, number: int) -> None:
        for _ in range(number):
            self.rig.settle(self.rig.batch())

    def call(self, account: str, function: str, *arguments: int) -> Numbers:
        self.calls += 1
        return called(self.oracle, self.context, self.calls, account, function, *arguments)

    def wallets(self) -> tuple[int, int]:
        alice, bob = (self.context.host.in_wallet(self.owners[number].address, CASH) for number in (ALICE, BOB))
        return alice, bob

    def state(self) -> Numbers:
        return self.oracle.reconcile(self.context)


@pytest.fixture
def asking(rig: Rig) -> Asking:
    return Asking(rig)


def test_a_proposal_that_nobody_disputes_stands_and_its_bond_goes_back(asking: Asking) -> None:
    asking.pass_epochs(2)
    told = asking.call("alice", "propose", 2, 9_990)
    assert (told["price"], told["settled"], told["until"]) == (9_990, 2, 6)
    assert (asking.wallets(), asking.state()["held"]) == ((MONEY - BOND, MONEY), BOND)
    asking.pass_epochs(3)
    with pytest.raises(ChainReverted, match=r"WindowOpen\(until=6, settled=5\)"):
        asking.call("bob", "finish", 2)
    asking.pass_epochs(1)
    with pytest.raises(ChainReverted, match=r"WindowOver\(until=6, settled=6\)"):
        asking.call("bob", "dispute", 2)
    assert not asking.oracle.is_final(2)
    assert asking.call("bob", "finish", 2)["amount"] == BOND
    assert (asking.wallets(), asking.state()["held"], asking.oracle.is_final(2)) == ((MONEY, MONEY), 0, True)


@pytest.mark.parametrize(("price", "winner"), [(9_000, "bob"), (TRUE, "alice")], ids=["a lie", "the truth"])
def test_a_dispute_is_decided_by_the_validators_and_whoever_was_right_gets_both_bonds(
    asking: Asking, price: int, winner: str
) -> None:
    asking.pass_epochs(1)
    asking.call("alice", "propose", 1, price)
    asking.call("bob", "dispute", 1)
    assert (asking.wallets(), asking.state()["held"]) == ((MONEY - BOND, MONEY - BOND), 2 * BOND)
    with pytest.raises(ChainReverted, match=r"TooFewSignatures\(found=0, validators=4\)"):
        asking.call("alice", "decide", 1, TRUE - 1)
    decided = asking.call("alice", "decide", 1, TRUE)
    assert (decided["price"], decided["amount"]) == (TRUE, 2 * BOND)
    gained = BOND if winner == "bob" else -BOND
    assert (asking.wallets(), asking.state()["held"]) == ((MONEY - gained, MONEY + gained), 0)
    assert asking.oracle.twin.final_price(1) == TRUE


@pytest.mark.parametrize(
    ("function", "arguments", "error"),
    [
        ("propose", (3, 1), r"TooEarly\(epoch=3, settled=2\)"),
        ("propose", (1, 1), r"ProposedBefore\(epoch=1\)"),
        ("dispute", (1,), r"OwnProposal\(epoch=1\)"),
        ("dispute", (2,), r"NotProposed\(epoch=2\)"),
        ("finish", (2,), r"NotProposed\(epoch=2\)"),
        ("decide", (1, TRUE), r"NotDisputed\(epoch=1\)"),
    ],
)
def test_what_may_not_be_is_refused_and_moves_nothing(asking: Asking, function, arguments, error) -> None:
    asking.pass_epochs(2)
    asking.call("alice", "propose", 1, 5)
    before = asking.wallets(), asking.state()
    with pytest.raises(ChainReverted, match=error):
        asking.call("alice", function, *arguments)
    assert (asking.wallets(), asking.state()) == before


def test_nobody_disputes_twice_finishes_a_dispute_or_pays_a_bond_that_is_missing(asking: Asking) -> None:
    asking.call("alice", "propose", 0, 5)
    asking.call("bob", "dispute", 0)
    for function in ("dispute", "finish"):
        with pytest.raises(ChainReverted, match=r"NotProposed\(epoch=0\)"):
            asking.call("bob", function, 0)
    asking.pass_epochs(3)
    asking.call("bob", "propose", 1, 5)
    asking.call("bob", "propose", 2, 5)
    with pytest.raises(ChainReverted, match=r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=100, needed=300\)"):
        asking.call("bob", "propose", 3, 5)
    assert (asking.state()["held"], asking.state()["questions"]) == (4 * BOND, 3)


def test_a_signature_for_another_oracle_chain_run_epoch_or_price_decides_nothing(asking: Asking) -> None:
    asking.call("alice", "propose", 0, 5)
    asking.call("bob", "dispute", 0)
    host, place = asking.context.host, asking.oracle.place
    right = host.chain_id, place, RUN, 0, 7
    bob = asking.owners[BOB]
    for wrong in ((host.chain_id + 1, *right[1:]), (host.chain_id, "0x" + "11" * 20, RUN, 0, 7),
                  (host.chain_id, place, bytes(32), 0, 7), (*right[:3], 1, 7), (*right[:4], 8)):  # fmt: skip
        with pytest.raises(ChainReverted, match=r"WrongSigner\(signer=0"):
            host.invoke(bob, place, "decide", 0, 7, signed_price(asking.rig.validators, price_digest(*wrong)))
    two = signed_price(asking.rig.validators[:2], price_digest(*right))
    with pytest.raises(ChainReverted, match=r"TooFewSignatures\(found=2, validators=4\)"):
        host.invoke(bob, place, "decide", 0, 7, two)
    host.invoke(bob, place, "decide", 0, 7, signed_price(asking.rig.validators, price_digest(*right)))


def test_the_next_set_of_validators_decides_from_its_epoch_and_after_its_notice(rig: Rig) -> None:
    asking = Asking(rig)
    asking.call("alice", "propose", 0, 5)
    asking.call("bob", "dispute", 0)
    host, place, bob = asking.context.host, asking.oracle.place, asking.owners[BOB]
    following = [wallet(f"next/{number}") for number in range(4)]
    members = [each.address for each in following]
    domain = Domain(host.chain_id, bytes.fromhex(place[2:]), RUN)
    plan = signed_price(rig.validators, attested(domain, HANDOVER, 1, 0, 1, members_hash(members)))
    host.invoke(bob, place, "planHandover", ["0x" + address.hex() for address in members], 1, 0, plan)
    digest = price_digest(host.chain_id, place, RUN, 0, 7)
    old, new = (signed_price(each, digest) for each in (rig.validators, following))
    with pytest.raises(ChainReverted, match="WrongSigner"):
        host.invoke(bob, place, "decide", 0, 7, new)
    travel(rig, 2 * 24 * 3600)
    with pytest.raises(ChainReverted, match="WrongSigner"):
        host.invoke(bob, place, "decide", 0, 7, new)
    asking.pass_epochs(1)
    with pytest.raises(ChainReverted, match="WrongSigner"):
        host.invoke(bob, place, "decide", 0, 7, old)
    assert host.invoke(bob, place, "decide", 0, 7, new).numbers["price"] == 7


def pays_the_other_side(twin: OracleModel) -> None:
    answer = twin.answers[0]
    twin.answers[0] = answer._replace(proposer=answer.disputer, disputer=answer.proposer)


def counts_in_other_units(twin: OracleModel) -> None:
    twin.answers[0] = twin.answers[0]._replace(price=50)


def window_in_other_units(twin: OracleModel) -> None:
    twin.answers[0] = twin.answers[0]._replace(until=WINDOW * 1_000)


def forgets_a_bond(twin: OracleModel) -> None:
    twin.held -= BOND


def is_ahead(twin: OracleModel) -> None:
    twin.answers[0] = twin.answers[0]._replace(state=FINAL)


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (counts_in_other_units, "oracle says price of epoch 0 5, and its twin 50"),
        (window_in_other_units, "oracle says until of epoch 0 4, and its twin 4000"),
        (forgets_a_bond, "oracle says held 600, and its twin 300"),
        (is_ahead, f"oracle says state of epoch 0 {DISPUTED}, and its twin {FINAL}"),
    ],
)
def test_a_planted_difference_is_told_with_its_field_and_both_values(
    plant: Callable[[OracleModel], None], told: str
) -> None:
    asking = Asking(Rig())
    asking.call("alice", "propose", 0, 5)
    asking.call("bob", "dispute", 0)
    plant(asking.oracle.twin)
    with pytest.raises(InvariantBroken, match=told):
        asking.state()


def test_a_twin_that_pays_the_other_side_differs_in_the_decision() -> None:
    asking = Asking(Rig())
    asking.call("alice", "propose", 0, 5)
    asking.call("bob", "dispute", 0)
    pays_the_other_side(asking.oracle.twin)
    with pytest.raises(InvariantBroken, match=r"call 3: oracle says winner 0x[0-9a-f]{40}, and its twin 0x"):
        asking.call("bob", "decide", 0, TRUE)


def traded(number: int, symbol: str, price: int) -> Trade:
    return Trade(0, number, symbol, price, 1, 1, 1, 2, "alice", "bob", 0, 0)


def test_the_price_is_that_of_the_last_trade_of_the_symbol_up_to_the_epoch() -> None:
    entries: dict[int, Entry] = {1: traded(1, "ACME", 100), 2: traded(2, "BETA", 7), 3: traded(3, "ACME", 102)}
    blocks = [
        Execution(height, height, epoch, b"", b"", accepted, b"", (), (), (), (), (), ())
        for height, (epoch, accepted) in enumerate([(2, (1, 2)), (4, ()), (5, (3,))], start=1)
    ]
    found = [last_price(blocks, entries.__getitem__, "ACME", epoch) for epoch in range(1, 7)]
    assert found == [None, 100, 100, 100, 102, 102]
    assert last_price(blocks, entries.__getitem__, "BETA", 9) == 7


def test_nothing_is_read_before_the_epoch_is_settled() -> None:
    asking = Asking(Rig())
    assert asking.oracle.reading(1) is None and Oracle().reading(0) is None
    asking.pass_epochs(1)
    assert asking.oracle.reading(1) == TRUE


def test_terms_that_are_none_are_refused_here_and_by_the_contract(asking: Asking) -> None:
    for terms in ({"bond": 0}, {"window": 0}):
        with pytest.raises(InputError, match="needs a bond and a window of at least 1"):
            Oracle(**terms)
        oracle = Oracle()
        for name, value in terms.items():
            setattr(oracle, name, value)
        with pytest.raises(ChainReverted, match="BadTerms"):
            oracle.deploy(asking.context)
    with pytest.raises(InputError, match="not in CALL"):
        Oracle(asset="CALL").deploy(asking.context)


def test_an_oracle_that_does_not_hold_its_bonds_stops_the_run() -> None:
    asking = Asking(Rig())
    asking.call("alice", "propose", 0, 5)
    asking.oracle.asset = "ACME"
    with pytest.raises(InvariantBroken, match="oracle should hold 300 ACME and holds 0"):
        asking.state()
