"""Numbers and bounds as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers.constraints.numbers import Bound, bound_of, counted, number_of

EGGS = counted("eggs?")


@pytest.mark.parametrize(
    ("words", "number"),
    [("7", 7), ("1,200", 1200), ("seventeen", 17), ("forty-two", 42), ("two hundred and fifty", 250), ("a dozen", 12)],
)
def test_numerals_have_their_value(words: str, number: int) -> None:
    assert number_of(words) == number


def test_other_words_are_no_number() -> None:
    assert number_of("several") is None
    assert number_of("") is None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("at least 3 eggs", 3, None),
        ("3 or more eggs", 3, None),
        ("3 eggs or more", 3, None),
        ("3+ eggs", 3, None),
        ("more than three eggs", 4, None),
        ("not more than three eggs", None, 3),
        ("never more than three eggs", None, 3),
        ("fewer than 3 eggs", None, 2),
        ("not fewer than 3 eggs", 3, None),
        ("up to 3 eggs", None, 3),
        ("a maximum of 3 eggs", None, 3),
        ("exactly 3 eggs", 3, 3),
        ("3 eggs", 3, 3),
        ("3-5 eggs", 3, 5),
        ("3 to 5 eggs", 3, 5),
        ("between 3 and 5 eggs", 3, 5),
        ("limit it to 3 eggs", None, 3),
    ],
)
def test_relations_become_bounds(text: str, low: int | None, high: int | None) -> None:
    hit = EGGS.hit(f"use {text} now")
    assert hit is not None
    found = bound_of(hit)
    assert found is not None
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize("text", ["about 3 eggs", "roughly 3 eggs", "5 to 3 eggs", "the first 3 eggs", "every 3 eggs"])
def test_vague_counts_bind_nothing(text: str) -> None:
    hit = EGGS.hit(f"use {text} now")
    assert hit is None or bound_of(hit) is None


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_official_relations_hold_exactly_what_the_bound_holds(low: int, more: int) -> None:
    relations = dict(Bound(low, low + more).official())
    assert relations == {"at least": low, "less than": low + more + 1}


def test_a_bound_reads_as_a_phrase() -> None:
    assert Bound(low=1).words("word") == "at least 1 word"
    assert Bound(high=2).words("word") == "at most 2 words"
    assert Bound(3, 3).words("word") == "exactly 3 words"
    assert Bound(3, 5).words("word") == "between 3 and 5 words"
