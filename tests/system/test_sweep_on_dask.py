"""A sweep on a Dask cluster of this machine writes the file that one process writes."""

from __future__ import annotations

import importlib
import warnings

import pytest

from market_sim.ui.cli.main import main

OVER = ["sweep", "first-market", "--over", "traders=2,4", "--seeds", "2", "--epochs", "1", "--no-plot", "-q"]


@pytest.mark.filterwarnings("ignore")
def test_two_dask_workers_write_the_file_of_one_process(tmp_path, capsys) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cluster's own libraries warn of each other
        importlib.import_module("distributed")
    one, two = tmp_path / "serial.jsonl", tmp_path / "dask.jsonl"
    assert main([*OVER, "--engine", "serial", "--file", str(one)]) == 0
    assert main([*OVER, "--engine", "dask", "--jobs", "2", "--file", str(two)]) == 0
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_is_not_there_is_one_sentence(tmp_path, capsys) -> None:
    importlib.import_module("distributed")
    typed = [*OVER, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9", "--file", str(tmp_path / "a.jsonl")]
    assert main(typed) == 2
    assert "there is no Dask scheduler at tcp://127.0.0.1:9" in capsys.readouterr().err
