"""Every strategy can be named, says what it does and on whose work it rests, and is made from text."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re

import pytest

import market_sim.strategies
from market_sim import Strategy
from market_sim.core.errors import InputError
from market_sim.strategies.catalogue import FAMILIES, STRATEGIES, name_of, parameters_of, strategy, summary_of
from market_sim.strategies.market_making.quotes import QuotingMaker
from market_sim.strategies.wrappers import Wrapper
from market_sim.ui.cli.main import main

PARTS = {
    "AuctionTrader", "Auctioneer",
    "BlockBuyer", "BondOwner", "BridgeOwner", "Caller", "Claimant", "Depositor", "EvidenceReporter", "FalseAccuser",
    "FalseProposer", "FlashTrader", "Foreseer", "FrontRunner", "Holder", "Judge", "Learner", "Liquidator",
    "LiquidityProvider", "MarginBroker", "MarginBuyer", "NoHolder", "OneCallAtATime", "OptionWriter", "Oracle",
    "PairSplitter", "Payee", "Payer", "PoolArbitrage", "PoolNoise", "PoolShopper", "PriceWatcher", "QuotingMaker",
    "Relayer", "Replayer", "Scheduled", "Searcher", "SwapBuyer", "SwapCustomer", "SwapSeller", "WarrantHolder",
    "WarrantIssuer", "Wrapper",
}  # fmt: skip
"""What only a scenario needs, and what others are made from."""


def all_kinds() -> set[type[Strategy]]:
    found: set[type[Strategy]] = set()
    for module in pkgutil.walk_packages(market_sim.strategies.__path__, "market_sim.strategies."):
        members = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        found |= {kind for _, kind in members if issubclass(kind, Strategy) and kind.__module__ == module.name}
    return found


def test_every_strategy_is_in_the_catalogue_once() -> None:
    listed = [kind for family in FAMILIES.values() for kind in family]
    assert len(listed) == len(set(listed)) == len(STRATEGIES)
    assert {kind.__name__ for kind in all_kinds() - set(listed)} == PARTS


@pytest.mark.parametrize("kind", STRATEGIES.values(), ids=name_of)
def test_a_strategy_says_in_one_sentence_what_it_does_and_its_module_says_more(kind: type[Strategy]) -> None:
    assert re.fullmatch(r"[A-Z].{20,}\.", summary_of(kind))
    assert len(inspect.getmodule(kind).__doc__ or "") > 80


def test_every_family_of_models_cites_its_source() -> None:
    cites = re.compile(r"\b(19|20)\d\d\b|rulebook F-")
    newer = [kind for kind in STRATEGIES.values() if "traditional" not in kind.__module__]
    assert [kind.__name__ for kind in newer if not cites.search(inspect.getmodule(kind).__doc__ or "")] == [
        "FixedSpread", "DrawdownStop", "InventoryLimit", "Latency",
    ]  # fmt: skip


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_without_needs_is_made_by_its_name(name: str) -> None:
    kind = STRATEGIES[name]
    needed = [one for one, default in parameters_of(kind).items() if default is ...]
    if needed:
        with pytest.raises(InputError, match=f"{kind.__name__} needs {', '.join(needed)}: join it in a scenario"):
            strategy(name)
    elif name == "delta-hedger":
        with pytest.raises(InputError, match="needs options on one underlying"):
            strategy(name)
    elif name in ("venue-arbitrage", "prompt-arbitrage"):
        with pytest.raises(InputError, match="needs two venues"):
            strategy(name)
    elif name == "router":
        with pytest.raises(InputError, match="a router needs the terms of one venue or more, found none"):
            strategy(name)
    else:
        assert type(strategy(name)) is kind


def test_text_is_read_as_the_type_of_the_parameter() -> None:
    made = strategy("avellaneda-stoikov", gamma="0.1", size="3", symbol="XYZ", target="7")
    assert (made.gamma, made.size, made.symbol, made.target) == (0.1, 3, "XYZ", 7)  # type: ignore[attr-defined]
    assert strategy("zero-intelligence", is_constrained="false").is_constrained is False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("avellaneda", {}, "there is no strategy 'avellaneda'; did you mean avellaneda-stoikov?"),
        ("zzz", {}, "simulate.py strategies lists them"),
        ("noise", {"sise": "1"}, "Noise has no parameter sise; "),
        ("noise", {"max_size": "many"}, "Noise: max_size must be a whole number, found 'many'"),
        ("momentum", {"threshold_bps": "x"}, "Momentum: threshold_bps must be a number, found 'x'"),
        ("venue-arbitrage", {"venues": "A"}, "VenueArbitrage: venues cannot be given as text"),
        ("zero-intelligence", {"is_constrained": "maybe"}, "is_constrained must be true or false, found 'maybe'"),
    ],
)
def test_what_cannot_be_made_is_a_sentence(name: str, parameters: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError, match=re.escape(sentence)):
        strategy(name, **parameters)


def test_the_command_lists_all_of_them_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strategies"]) == 0
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if len(line) > 110] == []
    flat = " ".join(told.split())
    for name, kind in STRATEGIES.items():
        assert f"{name} {summary_of(kind)}" in flat
        for parameter in parameters_of(kind):
            assert f"{parameter}=" in told
    assert main(["strategies", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in document] == list(STRATEGIES)
    assert {each["family"] for each in document} == set(FAMILIES)
    assert main(["strategies", "pairs"]) == 0
    assert "Engle and Granger (1987)" in capsys.readouterr().out
    assert main(["strategies", "nois"]) == 2
    assert "did you mean noise?" in capsys.readouterr().err


def test_what_is_no_strategy_of_its_own_cannot_be_made() -> None:
    for part in (QuotingMaker, Wrapper):
        with pytest.raises(TypeError, match="abstract"):
            part()  # type: ignore[abstract,call-arg]
