"""The hash time lock on a chain and in memory: claim or refund, never both, decided by the secret and the day."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.blockchain.contracts import ChainContext
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.htlc import LAST_DAY, Htlc
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.trading_day import TRADING_DAY_NS
from tests.unit.blockchain.rig import ALICE, BOB, CASH, Rig, called
from tests.unit.blockchain.test_escrow import REGISTER
from tests.unit.blockchain.test_vault import CALLS_BACK, KEEPS_FEE, LIES, SAYS_NO, Bank

SECRET = "5e" * 32
DIGEST = hashlib.sha256(bytes.fromhex(SECRET)).hexdigest()


class Stage:
    """A lock with Alice, who has 500 in her wallet, and Bob, who has nothing; the day is what a test sets."""

    def __init__(self, rig: Rig) -> None:
        self.owners = dict(zip((1, ALICE, BOB), rig.owners, strict=True))
        self.day = 0.0
        host = rig.settlement.host()
        self.context = ChainContext(host, REGISTER, self.owners.__getitem__, lambda: int(self.day * TRADING_DAY_NS))
        host.give(self.owners[ALICE].address, CASH, 500)
        self.lock = Htlc()
        self.lock.deploy(self.context)

    def call(self, account: str, function: str, *arguments: int | str) -> dict[str, int | str]:
        return called(self.lock, self.context, 1, account, function, *arguments)

    def wallets(self) -> tuple[int, int]:
        alice, bob = (self.context.host.in_wallet(self.owners[number].address, CASH) for number in (ALICE, BOB))
        return alice, bob

    def held(self) -> int:
        return int(self.lock.reconcile(self.context)["held"])


@pytest.fixture
def stage(rig: Rig) -> Stage:
    return Stage(rig)


def test_the_secret_pays_the_payee_and_is_public_from_then_on(stage: Stage) -> None:
    told = stage.call("alice", "lock", "bob", 300, DIGEST, 3)
    assert (told["swap"], told["amount"], told["digest"], told["deadline"]) == (0, 300, DIGEST, 3)
    assert (stage.wallets(), stage.held()) == ((200, 0), 300)
    stage.day = 2.99
    assert stage.call("bob", "claim", 0, SECRET) == {"swap": 0, "amount": 300, "preimage": SECRET}
    assert (stage.wallets(), stage.held()) == ((200, 300), 0)


def test_from_the_deadline_on_it_goes_back_and_can_no_longer_be_claimed(stage: Stage) -> None:
    stage.call("alice", "lock", "bob", 300, DIGEST, 3)
    assert stage.call("alice", "lock", "bob", 100, DIGEST, 9)["swap"] == 1
    stage.day = 3.0
    with pytest.raises(ChainReverted, match=r"DeadlinePassed\(deadline=3, time=3\)"):
        stage.call("bob", "claim", 0, SECRET)
    assert stage.call("alice", "refund", 0) == {"swap": 0, "amount": 300}
    assert (stage.wallets(), stage.held()) == ((400, 0), 100)


@pytest.mark.parametrize(
    ("account", "function", "arguments", "error"),
    [
        ("alice", "lock", ("bob", 0, DIGEST, 3), "NothingToLock"),
        ("alice", "lock", ("alice", 1, DIGEST, 3), "NoPayee"),
        ("alice", "lock", ("bob", 1, DIGEST, 1), r"DeadlinePassed\(deadline=1, time=1\)"),
        ("alice", "lock", ("bob", 401, DIGEST, 3), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=400, needed=401\)"),
        ("bob", "claim", (0, "00" * 32), r"WrongPreimage\(swap=0\)"),
        ("bob", "claim", (1, SECRET), r"UnknownSwap\(swap=1\)"),
        ("alice", "refund", (0,), r"DeadlineNotReached\(deadline=3, time=1\)"),
        ("alice", "refund", (1,), r"UnknownSwap\(swap=1\)"),
    ],
    ids=["nothing", "to oneself", "a day that is over", "too much", "wrong", "no swap", "early", "no swap to refund"],
)
def test_a_call_that_may_not_be_is_refused_and_moves_nothing(stage, account, function, arguments, error) -> None:
    stage.call("alice", "lock", "bob", 100, DIGEST, 3)
    stage.day = 1.5
    with pytest.raises(ChainReverted, match=error):
        stage.call(account, function, *arguments)
    assert (stage.wallets(), stage.held()) == ((400, 0), 100)


@pytest.mark.parametrize("ended_by", ["claim", "refund"])
def test_a_swap_ends_once(stage: Stage, ended_by: str) -> None:
    stage.call("alice", "lock", "bob", 100, DIGEST, 3)
    ways = {"claim": (2.0, "bob", "claim", 0, SECRET), "refund": (4.0, "alice", "refund", 0)}
    stage.day, *call = ways.pop(ended_by)
    stage.call(*call)
    for day, *later in (*ways.values(), (stage.day, *call)):
        stage.day = max(stage.day, day)
        with pytest.raises(ChainReverted, match=r"SwapOver\(swap=0\)"):
            stage.call(*later)
    assert stage.held() == 0


def test_whoever_calls_the_money_goes_to_its_side(stage: Stage) -> None:
    stage.call("alice", "lock", "bob", 100, DIGEST, 3)
    stage.call("alice", "claim", 0, SECRET)
    assert stage.wallets() == (400, 100)
    stage.call("alice", "lock", "bob", 50, DIGEST, 3)
    stage.day = 3.5
    stage.call("bob", "refund", 1)
    assert stage.wallets() == (400, 100)


STEPS = st.lists(
    st.tuples(st.sampled_from(["lock", "claim", "refund"]), st.integers(0, 3), st.sampled_from([0.0, 0.4, 1.0])),
    max_size=30,
)


@given(STEPS)
def test_in_any_order_of_claims_and_timeouts_each_swap_ends_once_and_no_money_is_lost(steps: list) -> None:
    stage = Stage(Rig())
    deadlines: dict[int, int] = {}
    ended: dict[int, str] = {}
    for function, number, days in steps:
        stage.day += days
        in_time = stage.day < deadlines.get(number, 0)
        if function == "lock":
            call = "alice", "lock", "bob", 100, DIGEST, int(stage.day) + number
            may = number > 0 and len(deadlines) - list(ended.values()).count("refund") < 5
        else:
            call = ("bob", "claim", number, SECRET) if function == "claim" else ("alice", "refund", number)
            may = number in deadlines and number not in ended and in_time == (function == "claim")
        try:
            told = stage.call(*call)
        except ChainReverted:
            assert not may
            continue
        assert may
        if function == "lock":
            deadlines[int(told["swap"])] = int(stage.day) + number
        else:
            ended[number] = function
    claimed = 100 * list(ended.values()).count("claim")
    locked = 100 * (len(deadlines) - len(ended))
    assert (stage.held(), stage.wallets()) == (locked, (500 - locked - claimed, claimed))


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("lock", ("bob", 1, "5e" * 31, 3), "32 bytes in hexadecimal"),
        ("lock", ("bob", 1, "no" * 32, 3), "32 bytes in hexadecimal"),
        ("lock", ("bob", 1, DIGEST, LAST_DAY + 1), "a day of at most 1,000,000"),
        ("claim", (0, "a secret"), "32 bytes in hexadecimal"),
        ("claim", (0, " " + "5e" * 31 + "5"), "32 bytes in hexadecimal"),
    ],
)
def test_what_is_no_digest_no_secret_or_no_day_is_refused_before_it_waits(function, arguments, expected) -> None:
    with pytest.raises(RuleViolation) as refused:
        Htlc().check("alice", function, arguments, REGISTER)
    assert (refused.value.reason, refused.value.numbers) == (
        "BAD_ARGUMENTS",
        {"function": function, "expected": expected},
    )


def test_a_payee_has_an_account_and_the_asset_a_token(stage: Stage) -> None:
    with pytest.raises(RuleViolation, match="UNKNOWN_ACCOUNT"):
        stage.call("alice", "lock", "nobody", 1, DIGEST, 3)
    with pytest.raises(InputError, match="not CALL"):
        Htlc(asset="CALL").deploy(stage.context)


def test_a_lock_that_does_not_hold_what_the_journal_says_stops_the_run(stage: Stage) -> None:
    stage.call("alice", "lock", "bob", 100, DIGEST, 3)
    stage.lock.open_swaps[0] = 99
    with pytest.raises(InvariantBroken, match="htlc reports 100 USD and holds 100; by the journal 99 are"):
        stage.held()


def test_a_chain_whose_time_is_not_ours_has_no_deadlines(chain_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_rig.settlement.chain, "capabilities", frozenset({"travel"}))
    with pytest.raises(InputError, match="a chain whose time the run sets: eth-tester, fast or memory"):
        Stage(chain_rig)


@pytest.mark.parametrize("manner", [SAYS_NO, KEEPS_FEE])
def test_a_token_that_lies_is_refused_when_it_is_locked(chain_rig: Rig, manner: int) -> None:
    bank = Bank(chain_rig)
    token, _ = bank.hostile()
    lock = bank.chain.deploy(bank.me, "Htlc", token.written)
    bank.does(bank.me, "behave", manner, lock.written, b"", to=token)
    with pytest.raises(ChainReverted, match=LIES[manner]):
        bank.does(bank.me, "lock", "0x" + bank.bob.address.hex(), 10, bytes.fromhex(DIGEST), 2**40, to=lock)
    assert bank.chain.call(lock, "held") == 0


def test_a_token_that_calls_back_while_a_swap_ends_finds_it_over(chain_rig: Rig) -> None:
    bank = Bank(chain_rig)
    token, _ = bank.hostile()
    lock = bank.chain.deploy(bank.me, "Htlc", token.written)
    functions = artifact("Htlc").functions
    bank.does(bank.me, "transfer", token.written, 20, to=token)
    for _ in range(2):
        first = functions["lock"].call("0x" + bank.bob.address.hex(), 10, bytes.fromhex(DIGEST), 2**40)
        bank.does(bank.me, "call", lock.written, first, to=token)
    claim = functions["claim"].call(0, bytes.fromhex(SECRET))
    bank.does(bank.me, "behave", CALLS_BACK, lock.written, claim, to=token)
    bank.does(bank.bob, "claim", 0, bytes.fromhex(SECRET), to=lock)
    over = next(error.selector for error in artifact("Htlc").errors.values() if error.name == "SwapOver")
    assert bank.chain.call(token, "answer")[:4] == over
    assert bank.chain.call(lock, "held") == 10
