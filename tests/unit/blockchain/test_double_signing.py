"""A validator that signs two results of a block: it is settled once, and the two signatures are kept as evidence."""

from __future__ import annotations

from itertools import permutations

import pytest
from coincurve import PublicKey

from market_sim.analysis.alerts import alerts
from market_sim.blockchain.certificate import Batch, Signer, Wallet
from market_sim.blockchain.double_signing import SignedResult, SignedResults, convicts, rival_of
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.signed_on import SignedOn, after_conviction
from market_sim.core.consensus.behaviours import Behaviour
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.settlement_events import BatchCertified, BlockSettled, DoubleSigned, SettlementOpened
from tests.unit.blockchain.rig import Rig, wallet
from tests.unit.blockchain.town import Town

TWICE = Behaviour(3, "double-sign", 2, 2)


def played(*behaviours: Behaviour, order: tuple[int, ...] = (0, 1, 2, 3)) -> Town:
    """Three blocks with a trade each, which validators learn of in this order."""
    town = Town(byzantine=behaviours)
    blocks = [town.block(town.trade(100, 1)) for _ in range(3)]
    for validator in order:
        town.service.finalized(validator, blocks)
    return town


def signer_of(digest: str, signature: str) -> str:
    """The address behind a signature, with the library's own verification and no code of the program."""
    key = PublicKey.from_signature_and_message(bytes.fromhex(signature), bytes.fromhex(digest), hasher=None)
    return "0x" + keccak(key.format(compressed=False)[1:])[12:].hex()


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (3, 0, 1, 2)])
def test_each_block_is_settled_once_and_both_signatures_convict_their_signer(order: tuple[int, ...]) -> None:
    town = played(TWICE, order=order)
    assert [(event.first, event.trades) for event in town.of(BlockSettled)] == [(1, 1), (2, 1), (3, 1)]
    [seen] = town.of(DoubleSigned)
    assert (seen.validator, seen.first, seen.last, seen.epoch) == (3, 2, 2, 2)
    one, other = seen.digests
    assert one != other
    addresses = town.of(SettlementOpened)[0].validators
    pairs = zip(seen.digests, seen.signatures, strict=True)
    assert [signer_of(*pair) for pair in pairs] == [addresses[3]] * 2
    certified = {event.digest for event in town.of(BatchCertified)}
    assert one in certified and other not in certified
    assert town.service.summary().reconciled


def signers_after_evidence(town: Town) -> list[tuple[int, ...]]:
    """The signers of each certificate that the journal has after the first pair of signatures."""
    events = [event for event in town.journal if isinstance(event, (DoubleSigned, BatchCertified))]
    first = next(place for place, event in enumerate(events) if isinstance(event, DoubleSigned))
    return [event.signers for event in events[first:] if isinstance(event, BatchCertified)]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_signature_of_a_convicted_validator_counts_no_more_where_the_others_are_a_quorum(order) -> None:
    """Not on the batch that convicts it either, nor on an earlier one that was not certified yet."""
    town = played(TWICE, order=order)
    after = signers_after_evidence(town)
    assert after == [(0, 1, 2)] * len(after)
    assert len(after) == [3, 3, 1, 0][order.index(3)], "what it signed before the evidence is certified"
    assert [event.first for event in town.of(BlockSettled)] == [1, 2, 3]
    [done] = after_conviction(town.journal).items()
    assert done == (3, SignedOn(len(after), 0))


@pytest.mark.parametrize("order", [(2, 0, 3), (0, 2, 3), (3, 2, 0), (2, 3, 0)])
def test_where_the_others_are_no_quorum_settlement_goes_on_with_it(order: tuple[int, ...]) -> None:
    """Two of four are convicted and the fourth never signs: the contract takes what they signed all the same."""
    town = played(Behaviour(2, "double-sign"), Behaviour(3, "double-sign"), order=order)
    assert [event.first for event in town.of(BlockSettled)] == [1, 2, 3]
    assert {event.signers for event in town.of(BatchCertified)} == {(0, 2, 3)}
    assert town.service.summary().reconciled


def test_the_money_is_that_of_a_run_in_which_everybody_signs_once() -> None:
    statements = [played(*who).service.settlement.statement() for who in ((), (TWICE,))]
    assert statements[0] == statements[1]


def test_of_two_certificates_for_a_block_only_the_first_is_relayed_and_all_signers_are_convicted() -> None:
    town = played(*(Behaviour(who, "double-sign") for who in (1, 2, 3)), order=(1, 2, 3, 0))
    assert [event.first for event in town.of(BlockSettled)] == [1, 2, 3]
    assert {event.validator for event in town.of(DoubleSigned)} == {1, 2, 3}


def test_a_second_certificate_does_not_take_the_place_of_one_that_waits() -> None:
    """Block 2 has a quorum before block 1 has: both of its certificates wait then, and the first one counts."""
    liars = [Behaviour(who, "double-sign", 2, 2) for who in (1, 2, 3)]
    town = Town(byzantine=(*liars, Behaviour(1, "misexecute", 1, 1)))
    blocks = [town.block(town.trade(100, 1), town.trade(100, 1)) for _ in range(2)]
    for validator in (1, 2, 3, 0):
        town.service.finalized(validator, blocks)
    assert [(event.first, event.trades) for event in town.of(BlockSettled)] == [(1, 2), (2, 2)]


def test_an_honest_signer_refuses_the_second_result() -> None:
    rig = Rig()
    signer, batch = Signer(rig.validators[0]), rig.sale()
    signer.sign(batch, rig.settlement.domain)
    with pytest.raises(InvariantBroken, match="block 1 is signed already, with another result"):
        signer.sign(rival_of(batch), rig.settlement.domain)


def result(rig: Rig, batch: Batch, by: Wallet) -> SignedResult:
    digest = batch.digest(rig.settlement.domain)
    return SignedResult(batch, digest, by.sign(digest))


def test_what_convicts_is_two_results_of_a_common_block_by_one_key_and_nothing_less() -> None:
    rig, stranger = Rig(), wallet("stranger")
    key, batch = rig.validators[2], rig.sale()
    mine = result(rig, batch, key)
    rival = result(rig, rival_of(batch), key)
    assert convicts(key.address, (mine, rival)) and convicts(key.address, (rival, mine))
    assert not convicts(key.address, (mine, mine)), "one result, shown twice"
    later = Batch(batch.header._replace(first=2, last=3), b"", b"")
    assert not convicts(key.address, (mine, result(rig, later, key))), "another block"
    longer = Batch(batch.header._replace(first=1, last=3), b"", b"")
    assert convicts(key.address, (mine, result(rig, longer, key))), "a range that holds the block"
    assert not convicts(key.address, (mine, result(rig, rival.batch, stranger))), "signed by somebody else"
    assert not convicts(stranger.address, (mine, rival)), "of somebody else"
    assert not convicts(bytes(20), (mine._replace(signature=bytes(65)), rival._replace(signature=bytes(65))))


def test_the_collector_keeps_all_results_and_names_the_earlier_one_once() -> None:
    rig = Rig()
    key, batch = rig.validators[0], rig.sale()
    kept = SignedResults([one.address for one in rig.validators])
    mine, rival = result(rig, batch, key), result(rig, rival_of(batch), key)
    assert [kept.add(0, one) for one in (mine, mine, rival, rival)] == [None, None, mine, None]
    assert kept.of(0, 1) == (mine, rival) and kept.of(0, 2) == kept.of(1, 1) == ()
    forged = result(rig, rival.batch, rig.validators[1])
    assert kept.add(2, mine) is None and kept.add(2, forged) is None, "neither is signed by validator 2"


def test_it_is_an_alert_of_the_run_with_its_blocks() -> None:
    town = Town(byzantine=(Behaviour(3, "double-sign"),))
    town.finalize(town.block(town.trade(100, 1)), town.block(), town.block(town.trade(100, 1)))
    found = [one.sentence for one in alerts(town.journal) if one.code == "DOUBLE_SIGNED"]
    signed = "validator n3 signed two results of"
    assert found == [f"{signed} block 1", f"{signed} the blocks 2 to 3"]
