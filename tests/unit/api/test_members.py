"""Members: a token is shown once and stored only as its digest; a name, a role and a code decide who gets one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from market_sim.api.access import PURSE, Access, LiveSettings
from market_sim.api.live.market import LiveMarket
from market_sim.api.members import Member, Members, NotAdmitted
from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.web.application import create_app


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "instance" / "members.sqlite"


def test_a_token_finds_its_member_and_no_other(file) -> None:
    members = Members(file)
    ann, bob = members.admit("ann", "student"), members.admit("bob", "instructor")
    assert members.find(ann) == Member("ann", "student")
    assert members.find(bob) == Member("bob", "instructor")
    for wrong in ("", "ann", ann[:-1], ann + "x", "x" * 10_000, "\ud800"):
        assert members.find(wrong) is None
    assert members.everybody() == [Member("ann", "student"), Member("bob", "instructor")]


def test_no_token_is_in_the_file(file) -> None:
    tokens = [Members(file).admit(f"student-{number}", "student") for number in range(20)]
    stored = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert b"student-0" in stored
    assert not any(token.encode() in stored for token in tokens)
    assert len(set(tokens)) == 20 and all(len(token) >= 43 for token in tokens)


def test_members_outlive_the_program_and_belong_to_one_market(file) -> None:
    token = Members(file, "spring").admit("ann", "student")
    assert Members(file, "spring").find(token) == Member("ann", "student")
    assert Members(file, "autumn").find(token) is None
    assert Members(file, "autumn").admit("ann", "student") != token


def test_a_removed_member_is_nobody(file) -> None:
    members = Members(file)
    token = members.admit("ann", "student")
    members.remove("ann")
    assert members.find(token) is None
    members.admit("ann", "student")


@pytest.mark.parametrize(
    ("name", "role", "code", "reason", "said"),
    [
        ("ann", "student", "S", "NAME_TAKEN", "there is already a member named 'ann'"),
        ("ANN", "student", "S", "NAME_TAKEN", "there is already a member named 'ANN'"),
        ("\uff41nn", "student", "S", "NAME_TAKEN", "there is already a member"),
        ("", "student", "S", "BAD_NAME", "1 to 64 printable characters and no space around it, found ''"),
        (" bob", "student", "S", "BAD_NAME", "found ' bob'"),
        ("b\nb", "student", "S", "BAD_NAME", "found 'b\\\\nb'"),
        ("b" * 65, "student", "S", "BAD_NAME", "1 to 64"),
        ("b/b", "student", "S", "BAD_NAME", "a name has no slash, because it is part of an address"),
        ("bob", "student", "s", "WRONG_CODE", "this is not the code for students"),
        ("bob", "instructor", "", "WRONG_CODE", "this is not the code for the instructor"),
        ("bob", "observer", "", "BAD_ROLE", "a role here is one of student, instructor, found 'observer'"),
        ("bob", "king", "", "BAD_ROLE", "found 'king'"),
    ],
)
def test_who_may_not_join_is_told_why(file, name, role, code, reason, said) -> None:
    members = Members(file, codes={"student": "S", "instructor": "I"})
    members.admit("ann", "student", "S")
    with pytest.raises(NotAdmitted, match=said) as refused:
        members.admit(name, role, code)
    assert refused.value.code == reason
    assert members.everybody() == [Member("ann", "student")]


def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(tmp_path) -> None:
    (tmp_path / "instance").write_text("a file")
    with pytest.raises(InputError, match=r"the members are kept in .*, which cannot be used"):
        Members(tmp_path / "instance" / "members.sqlite")


@pytest.fixture
def access(file) -> Iterator[Access]:
    market = LiveMarket(Session(FirstMarket(), Options(epochs=2, settlement="none")))
    market.stop_clock()
    market.start()
    yield Access(market, Members(file), LiveSettings(holdings={"ACME": 5}))
    market.end()


def test_a_student_gets_an_account_and_an_observer_none(access) -> None:
    token = access.admit("ann", "student")
    assert access.member(token) == Member("ann", "student")
    assert {one.asset: one.total for one in access.state.account("ann").balances} == {"USD": PURSE, "ACME": 5}
    access.admit("olga", "observer")
    with pytest.raises(InputError, match="there is no account named 'olga'"):
        access.state.account("olga")


@pytest.mark.parametrize("role", ["student", "observer", "instructor"])
def test_nobody_takes_the_name_of_an_account(access, role) -> None:
    with pytest.raises(NotAdmitted, match="there is already an account named 'maker-0'"):
        access.admit("maker-0", role)
    assert access.members.everybody() == []


def test_the_operator_is_an_instructor_without_an_account(access) -> None:
    assert access.member(access.operator()) == Member("operator", "instructor")
    with pytest.raises(InputError, match="there is no account named 'operator'"):
        access.state.account("operator")


def test_a_site_with_a_market_has_access_to_it_and_one_without_has_none(access, tmp_path) -> None:
    folders = {"INSTANCE": str(tmp_path / "site"), "RESULTS": str(tmp_path / "results")}
    app = create_app({"MARKET": access.market, "MARKET_NAME": "spring", **folders})
    token = app.extensions["live"].admit("ann", "student")
    assert app.extensions["live"].market is access.market
    assert Members(tmp_path / "site" / "members.sqlite", "spring").find(token) == Member("ann", "student")
    assert "live" not in create_app(folders).extensions


def test_a_market_that_has_ended_admits_no_student(access) -> None:
    access.market.end()
    with pytest.raises(InputError, match="this market has ended"):
        access.admit("ann", "student")
    assert access.members.everybody() == [], "the name is free again"
