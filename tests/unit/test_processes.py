"""Folders of tests are spread over all processors, modules are not, and a process that helps begins no others."""

from types import SimpleNamespace

import pytest

from tests.conftest import pytest_cmdline_main


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
