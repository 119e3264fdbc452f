"""Rules files: what they may say, and one sentence for everything else."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.reasons import REASONS
from market_sim.market.compliance.profile import SECTIONS, Volatility
from market_sim.market.compliance.profiles import CLASSROOM, PROFILES
from market_sim.market.compliance.rules_file import rules_of
from market_sim.market.exchange.listing import BY_RULE


def test_a_file_changes_switches_off_and_switches_on():
    told = rules_of(
        'base = "luld"\nname = "mine"\nprice_bands = false\nsymbol_halt = true\norder_rate = { participant = 5 }\n'
        '[day]\npace = 10\nstarts = "15:00"\n'
    )
    assert told.name == "mine" and told.price_bands is None and told.symbol_halt == CLASSROOM.symbol_halt
    assert told.order_rate is not None and (told.order_rate.participant, told.order_rate.market_maker) == (5, 1_500)
    assert (told.day.pace, told.day.starts, told.day.opens) == (10, "15:00", "09:30")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("clasroom", "there is no rules profile 'clasroom'; did you mean classroom?"),
        ("my.toml", "there is no rules profile 'my.toml'; there is classroom, literal, luld, none"),
        ("a = \n", "the rules file is not TOML"),
        ('base = "x"\n', "builds on one of classroom, literal, luld, found base = 'x'"),
        ("symbol_hlt = true\n", "there is no rule 'symbol_hlt'; did you mean symbol_halt?"),
        ("symbol_halt = 5\n", "the rule symbol_halt is false, true or a table of its numbers, found 5"),
        ("day = false\n", "every market has the rule day, so that it is not false"),
        ("symbol_halt = { mov = 5 }\n", "the rule symbol_halt has no number 'mov'; did you mean move?"),
        ("symbol_halt = { move = 0 }\n", "symbol_halt.move is a whole number from 1 to 10,000 (bps), found 0"),
        ("symbol_halt = { move = 5.5 }\n", "symbol_halt.move is a whole number from 1 to 10,000 (bps), found 5.5"),
        ("symbol_halt = { move = true }\n", "symbol_halt.move is a whole number from 1 to 10,000 (bps), found True"),
        ('market_wide = { not_from = "25:00" }\n', "a time of day such as \"15:25\", found '25:00'"),
        ("market_wide = { not_from = 1525 }\n", "market_wide.not_from is a time of day"),
        ("market_wide = { level_1 = 1500 }\n", "the levels of market_wide rise from 1 to 3, found 1500, 1300, 2000"),
        ("symbol_halt = { call = 301 }\n", "symbol_halt.call is a part of the halt of 300 s, found 301"),
        ('day = { starts = "16:00" }\n', "a day opens, starts and closes in this order, found 09:30, 16:00, 16:00"),
        ('name = "a\\u0007"\n', "printable text"),
        ("x = " + "[" * 5_000 + "\n", "the rules file is"),
        ("#" * 100_001 + "\n", "at most 100,000 characters"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(InputError) as refused:
        rules_of(text)
    assert sentence in str(refused.value) and "\n" not in str(refused.value)


def test_the_shipped_profiles_have_the_numbers_that_are_published():
    literal = PROFILES["literal"]
    assert literal.volatility == Volatility(a_year=1_000)
    assert literal.order_rate is not None
    assert {literal.order_rate.participant, literal.order_rate.market_maker, literal.order_rate.high_frequency} == {60}
    assert literal.position_limit is not None
    assert literal.position_limit.most == literal.position_limit.market_maker == 100_000_00
    assert CLASSROOM.order_rate is not None
    assert (CLASSROOM.order_rate.market_maker, CLASSROOM.order_rate.high_frequency) == (1_500, 6_000)
    assert CLASSROOM.position_limit is not None and CLASSROOM.position_limit.most == 100_000_00
    assert CLASSROOM.volatility is not None and CLASSROOM.volatility.times_baseline == 3


def test_every_code_of_a_rule_is_a_reason_and_every_rule_names_its_model():
    for name, kind in SECTIONS.items():
        assert {*kind.codes} <= {*REASONS}, name
        assert all(text.strip() for text in (kind.title, kind.says, kind.imitates, kind.differs))
    codes = {code for kind in SECTIONS.values() for code in kind.codes}
    assert {code for code in REASONS if code.startswith(BY_RULE)} <= codes, "a halt that no rule declares"
