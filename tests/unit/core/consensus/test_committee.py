"""The committee seats validators on the clock, tells each final block once, and survives restarts."""

from __future__ import annotations

import pytest

from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.network import Network
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockProposed, EpochStarted
from market_sim.core.randomness import Randomness
from market_sim.simulation.engine.clock import SECOND, Clock
from tests.unit.core.consensus.table import Numbers, numbers_in, run_committee


def test_epochs_start_where_they_were_planned():
    run = run_committee(epochs=3)
    assert [(event.time, event.epoch, event.leader) for event in run.of(EpochStarted)] == [
        (1 * SECOND, 1, 1),
        (2 * SECOND, 2, 2),
        (3 * SECOND, 3, 3),
    ]


def test_news_reach_every_validator_and_each_trade_stands_in_one_final_block():
    run = run_committee(epochs=10, news_every=70_000_000, loss_percent=20)
    known = [payloads.known for payloads in run.committee._payloads]
    assert all(numbers == known[0] for numbers in known)
    chain = [block.payload for index, block in run.told if index == 2]
    ordered = [number for payload in chain for number in numbers_in(payload)]
    assert len(ordered) == len(set(ordered)) > 80


def test_the_journal_counts_the_trades_of_a_block():
    run = run_committee(epochs=4, news_every=100_000_000)
    payload_of = {block.hash.hex(): block.payload for _, block in run.told}
    for event in run.of(BlockProposed):
        if event.block in payload_of:
            assert event.trades == len(numbers_in(payload_of[event.block]))


def test_a_restarted_validator_learns_again_from_its_peers_and_tells_no_block_twice():
    def restart_all(committee):
        for index in range(4):
            committee._clock.plan((4 + index) * SECOND + 300_000_000, committee.restart, index)

    run = run_committee(epochs=12, before=restart_all, news_every=200_000_000)
    assert run.status.all_agree
    assert run.status.finalized >= 9
    for index in range(4):
        heights = [block.height for told, block in run.told if told == index]
        assert heights == list(range(1, len(heights) + 1))


def test_the_pending_sentence_names_what_is_missing():
    assert "needs a notarized block of epoch 7" in run_committee(epochs=6).status.pending
    after_a_gap = run_committee(epochs=7, byzantine="n2:silent").status.pending
    assert after_a_gap == "2 blocks pending: block 5 (epoch 7) needs notarized blocks of epochs 8 and 9."
    beyond = Rules(beyond_the_bound=True)
    too_late = run_committee(epochs=8, byzantine="n3:silent@7-8,n0:silent@7-8", rules=beyond).status.pending
    assert too_late.endswith("block 6 needs notarized blocks of three consecutive epochs behind it.")
    long_ago = run_committee(epochs=10, byzantine="n2:silent@6-20,n3:silent@6-20", rules=beyond)
    assert "needs notarized blocks of three consecutive epochs behind it" in long_ago.status.pending


def test_the_digest_of_the_finalized_chain_is_the_same_for_all_and_grows_with_it():
    short, long = run_committee(epochs=5).status, run_committee(epochs=6).status
    assert {view.finalized_digest for view in short.views} == {short.finalized_digest}
    assert short.finalized_digest != long.finalized_digest
    assert run_committee(epochs=1, byzantine="n1:silent").status.pending == "No notarized block is pending."


def test_a_committee_of_liars_and_too_few_payloads_are_refused():
    with pytest.raises(InputError, match="at least one that follows"):
        run_committee(byzantine="n0:silent,n1:silent,n2:silent,n3:silent")
    rules, randomness, clock = Rules(), Randomness(1), Clock()
    with pytest.raises(InputError, match="4 payloads, not 1"):
        Committee(rules, randomness, Network(rules, randomness), clock, Journal().record, [Numbers()], lambda *_: None)
    with pytest.raises(InputError, match="byzantine"):
        run_committee(byzantine="n1:silent", before=lambda committee: committee.restart(1))
