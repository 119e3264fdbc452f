"""A bridge on chains and in memory: each message is paid once, where it was sent to, and what is minted is locked."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.blockchain.bridge import BridgeEnd, bridge
from market_sim.blockchain.bridge_message import Message, signed
from market_sim.blockchain.certificate import HANDOVER, Domain, attested, certificate, members_hash
from market_sim.blockchain.contracts import ChainContext
from market_sim.blockchain.ethereum.artifacts import artifact, refusal
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from tests.unit.blockchain.rig import ALICE, BOB, CASH, RUN, Rig, called, travel, wallet
from tests.unit.blockchain.test_escrow import REGISTER
from tests.unit.blockchain.test_vault import CALLS_BACK, KEEPS_FEE, LIES, SAYS_NO, Bank

FORGED = re.compile("WrongSigner|ZeroSignature")
"""A signature over other data belongs to an unknown key, or to none."""


class Crossing:
    """Both ends of a bridge on two chains, with 500 in Alice's wallet and 300 in Bob's."""

    def __init__(self, rig: Rig, is_naive: bool = False) -> None:
        self.rig = rig
        self.owners = dict(zip((1, ALICE, BOB), rig.owners, strict=True))
        home = ChainContext(
            rig.settlement.host(), REGISTER, self.owners.__getitem__, validators=rig.validators, run=RUN
        )
        self.contexts = {"b-home": home, "b-away": home._replace(host=rig.settlement.beside(1))}
        home.host.give(self.owners[ALICE].address, CASH, 500)
        home.host.give(self.owners[BOB].address, CASH, 300)
        self.ends = {end.name: end for end in bridge("b", "USD", is_naive)}
        for name, end in self.ends.items():
            end.deploy(self.contexts[name])

    def call(self, account: str, end: str, function: str, *arguments: int | str) -> dict[str, int | str]:
        """A call, after which both ends are compared with what was done."""
        done = called(self.ends[end], self.contexts[end], 1, account, function, *arguments)
        self.compare()
        return done

    def compare(self) -> dict[str, dict[str, int | str]]:
        return {name: end.reconcile(self.contexts[name]) for name, end in self.ends.items()}

    def show(self, end: str, message: Message, shown: bytes) -> None:
        """Show an end any message with any signatures."""
        self.contexts[end].host.invoke(self.owners[BOB], self.ends[end].place, "deliver", tuple(message), shown)

    def wallets(self) -> tuple[int, int]:
        host = self.contexts["b-home"].host
        alice, bob = (host.in_wallet(self.owners[number].address, CASH) for number in (ALICE, BOB))
        return alice, bob

    def away(self) -> tuple[int, int]:
        held = self.ends["b-away"].holdings
        alice, bob = (held.get("0x" + self.owners[number].address.hex(), 0) for number in (ALICE, BOB))
        return alice, bob


@pytest.fixture
def crossing(rig: Rig) -> Crossing:
    return Crossing(rig)


def test_money_goes_to_the_other_chain_and_comes_back(crossing: Crossing) -> None:
    assert crossing.call("alice", "b-home", "send", "bob", 200)["nonce"] == 0
    assert crossing.compare()["b-home"] == {"asset": "USD", "locked": 200, "underway": 200, "missing": 0}
    crossing.call("alice", "b-away", "deliver", "b-home", 0)
    assert (crossing.wallets(), crossing.away()) == ((300, 300), (0, 200))
    assert crossing.call("bob", "b-away", "send", "alice", 150)["nonce"] == 0
    crossing.call("bob", "b-home", "deliver", "b-away", 0)
    assert (crossing.wallets(), crossing.away()) == ((450, 300), (0, 50))
    assert crossing.compare()["b-away"] == {"asset": "USD", "minted": 50, "underway": 0, "missing": 0}


@pytest.mark.parametrize(
    ("end", "function", "arguments", "error"),
    [
        ("b-home", "send", ("bob", 0), "NothingToSend"),
        ("b-home", "send", ("bob", 401), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=400, needed=401\)"),
        ("b-away", "send", ("bob", 101), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=100, needed=101\)"),
        ("b-away", "deliver", ("b-home", 0), r"DeliveredBefore\(nonce=0\)"),
        ("b-away", "deliver", ("b-home", 7), r"TooFewSignatures\(found=0, validators=4\)"),
        ("b-home", "deliver", ("b-home", 0), r"WrongDestination\(chainId=31338, bridge=0x[0-9a-f]{40}\)"),
        ("b-home", "deliver", ("b-away", 0), r"TooFewSignatures\(found=0, validators=4\)"),
    ],
    ids=["nothing", "too much", "too much back", "again", "never sent", "a replay", "never sent back"],
)
def test_what_may_not_be_is_refused_and_moves_nothing(crossing: Crossing, end, function, arguments, error) -> None:
    crossing.call("alice", "b-home", "send", "alice", 100)
    crossing.call("bob", "b-away", "deliver", "b-home", 0)
    before = crossing.wallets(), crossing.away(), crossing.compare()
    with pytest.raises(ChainReverted, match=error):
        crossing.call("alice", end, function, *arguments)
    assert (crossing.wallets(), crossing.away(), crossing.compare()) == before


def test_a_naive_bridge_pays_the_same_signatures_at_both_ends(rig: Rig) -> None:
    crossing = Crossing(rig, is_naive=True)
    crossing.call("alice", "b-home", "send", "alice", 500)
    crossing.call("bob", "b-home", "send", "bob", 300)
    crossing.call("bob", "b-away", "deliver", "b-home", 1)
    crossing.call("bob", "b-home", "deliver", "b-home", 1)
    assert crossing.compare()["b-home"] == {"asset": "USD", "locked": 500, "underway": 500, "missing": 300}
    crossing.call("bob", "b-away", "send", "bob", 300)
    crossing.call("bob", "b-home", "deliver", "b-away", 0)
    assert crossing.wallets() == (0, 600)
    crossing.call("alice", "b-away", "deliver", "b-home", 0)
    crossing.call("alice", "b-away", "send", "alice", 500)
    with pytest.raises(ChainReverted, match=r"ShortOfLocked\(locked=200, needed=500\)"):
        crossing.call("alice", "b-home", "deliver", "b-away", 1)


def test_no_recorded_signature_is_good_at_an_end_that_it_was_not_made_for(crossing: Crossing) -> None:
    """Each message with its certificate, at each end, as it is and with its fields bent until they fit that end."""
    crossing.call("alice", "b-home", "send", "bob", 60)
    crossing.call("alice", "b-home", "send", "bob", 50)
    crossing.call("bob", "b-away", "deliver", "b-home", 0)
    crossing.call("bob", "b-away", "send", "alice", 40)
    home, away = crossing.ends["b-home"], crossing.ends["b-away"]
    places = {"b-home": (31337, home.place), "b-away": (31338, away.place)}
    for source in (home, away):
        for message in list(source.sent.values()):
            shown = signed(message, RUN, crossing.rig.validators)
            for end, (chain, place) in places.items():
                other = places["b-away" if end == "b-home" else "b-home"]
                bent = message._replace(from_chain=other[0], from_bridge=other[1], to_chain=chain, to_bridge=place)
                if source.name == end:
                    with pytest.raises(ChainReverted, match="WrongDestination"):
                        crossing.show(end, message, shown)
                    with pytest.raises(ChainReverted, match=FORGED):
                        crossing.show(end, bent, shown)
                else:
                    for lie in ({"amount": message.amount + 1}, {"nonce": 9}, {"to": message.from_bridge}):
                        with pytest.raises(ChainReverted, match=FORGED):
                            crossing.show(end, message._replace(**lie), shown)
                    with pytest.raises(ChainReverted, match="WrongOrigin"):
                        crossing.show(end, message._replace(from_chain=1), shown)
    assert (crossing.wallets(), crossing.away()) == ((390, 300), (0, 20))


def test_signatures_of_another_run_or_of_too_few_are_refused(crossing: Crossing) -> None:
    crossing.call("alice", "b-home", "send", "bob", 60)
    message, validators = crossing.ends["b-home"].sent[0], crossing.rig.validators
    with pytest.raises(ChainReverted, match=FORGED):
        crossing.show("b-away", message, signed(message, bytes(32), validators))
    with pytest.raises(ChainReverted, match=r"TooFewSignatures\(found=2, validators=4\)"):
        crossing.show("b-away", message, signed(message, RUN, validators)[:130])


ENDS, AMOUNTS = ("b-home", "b-away"), (1, 100, 150, 300, 500)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["alice", "bob"]),
        st.sampled_from(ENDS),
        st.sampled_from(["send", "deliver", "deliver"]),
        st.sampled_from(ENDS),
        st.integers(0, 3),
        st.sampled_from(AMOUNTS),
    ),
    max_size=25,
)


@given(STEPS)
def test_in_any_order_what_is_locked_is_minted_or_under_way(steps: list) -> None:
    """`call` compares both ends after each step, which fails when anything is missing; all money stays 800."""
    crossing = Crossing(Rig())
    assert played(crossing, steps) == 0
    home, away = crossing.ends["b-home"], crossing.ends["b-away"]
    assert home.amount == away.amount + home.under_way + away.under_way
    assert sum(crossing.wallets()) + home.amount == 800


@pytest.mark.thorough
def test_in_memory_and_on_chains_the_same_steps_have_the_same_fate(chain_rig: Rig) -> None:
    steps = [
        ("alice", "b-home", "send", "b-home", 0, 300), ("bob", "b-home", "deliver", "b-home", 0, 1),
        ("bob", "b-away", "deliver", "b-home", 0, 1), ("alice", "b-away", "deliver", "b-home", 0, 1),
        ("bob", "b-home", "send", "b-home", 0, 150), ("alice", "b-away", "send", "b-home", 0, 100),
        ("bob", "b-home", "deliver", "b-away", 0, 1), ("bob", "b-home", "deliver", "b-away", 0, 1),
        ("bob", "b-away", "deliver", "b-away", 0, 1), ("bob", "b-away", "send", "b-home", 0, 500),
    ]  # fmt: skip
    for is_naive in (False, True):
        memory = Crossing(Rig(), is_naive)
        chains = Crossing(chain_rig, is_naive)
        assert fates(memory, steps) == fates(chains, steps)
        assert memory.compare() == chains.compare()


def test_random_steps_like_these_rob_a_naive_bridge() -> None:
    """The canary of the test before: replays are among such steps."""
    draw = Random(5)
    choices = ("alice", "bob"), ENDS, ("send", "deliver", "deliver"), ENDS, range(4), AMOUNTS
    robbed = 0
    for _ in range(20):
        steps = [tuple(map(draw.choice, choices)) for _ in range(15)]
        robbed += played(Crossing(Rig(), is_naive=True), steps) > 0
    assert robbed >= 5


def played(crossing: Crossing, steps: list) -> int:
    """What is missing after these steps."""
    fates(crossing, steps)
    return crossing.ends["b-home"].missing


def fates(crossing: Crossing, steps: list) -> list[str]:
    told = []
    for account, end, function, source, nonce, amount in steps:
        arguments = (account, amount) if function == "send" else (source, nonce)
        try:
            told.append(str(crossing.call(account, end, function, *arguments)["amount"]))
        except ChainReverted as refused:
            told.append(refused.error)
    return told


def test_ends_are_connected_once_and_by_their_deployer(chain_rig: Rig) -> None:
    crossing = Crossing(chain_rig)
    home = crossing.ends["b-home"]
    host = crossing.contexts["b-home"].host
    with pytest.raises(ChainReverted, match="ConnectedBefore"):
        host.administer(home.place, "connect", 1, home.place)
    with pytest.raises(ChainReverted, match="NotDeployer"):
        host.invoke(crossing.owners[BOB], home.place, "connect", 1, home.place)
    with pytest.raises(ChainReverted, match="NoRecipient"):
        host.invoke(crossing.owners[BOB], home.place, "send", "0x" + "00" * 20, 1)


def test_after_its_notice_the_next_set_of_validators_counts(rig: Rig) -> None:
    crossing = Crossing(rig)
    home, chain = crossing.ends["b-home"], crossing.contexts["b-home"].host
    following = [wallet(f"next/{number}") for number in range(4)]
    addresses = [each.address for each in following]
    domain = Domain(chain.chain_id, bytes.fromhex(home.place[2:]), RUN)
    digest = attested(domain, HANDOVER, 1, 0, 1, members_hash(addresses))
    plan = certificate({number: rig.validators[number].sign(digest) for number in range(3)})
    host, bob = crossing.contexts["b-home"].host, crossing.owners[BOB]
    host.invoke(bob, home.place, "planHandover", ["0x" + address.hex() for address in addresses], 1, 0, plan)
    crossing.call("alice", "b-home", "send", "bob", 60)
    crossing.call("alice", "b-away", "deliver", "b-home", 0)
    crossing.call("bob", "b-away", "send", "bob", 40)
    message = crossing.ends["b-away"].sent[0]
    with pytest.raises(ChainReverted, match="WrongSigner"):
        crossing.show("b-home", message, signed(message, RUN, following))
    travel(rig, 2 * 24 * 3600)
    with pytest.raises(ChainReverted, match="WrongSigner"):
        crossing.show("b-home", message, signed(message, RUN, rig.validators))
    crossing.show("b-home", message, signed(message, RUN, following))


@pytest.mark.parametrize("manner", [SAYS_NO, KEEPS_FEE])
def test_a_token_that_lies_is_refused_when_it_is_sent(chain_rig: Rig, manner: int) -> None:
    bank = Bank(chain_rig)
    token, _ = bank.hostile()
    members = ["0x" + each.address.hex() for each in chain_rig.validators]
    end = bank.chain.deploy(bank.me, "Bridge", token.written, members, RUN)
    bank.does(bank.me, "behave", manner, end.written, b"", to=token)
    with pytest.raises(ChainReverted, match=LIES[manner]):
        bank.does(bank.me, "send", "0x" + bank.bob.address.hex(), 10, to=end)
    assert bank.chain.call(end, "locked") == 0


def test_a_token_that_calls_back_while_a_message_is_paid_finds_it_delivered(chain_rig: Rig) -> None:
    bank = Bank(chain_rig)
    token, _ = bank.hostile()
    members = ["0x" + each.address.hex() for each in chain_rig.validators]
    end = bank.chain.deploy(bank.me, "Bridge", token.written, members, RUN)
    other = "0x" + "22" * 20
    bank.does(bank.me, "connect", 31338, other, to=end)
    bank.does(bank.me, "send", other, 50, to=end)
    message = Message(31338, other, bank.chain.chain_id, end.written, 0, "0x" + bank.bob.address.hex(), 20)
    shown = tuple(message), signed(message, RUN, chain_rig.validators)
    again = artifact("Bridge").functions["deliver"].call(*shown)
    bank.does(bank.me, "behave", CALLS_BACK, end.written, again, to=token)
    bank.does(bank.me, "deliver", *shown, to=end)
    assert refusal(bank.chain.call(token, "answer")).error == "DeliveredBefore"
    assert (bank.chain.call(end, "locked"), bank.chain.call(token, "balanceOf", message.to)) == (30, 20)


def test_a_bridge_has_two_ends_on_chains_and_an_asset_with_a_token(rig: Rig) -> None:
    scene = Crossing(rig).contexts["b-home"]
    home, _ = bridge("c", "CALL")
    with pytest.raises(InputError, match="not CALL"):
        home.deploy(scene)
    home, _ = bridge("c")
    home.deploy(scene)
    with pytest.raises(InputError, match="c-away is used, and one end of its bridge is on no chain"):
        home.check("alice", "send", ("bob", 1), REGISTER)
    with pytest.raises(InputError, match="has no other end: `bridge` makes both"):
        BridgeEnd("alone", "USD", True).deploy(scene)


def test_a_wrong_name_is_refused_before_it_waits(crossing: Crossing) -> None:
    with pytest.raises(RuleViolation, match="UNKNOWN_ACCOUNT"):
        crossing.call("alice", "b-home", "send", "nobody", 1)
    with pytest.raises(RuleViolation, match="BAD_ARGUMENTS"):
        crossing.call("alice", "b-home", "deliver", "c-home", 1)


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ("amount", "by the journal it is 59"),
        ("holding", "holders that differ: 0x"),
        ("message", "60 USD of what was minted"),
    ],
)
def test_a_bridge_that_differs_from_the_journal_stops_the_run(crossing: Crossing, lie: str, told: str) -> None:
    crossing.call("alice", "b-home", "send", "bob", 60)
    crossing.call("alice", "b-away", "deliver", "b-home", 0)
    home, away = crossing.ends["b-home"], crossing.ends["b-away"]
    if lie == "amount":
        home.sent[0] = home.sent[0]._replace(amount=59)
    elif lie == "holding":
        away.holdings["0x" + crossing.owners[ALICE].address.hex()] = 1
    else:
        away.paid["b-away", 3] = away.paid.pop(("b-home", 0))
    with pytest.raises(InvariantBroken, match=told):
        crossing.compare()
