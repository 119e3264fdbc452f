"""Bonds on a chain and in memory: two results of one block cost the bond, once, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from market_sim.blockchain.certificate import CURVE_ORDER
from market_sim.blockchain.double_signing import rival_of
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import RuleViolation
from tests.unit.blockchain.bonding import BOND, MONEY, NOTICE, PEOPLE, TERMS, WINDOW, Bonding
from tests.unit.blockchain.rig import Rig, wallet

REWARD = 250
"""A quarter of the bond of 1,001, rounded down."""


@pytest.fixture
def stage(rig: Rig) -> Bonding:
    return Bonding(rig)


def test_two_results_of_a_block_cost_the_bond_once_and_the_reporter_shares_it_with_the_treasury(stage: Bonding) -> None:
    stage.call("alice", "deposit", 2)
    stage.signs(2, stage.rig.sale(), twice=True)
    assert stage.bonds.convicted() == [(2, 1)]
    assert (stage.wallets(), stage.held()) == ((MONEY - BOND, MONEY, 0), BOND)
    told = stage.call("bob", "report", 2, 1, 1)
    assert (told["reward"], told["rest"], told["settled"]) == (REWARD, BOND - REWARD, 0)
    assert told["validator"] == "0x" + stage.rig.validators[2].address.hex()
    assert (stage.wallets(), stage.held()) == ((MONEY - BOND, MONEY + REWARD, BOND - REWARD), 0)
    for account, *call in (("bob", "report", 2, 1, 1), ("alice", "deposit", 2), ("alice", "give_notice", 2)):
        with pytest.raises(ChainReverted, match=r"SlashedBefore\(validator=0x[0-9a-f]{40}\)"):
            stage.call(account, *call)
    assert stage.held() == 0


def test_the_digest_that_the_contract_computes_is_the_one_that_validators_sign(stage: Bonding) -> None:
    """Otherwise no signature would be that of the validator."""
    stage.call("alice", "deposit", 0)
    key, batch = stage.rig.validators[0], stage.rig.batch((2, 0, -5), (3, 0, 5), exits=(1, 2), last=4, epoch=7)
    told = stage.shows(stage.statement(key, batch), stage.statement(key, rival_of(batch)))
    assert told["validator"] == "0x" + key.address.hex()


def falsified(stage: Bonding, how: str) -> tuple[Any, Any]:
    """Two statements that convict nobody, for the reason of this name."""
    key, batch = stage.rig.validators[0], stage.rig.sale()
    one, other = stage.statement(key, batch), stage.statement(key, rival_of(batch))
    signature = other.signature
    high = (CURVE_ORDER - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    domain = stage.domain
    following = batch._replace(header=batch.header._replace(first=2, last=2))
    stranger, colleague = wallet("stranger"), stage.rig.validators[1]
    cases: dict[str, Callable[[], tuple[Any, Any]]] = {
        "one result twice": lambda: (one, one),
        "the next block": lambda: (one, stage.statement(key, following)),
        "the block before": lambda: (stage.statement(key, following), one),
        "another chain": lambda: (one, stage.statement(key, rival_of(batch), domain._replace(chain_id=1))),
        "another contract": lambda: (stage.statement(key, batch, domain._replace(contract=bytes(20))), other),
        "another run": lambda: (one, stage.statement(key, rival_of(batch), domain._replace(run=bytes(32)))),
        "two signers": lambda: (one, stage.statement(colleague, rival_of(batch))),
        "a stranger": lambda: (stage.statement(stranger, batch), stage.statement(stranger, rival_of(batch))),
        "no bond": lambda: (stage.statement(colleague, batch), stage.statement(colleague, rival_of(batch))),
        "changed after signing": lambda: (one, other._replace(net_hash=bytes([1]) * 32)),
        "the larger s": lambda: (one, other._replace(signature=signature[:32] + high + bytes([signature[64] ^ 1]))),
        "no signature": lambda: (one._replace(signature=b""), other),
        "zeros": lambda: (one, other._replace(signature=bytes(65))),
        "a parity that is none": lambda: (one, other._replace(signature=signature[:64] + bytes([255]))),
    }
    return cases[how]()


ERRORS = {
    "one result twice": r"SameDigest\(digest=[0-9a-f]{64}\)",
    "the next block": r"OtherHeight\(last=1, first=2\)",
    "the block before": r"OtherHeight\(last=1, first=2\)",
    "another chain": r"WrongDomain\(expected=[0-9a-f]{64}, found=[0-9a-f]{64}\)",
    "another contract": "WrongDomain",
    "another run": "WrongDomain",
    "two signers": r"OtherSigner\(one=0x[0-9a-f]{40}, other=0x[0-9a-f]{40}\)",
    "a stranger": r"NotBonded\(signer=0x[0-9a-f]{40}\)",
    "no bond": "NotBonded",
    "changed after signing": "OtherSigner",
    "the larger s": "BadEvidence",
    "no signature": "BadEvidence",
    "zeros": "BadEvidence",
    "a parity that is none": "BadEvidence",
}
NAMES_THE_CONTRACT = ("one result twice", "another chain", "another contract", "another run", "changed after signing")
"""The cases whose numbers follow from the address of the settlement, which is another one in memory."""


def test_what_convicts_nobody_is_refused_by_its_own_error_and_moves_nothing(chain_rig: Rig) -> None:
    stages = Bonding(chain_rig), Bonding(Rig())
    for stage in stages:
        stage.call("alice", "deposit", 0)
    before = [(stage.wallets(), stage.held()) for stage in stages]
    for how, error in ERRORS.items():
        told = []
        for stage in stages:
            with pytest.raises(ChainReverted, match=f"^{error}") as refused:
                stage.shows(*falsified(stage, how))
            told.append(refused.value.arguments)
        assert how in NAMES_THE_CONTRACT or told[0] == told[1], how
    assert [(stage.wallets(), stage.held()) for stage in stages] == before


def test_a_range_that_holds_the_block_is_evidence_too(stage: Bonding) -> None:
    stage.call("alice", "deposit", 0)
    key, batch = stage.rig.validators[0], stage.rig.batch()
    longer = batch._replace(header=batch.header._replace(last=3, epoch=3))
    assert stage.shows(stage.statement(key, longer), stage.statement(key, batch))["reward"] == REWARD


@pytest.mark.parametrize("late", [False, True])
def test_a_signature_can_be_reported_for_the_window_and_no_longer(stage: Bonding, late: bool) -> None:
    stage.call("alice", "deposit", 0)
    stage.signs(0, stage.rig.batch(), twice=True)
    stage.pass_epochs(1 + WINDOW + late)
    if late:
        with pytest.raises(ChainReverted, match=r"ReportTooLate\(until=3, settled=4\)"):
            stage.call("bob", "report", 0, 1, 1)
    else:
        assert stage.call("bob", "report", 0, 1, 1)["settled"] == 3


def test_a_bond_goes_back_to_its_owner_after_a_notice_in_which_it_can_still_be_taken(stage: Bonding) -> None:
    for validator in (0, 1):
        stage.call("alice", "deposit", validator)
        stage.call("alice", "give_notice", validator)
    stage.signs(1, stage.rig.batch(), twice=True)
    stage.pass_epochs(NOTICE - 1)
    with pytest.raises(ChainReverted, match=rf"NoticeRuns\(until={NOTICE}, settled={NOTICE - 1}\)"):
        stage.call("alice", "withdraw", 0)
    assert stage.call("bob", "report", 1, 1, 1)["reward"] == REWARD, "the notice is longer than the window"
    stage.pass_epochs(1)
    told = stage.call("alice", "withdraw", 0)
    assert (told["amount"], told["settled"]) == (BOND, NOTICE)
    assert (stage.wallets(), stage.held()) == ((MONEY - BOND, MONEY + REWARD, BOND - REWARD), 0)
    with pytest.raises(ChainReverted, match="SlashedBefore"):
        stage.call("alice", "withdraw", 1)
    with pytest.raises(ChainReverted, match="NotBonded"):
        stage.call("alice", "withdraw", 0)
    assert stage.call("bob", "deposit", 0)["amount"] == BOND, "another bond of the same validator"


REFUSED = (
    ("bob", "deposit", 0, r"BondedBefore\(validator=0x[0-9a-f]{40}\)"),
    ("bob", "deposit", 4, r"UnknownPlace\(place=4, validators=4\)"),
    ("bob", "give_notice", 0, r"NotBondOwner\(owner=0x[0-9a-f]{40}, caller=0x[0-9a-f]{40}\)"),
    ("alice", "give_notice", 0, rf"NoticeGivenBefore\(until={NOTICE}\)"),
    ("alice", "give_notice", 2, r"NotBonded\(signer=0x[0-9a-f]{40}\)"),
    ("bob", "withdraw", 0, "NotBondOwner"),
    ("alice", "withdraw", 1, r"NoticeNotGiven\(validator=0x[0-9a-f]{40}\)"),
)


def test_what_may_not_be_is_refused_and_moves_nothing(chain_rig: Rig) -> None:
    stages = Bonding(chain_rig), Bonding(Rig())
    for stage in stages:
        for function, validator in (("deposit", 0), ("deposit", 1), ("give_notice", 0)):
            stage.call("alice", function, validator)
    before = [(stage.wallets(), stage.held()) for stage in stages]
    for account, function, validator, error in REFUSED:
        told = []
        for stage in stages:
            with pytest.raises(ChainReverted, match=f"^{error}") as refused:
                stage.call(account, function, validator)
            told.append(refused.value.arguments)
        assert told[0] == told[1]
    assert [(stage.wallets(), stage.held()) for stage in stages] == before


def test_a_bond_that_its_owner_does_not_have_is_not_paid(chain_rig: Rig) -> None:
    stage = Bonding(chain_rig)
    for validator in range(4):
        stage.call("bob", "deposit", validator)
    stage.signs(0, stage.rig.sale(), twice=True)
    stage.call("alice", "report", 0, 1, 1)
    stage.pass_epochs(1)
    assert stage.wallets() == (MONEY + REWARD, MONEY - 4 * BOND, BOND - REWARD)
    other = Bonding(stage.rig, TERMS._replace(bond=MONEY * 3))
    with pytest.raises(ChainReverted, match="ShortOfTokens"):
        other.call("bob", "deposit", 0)
    assert other.held() == 0


@pytest.mark.parametrize("seed", range(5))
def test_random_calls_leave_what_a_naive_reference_says(seed: int) -> None:
    """Each step: a random caller and a random call; the reference holds sets and adds up nothing but whole bonds."""
    stage, luck = Bonding(Rig()), Random(seed)
    owner: dict[int, str] = {}
    leaving: dict[int, int] = {}
    guilty: set[int] = set()
    slashed: set[int] = set()
    money = dict(zip(PEOPLE, stage.wallets(), strict=True))
    settled, made = 0, 0
    for step in range(90):
        who, validator = luck.choice(("alice", "bob")), luck.randrange(3)
        what = luck.choice(("deposit", "give_notice", "withdraw", "report", "time", "sign"))
        if what == "time":
            settled += 1
            stage.pass_epochs(1)
            continue
        if what == "sign":
            if step % 5 == 0 and validator not in guilty:
                guilty.add(validator)
                stage.signs(validator, stage.rig.batch(first=90, last=90, epoch=10**6), twice=True)
            continue
        mine = owner.get(validator) == who and validator not in slashed
        if what == "deposit":
            possible = validator not in owner and validator not in slashed and money[who] >= BOND
        elif what == "give_notice":
            possible = mine and validator not in leaving
        elif what == "withdraw":
            possible = mine and validator in leaving and settled >= leaving[validator]
        else:
            possible = validator in guilty and validator in owner and validator not in slashed
        arguments = (validator, 90, 90) if what == "report" else (validator,)
        try:
            stage.call(who, what, *arguments)
        except (ChainReverted, RuleViolation):
            assert not possible, (step, who, what, validator)
            continue
        assert possible, (step, who, what, validator)
        made += 1
        if what == "deposit":
            owner[validator] = who
            money[who] -= BOND
        elif what == "give_notice":
            leaving[validator] = settled + NOTICE
        elif what == "withdraw":
            del owner[validator], leaving[validator]
            money[who] += BOND
        else:
            slashed.add(validator)
            money[who] += BOND // 4
            money["fees"] += BOND - BOND // 4
        assert stage.wallets() == tuple(money[name] for name in PEOPLE)
        assert stage.held() == BOND * len(owner.keys() - slashed)
    assert made > 4 and slashed, "the canary: much was possible, and a bond was taken"
