"""One table of cases per family: the odd corners of the official semantics."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers import check

CASES: list[tuple[str, dict[str, Any], str, bool]] = [
    ("length_constraints:number_words", {"num_words": 4, "relation": "at least"}, "It's a dog", True),
    ("length_constraints:number_words", {"num_words": 4, "relation": "less than"}, "It's a dog", False),
    ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"}, "Mr. Fox ate. Why?", True),
    ("length_constraints:number_sentences", {"num_sentences": 3, "relation": "at least"}, "Mr. Fox ate. Why?", False),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "***\na\n***\nb\n***", True),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\n***\nb", False),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 1}, "a", True),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "However"},
        'One.\n\n"However," he said',
        True,
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "two"},
        "one\n\n\n\ntwo",  # three parts, the second of them empty: upstream looks at the empty one
        False,
    ),
    ("keywords:existence", {"keywords": ["cat", "DOG"]}, "Concatenate the dogs", True),
    ("keywords:existence", {"keywords": ["c++"]}, "I like c++", True),  # no valid pattern, so taken literally
    ("keywords:existence", {"keywords": ["colou?r"]}, "a Color", True),
    ("keywords:forbidden_words", {"forbidden_words": ["cat"]}, "Concatenate", True),
    ("keywords:forbidden_words", {"forbidden_words": ["cat"]}, "The CAT.", False),
    ("keywords:frequency", {"keyword": " an ", "frequency": 3, "relation": "at least"}, "Banana, an", True),
    ("keywords:letter_frequency", {"letter": "É", "let_frequency": 2, "let_relation": "at least"}, "Éé", True),
    ("keywords:letter_frequency", {"letter": "#", "let_frequency": 2, "let_relation": "less than"}, "# a", True),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] [[b] [c\n]", True),
    ("detectable_content:number_placeholders", {"num_placeholders": 3}, "[a] [[b] [c\n]", False),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "p. s. too", True),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "P.S. no", False),
    ("detectable_content:postscript", {"postscript_marker": "Note:"}, "end\nNOTE: so", True),
    ("punctuation:no_comma", {}, "a; b، c", True),
    ("punctuation:no_comma", {}, "a, b", False),
    ("detectable_format:number_bullet_lists", {"num_bullets": 3}, "* a\n\n  - b\n**c**\n* d", True),
    ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "*\n* swallowed by the star above", True),
    ("detectable_format:constrained_response", {}, "Well. My answer is maybe. Perhaps.", True),
    ("detectable_format:constrained_response", {}, "my answer is yes.", False),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* and **b**", True),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 3}, "*a* and **b** and * *", False),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        "SECTION 1 a SECTION2 b",
        True,
    ),
    ("detectable_format:multiple_sections", {"section_spliter": "SECTION", "num_sections": 1}, "Section 1", False),
    ("detectable_format:json_format", {}, '```JSON\n{"a": NaN}\n```', True),
    ("detectable_format:json_format", {}, 'Here: {"a": 1}', False),
    ("detectable_format:title", {}, "x <<<a>> b>>", True),
    ("detectable_format:title", {}, "<<>> << >>", True),  # greedy: from the first << to the last >>
    ("detectable_format:title", {}, "<< >>\n<<a\n>>", False),
    ("change_case:capital_word_frequency", {"capital_frequency": 4, "capital_relation": "at least"}, "DON'T, I", False),
    ("change_case:capital_word_frequency", {"capital_frequency": 3, "capital_relation": "at least"}, "DON'T, I", True),
    ("change_case:english_capital", {}, "THIS IS A TEST OF THE LETTERS.", True),
    ("change_case:english_capital", {}, "This is a test.", False),
    ("change_case:english_capital", {}, "DAS IST EIN SEHR SCHÖNER UND LANGER DEUTSCHER SATZ ÜBER DAS WETTER.", False),
    ("change_case:english_lowercase", {}, "this is a test of the letters.", True),
    ("change_case:english_lowercase", {}, "das ist ein sehr schöner und langer satz über das wetter.", False),
    ("language:response_language", {"language": "fr"}, "Le chat dort sur la table de la cuisine.", True),
    ("language:response_language", {"language": "fr"}, "The cat sleeps on the kitchen table.", False),
    ("language:response_language", {"language": "fr"}, "12345 !!!", True),  # undetectable passes upstream
    ("combination:two_responses", {}, "******\na\n******\nb", True),
    ("combination:two_responses", {}, "a\n******\na ", False),
    ("combination:two_responses", {}, "a\n******\n******\nb", False),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Write a Poem. "}, " write a poem. Roses", True),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Write a poem."}, "Sure. Write a poem.", False),
    ("startend:end_checker", {"end_phrase": "Any questions?"}, 'So. "Any Questions?"\n', True),
    ("startend:end_checker", {"end_phrase": "Any questions?"}, "Any questions? Yes", False),
    ("startend:quotation", {}, ' "a" b "c" ', True),
    ("startend:quotation", {}, '"', False),
    ("startend:quotation", {}, "“a”", False),
]


@pytest.mark.parametrize(("family", "args", "text", "followed"), CASES)
def test_a_case_is_decided_as_upstream_decides_it(family: str, args: dict[str, Any], text: str, followed: bool) -> None:
    assert check(f"ifeval:{family}", text, **args).satisfied == followed


def test_observations_say_what_was_counted_and_what_was_asked() -> None:
    found = check("ifeval:length_constraints:number_words", "one two three", num_words=5, relation="at least")
    assert found.observation == "counted 3 words; at least 5 asked"


@given(st.integers(0, 8), st.integers(0, 8))
def test_the_two_relations_are_each_others_opposite(words: int, asked: int) -> None:
    text = "word " * words + "."
    at_least, less = (
        check("ifeval:length_constraints:number_words", text, num_words=asked, relation=relation).satisfied
        for relation in ("at least", "less than")
    )
    assert at_least == (words >= asked)
    assert less == (not at_least)


@pytest.mark.parametrize(
    ("family", "args", "text"),
    [
        ("keywords:existence", {"keywords": ["(a+)+$"]}, "a" * 100_000 + "b"),
        ("keywords:existence", {"keywords": ["(?:x{1000}){1000}"]}, "x" * 1000),
        ("detectable_format:multiple_sections", {"section_spliter": "(a|a)*", "num_sections": 1}, "a" * 100_000),
        ("detectable_format:title", {}, "<<" * 200_000),
        ("detectable_content:number_placeholders", {"num_placeholders": 1}, "[" * 400_000),
        ("detectable_content:postscript", {"postscript_marker": "P.S."}, " \n" * 200_000),
        ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "\n" * 400_000),
        ("detectable_format:number_bullet_lists", {"num_bullets": 1}, " " * 400_000),
        ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "*a" * 200_000),
        ("detectable_format:json_format", {}, "[" * 200_000),
        ("detectable_format:json_format", {}, "9" * 10_000),
        ("length_constraints:number_sentences", {"num_sentences": 1, "relation": "at least"}, ". " * 100_000),
        ("length_constraints:number_sentences", {"num_sentences": 1, "relation": "at least"}, "a.)" * 100_000),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 1}, " " * 400_000),
        (
            "change_case:capital_word_frequency",
            {"capital_frequency": 1, "capital_relation": "at least"},
            "A'" * 200_000,
        ),
        ("language:response_language", {"language": "en"}, "a@" * 200_000),
    ],
)
def test_a_hostile_text_or_argument_is_decided(family: str, args: dict[str, Any], text: str) -> None:
    for mode in ("strict", "loose"):
        assert check(f"ifeval:{family}", text, mode=mode, **args).status == "decided"
