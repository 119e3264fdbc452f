"""What a validator proposes and what it refuses: payloads continue their chain without gaps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.blockchain import trade_pool
from market_sim.blockchain.gas import LARGEST_BATCH_GAS, LARGEST_COMMITTEE, batch_gas, fitting
from market_sim.blockchain.payload import RECORD, TRADE, TradeRecord, TradeRecords, decoded, encoded, last_trade
from market_sim.blockchain.register import Register
from market_sim.blockchain.trade_pool import TradePool
from market_sim.core.consensus.blocks import Block, make_block
from market_sim.core.consensus.payloads import Invalid, Unknown
from market_sim.core.errors import InputError, InvariantBroken, ProtocolViolation
from market_sim.core.models.market_events import AccountOpened, InstrumentListed, Trade


def listing(symbol: str, quote: str = "USD") -> InstrumentListed:
    return InstrumentListed(0, symbol, "stock", 1, 1, quote, 1, 2, 0)


def register(accounts: int = 3, symbols: int = 1) -> Register:
    names = ["fees", *(f"trader-{number}" for number in range(1, accounts))]
    return Register.of(
        [
            *(listing(f"S{number}") for number in range(1, symbols + 1)),
            *(AccountOpened(0, name, number, name) for number, name in enumerate(names, start=1)),
        ]
    )


def trade(number: int, price: int = 100, side: int = 1, maker: int = 1, taker: int = 2, symbol: int = 1) -> Trade:
    names = f"trader-{maker}", f"trader-{taker}"
    return Trade(0, number, f"S{symbol}", price, 3, side, 1, 2, *names, 1, 2)


class FakeChain:
    """A chain of payloads over genesis, as consensus hands it over."""

    def __init__(self, *payloads: bytes) -> None:
        self._blocks: list[tuple[Block, bytes]] = []
        parent = bytes(32)
        for epoch, payload in enumerate(payloads, start=1):
            block = make_block(parent, epoch, payload)
            self._blocks.append((block, payload))
            parent = block.hash
        self.tip = self._blocks[-1][0] if self._blocks else Block(0, b"", b"", bytes(32))
        self.steps = 0

    def __iter__(self) -> Iterator[tuple[Block, bytes]]:
        for each in reversed(self._blocks):
            self.steps += 1
            yield each


@pytest.fixture
def records() -> TradeRecords:
    return TradeRecords(register())


def pool_of(records: TradeRecords, *numbers: int) -> TradePool:
    pool = TradePool(records)
    pool.learn(tuple(map(trade, numbers)))
    return pool


def payload(records: TradeRecords, first: int, last: int) -> bytes:
    for number in range(first, last + 1):
        records.add(trade(number))
    return records.between(first, last)


def test_a_record_names_buyer_and_seller_whoever_came_first() -> None:
    book = register()
    bought, sold = (TradeRecord(*RECORD.unpack(encoded(trade(7, side=side), book))) for side in (1, -1))
    assert bought == (TRADE, 7, 1, 100, 3, 3, 2, 2, 1)
    assert sold == (TRADE, 7, 1, 100, 3, 2, 3, 1, 2)


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 1)), max_size=20))
def test_decoding_gives_back_what_was_encoded(values: list[tuple[int, int]]) -> None:
    made = [TradeRecord(TRADE, n, 1, price, size, 2, 3, -n, n) for n, (price, size) in enumerate(values)]
    data = b"".join(RECORD.pack(*record) for record in made)
    assert list(decoded(data)) == made
    if made:
        assert last_trade(data) == made[-1].trade


def test_half_a_record_is_no_payload() -> None:
    with pytest.raises(ProtocolViolation, match="PAYLOAD_MALFORMED"):
        decoded(bytes(RECORD.size - 1))


def test_a_leader_proposes_what_the_chain_does_not_hold(records: TradeRecords) -> None:
    pool = pool_of(records, 1, 2, 3)
    assert pool.payload_for(FakeChain()) == payload(records, 1, 3)
    assert pool.payload_for(FakeChain(payload(records, 1, 2), b"")) == payload(records, 3, 3)
    assert pool.payload_for(FakeChain(payload(records, 1, 3))) == b""


def test_trades_of_an_orphaned_block_wait_again_by_themselves(records: TradeRecords) -> None:
    pool = pool_of(records, 1, 2)
    orphan = FakeChain(payload(records, 1, 2))
    assert pool.payload_for(orphan) == b""
    assert pool.payload_for(FakeChain(b"")) == payload(records, 1, 2)


def test_a_gap_in_what_is_known_ends_the_proposal_until_it_is_closed(records: TradeRecords) -> None:
    pool = pool_of(records, 1, 4, 3)
    assert pool.payload_for(FakeChain()) == payload(records, 1, 1)
    assert pool.learn((trade(2),))
    assert not pool.learn((trade(2), trade(4))), "nothing new"
    assert pool.payload_for(FakeChain()) == payload(records, 1, 4)


def test_a_pool_knows_only_what_it_was_told_although_records_are_shared(records: TradeRecords) -> None:
    pool_of(records, 1, 2, 3)
    ignorant = pool_of(records, 1)
    assert ignorant.payload_for(FakeChain()) == payload(records, 1, 1)
    problem = ignorant.payload_problem(FakeChain(), payload(records, 1, 3))
    assert problem == Unknown("PAYLOAD_TRADE_UNKNOWN", {"trade": 2, "known": 1})


def test_what_another_honest_leader_proposes_is_accepted(records: TradeRecords) -> None:
    pool = pool_of(records, 1, 2, 3)
    for last in (0, 1, 3):
        assert pool.payload_problem(FakeChain(), payload(records, 1, last)) is None


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [((2,), "PAYLOAD_GAP"), ((1, 3), "PAYLOAD_GAP"), ((1, 1), "PAYLOAD_GAP"), ((2, 1), "PAYLOAD_GAP")],
)
def test_leaving_out_repeating_or_reordering_trades_is_refused(
    records: TradeRecords, numbers: tuple[int, ...], reason: str
) -> None:
    pool = pool_of(records, 1, 2, 3)
    data = b"".join(payload(records, number, number) for number in numbers)
    problem = pool.payload_problem(FakeChain(), data)
    assert isinstance(problem, Invalid) and problem.reason == reason


def test_a_trade_that_the_chain_holds_already_is_refused(records: TradeRecords) -> None:
    pool = pool_of(records, 1, 2)
    problem = pool.payload_problem(FakeChain(payload(records, 1, 1)), payload(records, 1, 2))
    assert problem == Invalid("PAYLOAD_GAP", {"expected": 2, "found": 1})


def test_other_contents_are_refused_also_when_a_later_trade_is_unknown(records: TradeRecords) -> None:
    pool = pool_of(records, 1)
    lie = encoded(trade(1, price=101), records.register) + encoded(trade(2), records.register)
    assert pool.payload_problem(FakeChain(), lie) == Invalid("PAYLOAD_TRADE_DIFFERS", {"trade": 1})


def test_bytes_that_are_no_records_are_refused(records: TradeRecords) -> None:
    pool = pool_of(records, 1)
    whole = payload(records, 1, 1)
    assert pool.payload_problem(FakeChain(), whole[:-1]).reason == "PAYLOAD_MALFORMED"
    assert pool.payload_problem(FakeChain(), b"\7" + whole[1:]).reason == "PAYLOAD_UNKNOWN_KIND"


def test_a_block_holds_a_limited_number_of_trades(records: TradeRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trade_pool, "LARGEST_PAYLOAD", 2)
    pool = pool_of(records, 1, 2, 3)
    assert pool.payload_for(FakeChain()) == payload(records, 1, 2)
    problem = pool.payload_problem(FakeChain(), payload(records, 1, 3))
    assert problem == Invalid("PAYLOAD_TOO_LARGE", {"found": 3, "limit": 2})


def test_a_block_whose_batch_would_not_fit_one_transaction_is_cut_and_refused() -> None:
    """Each pair of traders touches four fresh slots, so the gas of one transaction ends before the payload does."""
    traders = 1_400
    shared = TradeRecords(register(accounts=traders + 1, symbols=3))
    pool = TradePool(shared)
    pool.learn(tuple(trade(n, maker=2 * n - 1, taker=2 * n, symbol=3) for n in range(1, traders // 2 + 1)))
    everything = shared.between(1, traders // 2)
    made = pool.payload_for(FakeChain())
    count = len(made) // RECORD.size
    assert 0 < count < traders // 2
    assert pool.payload_problem(FakeChain(), made) is None
    problem = pool.payload_problem(FakeChain(), everything)
    assert problem == Invalid("PAYLOAD_TOO_DEAR", {"trades": traders // 2, "limit": LARGEST_BATCH_GAS})
    slots = 4 * count + 1
    assert batch_gas(LARGEST_COMMITTEE, slots, slots, 4 * count + 1, 0) <= LARGEST_BATCH_GAS
    assert fitting(everything, shared.register) == count


def test_the_last_trade_of_a_chain_is_looked_up_once_for_each_tip(records: TradeRecords) -> None:
    pool = pool_of(records, 1)
    chain = FakeChain(payload(records, 1, 1), b"", b"")
    for _ in range(3):
        pool.payload_for(chain)
    assert chain.steps == 3


def test_cash_tokens_come_first() -> None:
    book = Register.of([listing("A", "USD"), listing("B", "EUR"), AccountOpened(0, "fees", 1, "house")])
    assert [token.symbol for token in book.tokens] == ["USD", "EUR", "A", "B"]
    assert book.terms["B"][:2] == (3, 1)
    book.read(listing("C", "EUR"))
    assert book.terms["C"][:2] == (4, 1)
    with pytest.raises(InputError, match="which no listing named at the start"):
        book.read(listing("D", "GBP"))


def test_an_account_number_belongs_to_one_account() -> None:
    book = register()
    for number in (0, 2):
        with pytest.raises(InvariantBroken):
            book.read(AccountOpened(0, "newcomer", number, "newcomer"))
