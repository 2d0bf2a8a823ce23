"""Comparison with the sample's reference."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.errors import ConfigError
from skillrm.verifiers import check
from skillrm.verifiers.reference import MAX_TOKENS, common_subsequence, f_measure, squad
from skillrm.verifiers.registry import find, names

NAMES = ("contains", "exact", "normalized", "rouge_l", "token_f1")
TEXT = st.text(st.sampled_from("aAb the.,!?é 1\n\u202e\x00"), max_size=40)
TOKENS = st.lists(st.sampled_from("abcd"), max_size=12)


def test_the_reference_verifiers_are_registered_for_samples_too() -> None:
    assert [name for name in names() if name.startswith("reference:")] == [f"reference:{name}" for name in NAMES]
    assert all(find(f"reference:{name}").sample_safe for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_reference_the_finding_is_unknown(name: str) -> None:
    for reference in ({}, {"reference": " "}, {"reference": "[]"}):
        assert check(f"reference:{name}", "anything", **reference).status == "unknown"  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
@given(reference=TEXT.filter(str.strip), text=TEXT)
def test_a_measure_is_between_0_and_1_and_1_for_the_reference_itself(name: str, reference: str, text: str) -> None:
    found = check(f"reference:{name}", text, reference=reference)
    assert found.status == "decided"
    assert 0 <= (found.score or 0) <= 1
    assert text.strip() or found.score == 0
    if name != "rouge_l" or any(sign.isalnum() for sign in reference):
        assert check(f"reference:{name}", reference, reference=reference).score == 1


@pytest.mark.parametrize("name", NAMES)
@given(references=st.lists(TEXT.filter(str.strip), min_size=1, max_size=4), text=TEXT)
def test_of_several_references_the_best_counts(name: str, references: list[str], text: str) -> None:
    several = check(f"reference:{name}", text, reference=json.dumps(references)).score
    assert several == max(
        check(f"reference:{name}", text, reference=json.dumps([one])).score or 0 for one in references
    )


@pytest.mark.parametrize(
    ("name", "args", "text", "reference", "score"),
    [
        ("exact", {}, "Paris\n", "Paris", 1),
        ("exact", {}, "paris", "Paris", 0),
        ("exact", {"case_sensitive": False}, "STRASSE", "straße", 1),
        ("exact", {}, "[1, 2]", "[1, 2]", 1),  # an array, but not of strings
        ("exact", {}, "[b", "[b", 1),
        ("normalized", {}, "An apple, please!", "apple please", 1),
        ("normalized", {}, "apples", "apple", 0),
        ("normalized", {}, "A", "a", 1),
        ("normalized", {}, "the", "a", 0),
        ("contains", {}, "The answer is 42.", "42", 1),
        ("contains", {}, "The answer is 142.", "42", 0),
        ("token_f1", {}, "cat sat", "the cat sat on the mat", 2 / 3),
        ("token_f1", {"threshold": 0.6}, "cat sat", "the cat sat on the mat", 1),
        ("token_f1", {"threshold": 0.7}, "cat sat", "the cat sat on the mat", 0),
        ("rouge_l", {}, "police kill the gunman", "police killed the gunman", 0.75),
        ("rouge_l", {}, "the gunman kill police", "police killed the gunman", 0.5),
        ("rouge_l", {"beta": 1000}, "a b", "a b c d", 0.5),
        ("rouge_l", {"threshold": 0.5}, "Ünder_dog", "ünder dog", 1),
        ("rouge_l", {}, "!!!", "???", 0),
    ],
)
def test_a_comparison_scores(name: str, args: dict[str, Any], text: str, reference: str, score: float) -> None:
    assert check(f"reference:{name}", text, reference=reference, **args).score == pytest.approx(score, abs=1e-6)


@given(TOKENS, TOKENS)
def test_the_common_subsequence_equals_the_textbook_table(left: list[str], right: list[str]) -> None:
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    assert common_subsequence(left, right) == common_subsequence(right, left) == table[-1][-1]


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert squad(squad(text)) == squad(text)


@given(st.integers(0, 20), st.integers(1, 20), st.integers(1, 20), st.floats(0.1, 10))
def test_an_f_measure_lies_between_precision_and_recall(common: int, answered: int, wanted: int, beta: float) -> None:
    common = min(common, answered, wanted)
    value = f_measure(common, answered, wanted, beta)
    low, high = sorted((common / answered, common / wanted))
    assert low - 1e-9 <= value <= high + 1e-9


def test_long_texts_are_bounded() -> None:
    long = "word " * (MAX_TOKENS + 1)
    assert check("reference:rouge_l", long, reference="word").score == 0
    assert check("reference:rouge_l", "word", reference=long * 10).status == "unknown"
    assert check("reference:rouge_l", "a b " * 10_000, reference="b a " * 10_000).score == pytest.approx(1, abs=1e-3)


def test_a_threshold_outside_the_unit_interval_is_an_error() -> None:
    with pytest.raises(ConfigError, match="threshold"):
        check("reference:token_f1", "a", reference="a", threshold=1.5)
