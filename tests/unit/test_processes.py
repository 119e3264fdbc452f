"""Folders of tests are spread over all processors, modules are not; of many cases an ordinary run takes some."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import ROOT, pytest_cmdline_main, pytest_collection_modifyitems, thinned
from tests.system.conftest import LONGEST, turn


def asked(*paths, numprocesses=None, **more):
    config = SimpleNamespace(args=list(paths), option=SimpleNamespace(numprocesses=numprocesses, dist="no"), **more)
    pytest_cmdline_main(config)
    return config.option.numprocesses, config.option.dist


def test_folders_run_on_all_processors():
    assert asked("tests", "market_sim") == ("auto", "worksteal")
    assert asked("tests/unit/pricing", "tests/test_streamlet.py") == ("auto", "worksteal")


@pytest.mark.parametrize("paths", [["tests/test_streamlet.py"], ["tests/test_streamlet.py::test_a", "tests/b.py"]])
def test_modules_by_name_run_in_one_process(paths):
    assert asked(*paths) == (None, "no")


def test_what_was_asked_for_stays():
    assert asked("tests", numprocesses=0) == (0, "no")
    assert asked("tests", numprocesses=3) == (3, "no")


def test_a_helping_process_begins_no_others():
    """It has the arguments of the run that began it: without this, each would begin as many again, without end."""
    assert asked("tests", workerinput={"workerid": "gw0"}) == (None, "no")


def test_without_the_plugin_nothing_is_asked_of_it():
    config = SimpleNamespace(args=["tests"], option=SimpleNamespace())
    pytest_cmdline_main(config)
    assert vars(config.option) == {}


def test_of_few_cases_all_are_taken_of_some_one_of_three_and_of_many_one_of_five():
    few, some, many = ([f"a.py::test_of_{count}[{one}]" for one in range(count)] for count in (6, 12, 30))
    taken = thinned([*few, *some, *many, "a.py::test_alone"])
    assert all(taken[:6])
    assert taken[-1]
    assert [number for number in range(12) if taken[6 + number]] == [0, 5, 7, 9]
    assert [number for number in range(30) if taken[18 + number]] == [0, 7, 14, 16, 23, 25]


def test_an_ordinary_run_leaves_out_what_is_thorough_and_ci_and_a_named_module_do_not(monkeypatch):
    marked = SimpleNamespace(nodeid="a.py::test_long", path=Path("a.py"), get_closest_marker=lambda name: name)
    plain = SimpleNamespace(nodeid="a.py::test_short", path=Path("a.py"), get_closest_marker=lambda name: None)

    def run(*arguments: str) -> list[SimpleNamespace]:
        hook = SimpleNamespace(pytest_deselected=lambda items: None)
        items = [marked, plain]
        pytest_collection_modifyitems(SimpleNamespace(args=arguments, hook=hook), items)
        return items

    monkeypatch.delenv("HYPOTHESIS_PROFILE", raising=False)
    assert run("tests") == [plain]
    assert run("tests/unit/a.py") == [marked, plain]
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "ci")
    assert run("tests") == [marked, plain]


def test_no_value_of_an_inner_parameter_is_always_left_out():
    """Cases of two parameters come in rows: of each value of the inner one some are taken."""
    for inner in (2, 3, 4, 5, 6):
        taken = thinned([f"a.py::test[{one}]" for one in range(12 * inner)])
        assert {number % inner for number, is_taken in enumerate(taken) if is_taken} == set(range(inner))


def test_the_longest_modules_against_real_programs_are_there_and_begin():
    modules = {path.stem: path for path in (ROOT / "tests").rglob("test_*.py")}
    assert set(LONGEST) <= modules.keys()
    items = [SimpleNamespace(path=modules[name]) for name in ("test_layers", *reversed(LONGEST))]
    assert [item.path.stem for item in sorted(items, key=turn)] == [*LONGEST, "test_layers"]
