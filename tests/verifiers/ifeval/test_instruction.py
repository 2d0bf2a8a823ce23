"""What all instruction families share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.errors import ConfigError
from skillrm.types import Candidate
from skillrm.verifiers import check
from skillrm.verifiers.ifeval.instruction import variants
from skillrm.verifiers.registry import find, names

FAMILIES = {
    "change_case:capital_word_frequency": {"capital_frequency": 2, "capital_relation": "at least"},
    "change_case:english_capital": {},
    "change_case:english_lowercase": {},
    "combination:repeat_prompt": {"prompt_to_repeat": "Say it."},
    "combination:two_responses": {},
    "detectable_content:number_placeholders": {"num_placeholders": 1},
    "detectable_content:postscript": {"postscript_marker": "P.P.S"},
    "detectable_format:constrained_response": {},
    "detectable_format:json_format": {},
    "detectable_format:multiple_sections": {"section_spliter": "Section", "num_sections": 2},
    "detectable_format:number_bullet_lists": {"num_bullets": 1},
    "detectable_format:number_highlighted_sections": {"num_highlights": 1},
    "detectable_format:title": {},
    "keywords:existence": {"keywords": ["a", "b.c"]},
    "keywords:forbidden_words": {"forbidden_words": ["a", "(b"]},
    "keywords:frequency": {"keyword": "a", "frequency": 1, "relation": "less than"},
    "keywords:letter_frequency": {"letter": "e", "let_frequency": 3, "let_relation": "at least"},
    "language:response_language": {"language": "en"},
    "length_constraints:nth_paragraph_first_word": {"num_paragraphs": 2, "nth_paragraph": 1, "first_word": "we"},
    "length_constraints:number_paragraphs": {"num_paragraphs": 2},
    "length_constraints:number_sentences": {"num_sentences": 2, "relation": "at least"},
    "length_constraints:number_words": {"num_words": 3, "relation": "less than"},
    "punctuation:no_comma": {},
    "startend:end_checker": {"end_phrase": "the end."},
    "startend:quotation": {},
}
HARD_TEXT = st.text(
    st.sampled_from("aB.?!,;:\"'*#-_[](){}<>\n\t \r\v\x00\x85\u2028\u202e\ufffdéİßשलج中😀\u0301"), max_size=60
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def test_exactly_the_25_official_families_are_registered() -> None:
    assert [name for name in names() if name.startswith("ifeval:")] == sorted(f"ifeval:{name}" for name in FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("mode", ["strict", "loose"])
def test_an_empty_response_is_violated(family: str, mode: str) -> None:
    for text in ("", "   \n\n\t"):
        assert check(f"ifeval:{family}", text, mode=mode, **FAMILIES[family]).score == 0  # type: ignore[arg-type]


async def test_a_null_response_is_violated() -> None:
    from skillrm.types import Sample

    sample = Sample.model_validate({"prompt": "", "candidates": [{"label": "A", "text": None}]})
    no_comma = find("ifeval:punctuation:no_comma")
    assert (await no_comma.run(sample, ("A",), no_comma.parse({})))["A"].score == 0


@pytest.mark.parametrize("family", FAMILIES)
@given(text=HARD_TEXT)
def test_any_text_is_decided_and_loose_never_undoes_strict(family: str, text: str) -> None:
    strict, loose = (
        check(f"ifeval:{family}", text, mode=mode, **FAMILIES[family])  # type: ignore[arg-type]
        for mode in ("strict", "loose")
    )
    assert strict.status == loose.status == "decided"
    assert strict.score in (0, 1)
    assert (loose.score or 0) >= (strict.score or 0)
    assert strict == check(f"ifeval:{family}", text, **FAMILIES[family])  # type: ignore[arg-type]


def test_arguments_that_are_null_are_absent() -> None:
    found = check("ifeval:length_constraints:number_words", "a b", num_words=2, relation="at least", keywords=None)
    assert found.satisfied


def test_an_argument_of_another_family_is_an_error() -> None:
    with pytest.raises(ConfigError, match="num_bullets"):
        check("ifeval:punctuation:no_comma", "a", num_bullets=3)


def test_a_missing_argument_is_an_error() -> None:
    with pytest.raises(ConfigError, match="relation"):
        check("ifeval:length_constraints:number_words", "a", num_words=3)


@given(HARD_TEXT)
def test_there_are_at_most_seven_other_variants_and_none_twice(text: str) -> None:
    texts = [variant for variant, _ in variants(text)]
    assert len(texts) == len(set(texts)) <= 7
    assert text not in texts


def test_the_variants_drop_lines_and_asterisks() -> None:
    assert [variant for variant, _ in variants("Sure!\n*one*\nBye.")] == [
        "Sure!\none\nBye.",
        "*one*\nBye.",
        "one\nBye.",
        "Sure!\n*one*",
        "Sure!\none",
        "*one*",
        "one",
    ]


def test_a_loose_finding_says_which_variant_follows() -> None:
    found = check("ifeval:startend:quotation", 'Here it is:\n"Hello."', mode="loose")
    assert found.satisfied
    assert found.observation.endswith("(without the first line)")


def test_reasoning_is_no_part_of_the_response() -> None:
    assert Candidate(label="A", text="<think>a, b</think>No comma").final == "No comma"
    assert check("ifeval:punctuation:no_comma", "<think>a, b</think>No comma").satisfied
