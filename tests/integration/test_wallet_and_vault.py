"""CREDITS come and go: the vault holds what it owes, the chart shows it, and lesson 21 says what its run shows."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest

from market_sim import Options, simulate
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.reserves import reserves
from market_sim.analysis.visualization.charts import chart_figure, charts_of
from market_sim.analysis.visualization.reserves_picture import reserves_sentence
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Spot
from market_sim.core.models.market_events import Deposited, Trade, Withdrawn
from market_sim.core.models.settlement_events import WithdrawalClaimed
from market_sim.course.catalogue import find_lesson
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.wallet_and_vault import CREDITS, WalletAndVault
from market_sim.strategies.traditional.depositor import Depositor
from market_sim.ui.web.run_charts import symbols
from tests.conftest import ROOT
from tests.integration.test_chain_as_a_place import told

TOKENS = ("GOLD/USD", "TIN/USD")


@cache
def journal(seed: int = 7, settlement: str = "memory") -> Journal:
    return simulate(WalletAndVault(), Options(seed=seed, settlement=settlement, paranoid=True)).journal


def proof(of: Journal) -> list:
    return [one for one in reserves(of) if one.token == CREDITS]


def test_three_bring_credits_and_two_take_some_home() -> None:
    brought = [event for event in journal().of(Deposited) if event.trade]
    home = list(journal().of(WithdrawalClaimed))
    assert [(event.account, event.amount) for event in brought] == [(name, 2_000) for name in ("ann", "bob", "cid")]
    assert [event.account for event in home] == ["ann", "bob"]
    taken = {event.account: event.amount for event in journal().of(Withdrawn)}
    sold = {event.taker: 0 for event in journal().of(Trade)}
    for event in journal().of(Trade):
        sold[event.taker] -= event.side * event.quantity
    assert all(taken[name] == 2_000 - sold[name] for name in ("ann", "bob", "cid"))
    assert [event.amount for event in home] == [taken["ann"], taken["bob"]]
    said = WalletAndVault().conclusion(journal())
    assert said.startswith("3 deposits brought 6,000 CREDITS from wallets to the vault, 2 claims took ")
    assert f"took {taken['ann'] + taken['bob']:,} home, and {taken['cid']:,} of withdrawals were not claimed" in said
    assert said.endswith(
        f"the vault was compared {len(proof(journal()))} times, and held at least what it owed each time."
    )


def test_only_deposits_and_claims_change_what_the_vault_holds() -> None:
    moments = sorted(
        [(event.time, event.amount) for event in journal().of(Deposited) if event.trade]
        + [(event.time, -event.amount) for event in journal().of(WithdrawalClaimed)]
    )
    opening = sum(event.amount for event in journal().of(Deposited) if not event.trade and event.asset == CREDITS)
    for one in proof(journal()):
        assert one.held == opening + sum(amount for time, amount in moments if time <= one.time)
        assert one.beyond == 0


def test_without_a_chain_nobody_brings_anything() -> None:
    alone = simulate(WalletAndVault(), Options(settlement="none")).journal
    assert not [event for event in alone.of(Deposited) if event.trade]
    assert WalletAndVault().conclusion(alone).endswith("this run settled on no chain, so there is no vault.")
    assert "reserves" not in [chart.name for chart in charts_of(RunHistory(alone))]


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same() -> None:
    assert told(journal()) == told(journal(settlement="eth-tester"))


class TwoTokens(Scenario):
    """Two tokens, each with one who brings it from a wallet and takes it home."""

    name = "two-tokens"
    epochs = 6

    def build(self, world: World) -> None:
        chain = world.chain("memory")
        for token in TOKENS:
            world.list(Spot(token), value=100)
            world.join(f"{token[:4]}-owner", Depositor(token, 500, leaves_s=3.0), every_ms=500)
            chain.give(f"{token[:4]}-owner", token, 500)


def test_each_token_has_a_chart_with_a_name_of_its_own_and_none_joins_the_choice_of_instruments() -> None:
    result = simulate(TwoTokens(), Options(settlement="memory"))
    run = RunHistory(result.journal)
    charts = [one for one in charts_of(run) if one.name == "reserves"]
    assert [(one.symbol, one.title) for one in charts] == [(token, f"Reserves of {token}") for token in TOKENS]
    for token in TOKENS:
        assert chart_figure(result, "reserves", token).layout.annotations[0].text == (
            f"<b>{token}: held and owed by the vault</b>"
        )
    assert symbols(charts_of(run)) == tuple(one.symbol for one in charts_of(run) if one.name == "order-book")
    with pytest.raises(
        InputError, match=f"no chart 'reserves USD', it has .*{', '.join(f'reserves {t}' for t in TOKENS)}"
    ):
        chart_figure(result, "reserves", "USD")


def test_the_chart_shows_the_proof_of_reserves_and_the_movements_of_wallets() -> None:
    result = simulate(WalletAndVault(), Options(settlement="memory"))
    found, [chart] = proof(result.journal), [
        one for one in charts_of(RunHistory(result.journal)) if one.name == "reserves"
    ]  # fmt: skip
    traces = {trace.name: trace for trace in chart_figure(result, "reserves").data}
    assert list(traces["held by the vault"].y)[:-1] == [one.held for one in found]
    assert list(traces["owed to accounts"].y)[:-1] == [one.owed for one in found]
    assert list(traces["waits to be claimed"].y)[:-1] == [one.owed + one.claimable for one in found]
    assert [len(traces[name].x) for name in ("deposit", "claim")] == [3, 2]
    assert traces["claim"].customdata[0].startswith("ann took ") and "home" in traces["claim"].customdata[0]
    assert [row[2] for row in chart.table.rows] == [f"{one.held:,}" for one in found]
    assert f"at the end {found[-1].held:,} {CREDITS}, of which {found[-1].claimable:,} {CREDITS} wait" in chart.sentence


def test_a_hole_is_told_with_its_size_and_its_block() -> None:
    found = proof(journal())
    robbed = [*found[:-1], found[-1]._replace(held=found[-1].held - 30)]
    said = reserves_sentence(robbed, Words(journal()))
    assert said.endswith(f"it held 30 {CREDITS} less than it owed at block {found[-1].block}.")


def test_lesson_21_says_what_its_run_shows() -> None:
    lesson = find_lesson(ROOT / "lessons", "21")
    told, body = journal(lesson.look.seed), " ".join(lesson.body.split())
    assert (lesson.look.scenario, lesson.look.epochs) == (WalletAndVault.name, WalletAndVault.epochs)
    found, home = proof(told), sum(event.amount for event in told.of(WithdrawalClaimed))
    assert (
        f"In the run {home:,} CREDITS were claimed, and the vault held {found[-1].held:,} at the end, of which "
        f"{found[-1].claimable:,} wait for Cid" in body
    )
    assert "accounts held 4500" in lesson.prediction.question and found[0].owed == 4_500
    falls = [after for before, after in pairwise(found) if after.held < before.held]
    assert len(falls) == 2 and lesson.prediction.outcome == "when one of them claims"
    assert "Mallory gets 160 of the 60" in body
