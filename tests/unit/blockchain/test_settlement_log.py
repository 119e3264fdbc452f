"""The settlement log: what was done before a program died is done again in the same order, and never a second time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from market_sim.blockchain.settlement_log import FILE, SettlementLog, lines
from market_sim.core.errors import InputError, InvariantBroken, OtherCourse
from market_sim.core.models.settlement_events import BlockSettled
from tests.unit.blockchain.town import Town


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every log that a test opened is closed after it, as at the end of a program."""
    opened, logs = SettlementLog.opened, []

    def open_one(folder: Path, syncs: bool = True) -> SettlementLog:
        logs.append(opened(folder, syncs))
        return logs[-1]

    monkeypatch.setattr(SettlementLog, "opened", open_one)
    yield
    for log in logs:
        log.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run that asked two questions, signed, and died while it sent a transaction."""
    log = SettlementLog.opened(tmp_path)
    log.ask("height", int, lambda: 7)
    log.keep(2, 4, 5, b"\1" * 32)
    log.ask("head", bytes, lambda: b"abc")
    log.send("aa", lambda: "sent", "unknown")
    log.tell("sending", "bb")
    log.close()
    return tmp_path


def never() -> str:
    raise AssertionError("the chain was asked again")


def again(log: SettlementLog) -> None:
    """What the run did, without the transaction during which it died."""
    assert log.ask("height", int, never) == 7
    log.keep(2, 4, 5, b"\1" * 32)
    assert log.ask("head", bytes, never) == b"abc"
    assert log.send("aa", never, "unknown") == "sent"


def test_questions_of_the_past_are_answered_from_the_file_and_later_ones_by_the_chain(folder: Path) -> None:
    log = SettlementLog.opened(folder)
    returned: list[bool] = []
    log.resumed = lambda: returned.append(log.is_past)
    again(log)
    assert log.send("bb", never, "unknown") == "unknown", "it may have arrived: the restart rule decides"
    assert returned == [False]
    assert log.ask("height", int, lambda: 8) == 8
    assert log.send("cc", lambda: "sent", "unknown") == "sent"
    assert returned == [False]
    assert len(list(lines(folder / FILE))) == 10


def test_a_program_that_would_do_something_else_is_stopped_at_that_line(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    log = SettlementLog.opened(folder)
    log.ask("height", int, never)
    with pytest.raises(OtherCourse, match=r"line 2: the run did \[\"signed\",2,4,5.* would do \[\"signed\",2,4,6"):
        log.keep(2, 4, 6, b"\1" * 32)
    log.close()
    log = SettlementLog.opened(folder)
    with pytest.raises(OtherCourse, match="line 1"):
        log.ask("depth", int, never)
    assert (folder / FILE).read_bytes() == before


def test_a_torn_last_line_was_never_acted_upon_and_is_cut_off(folder: Path) -> None:
    path = folder / FILE
    path.write_bytes(path.read_bytes()[:-9])
    log = SettlementLog.opened(folder)
    again(log)
    assert log.send("bb", lambda: "sent", "unknown") == "sent", "nothing was sent before the line was whole"
    assert [line.decode() for line in lines(path)][-2:] == ['["sending","bb"]', '["asked",["sent","bb"],"sent"]']


@pytest.mark.parametrize("place", [3, 20, 75, 150])
def test_a_changed_byte_is_found_and_its_line_is_named(folder: Path, place: int) -> None:
    data = bytearray((folder / FILE).read_bytes())
    number = data[:place].count(b"\n") + 1
    data[place] ^= 1
    (folder / FILE).write_bytes(data)
    with pytest.raises(InputError, match=rf"{FILE}, line {number}: it is not the line that was written"):
        SettlementLog.opened(folder)


def test_lines_that_were_taken_out_are_missed(folder: Path) -> None:
    stored = (folder / FILE).read_bytes().splitlines(keepends=True)
    (folder / FILE).write_bytes(b"".join(stored[:1] + stored[2:]))
    with pytest.raises(InputError, match="line 2: it is not the line that was written"):
        SettlementLog.opened(folder)


def test_a_log_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    for read in (SettlementLog.opened, SettlementLog.replayed):
        with pytest.raises(InputError, match=rf"{FILE} cannot be (opened|read): Is a directory"):
            read(tmp_path)


def a_day(folder: Path, price: int) -> Town:
    log = SettlementLog.opened(folder)
    try:
        town = Town(log=log)
        town.finalize(town.block(town.trade(100, 1)))
        town.finalize(town.block(town.trade(price, 2)))
    finally:
        log.close()
    return town


def test_a_new_process_never_signs_a_second_digest_for_a_block(tmp_path: Path) -> None:
    first = a_day(tmp_path, price=50)
    before = (tmp_path / FILE).read_bytes()
    assert len(first.of(BlockSettled)) == 2
    assert list(a_day(tmp_path, price=50).journal) == list(first.journal), "the same digests are signed again"
    with pytest.raises(InvariantBroken, match="block 2 is signed already, with another result"):
        a_day(tmp_path, price=51)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_digest_is_written_before_it_is_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(log: SettlementLog, line: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SettlementLog, "_append", full)
    town = Town(log=SettlementLog.opened(tmp_path))
    signed = town.service._signers[0].signed
    with pytest.raises(OSError, match="No space"):
        town.finalize(town.block(town.trade(100, 1)))
    assert signed == {}
