"""Conditions of a plan, and limits that a skill asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.limits import Limits
from skillrm.skill import Situation, SkillLimits, When

NOW = Situation(
    brought=frozenset({"reference", "my-tests", "tool"}),
    tags=frozenset({"maths", "short"}),
    goal="winner",
    candidates=3,
    prompt="Which?\nA) one\nB) two",
)


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"tags": "maths"},
        {"tags": ["other", "short"]},
        {"needs": ["reference", "tool"]},
        {"without": ["tests", "long"]},
        {"goal": "winner"},
        {"goal": ["scores", "winner"]},
        {"min_candidates": 3},
        {"matches": "^[A-D]\\)"},
        {"matches_not": "^[1-9]\\)"},
        {"undetected": True},
    ],
)
def test_it_holds(when):
    assert When.model_validate(when).holds(NOW)


@pytest.mark.parametrize(
    "when",
    [
        {"tags": "code"},
        {"needs": ["reference", "checklist"]},
        {"needs": ["maths"]},
        {"without": ["tool"]},
        {"without": ["maths"]},
        {"goal": "scores"},
        {"min_candidates": 4},
        {"matches": "^[1-9]\\)"},
        {"matches_not": "two$"},
        {"tags": "maths", "goal": "scores"},
    ],
)
def test_it_does_not_hold(when):
    assert not When.model_validate(when).holds(NOW)


def test_undetected_does_not_hold_once_a_detector_has_found_something():
    assert not When(undetected=True).holds(replace(NOW, detected=True))


words = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=2).map(tuple)
whens = st.builds(
    When,
    tags=words,
    needs=words,
    without=words,
    goal=st.lists(st.sampled_from(["scores", "ranking", "winner"]), unique=True, max_size=2).map(tuple),
    matches=st.none() | st.sampled_from(["a", "b"]),
    matches_not=st.none() | st.sampled_from(["a", "b"]),
)
situations = st.builds(
    Situation,
    brought=words.map(frozenset),
    tags=words.map(frozenset),
    goal=st.sampled_from(["scores", "ranking", "winner"]),
    candidates=st.integers(1, 3),
    prompt=st.sampled_from(["", "a", "b", "ab"]),
)


@given(whens, whens, situations)
def test_conditions_that_exclude_each_other_never_hold_together(one, other, now):
    if one.excludes(other):
        assert not (one.holds(now) and other.holds(now))
        assert other.excludes(one)


def test_a_skills_limits_replace_defaults_and_yield_to_the_caller():
    wanted = SkillLimits(turns=2, python_runs=1)
    assert wanted.over(Limits()) == Limits(turns=2, python_runs=1)
    assert wanted.over(Limits(turns=9)).turns == 9
    assert SkillLimits().over(Limits()) == Limits()
