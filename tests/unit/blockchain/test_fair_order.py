"""The fair order: what follows from the logs of a quorum, whatever f of them say."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.blockchain.fair_order import FairOrder, Logs, digest, due
from market_sim.blockchain.items import LARGEST_CALLS, WITH_REPORTS, Report, calls_of, entries_of, packed, reports_of
from market_sim.blockchain.payload import TradeRecords
from market_sim.blockchain.trade_pool import Calls, TradePool
from market_sim.core.errors import ProtocolViolation
from tests.unit.blockchain.test_items import ENTRY, REGISTER, call, item
from tests.unit.blockchain.test_trade_pool import FakeChain
from tests.unit.core.consensus.table import NameTags

NOTHING: frozenset[int] = frozenset()


def table(validators: int = 4) -> list[FairOrder]:
    """The rule as each of these validators keeps it; reports are handed on by the test."""
    faults = (validators - 1) // 3
    quorum = -(-2 * validators // 3)
    tags = NameTags(validators).verifiers(1, b"genesis", "shared")
    return [FairOrder(one, validators, quorum, faults, tags[one], tags[one]) for one in range(validators)]


def report(validator: int, first: int, *calls: int) -> Report:
    tag = NameTags(4).signer(validator, 1, b"genesis")
    return Report(validator, first, calls, tag.sign(0, digest(validator, first, calls)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, list[list[int]], list[list[int]]]:
    """Logs of n validators, of which the last f say what they like, and how far each block carries each of them."""
    validators = draw(st.sampled_from([4, 5, 7]))
    faults, calls = (validators - 1) // 3, list(range(1, 7))
    # Each honest log is the common order with a few neighbours exchanged, so that many pairs are undisputed.
    logs = []
    for _ in range(validators - faults):
        log = list(calls)
        for place in draw(st.lists(st.integers(0, 4), max_size=3)):
            log[place], log[place + 1] = log[place + 1], log[place]
        logs.append(log)
    logs += [draw(st.lists(st.sampled_from(calls), max_size=8)) for _ in range(faults)]
    length = st.integers(0, 8)
    return faults, logs, draw(st.lists(st.lists(length, min_size=validators, max_size=validators), max_size=5))


@given(cases())
def test_a_call_that_all_have_seen_before_any_has_seen_another_is_executed_before_it(case) -> None:
    faults, logs, blocks = case
    validators = len(logs)
    quorum, honest = -(-2 * validators // 3), logs[: validators - faults]
    executed: list[int] = []
    lengths = [0] * validators
    for carried in [*blocks, [len(log) for log in logs]]:
        lengths = [max(before, min(now, len(log))) for before, now, log in zip(lengths, carried, logs, strict=True)]
        places: dict[int, dict[int, int]] = {}
        for who, (log, length) in enumerate(zip(logs, lengths, strict=True)):
            for place, number in enumerate(log[:length], start=1):
                places.setdefault(number, {}).setdefault(who, place)
        waiting = {number: where for number, where in places.items() if number not in executed}
        executed += due(Logs(tuple(lengths), waiting), quorum, faults)
        for one, other in combinations(range(1, 7), 2):
            seen = [[log.index(number) for log in honest] for number in (one, other)]
            if max(seen[0]) < min(seen[1]) and other in executed:
                assert executed.index(one) < executed.index(other)
    assert sorted(executed) == [1, 2, 3, 4, 5, 6], "what all honest logs hold is due"


def test_one_log_alone_makes_nothing_due_and_moves_nothing_forward() -> None:
    honest = {7: {0: 1, 1: 1, 2: 1}, 8: {0: 2, 1: 2, 2: 2}}
    liar = {call: where | ({3: 1} if call == 8 else {}) for call, where in honest.items()} | {9: {3: 2}}
    assert due(Logs((2, 2, 2, 0), honest), 3, 1) == due(Logs((2, 2, 2, 2), liar), 3, 1) == [7, 8]


def test_a_call_waits_until_the_logs_of_a_quorum_reach_it() -> None:
    assert due(Logs((1, 1, 0, 0), {7: {0: 1, 1: 1}}), 3, 1) == []
    assert due(Logs((1, 1, 1, 0), {7: {0: 1, 1: 1}, 8: {2: 1}}), 3, 1) == [7]


def test_a_leader_carries_the_reports_that_its_chain_lacks_and_the_others_agree() -> None:
    seats = table()
    for seat in seats:
        seat.tell = lambda told: [other.learn(told) for other in seats]
    for seat in seats[:3]:
        seat.see([1, 2])
        seat.see([3])
    first = seats[0].news(FakeChain(), NOTHING, {1, 2})
    assert [(one.validator, one.first, one.calls) for one in first] == [(who, 1, (1, 2)) for who in range(3)]
    numbers = seats[0].order(FakeChain(), first, NOTHING)
    assert numbers == [1, 2] and seats[3].problem(FakeChain(), first, numbers, NOTHING) is None
    chain = FakeChain(packed(b"", [item(number) for number in numbers], first))
    rest, done = seats[1].news(chain, frozenset(numbers), {1, 2, 3}), frozenset(numbers)
    assert [(one.first, one.calls) for one in rest] == [(3, (3,))] * 3
    assert seats[1].order(chain, rest, done) == [3] and seats[2].problem(chain, rest, [3], done) is None


def test_more_calls_than_a_block_holds_are_reported_in_parts_that_fit() -> None:
    """One report of all of them would fit into no block, and the log would end there for good."""
    calls = list(range(1, 2 * LARGEST_CALLS + 2))
    seats, executed, payloads = table(), list[int](), []
    for seat in seats:
        seat.tell = lambda told: [other.learn(told) for other in seats]
    for seat in seats[:3]:
        seat.see(calls)
    for _ in range(3):
        chain, done = FakeChain(*payloads), frozenset(executed)
        carried = seats[0].news(chain, done, set(calls))
        numbers = seats[0].order(chain, carried, done)
        assert seats[3].problem(chain, carried, numbers, done) is None
        executed += numbers
        payloads.append(packed(b"", [item(number) for number in numbers], carried))
    assert executed == calls


@pytest.mark.parametrize(
    ("reports", "calls", "reason"),
    [
        ([report(0, 1, 1, 2), report(1, 1, 1, 2), report(2, 1, 1, 2)], [2, 1], "PAYLOAD_UNFAIR_ORDER"),
        ([report(0, 1, 1, 2), report(1, 1, 1, 2), report(2, 1, 1, 2)], [1], "PAYLOAD_UNFAIR_ORDER"),
        ([report(0, 1, 1, 2), report(1, 1, 1, 2)], [1, 2], "PAYLOAD_UNFAIR_ORDER"),
        ([], [1], "PAYLOAD_UNFAIR_ORDER"),
        ([report(0, 2, 1)], [], "PAYLOAD_REPORT_GAP"),
        ([report(0, 1, 1), report(0, 1, 2)], [], "PAYLOAD_REPORT_GAP"),
        ([report(0, 1, 1)._replace(validator=1)], [], "PAYLOAD_BAD_REPORT"),
        ([report(0, 1, 1)._replace(calls=(2,))], [], "PAYLOAD_BAD_REPORT"),
        ([report(0, 1, 1)._replace(validator=9)], [], "PAYLOAD_BAD_REPORT"),
        ([report(0, 1)], [], "PAYLOAD_BAD_REPORT"),
    ],
)
def test_a_block_that_breaks_the_rule_is_refused_with_the_reason(reports, calls, reason: str) -> None:
    pool = TradePool(TradeRecords(REGISTER))
    pool.fair = table()[3]
    pool.learn(Calls((call(1), call(2))))
    problem = pool.payload_problem(FakeChain(), packed(b"", list(map(item, calls)), reports))
    assert problem is not None and problem.reason == reason


def test_a_report_about_a_call_that_has_not_arrived_is_waited_for() -> None:
    pool = TradePool(TradeRecords(REGISTER))
    pool.fair = table()[3]
    problem = pool.payload_problem(FakeChain(), packed(b"", [], [report(0, 1, 5)]))
    assert problem is not None and (problem.reason, problem.numbers) == ("PAYLOAD_CALL_UNKNOWN", {"call": 5})


def test_where_leaders_choose_the_order_nobody_carries_or_accepts_reports() -> None:
    pool = TradePool(TradeRecords(REGISTER))
    assert not pool.learn(report(0, 1, 5))
    problem = pool.payload_problem(FakeChain(), packed(b"", [], [report(0, 1, 5)]))
    assert problem is not None and problem.reason == "PAYLOAD_BAD_REPORT"


def test_of_two_reports_for_one_place_the_first_counts() -> None:
    [seat, *_] = table()
    assert seat.learn(report(2, 1, 7))
    assert not seat.learn(report(2, 1, 8)) and not seat.learn(report(2, 1, 7))
    assert not seat.learn(report(2, 2, 8)._replace(validator=1))
    assert [one.calls for one in seat.news(FakeChain(), NOTHING, {7, 8})] == [(7,)]


WHOLE = packed(ENTRY, [item(1)], [report(2, 1, 7, 8)])


def test_reports_are_the_same_when_they_are_read_again() -> None:
    assert (entries_of(WHOLE), calls_of(WHOLE), reports_of(WHOLE)) == (ENTRY, [item(1)], [report(2, 1, 7, 8)])
    assert reports_of(packed(ENTRY, [item(1)])) == reports_of(ENTRY) == []


@pytest.mark.parametrize("end", range(1, len(WHOLE) - len(ENTRY)))
def test_a_payload_that_is_cut_anywhere_is_refused(end: int) -> None:
    with pytest.raises(ProtocolViolation, match="PAYLOAD_MALFORMED"):
        reports_of(WHOLE[:-end])


def test_a_payload_that_promises_reports_holds_some() -> None:
    for made in (bytes([WITH_REPORTS]) + packed(b"", [item(1)])[1:] + bytes(2), WHOLE + b"\0"):
        with pytest.raises(ProtocolViolation, match="PAYLOAD_MALFORMED"):
            reports_of(made)
