"""A chain is the closed formula, many times: the same numbers, in the order of expiries and strikes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.pricing import black_scholes
from market_sim.pricing.chain import chain
from market_sim.pricing.option import VanillaOption
from tests.unit.pricing.drawn import number

edges = st.sampled_from([0.0, 1e-9, 0.3])


@given(
    spot=st.one_of(st.just(0.0), number(1, 200)),
    strikes=st.lists(number(0.01, 1000), min_size=1, max_size=4),
    expiries=st.lists(st.one_of(edges, number(0, 3)), min_size=1, max_size=3),
    volatility=st.one_of(edges, number(0, 2)),
    rate=number(-0.05, 0.1),
)
def test_every_row_has_the_greeks_of_the_single_option(spot, strikes, expiries, volatility, rate):
    rows = chain(spot=spot, strikes=strikes, expiries=expiries, volatility=volatility, rate=rate, dividend_yield=0.01)
    assert [(row.years, row.strike) for row in rows] == list(itertools.product(expiries, strikes))
    for row in rows:
        for kind, side in (("call", row.call), ("put", row.put)):
            option = VanillaOption(kind, spot, row.strike, row.years, volatility, rate, 0.01)
            assert side == black_scholes.greeks(option)


def test_a_smile_gives_each_row_its_own_volatility():
    def smile(strike, years):
        return 0.2 + strike / 1000 + years / 10

    rows = chain(spot=100, strikes=[90, 110], expiries=[0.5, 1.0], volatility=smile)
    assert [row.volatility for row in rows] == pytest.approx([0.34, 0.36, 0.39, 0.41])


def test_no_strikes_make_no_rows():
    assert chain(spot=100, strikes=[], expiries=[1.0], volatility=0.2) == []
