"""The chain: blocks, validators, the three clocks, settlement, and the proof that a trade is settled."""

from __future__ import annotations

import threading

import msgspec
from flask import Blueprint, Response

from market_sim.analysis.history.block_contents import BlockContents
from market_sim.api.live.chain import BlockView, Clocks
from market_sim.api.live.state import LiveState
from market_sim.api.rest.document import described
from market_sim.api.rest.guard import access
from market_sim.api.rest.models import ForBlocks
from market_sim.api.rest.refusals import answer, refuse
from market_sim.blockchain.payload import encoded
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.market.exchange.terms import shown

routes = Blueprint("rest_chain", __name__)


class ValidatorAnswer(msgspec.Struct, frozen=True):
    """A validator: its number, its address on the chain, and how far its finalized chain has come."""

    validator: int
    address: str
    """Empty where a market settles on no chain."""
    final: int
    """The number of blocks that are final for it, among the last ones."""


class CommitteeAnswer(msgspec.Struct, frozen=True):
    """The committee that orders the trades: of n validators f may fail, and a quorum must sign."""

    validators: int
    faults: int
    quorum: int
    leaders: str
    members: tuple[ValidatorAnswer, ...]


class SettlementAnswer(msgspec.Struct, frozen=True):
    """How far a market is paid out on its chain."""

    backend: str
    """none where a market settles on no chain."""
    chain_id: int
    contract: str
    tokens: tuple[str, ...]
    clocks: Clocks


class ProofAnswer(msgspec.Struct, frozen=True):
    """The proof that an entry is in a settled batch, with the arguments of the contract's own isSettled.

    Leaf = Keccak(Keccak(place as 8 bytes, record)); then Keccak of each pair, the smaller first, up to the root.
    """

    trade: int
    last: int
    """The last block of the batch."""
    place: int
    """The index of the entry among those of the batch, from 0."""
    record: str
    proof: tuple[str, ...]
    root: str
    """The root that a quorum has signed and the contract keeps."""
    transaction: str
    is_proven: bool
    """Whether the proof leads to the root, worked out again here."""


@routes.get("/api/blocks")
@described("Chain", list[BlockView], query=ForBlocks)
def blocks(query: ForBlocks) -> Response:
    """The next blocks after a number, in the order of their proposals; without a number the last ones."""
    return answer(access().state.blocks(query.after, query.limit))


@routes.get("/api/blocks/<block>")
@described("Chain", BlockView, "UNKNOWN_BLOCK")
def block(block: str) -> Response:
    """One of the last blocks, by its hash."""
    found = access().state.block(block)
    if found is None:
        refuse("UNKNOWN_BLOCK", block=shown(block))
    return answer(found)


@routes.get("/api/clocks")
@described("Chain", Clocks)
def clocks() -> Response:
    """How many entries are matched, how many of them final, and how many of these settled."""
    return answer(access().state.clocks())


@routes.get("/api/validators")
@described("Chain", CommitteeAnswer)
def validators() -> Response:
    """The committee and its validators."""
    live = access().state
    seated, opened = live.committee(), live.settlement()
    if seated is None:
        refuse("REFUSED", problem="this market has no validators")
    final = [0] * seated.validators
    for one in live.blocks(None, 2_000):
        for number in one.final_for:
            final[number] += 1
    addresses = opened.validators if opened is not None else ("",) * seated.validators
    members = tuple(ValidatorAnswer(number, addresses[number], final[number]) for number in range(seated.validators))
    return answer(CommitteeAnswer(seated.validators, seated.faults, seated.quorum, seated.leaders, members))


@routes.get("/api/settlement")
@described("Chain", SettlementAnswer)
def settlement() -> Response:
    """The chain that pays the trades out, its contract and tokens, and how far it has come."""
    live = access().state
    opened: SettlementOpened | None = live.settlement()
    if opened is None:
        return answer(SettlementAnswer("none", 0, "", (), live.clocks()))
    return answer(SettlementAnswer(opened.backend, opened.chain_id, opened.contract, opened.tokens, live.clocks()))


@routes.get("/api/trades/<number:trade>/proof")
@described("Chain", ProofAnswer, "NOT_SETTLED")
def proof(trade: int) -> Response:
    """The Merkle proof of a settled trade or transfer against the root on the chain."""
    live = access().state
    settled = live.clocks().settled
    if not 1 <= trade <= settled:
        refuse("NOT_SETTLED", trade=trade, settled=settled)
    contents = _contents(live)
    paid = contents.paid(trade)
    if paid is None:
        refuse("NOT_SETTLED", trade=trade, settled=settled)
    if not paid.place:
        refuse("REFUSED", problem=f"the chain refused entry {trade}, so no root holds it")
    record = encoded(contents.entry(trade), contents.register)
    return answer(
        ProofAnswer(
            trade=trade,
            last=paid.certified.last,
            place=paid.place - 1,
            record="0x" + record.hex(),
            proof=tuple("0x" + node for node in paid.proof),
            root="0x" + paid.certified.trades_root.removeprefix("0x"),
            transaction=paid.batch.settled.transaction,
            is_proven=paid.is_proven and paid.root_matches,
        )
    )


_working_out = threading.Lock()
"""One request at a time executes the blocks again, because that takes the time of the whole journal."""
_last: list[tuple[LiveState, int, BlockContents]] = []


def _contents(live: LiveState) -> BlockContents:
    """The contents of all blocks, worked out again once more of them are settled."""
    with _working_out:
        settled = live.clocks().settled
        if not _last or _last[0][0] is not live or _last[0][1] != settled:
            _last[:] = [(live, settled, BlockContents(live.journal()))]
        return _last[0][2]
