"""Preference graphs: Kendall, Elo, F1."""

from __future__ import annotations

import random
from itertools import combinations
from math import sqrt

import pytest

from skillrm.benchmarks.graph import Kept, elo, f1, kept

NAMES = tuple("ABCDE")


def test_elo_puts_a_transitive_judge_in_its_order_whatever_the_shuffle():
    verdicts = list(combinations(NAMES, 2))
    for seed in range(5):
        ratings = elo(NAMES, verdicts, random.Random(seed))
        assert sorted(NAMES, key=lambda name: -ratings[name]) == list(NAMES)
        assert sum(ratings.values()) == pytest.approx(1200 * len(NAMES))


def test_without_verdicts_all_ratings_are_equal():
    assert set(elo(NAMES, [], random.Random(0)).values()) == {1200.0}


def test_the_first_round_of_elo_by_hand(monkeypatch):
    monkeypatch.setattr("skillrm.benchmarks.graph.EPOCHS", 1)
    assert elo(("A", "B"), [("A", "B")], random.Random(0)) == {"A": 1216.0, "B": 1184.0}


def test_kendall_by_hand():
    edges = [("A", "B"), ("A", "C"), ("B", "C"), ("C", "D")]
    found = kept(edges, {"A": 3, "B": 2, "C": 2, "D": 5})
    assert found == Kept(kept=2, turned=1, tied=1)
    assert found.accuracy == 0.5
    assert found.kendall == pytest.approx((2 - 1) / sqrt(3 * 4))


def test_an_unknown_edge_is_neither_kept_nor_turned():
    assert kept([("A", "B")], {"A": 1, "B": 0}, lambda _: False) == Kept(0, 0, 1)
    assert Kept(0, 0, 1).kendall == 0.0
    assert Kept(0, 0, 0).accuracy == 0.0


def test_f1_of_each_class_by_hand():
    predicted, gold = [True, True, False, False], [True, False, True, False]
    assert f1(predicted, gold, True) == 0.5
    assert f1([True] * 4, gold, True) == pytest.approx(2 * 2 / (4 + 2))
    assert f1([True] * 4, gold, False) == 0.0
    assert f1([], [], True) == 0.0
