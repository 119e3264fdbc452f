"""The vault with partners that lie, keep a fee, or call back; and the three ways out of it."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim.blockchain.certificate import HEARTBEAT, REFUSED, Wallet
from market_sim.blockchain.ethereum.artifacts import artifact, refusal
from market_sim.blockchain.ethereum.chain import DeployedContract
from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import ALICE, BOB, CASH, SHARES, Rig, attestation, wallet

HONEST, SAYS_NO, KEEPS_FEE, CALLS_BACK = range(4)
LIES = {SAYS_NO: "SafeERC20FailedOperation", KEEPS_FEE: "TokenTookFee"}
"""How a token can lie, and what a contract answers."""
DAY = 24 * 3600
WEEK, NOTICE = 7 * DAY, 2 * DAY
SILENCE = 2**256 - 1


class Bank:
    """Shorthand for calls to the vault of a rig."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.settlement = rig.settlement
        self.chain = rig.settlement.chain
        self.vault = rig.settlement.contract
        self.me = rig.settlement.operator
        self.alice, self.bob = rig.owners[1], rig.owners[2]
        for owner in (self.alice, self.bob):
            self.chain.fund(owner)

    def does(self, who: Wallet, function: str, *arguments: Any, to: DeployedContract | None = None) -> None:
        self.chain.transact(who, to or self.vault, function, *arguments)

    def asks(self, function: str, *arguments: Any) -> Any:
        return self.chain.call(self.vault, function, *arguments)

    def attested(self, kind: bytes, *values: int) -> bytes:
        """Signatures of two thirds of the validators on what is no batch."""
        return attestation(self.rig, kind, *values)

    def exit(self, *numbers: int) -> None:
        self.rig.settle(self.rig.batch(exits=numbers))

    def hostile(self, amount: int = 100) -> tuple[DeployedContract, int]:
        """A listed hostile token, and its number; the relayer has some of it."""
        token = self.chain.deploy(self.me, "HostileToken")
        self.does(self.me, "listToken", token.written)
        self.does(self.me, "mint", "0x" + self.me.address.hex(), amount, to=token)
        return token, 2


@pytest.fixture
def bank(chain_rig: Rig) -> Bank:
    return Bank(chain_rig)


def test_a_withdrawal_takes_request_exit_and_claim(bank: Bank) -> None:
    cash = bank.settlement.tokens[CASH]
    bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, 400)
    assert bank.asks("balanceOf", ALICE, CASH) == 1_000, "a request moves nothing"
    bank.exit(0)
    stated = bank.settlement.statement()
    assert (stated.balances[ALICE, CASH], stated.claimable) == (600, (400, 0))
    bank.does(bank.alice, "claim", ALICE, CASH)
    assert bank.chain.call(cash, "balanceOf", "0x" + bank.alice.address.hex()) == 400
    assert bank.settlement.statement().held == (905, 12)


def test_an_exit_happens_once(bank: Bank) -> None:
    bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, 400)
    bank.exit(0)
    with pytest.raises(ChainReverted, match=r"RequestDone\(number=0\)"):
        bank.exit(0)
    bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, 400)
    with pytest.raises(ChainReverted, match=r"ExitsNotAscending\(number=1\)"):
        bank.exit(1, 1)


def test_an_exit_beyond_the_balance_is_refused_as_a_whole(bank: Bank) -> None:
    bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, 1_001)
    with pytest.raises(ChainReverted, match=r"Insolvent.account=2, token=0, held=1000, delta=-1001"):
        bank.exit(0)
    assert bank.asks("balanceOf", ALICE, CASH) == 1_000


def test_only_the_owner_asks_and_claims(bank: Bank) -> None:
    for function, rest in (("requestWithdrawal", (1,)), ("claim", ()), ("escapeWithdraw", ())):
        with pytest.raises(ChainReverted, match=r"NotOwner\(account=2"):
            bank.does(bank.bob, function, ALICE, CASH, *rest)


def test_a_claim_pays_once(bank: Bank) -> None:
    bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, 400)
    bank.exit(0)
    bank.does(bank.alice, "claim", ALICE, CASH)
    with pytest.raises(ChainReverted, match="NothingToMove"):
        bank.does(bank.alice, "claim", ALICE, CASH)


def test_a_pause_stops_deposits_and_never_claims(bank: Bank) -> None:
    bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, 400)
    bank.exit(0)
    guardian = bank.settlement.guardian
    bank.chain.fund(guardian)
    bank.does(guardian, "pause")
    with pytest.raises(ChainReverted, match="SettlementPaused"):
        bank.does(bank.me, "deposit", ALICE, CASH, 1)
    bank.does(bank.alice, "claim", ALICE, CASH)


def test_a_pause_is_the_guardians_ends_by_itself_and_cools_down(bank: Bank) -> None:
    guardian = bank.settlement.guardian
    bank.chain.fund(guardian)
    with pytest.raises(ChainReverted, match="NotGuardian"):
        bank.does(bank.me, "pause")
    bank.does(guardian, "pause")
    with pytest.raises(ChainReverted, match="CoolingDown"):
        bank.does(guardian, "pause")
    bank.chain.travel(24 * 3600)
    bank.rig.settle(bank.rig.sale())
    with pytest.raises(ChainReverted, match="CoolingDown"):
        bank.does(guardian, "pause")
    bank.chain.travel(3 * 24 * 3600)
    bank.does(guardian, "pause")
    bank.does(guardian, "resume")
    bank.rig.settle(bank.rig.sale())


def test_the_escape_opens_after_a_week_without_a_batch_and_ends_settlement(bank: Bank) -> None:
    bank.rig.settle(bank.rig.sale())
    with pytest.raises(ChainReverted, match="TooEarlyToEscape"):
        bank.does(bank.bob, "planEscape", SILENCE)
    with pytest.raises(ChainReverted, match="NotEscaped"):
        bank.does(bank.bob, "escapeWithdraw", BOB, CASH)
    bank.chain.travel(WEEK)
    with pytest.raises(ChainReverted, match="EscapeNotPlanned"):
        bank.does(bank.bob, "escape", SILENCE)
    bank.does(bank.bob, "planEscape", SILENCE)
    with pytest.raises(ChainReverted, match="EscapePlannedBefore"):
        bank.does(bank.alice, "planEscape", SILENCE)
    with pytest.raises(ChainReverted, match="TooEarlyToEscape"):
        bank.does(bank.bob, "escape", SILENCE)
    bank.chain.travel(NOTICE)
    bank.does(bank.bob, "escape", SILENCE)
    with pytest.raises(ChainReverted, match="SettlementEscaped"):
        bank.rig.settle(bank.rig.sale())
    bank.does(bank.bob, "escapeWithdraw", BOB, CASH)
    assert bank.chain.call(bank.settlement.tokens[CASH], "balanceOf", "0x" + bank.bob.address.hex()) == 400
    with pytest.raises(ChainReverted, match="NothingToMove"):
        bank.does(bank.bob, "escapeWithdraw", BOB, CASH)


def test_a_batch_that_is_final_and_not_relayed_settles_during_the_notice_and_ends_the_plan(bank: Bank) -> None:
    batch = bank.rig.sale()
    certificate = bank.rig.certified(batch)
    bank.chain.travel(WEEK)
    bank.does(bank.bob, "planEscape", SILENCE)
    bank.chain.travel(NOTICE)
    bank.rig.settle(batch, certificate)
    with pytest.raises(ChainReverted, match="TooEarlyToEscape"):
        bank.does(bank.bob, "escape", SILENCE)
    bank.chain.travel(WEEK)
    with pytest.raises(ChainReverted, match="EscapeNotPlanned"):
        bank.does(bank.bob, "escape", SILENCE)


def test_a_heartbeat_in_a_quiet_week_keeps_the_escape_closed_and_counts_once(bank: Bank) -> None:
    bank.chain.travel(WEEK)
    beat = bank.attested(HEARTBEAT, 1, 0, 0)
    with pytest.raises(ChainReverted, match="WrongSigner"):
        bank.does(bank.bob, "heartbeat", 0, bank.attested(HEARTBEAT, 1, 0, 1))
    bank.does(bank.bob, "heartbeat", 0, beat)
    with pytest.raises(ChainReverted, match="TooEarlyToEscape"):
        bank.does(bank.bob, "planEscape", SILENCE)
    with pytest.raises(ChainReverted, match=r"HeartbeatOutOfOrder\(expected=1, found=0\)"):
        bank.does(bank.bob, "heartbeat", 0, beat)


def test_the_escape_opens_for_a_request_past_its_deadline_even_while_batches_go_on(bank: Bank) -> None:
    bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, 400)
    with pytest.raises(ChainReverted, match="TooEarlyToEscape"):
        bank.does(bank.bob, "planEscape", 0)
    bank.chain.travel(WEEK)
    bank.rig.settle(bank.rig.sale())
    bank.does(bank.bob, "planEscape", 0)
    bank.chain.travel(NOTICE)
    bank.rig.settle(bank.rig.sale())
    bank.does(bank.bob, "escape", 0)
    bank.does(bank.alice, "escapeWithdraw", ALICE, CASH)
    assert bank.settlement.in_wallet(bank.alice.address, CASH) == 800


def test_an_exit_during_the_notice_removes_the_cause(bank: Bank) -> None:
    bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, 400)
    bank.chain.travel(WEEK)
    bank.does(bank.bob, "planEscape", 0)
    bank.exit(0)
    bank.chain.travel(NOTICE)
    with pytest.raises(ChainReverted, match=r"RequestDone\(number=0\)"):
        bank.does(bank.bob, "escape", 0)


def test_a_request_that_its_account_cannot_pay_opens_nothing_and_can_be_refused(bank: Bank) -> None:
    for amount in (1_001, 1_000):
        bank.does(bank.alice, "requestWithdrawal", ALICE, CASH, amount)
    bank.chain.travel(WEEK)
    with pytest.raises(ChainReverted, match=r"Insolvent.account=2, token=0, held=1000, delta=-1001"):
        bank.does(bank.alice, "planEscape", 0)
    with pytest.raises(ChainReverted, match=r"RequestPayable\(number=1, held=1000\)"):
        bank.does(bank.bob, "refuseWithdrawal", 1, bank.attested(REFUSED, 1, 1))
    with pytest.raises(ChainReverted, match="WrongSigner"):
        bank.does(bank.bob, "refuseWithdrawal", 0, bank.attested(REFUSED, 1, 1))
    bank.does(bank.bob, "refuseWithdrawal", 0, bank.attested(REFUSED, 1, 0))
    with pytest.raises(ChainReverted, match=r"RequestDone\(number=0\)"):
        bank.exit(0)


def test_a_token_is_listed_once(bank: Bank) -> None:
    with pytest.raises(ChainReverted, match="ListedTwice"):
        bank.does(bank.me, "listToken", bank.settlement.tokens[CASH].written)


@pytest.mark.parametrize(("manner", "error"), LIES.items())
def test_a_deposit_of_a_token_that_lies_is_refused(bank: Bank, manner: int, error: str) -> None:
    token, number = bank.hostile()
    bank.does(bank.me, "behave", manner, bank.vault.written, b"", to=token)
    with pytest.raises(ChainReverted, match=error):
        bank.does(bank.me, "deposit", ALICE, number, 10)
    bank.does(bank.me, "behave", HONEST, bank.vault.written, b"", to=token)
    bank.does(bank.me, "deposit", ALICE, number, 10)
    assert bank.asks("balanceOf", ALICE, number) == 10


@pytest.mark.parametrize("function", ["claim", "escapeWithdraw", "deposit"])
def test_a_token_that_calls_back_while_it_is_paid_finds_the_door_closed(bank: Bank, function: str) -> None:
    """The token itself owns an account, so that nothing but the guard stands in its way."""
    token, number = bank.hostile()
    bank.does(bank.me, "openAccounts", [token.written])
    account = 4
    bank.does(bank.me, "deposit", account, number, 100)
    entries = artifact("BatchSettlement").functions
    request = entries["requestWithdrawal"].call(account, number, 60)
    bank.does(bank.me, "call", bank.vault.written, request, to=token)
    bank.exit(0)
    arguments = (account, number, 10) if function == "deposit" else (account, number)
    bank.does(bank.me, "behave", CALLS_BACK, bank.vault.written, entries[function].call(*arguments), to=token)
    bank.does(bank.me, "call", bank.vault.written, entries["claim"].call(account, number), to=token)
    assert refusal(bank.chain.call(token, "answer")).error == "ReentrancyGuardReentrantCall"
    assert bank.chain.call(token, "balanceOf", token.written) == 60
    assert bank.asks("claimable", account, number) == 0


def test_accounts_and_tokens_are_the_operators_and_the_office_is_handed_over_in_two_steps(bank: Bank) -> None:
    for function, arguments in (("listToken", (bank.vault.written,)), ("openAccounts", ([bank.vault.written],))):
        with pytest.raises(ChainReverted, match="NotOperator"):
            bank.does(bank.alice, function, *arguments)
    bank.does(bank.me, "offerOperator", "0x" + bank.alice.address.hex())
    with pytest.raises(ChainReverted, match="NotOperator"):
        bank.does(bank.bob, "acceptOperator")
    bank.does(bank.me, "openAccounts", [bank.vault.written])
    bank.does(bank.alice, "acceptOperator")
    with pytest.raises(ChainReverted, match="NotOperator"):
        bank.does(bank.me, "openAccounts", [bank.vault.written])


@pytest.mark.parametrize(
    ("account", "token", "amount", "error"),
    [
        (0, CASH, 1, "UnknownAccount"),
        (4, CASH, 1, "UnknownAccount"),
        (ALICE, 2, 1, "UnknownToken"),
        (ALICE, CASH, 0, "NothingToMove"),
        (ALICE, CASH, 1, "ShortOfAllowance"),
    ],
)
def test_a_deposit_must_make_sense(bank: Bank, account: int, token: int, amount: int, error: str) -> None:
    with pytest.raises(ChainReverted, match=error):
        bank.does(bank.me, "deposit", account, token, amount)


def test_tokens_move_only_what_is_held_and_allowed_and_only_the_minter_makes_them(bank: Bank) -> None:
    cash, me, alice = bank.settlement.tokens[CASH], "0x" + bank.me.address.hex(), "0x" + bank.alice.address.hex()
    with pytest.raises(ChainReverted, match="NotMinter"):
        bank.does(bank.alice, "mint", alice, 1, to=cash)
    bank.does(bank.me, "mint", me, 10, to=cash)
    bank.does(bank.me, "transfer", alice, 4, to=cash)
    with pytest.raises(ChainReverted, match=r"ShortOfTokens.*held=6, needed=7"):
        bank.does(bank.me, "transfer", alice, 7, to=cash)
    with pytest.raises(ChainReverted, match="NobodyToPay"):
        bank.does(bank.me, "transfer", "0x" + bytes(20).hex(), 1, to=cash)
    bank.does(bank.alice, "approve", me, 3, to=cash)
    bank.does(bank.me, "transferFrom", alice, me, 3, to=cash)
    with pytest.raises(ChainReverted, match=r"ShortOfAllowance.*allowed=0, needed=1"):
        bank.does(bank.me, "transferFrom", alice, me, 1, to=cash)
    supply = bank.chain.call(cash, "totalSupply")
    owners = (me, alice, bank.vault.written)
    assert supply == sum(bank.chain.call(cash, "balanceOf", owner) for owner in owners)


def test_a_donation_is_a_surplus_and_nobodys_balance(bank: Bank) -> None:
    cash = bank.settlement.tokens[CASH]
    before = bank.settlement.statement()
    bank.does(bank.me, "mint", bank.vault.written, 7, to=cash)
    after = bank.settlement.statement()
    assert after.balances == before.balances
    assert after.held[CASH] == before.held[CASH] + 7


def test_a_trade_can_be_proven_against_the_root_of_its_batch(bank: Bank) -> None:
    from market_sim.blockchain.merkle import merkle_proof, merkle_root

    records = [bytes([number]) * 53 for number in range(5)]
    bank.rig.settle(bank.rig.sale(trades_root=merkle_root(records)))
    for place, record in enumerate(records):
        proof = merkle_proof(records, place)
        assert bank.asks("isSettled", 1, place, record, proof)
        assert not bank.asks("isSettled", 1, place, records[place - 1], proof)
        assert not bank.asks("isSettled", 2, place, record, proof)


def test_shares_and_cash_of_an_account_do_not_touch_each_other_in_their_common_slot(bank: Bank) -> None:
    bank.rig.settle(bank.rig.batch((ALICE, CASH, -1_000), (BOB, CASH, 1_000)))
    bank.rig.settle(bank.rig.batch((ALICE, SHARES, 10), (BOB, SHARES, -10)))
    assert bank.settlement.statement().balances == {(1, 0): 5, (2, 1): 12, (3, 0): 1_300}


def test_a_strangers_address_is_not_taken_for_the_contract(bank: Bank) -> None:
    from market_sim.core.errors import SettlementError

    elsewhere = DeployedContract(artifact("BatchSettlement"), bank.settlement.tokens[CASH].address)
    with pytest.raises(SettlementError, match="does not hold the contract BatchSettlement"):
        bank.chain.check(elsewhere)
    bank.chain.check(bank.vault)


def test_the_wallet_of_a_stranger_owns_nothing(bank: Bank) -> None:
    stranger = wallet("stranger")
    bank.chain.fund(stranger)
    with pytest.raises(ChainReverted, match="NotOwner"):
        bank.does(stranger, "requestWithdrawal", 0, CASH, 1)
