"""An honest validator stops, comes back from its disk, catches up, and never signs twice."""

from __future__ import annotations

import pytest

from market_sim.core.consensus.behaviours import parse_outages
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockFinalized, ConsensusEvent, EquivocationSeen, VoteCast
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket


def played(crash: str, **more: object) -> list[ConsensusEvent]:
    options = Options(epochs=14, settlement="memory", crash=crash, paranoid=True, **more)  # type: ignore[arg-type]
    return [event for event in simulate(FirstMarket(), options).journal if isinstance(event, ConsensusEvent)]


@pytest.mark.parametrize("who", range(4))
def test_a_validator_that_was_down_says_nothing_meanwhile_and_ends_with_the_chain_of_the_others(who: int) -> None:
    events = played(f"n{who}@4-7")
    said = [event.epoch for event in events if isinstance(event, VoteCast) and event.voter == who]
    assert not set(said) & {4, 5, 6, 7}
    assert set(said) & set(range(9, 15))
    chains = {index: [event.block for event in events if isinstance(event, BlockFinalized) and event.validator == index]
              for index in range(4)}  # fmt: skip
    assert chains[who] == chains[(who + 1) % 4][: len(chains[who])]
    assert len(chains[who]) >= len(chains[(who + 1) % 4]) - 1
    assert not [event for event in events if isinstance(event, EquivocationSeen)]


def test_with_two_of_four_down_nothing_is_final_until_one_is_back() -> None:
    final = [event.epoch for event in played("n1@4-7,n2@4-9") if isinstance(event, BlockFinalized)]
    assert not set(final) & {5, 6, 7}
    assert max(final) >= 12


def test_the_crash_rules_go_on_with_a_majority_where_two_thirds_cannot() -> None:
    """n = 5 with two down: a majority of three still agrees, and two thirds would need four."""

    def finality(variant: str) -> set[int]:
        events = played("n1@4-12,n2@4-12", validators=5, variant=variant)
        return {event.epoch for event in events if isinstance(event, BlockFinalized)} & set(range(6, 13))

    assert finality("crash")
    assert not finality("byzantine")


def test_a_liar_has_no_crash_of_its_own_and_a_mistake_says_what_was_expected() -> None:
    with pytest.raises(InputError, match="n2 is byzantine"):
        played("n2@4-5", byzantine="n2:silent")
    with pytest.raises(InputError, match="tolerates validators that stop"):
        played("", variant="crash", byzantine="n2:forge")
    for text in ("n2", "2@3", "n2@", "n²@3"):
        with pytest.raises(InputError):
            parse_outages(text, 4)
