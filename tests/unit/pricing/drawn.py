"""Options as Hypothesis draws them: ordinary ones, and ones from the edges of what is allowed."""

from __future__ import annotations

from hypothesis import strategies as st

from market_sim.pricing.option import VanillaOption

kinds = st.sampled_from(["call", "put"])


def number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


ORDINARY = {
    "kind": kinds,
    "spot": st.just(100.0),
    "strike": number(60, 160),
    "years": number(0.02, 3),
    "volatility": number(0.05, 1),
    "rate": number(-0.02, 0.12),
    "dividend_yield": number(0, 0.1),
}


def options(**other: st.SearchStrategy) -> st.SearchStrategy[VanillaOption]:
    """An option on something at 100, with each number as a market could show it, or drawn from elsewhere."""
    return st.builds(VanillaOption, **{**ORDINARY, **other})


def strange_options() -> st.SearchStrategy[VanillaOption]:
    """Anything that the terms allow: worthless things, no time, no volatility, far strikes."""
    edge = st.sampled_from([0.0, 1e-15, 1e-8, 1.0])
    return st.builds(
        VanillaOption,
        kinds,
        st.one_of(st.just(0.0), number(1e-14, 1e15)),
        number(1e-12, 1e15),
        st.one_of(edge, number(0, 30)),
        st.one_of(edge, number(0, 20)),
        number(-5, 5),
        number(-5, 5),
    )
