"""Scores, ranks and win rates of a group."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.rewards.forms import in_form, ranks, win_rates

PLACES = st.lists(st.floats(0, 1), min_size=2, max_size=16)


def test_scores_are_their_own_standing():
    assert in_form("scores", {0: 0.25, 1: None}) == {0: 0.25, 1: None}


def test_tied_answers_share_a_rank_and_half_a_win():
    places = {0: 0.9, 1: 0.5, 2: 0.5, 3: 0.1}
    assert in_form("ranks", places) == {0: 1.0, 1: 0.5, 2: 0.5, 3: 0.0}
    assert in_form("win_rates", places) == {0: 1.0, 1: 0.5, 2: 0.5, 3: 0.0}
    assert in_form("win_rates", {0: 1.0, 1: 0.0, 2: 0.0, 3: 0.0}) == pytest.approx({0: 1, 1: 1 / 3, 2: 1 / 3, 3: 1 / 3})
    assert in_form("ranks", {0: 1.0, 1: 0.0, 2: 0.0, 3: 0.0}) == {0: 1.0, 1: 0.0, 2: 0.0, 3: 0.0}


def test_an_answer_without_a_standing_has_no_rank_and_takes_none_from_the_others():
    assert in_form("ranks", {0: 0.9, 1: None, 2: 0.1}) == {0: 1.0, 1: None, 2: 0.0}
    assert in_form("win_rates", {0: 0.9, 1: None, 2: 0.1}) == {0: 1.0, 1: None, 2: 0.0}


def test_one_alone_has_neither_rank_nor_win_rate():
    assert in_form("ranks", {0: 0.9, 1: None}) == in_form("win_rates", {0: 0.9, 1: None}) == {0: None, 1: None}


@given(PLACES)
def test_win_rates_of_a_group_add_up_to_half_of_it(places):
    assert sum(win_rates(places)[place] for place in places) == pytest.approx(len(places) / 2)


@given(PLACES)
def test_both_keep_the_order_and_the_ties_of_the_scores(places):
    for measure in (ranks, win_rates):
        made = [measure(places)[place] for place in places]
        assert all(0 <= value <= 1 for value in made)
        for a, x in zip(places, made, strict=True):
            for b, y in zip(places, made, strict=True):
                assert (a < b) <= (x < y)
                assert (a == b) <= (x == y)
