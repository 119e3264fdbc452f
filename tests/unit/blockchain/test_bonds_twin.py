"""The bonds beside their twin, with terms that are none, and with a token that lies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market_sim.blockchain.bond_model import LEAVING, SLASHED, Bond, BondModel
from market_sim.blockchain.bonds import Bonds
from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.double_signing import rival_of
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from tests.unit.blockchain.bonding import BOND, TERMS, WINDOW, Bonding
from tests.unit.blockchain.rig import CASH, Rig
from tests.unit.blockchain.test_escrow import REGISTER
from tests.unit.blockchain.test_vault import CALLS_BACK, KEEPS_FEE, LIES, SAYS_NO, Bank


def forgets_a_bond(twin: BondModel) -> None:
    twin.held -= BOND


def is_ahead(twin: BondModel) -> None:
    [(validator, bond)] = twin.bonds.items()
    twin.bonds[validator] = bond._replace(state=SLASHED)


def counts_from_another_epoch(twin: BondModel) -> None:
    [(validator, bond)] = twin.bonds.items()
    twin.bonds[validator] = bond._replace(until=bond.until + 1)


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (forgets_a_bond, "bonds says held 1001, and its twin 0"),
        (is_ahead, rf"bonds says state of 0x[0-9a-f]{{40}} {LEAVING}, and its twin {SLASHED}"),
        (counts_from_another_epoch, r"bonds says until of 0x[0-9a-f]{40} 3, and its twin 4"),
    ],
)
def test_a_planted_difference_is_told_with_its_field_and_both_values(
    plant: Callable[[BondModel], None], told: str
) -> None:
    stage = Bonding(Rig())
    stage.call("alice", "deposit", 0)
    stage.call("alice", "give_notice", 0)
    plant(stage.bonds.twin)
    with pytest.raises(InvariantBroken, match=told):
        stage.held()


@pytest.mark.parametrize(("share_bps", "reward"), [(2_399, 240), (25, 2)], ids=["a little less", "percent"])
def test_a_twin_with_another_share_differs_in_the_report(share_bps: int, reward: int) -> None:
    stage = Bonding(Rig())
    stage.call("alice", "deposit", 0)
    stage.signs(0, stage.rig.sale(), twice=True)
    stage.bonds.twin.terms = TERMS._replace(share_bps=share_bps)
    with pytest.raises(InvariantBroken, match=rf"call 2: bonds says rest 751, and its twin {BOND - reward}"):
        stage.call("bob", "report", 0, 1, 1)


def test_a_twin_that_refuses_what_the_contract_did_is_told() -> None:
    stage = Bonding(Rig())
    stage.bonds.twin.bonds["0x" + stage.rig.validators[0].address.hex()] = Bond("0x", SLASHED)
    with pytest.raises(InvariantBroken, match="call 1: bonds made deposit, which its twin refuses: SlashedBefore"):
        stage.call("alice", "deposit", 0)


def test_a_contract_that_takes_a_bond_for_late_evidence_is_told() -> None:
    stage = Bonding(Rig())
    stage.call("alice", "deposit", 0)
    stage.signs(0, stage.rig.batch(), twice=True)
    stage.pass_epochs(1 + WINDOW)
    stage.bonds.bond_terms = TERMS._replace(window=WINDOW - 1)
    told = r"call 2: bonds made report, which its twin refuses: ReportTooLate\(until=2, settled=3\)"
    with pytest.raises(InvariantBroken, match=told):
        stage.call("bob", "report", 0, 1, 1)


def test_bonds_that_are_not_there_stop_the_run() -> None:
    stage = Bonding(Rig())
    stage.call("alice", "deposit", 0)
    stage.bonds.asset = "ACME"
    with pytest.raises(InvariantBroken, match="bonds should hold 1001 ACME and holds 0"):
        stage.held()


BAD_TERMS = ({"bond": 0}, {"share_bps": 10_000}, {"window": 0}, {"notice": WINDOW})


def test_terms_that_deter_nobody_are_refused_here_and_by_the_contract(chain_rig: Rig) -> None:
    hosts = [Bonding(rig).context.host for rig in (chain_rig, Rig())]
    for change in BAD_TERMS:
        bad = TERMS._replace(**change)
        with pytest.raises(InputError, match="the notice longer than the window, found bond"):
            Bonds(bad, "fees")
        for host in hosts:
            with pytest.raises(ChainReverted, match="BadBondTerms"):
                host.deploy("Bonds", TokenPlace(CASH), ClockPlace(), "0x" + "11" * 20, *bad)
    with pytest.raises(ChainReverted, match="BadBondTerms"):
        hosts[0].deploy("Bonds", TokenPlace(CASH), ClockPlace(), "0x" + "00" * 20, *TERMS)


def test_names_and_numbers_that_are_none_are_refused_with_what_was_expected() -> None:
    stage = Bonding(Rig())
    with pytest.raises(InputError, match="there is no account 'nobody'"):
        Bonds(TERMS, "nobody").deploy(stage.context)
    with pytest.raises(InputError, match="not in CALL"):
        Bonds(TERMS, "fees", asset="CALL").deploy(stage.context)
    with pytest.raises(InputError, match="bonds is used, and it is on no chain"):
        Bonds(TERMS, "fees").check("alice", "withdraw", (0,), REGISTER)
    with pytest.raises(RuleViolation) as refused:
        stage.call("alice", "withdraw", 4)
    assert refused.value.numbers == {"function": "withdraw", "expected": "a validator below 4"}
    with pytest.raises(RuleViolation) as refused:
        stage.call("alice", "report", 0, 1, 1)
    assert refused.value.numbers["expected"] == "a validator and two blocks of which it signed a result"
    assert Bonds(TERMS, "fees").convicted() == ()


class Hostile:
    """Bonds whose money is a hostile token; all of it belongs to the relayer, who is the treasury, too."""

    def __init__(self, rig: Rig) -> None:
        self.bank = bank = Bank(rig)
        self.token, _ = bank.hostile()
        me = "0x" + bank.me.address.hex()
        settlement = rig.settlement.contract.written
        self.bonds = bank.chain.deploy(bank.me, "Bonds", self.token.written, settlement, me, 40, 5_000, 1, 2)
        key, batch = rig.validators[0], rig.sale()
        stage = Bonding(rig)
        self.evidence = tuple(tuple(stage.statement(key, each)) for each in (batch, rival_of(batch)))

    def held(self) -> tuple[int, int]:
        """What the contract says, and what it has."""
        chain = self.bank.chain
        return chain.call(self.bonds, "held"), chain.call(self.token, "balanceOf", self.bonds.written)


@pytest.mark.parametrize("manner", [SAYS_NO, KEEPS_FEE])
def test_a_token_that_lies_is_refused(chain_rig: Rig, manner: int) -> None:
    hostile = Hostile(chain_rig)
    bank = hostile.bank
    bank.does(bank.me, "behave", manner, hostile.bonds.written, b"", to=hostile.token)
    with pytest.raises(ChainReverted, match=LIES[manner]):
        bank.does(bank.me, "deposit", 0, to=hostile.bonds)
    assert hostile.held() == (0, 0)


def test_a_token_that_calls_back_while_a_bond_is_shared_takes_nothing_more(chain_rig: Rig) -> None:
    hostile = Hostile(chain_rig)
    bank = hostile.bank
    for validator in (0, 1):
        bank.does(bank.me, "deposit", validator, to=hostile.bonds)
    again = artifact("Bonds").functions["report"].call(*hostile.evidence)
    bank.does(bank.me, "behave", CALLS_BACK, hostile.bonds.written, again, to=hostile.token)
    bank.does(bank.me, "report", *hostile.evidence, to=hostile.bonds)
    before = next(one.selector for one in artifact("Bonds").errors.values() if one.name == "SlashedBefore")
    assert bank.chain.call(hostile.token, "answer")[:4] == before
    assert hostile.held() == (40, 40)


def test_the_fields_that_are_compared_are_all_that_change_in_the_contract() -> None:
    views = {name for name, entry in artifact("Bonds").functions.items() if entry.outputs}
    fixed = {"token", "settlement", "treasury", "bond", "shareBps", "window", "notice"}
    assert views - fixed == {"held", "stateOf", "untilOf"}
