"""Lengths, patterns, keywords, languages and citations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.errors import ConfigError
from skillrm.verifiers import check
from skillrm.verifiers.registry import find, names
from skillrm.verifiers.structure.citations import read_citations
from skillrm.verifiers.structure.length import measure

ARGS: dict[str, dict[str, Any]] = {
    "structure:absent": {"keywords": ["a", "b c"]},
    "structure:citations": {"min": 1, "references": True},
    "structure:code_fence": {},
    "structure:contains": {"keywords": ["a", "é b"], "at_least": 1},
    "structure:json": {"keys": ["a"]},
    "structure:json_schema": {"schema": {"type": "object"}},
    "structure:language": {"language": "en"},
    "structure:length": {"unit": "sentences", "min": 1, "max": 3},
    "structure:markdown": {"min_lists": 1},
    "structure:regex": {"pattern": "(a+)+$"},
    "structure:xml": {},
    "structure:yaml": {},
}


def test_every_structure_verifier_may_be_used_by_a_sample() -> None:
    registered = [name for name in names() if name.startswith("structure:")]
    assert registered == sorted(ARGS)
    assert all(find(name).sample_safe for name in registered)


@pytest.mark.parametrize("name", ARGS)
@given(text=st.text(max_size=200) | st.text(st.sampled_from('[]1,-–#*`|<>{}":. \n\r\t\u202e\ufffda'), max_size=120))
def test_any_text_gives_a_finding_always_alike(name: str, text: str) -> None:
    found = check(name, text, **ARGS[name])
    assert found.status in ("decided", "unknown")
    assert found == check(name, text, **ARGS[name])


@pytest.mark.parametrize(
    ("unit", "text", "count"),
    [
        ("words", "It's a well-known fact — 3.5 °C", 7),
        ("words", "", 0),
        ("characters", "  abc \n", 3),
        ("sentences", "Dr. No left. Why?", 2),
        ("paragraphs", "\n\na\nb\n \nc\n\n\n", 2),
        ("lines", "a\n\n  \nb\r\nc", 3),
        ("bullets", "- a\n  * b\n• c\n1. d\n-e\n```\n- code\n```", 3),
    ],
)
def test_units_are_counted(unit: Any, text: str, count: int) -> None:
    assert measure(text, unit) == count
    assert check("structure:length", text, unit=unit, min=count, max=count).satisfied
    assert not check("structure:length", text, unit=unit, min=count + 1).satisfied


@given(st.lists(st.sampled_from(["word", "two"]), max_size=20), st.integers(0, 25), st.integers(0, 25))
def test_a_count_is_satisfied_just_between_its_bounds(words: list[str], least: int, most: int) -> None:
    low, high = sorted((least, most))
    found = check("structure:length", " ".join(words), unit="words", min=low, max=high)
    assert found.satisfied == (low <= len(words) <= high)


@pytest.mark.parametrize(
    ("args", "text", "followed"),
    [
        ({"pattern": r"\d{4}"}, "in 1999", True),
        ({"pattern": r"\d{4}", "min": 2}, "in 1999", False),
        ({"pattern": r"\d{4}", "max": 0}, "in 1999", False),
        ({"pattern": r"\d{4}", "max": 0}, "in May", True),
        ({"pattern": "a", "min": 2, "max": 3}, "banana", True),
        ({"pattern": "yes|no", "mode": "fullmatch"}, " yes\n", True),
        ({"pattern": "yes|no", "mode": "fullmatch"}, "yes it is", False),
        ({"pattern": "(?i)forbidden", "mode": "absent"}, "FORBIDDEN", False),
        ({"pattern": "(?i)forbidden", "mode": "absent"}, "fine", True),
        ({"pattern": "(a|aa)+$"}, "a" * 100_000 + "b", False),
        ({"pattern": "é.", "min": 2}, "éxéy", True),
    ],
)
def test_a_pattern_is_decided(args: dict[str, Any], text: str, followed: bool) -> None:
    assert check("structure:regex", text, **args).score == followed


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=a)", "(?:x{1000}){1000}", "[[:wrong:]]"])
def test_a_pattern_that_is_not_linear_is_an_error(pattern: str) -> None:
    with pytest.raises(ConfigError, match="RE2"):
        check("structure:regex", "a", pattern=pattern)


@pytest.mark.parametrize(
    ("name", "args", "text", "followed"),
    [
        ("contains", {"keywords": ["cat"]}, "A CAT!", True),
        ("contains", {"keywords": ["cat"]}, "concatenate", False),
        ("contains", {"keywords": ["cat"], "whole_word": False}, "concatenate", True),
        ("contains", {"keywords": ["Cat"], "case_sensitive": True}, "cat", False),
        ("contains", {"keywords": ["two words"]}, "two\n  words", True),
        ("contains", {"keywords": ["a", "b", "c"], "at_least": 2}, "a c", True),
        ("contains", {"keywords": ["été", "C++"]}, "l'été en C++.", True),
        ("contains", {"keywords": ["ete"]}, "été", False),
        ("absent", {"keywords": ["very", "really"]}, "Every one.", True),
        ("absent", {"keywords": ["very", "really"]}, "Really?", False),
    ],
)
def test_keywords_are_decided(name: str, args: dict[str, Any], text: str, followed: bool) -> None:
    assert check(f"structure:{name}", text, **args).score == followed


@given(st.lists(st.sampled_from(["Ann", "bob", "çim", "x-y"]), min_size=1), st.text("Ann bobçimx-y.,", max_size=40))
def test_absent_means_that_no_keyword_is_contained(keywords: list[str], text: str) -> None:
    absent = check("structure:absent", text, keywords=keywords).satisfied
    assert absent == (not check("structure:contains", text, keywords=keywords, at_least=1).satisfied)


def test_language_is_unknown_where_there_is_too_little_text() -> None:
    assert check("structure:language", "1234", language="de").status == "unknown"
    assert check("structure:language", "", language="de").score == 0
    assert check("structure:language", "Le chat dort sur la table de la cuisine.", language="de").score == 0
    assert check("structure:language", "今天的天气非常好，我们一起去公园散步吧。", language="zh").score == 1


SOURCED = "Water boils [1]. Ice melts [2, 3].\n\n## References\n[1] A.\n2. B.\n[3]: C.\n"


@pytest.mark.parametrize(
    ("text", "cited", "listed"),
    [
        (SOURCED, {1, 2, 3}, {1, 2, 3}),
        ("So [2-4] and [7; 9].", {2, 3, 4, 7, 9}, set()),
        ("A [1].\n\n[1] Lee 2020", {1}, {1}),
        ("A [link](http://x) [1](http://y) [a] `[5]`", {5}, set()),
        ("```\nx[3]\n```", set(), set()),
        ("1. step\n2. step [1]", {1}, set()),
        ("[1-9999]", set(range(1, 202)), set()),
    ],
)
def test_citations_are_read(text: str, cited: set[int], listed: set[int]) -> None:
    assert read_citations(text) == (cited, listed)


@pytest.mark.parametrize(
    ("args", "text", "followed"),
    [
        ({"references": True, "all_cited": True}, SOURCED, True),
        ({"references": True}, "Only this [1].", False),
        ({}, "Only this [1].", True),
        ({}, "Nothing.", False),
        ({"min": 4}, SOURCED, False),
        ({}, SOURCED.replace("[2, 3]", "[2, 4]"), False),
        ({}, SOURCED.replace("[2, 3]", "[2]"), True),
        ({"all_cited": True}, SOURCED.replace("[2, 3]", "[2]"), False),
    ],
)
def test_citations_are_decided(args: dict[str, Any], text: str, followed: bool) -> None:
    assert check("structure:citations", text, **args).score == followed
