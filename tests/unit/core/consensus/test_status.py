"""What a committee has come to: counted over honest views that need not have come equally far."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from market_sim.core.consensus.status import CommitteeStatus, ValidatorStatus, digest_of, status_of
from tests.unit.core.consensus.table import run_committee


def view(number: int, *chain: str) -> ValidatorStatus:
    return ValidatorStatus(number, chain, (), f"digest of {len(chain)}")


def test_the_digest_is_that_of_the_longest_finalized_chain_wherever_it_stands():
    ahead, behind = view(0, "a", "b", "c"), view(1, "a")
    for views in ((ahead, behind), (behind, ahead), (behind, ahead, behind)):
        status = CommitteeStatus(views, 4, 4, 3, "")
        assert status.finalized_digest == "digest of 3"
        assert not status.all_agree
    assert CommitteeStatus((behind, replace(behind, validator=2)), 1, 1, 1, "").all_agree


def test_what_is_final_and_pending_is_told_by_the_validator_that_is_furthest_ahead():
    run, young = run_committee(epochs=6), run_committee(epochs=3)
    far, near = run.committee.validators[0], young.committee.validators[1]
    assert far.finalized.height > near.finalized.height > 0
    alone = status_of(run.committee.rules, [far])
    for validators in ([far, near], [near, far]):
        status = status_of(run.committee.rules, validators)
        assert status.finalized == alone.finalized == far.finalized.height
        assert status.pending == alone.pending
        assert not status.all_agree


def test_genesis_is_not_counted():
    status = run_committee(epochs=6).status
    assert (status.proposed, status.notarized) == (6, 6)
    assert status.finalized == 5
    assert all(len(one.finalized) == 5 for one in status.views)


def test_the_digest_of_a_chain_is_that_of_its_hashes_in_order():
    assert digest_of([]) == sha256(b"").hexdigest()
