"""What an answer to 06-who-signed-this must do. What is genuine is what the product's own verifier accepts; who signed
twice in a whole run is whom its honest validators hold evidence against (rule R13 and R7 of docs/rulebook.md)."""

from __future__ import annotations

from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.signing import Ed25519Scheme, signed_bytes, signing_prefix
from market_sim.core.models.consensus_events import BlockProposed, EquivocationSeen, VoteCast
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.core.randomness import Randomness
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo

CHAIN = Rules().chain_id
GENESIS = bytes(range(32))
BLUE, RED = b"\x0b" * 32, b"\x0e" * 32
FORGERIES = (
    "one bit of it is changed",
    "another validator is named",
    "it is for the chain next door",
    "it is moved to the next epoch",
    "it is moved to another block",
    "the voter is none of the four",
)


class Committee:
    """Four validators with keys made from a seed, who sign what they are told to."""

    def __init__(self, seed, genesis=GENESIS, chain=CHAIN):
        self.scheme = Ed25519Scheme(Randomness(seed), 4)
        self.keys = list(self.scheme.public_keys)
        self.chain, self.genesis = chain, genesis
        self._verifier = self.scheme.verifiers(chain, genesis, "each")[0]

    def vote(self, voter, epoch, block, chain=None, genesis=None):
        signer = self.scheme.signer(voter, self.chain if chain is None else chain, genesis or self.genesis)
        return {"voter": voter, "epoch": epoch, "block": block, "signature": signer.sign(epoch, block)}

    def is_genuine(self, vote):
        known = 0 <= vote["voter"] < 4
        return known and self._verifier.is_valid(vote["voter"], vote["epoch"], vote["block"], vote["signature"])

    def asked(self, student, function, subject):
        return student.call(function, subject, self.keys, self.chain, self.genesis)


@pytest.mark.points(1, task=1, hint="`number.to_bytes(8, 'big')` makes eight bytes of a number.")
def test_the_signed_bytes(student, partial):
    "a vote signs its chain, genesis, epoch and block, and nothing can be read in two ways"
    base = (1, GENESIS, 5, BLUE)
    found = student.call("statement", *base)
    assert isinstance(found, bytes), f"statement(...) returns bytes, found {str(found)[:60]}"
    for place, other, what in (
        (0, 2, "chain 1 and chain 2: whoever has a vote from one chain can show it on the other"),
        (1, RED, "two chains with different validators: genesis is not in it"),
        (2, 6, "epochs 5 and 6: a vote of yesterday can be shown again tomorrow"),
        (3, RED, "two different blocks: the vote is for none of them"),
    ):
        changed = [*base]
        changed[place] = other
        assert student.call("statement", *changed) != found, f"the signed bytes are the same for {what}"
    partial(0.5, "everything is in it")
    for arguments in (base, (300, RED, 70_000, GENESIS)):
        chain, genesis, epoch, block = arguments
        right = signed_bytes(signing_prefix(chain, genesis), epoch, block)
        found = student.call("statement", *arguments)
        assert found == right, (
            f"for chain {chain} and epoch {epoch} the validators sign {len(right)} bytes: domain (27), chain (8), "
            f"genesis (32), epoch (8), block (32), the highest byte of a number first; found {len(found)} bytes"
            f"{first_difference(found, right)}"
        )
    partial(1, "")


@pytest.mark.points(2, task=2, hint="Which key belongs to the voter that the vote names? Does that voter exist?")
def test_only_the_owner_can_sign(student, partial, seed):
    "a vote counts for the validator whose key made it, and for no other"
    committee = Committee(seed)
    vote = committee.vote(2, 5, BLUE)
    found = committee.asked(student, "is_genuine", vote)
    assert found is True, (
        f"validator 2 signed this block of epoch 5 with its own key, so the vote is genuine; found {found!r}"
    )
    changed = bytes([vote["signature"][0] ^ 1]) + vote["signature"][1:]
    assert not committee.asked(student, "is_genuine", {**vote, "signature": changed}), (
        "one bit of the signature is changed, and the vote counts all the same"
    )
    partial(0.25, "a changed signature is refused")
    assert not committee.asked(student, "is_genuine", {**vote, "voter": 1}), (
        "validator 2 signed, the vote names validator 1, and it counts: anybody could vote in everybody's name"
    )
    partial(0.5, "a false name is refused")
    assert not committee.asked(student, "is_genuine", {**vote, "voter": 4}), (
        "validator 4 does not exist, and its vote counts"
    )
    backwards = committee.vote(3, 5, BLUE) | {"voter": -1}
    assert not committee.asked(student, "is_genuine", backwards), (
        "the vote names validator -1, which does not exist: keys[-1] is the key of the last validator"
    )
    partial(1, "")


@pytest.mark.points(1, task=2, hint="Build the statement from the vote and from the chain that you were given.")
def test_a_vote_of_another_time_or_chain(student, partial, seed):
    "a genuine vote of another epoch, block or chain is no vote here"
    committee = Committee(seed)
    vote = committee.vote(0, 5, BLUE)
    assert committee.asked(student, "is_genuine", vote) is True, (
        "validator 0 signed this very vote, and you refuse it: a check that refuses everything protects nobody"
    )
    for changed, what in (({"epoch": 6}, "in epoch 5, and is shown in epoch 6"), ({"block": RED}, "for another block")):
        assert not committee.asked(student, "is_genuine", vote | changed), f"validator 0 signed {what}: that is no vote"
    partial(0.5, "epoch and block are checked")
    elsewhere = Committee(seed, chain=2)
    assert committee.asked(student, "is_genuine", elsewhere.vote(0, 5, BLUE)) is False, (
        "the same keys run a chain 2, and a vote from there counts on chain 1"
    )
    assert elsewhere.asked(student, "is_genuine", elsewhere.vote(0, 5, BLUE)) is True, (
        "a vote signed for chain 2 is genuine on chain 2: take the chain that you are given, not always the same one"
    )
    assert elsewhere.asked(student, "is_genuine", vote) is False, (
        "a vote signed for chain 1 counts on chain 2: take the chain that you are given, not always the same one"
    )
    partial(1, "")


@pytest.mark.points(1, task=3, hint="Two votes of one voter, in one epoch, for two blocks: all three must hold.")
def test_what_convicts(student, partial, seed):
    "two different blocks of one epoch convict, a repeated vote and two epochs do not"
    committee = Committee(seed)
    honest = [committee.vote(0, 5, BLUE), committee.vote(1, 5, BLUE)]
    both = [committee.vote(2, 5, BLUE), committee.vote(2, 5, RED)]
    found = people(committee.asked(student, "convicted", [*honest, *both]))
    assert found == [2], f"validator 2 signed two blocks of epoch 5, the others one each: [2], found {found}"
    partial(0.25, "the liar is convicted")
    again = people(committee.asked(student, "convicted", [*honest, honest[0]]))
    assert again == [], (
        f"the vote of validator 0 arrived twice, and it is the same vote: nobody is guilty, found {again}"
    )
    partial(0.5, "a repeated vote is no crime")
    later = people(committee.asked(student, "convicted", [*honest, committee.vote(1, 6, RED)]))
    assert later == [], f"validator 1 signed one block in epoch 5 and one in epoch 6, as it should: [], found {later}"
    two = people(committee.asked(student, "convicted", [committee.vote(0, 5, BLUE), committee.vote(1, 5, RED)]))
    assert two == [], f"two validators signed one block each: nobody is guilty, found {two}"
    partial(1, "")


@pytest.mark.points(1, task=3, hint="What does evidence consist of? Of signatures; so verify them first.")
def test_nobody_is_framed(student, seed):
    "a forged vote convicts nobody"
    committee = Committee(seed)
    framed = [committee.vote(1, 5, BLUE), committee.vote(3, 5, RED) | {"voter": 1}]
    twice = [committee.vote(2, 5, BLUE), committee.vote(2, 5, RED)]
    found = people(committee.asked(student, "convicted", [*framed, *twice]))
    assert 1 not in found, (
        f"validator 3 wrote a second vote in the name of validator 1, and you convict {found}: an honest one is framed"
    )
    assert found == [2], (
        f"validator 2 signed two blocks of epoch 5, a forged vote beside them or not: [2], found {found}"
    )


@pytest.mark.points(
    4, task=3, hint="The replay stands at the vote that you judge differently: click on it on the page."
)
def test_whole_runs(student, partial, seed, replay):
    "the votes of three whole runs, with forgeries among them: which are genuine, and whom they convict"
    luck = Random(seed)
    for right, byzantine in enumerate(
        (None, f"n{luck.randrange(4)}:equivocate", f"n{luck.randrange(4)}:equivocate@3-6")
    ):
        options = Options(seed=luck.randrange(1_000_000), epochs=8, settlement="none", byzantine=byzantine)
        journal = simulate(StreamletDemo(), options).journal
        committee = Committee(options.seed, bytes.fromhex(next(journal.of(CommitteeSeated)).genesis))
        votes = votes_of(journal)
        partial(right / 3, f"{right} of 3 runs are right until the first that differs")
        mixed = []
        for kind, (place, vote) in zip(FORGERIES, luck.sample(votes, len(FORGERIES)), strict=True):
            mixed.append((place, "as it was sent", vote))
            mixed.append((place, kind, forged(committee, luck, vote, kind)))
        for place, kind, vote in mixed:
            expected, found = committee.is_genuine(vote), committee.asked(student, "is_genuine", vote)
            replay(journal, place, f"is_genuine(...) of n{vote['voter']}'s vote, {kind}", expected, found)
            assert found == expected, (
                f"run {right + 1} of 3: the vote of n{vote['voter']} in epoch {vote['epoch']}, {kind}, is "
                f"{'genuine' if expected else 'not genuine'}; you say {found!r}"
            )
        place, vote = luck.choice(votes)
        next_door = student.call("is_genuine", vote, committee.keys, committee.chain + 1, committee.genesis)
        asked = f"is_genuine(...) of n{vote['voter']}'s vote, shown on chain {committee.chain + 1}"
        replay(journal, place, asked, False, next_door)
        assert next_door is False, (
            f"run {right + 1} of 3: the vote of n{vote['voter']} in epoch {vote['epoch']} belongs to chain "
            f"{committee.chain}, and with you it counts on chain {committee.chain + 1}"
        )
        everything = [vote for _, vote in votes] + [vote for _, _, vote in mixed]
        guilty = sorted({event.culprit for event in journal.of(EquivocationSeen)})
        found = people(committee.asked(student, "convicted", everything))
        evidence = next((place for place, event in enumerate(journal) if type(event) is EquivocationSeen), votes[0][0])
        replay(journal, evidence, f"convicted(...) with {len(everything)} votes", guilty, found)
        assert found == guilty, (
            f"run {right + 1} of 3, with {byzantine or 'everybody honest'}: {len(everything)} votes convict {guilty}, "
            f"you convict {found}"
        )
    partial(1, "")


# How the checks ask, and what they send


def first_difference(found, right):
    """Where bytes of the right length differ first."""
    places = [place for place, (one, other) in enumerate(zip(found, right, strict=False)) if one != other]
    if len(found) != len(right) or not places:
        return ""
    place = places[0]
    return f", which differ from byte {place} on: it is {found[place]} and should be {right[place]}"


def people(found):
    assert isinstance(found, list | tuple) and all(isinstance(one, int) for one in found), (
        f"convicted(...) returns a list of numbers of validators, found {str(found)[:80]}"
    )
    return list(found)


def votes_of(journal):
    """The place of each vote in the journal, and the vote; a vote names the epoch of its block."""
    epochs = {event.block: event.epoch for event in journal.of(BlockProposed)}
    return [
        (
            place,
            {
                "voter": event.voter,
                "epoch": epochs[event.block],
                "block": bytes.fromhex(event.block),
                "signature": bytes.fromhex(event.signature),
            },
        )
        for place, event in enumerate(journal)
        if type(event) is VoteCast
    ]


def forged(committee, luck, vote, kind):
    """One vote with one thing wrong with it."""
    if kind == "one bit of it is changed":
        number = int.from_bytes(vote["signature"], "little") ^ 1 << luck.randrange(500)
        return vote | {"signature": number.to_bytes(64, "little")}
    if kind == "another validator is named":
        return vote | {"voter": (vote["voter"] + luck.randint(1, 3)) % 4}
    if kind == "it is for the chain next door":
        return committee.vote(vote["voter"], vote["epoch"], vote["block"], chain=committee.chain + 1)
    if kind == "it is moved to the next epoch":
        return vote | {"epoch": vote["epoch"] + 1}
    if kind == "it is moved to another block":
        return vote | {"block": luck.randbytes(32)}
    return vote | {"voter": vote["voter"] - 4}
