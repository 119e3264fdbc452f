"""The escrow on a chain and in memory: the same fate for each call, and money leaves by the other side's will alone."""

from __future__ import annotations

import pytest

from market_sim.blockchain.contracts import ChainContext, TokenPlace
from market_sim.blockchain.escrow import Escrow
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.ethereum.host import EthereumHost
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import AccountOpened, InstrumentListed
from tests.unit.blockchain.rig import ALICE, BOB, CASH, Rig, called
from tests.unit.blockchain.test_vault import CALLS_BACK, LIES, Bank

REGISTER = Register.of(
    [
        InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0),
        InstrumentListed(0, "CALL", "option", 1, 1, "USD", 100, 2, 0, False),
        *(AccountOpened(0, name, number, name) for number, name in enumerate(("fees", "alice", "bob"), start=1)),
    ]
)


class PracticeExchange:
    """An escrow with Alice, who has 500 in her wallet, and Bob, who has nothing."""

    def __init__(self, rig: Rig) -> None:
        self.owners = dict(zip((1, ALICE, BOB), rig.owners, strict=True))
        self.context = ChainContext(rig.settlement.host(), REGISTER, self.owners.__getitem__)
        self.context.host.give(self.owners[ALICE].address, CASH, 500)
        self.escrow = Escrow()
        self.escrow.deploy(self.context)
        self.calls = 0

    def call(self, account: str, function: str, *arguments: int | str) -> Numbers:
        self.calls += 1
        return called(self.escrow, self.context, self.calls, account, function, *arguments)

    def wallets(self) -> tuple[int, int]:
        alice, bob = (self.context.host.in_wallet(self.owners[number].address, CASH) for number in (ALICE, BOB))
        return alice, bob

    def held(self) -> int:
        return int(self.escrow.reconcile(self.context)["held"])


@pytest.fixture
def stage(rig: Rig) -> PracticeExchange:
    return PracticeExchange(rig)


def test_locked_money_goes_to_the_payee_when_the_payer_releases_it(stage: PracticeExchange) -> None:
    told = stage.call("alice", "lock", "bob", 300)
    assert (told["deal"], told["amount"], stage.wallets(), stage.held()) == (0, 300, (200, 0), 300)
    assert stage.call("alice", "release", 0) == {"deal": 0, "amount": 300}
    assert (stage.wallets(), stage.held()) == ((200, 300), 0)


def test_the_payee_sends_it_back(stage: PracticeExchange) -> None:
    stage.call("alice", "lock", "bob", 300)
    assert stage.call("alice", "lock", "bob", 100)["deal"] == 1
    stage.call("bob", "refund", 0)
    assert (stage.wallets(), stage.held()) == ((400, 0), 100)


@pytest.mark.parametrize(
    ("account", "function", "arguments", "error"),
    [
        ("alice", "lock", ("bob", 0), "NothingToLock"),
        ("alice", "lock", ("alice", 1), "NoPayee"),
        ("alice", "lock", ("bob", 401), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=400, needed=401\)"),
        ("bob", "release", (0,), r"NotPayer\(deal=0, caller=0x[0-9a-f]{40}\)"),
        ("alice", "refund", (0,), r"NotPayee\(deal=0, caller=0x[0-9a-f]{40}\)"),
        ("alice", "release", (1,), r"UnknownDeal\(deal=1\)"),
    ],
    ids=["nothing", "to oneself", "too much", "by the payee", "by the payer", "no such deal"],
)
def test_a_call_that_may_not_be_is_refused_and_moves_nothing(stage, account, function, arguments, error) -> None:
    stage.call("alice", "lock", "bob", 100)
    with pytest.raises(ChainReverted, match=error):
        stage.call(account, function, *arguments)
    assert (stage.wallets(), stage.held()) == ((400, 0), 100)


@pytest.mark.parametrize("ended_by", ["release", "refund"])
def test_a_deal_ends_once(stage: PracticeExchange, ended_by: str) -> None:
    stage.call("alice", "lock", "bob", 100)
    stage.call("alice" if ended_by == "release" else "bob", ended_by, 0)
    for account, function in (("alice", "release"), ("bob", "refund")):
        with pytest.raises(ChainReverted, match=r"DealOver\(deal=0\)"):
            stage.call(account, function, 0)
    assert stage.held() == 0


def test_an_escrow_that_does_not_hold_what_the_journal_says_stops_the_run(stage: PracticeExchange) -> None:
    stage.call("alice", "lock", "bob", 100)
    stage.escrow.open_deals[0] = 99
    with pytest.raises(InvariantBroken, match="escrow reports 100 USD and holds 100; by the journal 99 are"):
        stage.held()


def test_an_escrow_holds_only_what_has_a_token(rig: Rig) -> None:
    scene = PracticeExchange(rig).context
    for asset in ("CALL", "EUR"):
        with pytest.raises(InputError, match=f"and {asset} is neither here"):
            Escrow(asset=asset).deploy(scene)


@pytest.mark.parametrize(("manner", "error"), LIES.items())
def test_a_token_that_lies_is_refused_when_it_is_locked(chain_rig: Rig, manner: int, error: str) -> None:
    bank = Bank(chain_rig)
    token, _ = bank.hostile()
    escrow = bank.chain.deploy(bank.me, "Escrow", token.written)
    bank.does(bank.me, "behave", manner, escrow.written, b"", to=token)
    with pytest.raises(ChainReverted, match=error):
        bank.does(bank.me, "lock", "0x" + bank.bob.address.hex(), 10, to=escrow)
    assert bank.chain.call(escrow, "held") == 0


def test_a_token_that_calls_back_while_a_deal_ends_finds_it_over(chain_rig: Rig) -> None:
    bank = Bank(chain_rig)
    token, _ = bank.hostile()
    escrow = bank.chain.deploy(bank.me, "Escrow", token.written)
    functions = artifact("Escrow").functions
    bank.does(bank.me, "transfer", token.written, 20, to=token)
    lock = functions["lock"].call("0x" + bank.bob.address.hex(), 10)
    bank.does(bank.me, "call", escrow.written, lock, to=token)
    bank.does(bank.me, "behave", CALLS_BACK, escrow.written, functions["release"].call(0), to=token)
    bank.does(bank.me, "call", escrow.written, functions["release"].call(0), to=token)
    closed = next(error.selector for error in artifact("Escrow").errors.values() if error.name == "DealOver")
    assert bank.chain.call(token, "answer")[:4] == closed
    assert bank.chain.call(escrow, "held") == 0


def test_a_host_puts_the_address_of_a_token_where_an_adapter_names_it(chain_rig: Rig) -> None:
    host = chain_rig.settlement.host()
    assert isinstance(host, EthereumHost)
    place = host.deploy("Escrow", TokenPlace(CASH))
    token = chain_rig.settlement.chain.call(host._contracts[place], "token")
    assert token == chain_rig.settlement.tokens[CASH].written
