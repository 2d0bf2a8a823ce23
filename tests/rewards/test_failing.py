"""What stands in for a reward where there is no valid judgment."""

from __future__ import annotations

import pytest

from skillrm.errors import ConfigError, NoReward
from skillrm.rewards.failing import OnFailure


@pytest.mark.parametrize(
    ("word", "settled"),
    [
        ("none", [1.0, None, 0.5]),
        ("constant:-0.25", [1.0, -0.25, 0.5]),
        ("constant:0", [1.0, 0.0, 0.5]),
        ("group_mean", [1.0, 0.75, 0.5]),
    ],
)
def test_a_missing_reward_is_settled_as_chosen(word, settled):
    chosen = OnFailure.parse(word)
    assert chosen.settle([1.0, None, 0.5]) == settled
    assert str(chosen) == word
    assert chosen.settle([0.25]) == [0.25]


def test_raise_raises_only_where_a_reward_is_missing():
    chosen = OnFailure("raise")
    assert chosen.settle([1.0, None]) == [1.0, None]
    chosen.demand([1.0])
    with pytest.raises(NoReward, match="1 of 2"):
        chosen.demand([1.0, None])
    OnFailure("none").demand([None])


def test_the_mean_of_a_group_without_any_reward_is_none():
    assert OnFailure("group_mean").settle([None, None]) == [None, None]


@pytest.mark.parametrize("word", ["", "zero", "constant", "constant:", "constant:nan", "constant:inf", "none:1"])
def test_what_is_no_choice_is_refused_with_the_choices(word):
    with pytest.raises(ConfigError, match="one of none, raise, group_mean, constant:NUMBER"):
        OnFailure.parse(word)
