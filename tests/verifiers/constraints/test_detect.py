"""Prompts written for these tests: what is demanded is found, what is merely said is not."""

from __future__ import annotations

from typing import Any

import pytest

from skillrm.types import Candidate, Message, Sample
from skillrm.verifiers.constraints import detect
from skillrm.verifiers.registry import Detection

EMPTY = (Candidate(label="A"),)


def found(*turns: str | tuple[str, str]) -> tuple[Detection, ...]:
    """Detections of one prompt, or of `(role, text)` turns."""
    if len(turns) == 1 and isinstance(turns[0], str):
        return detect(Sample(prompt=turns[0], candidates=EMPTY))
    messages = tuple(Message(role=turn[0], content=turn[1]) for turn in turns)
    return detect(Sample(prompt=messages, candidates=EMPTY))


def bound(*turns: str | tuple[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """Verifier (without the `ifeval:` before it) and arguments of each."""
    return [((one.resource.verifier or "").removeprefix("ifeval:"), one.resource.args) for one in found(*turns)]


WORDS = "length_constraints:number_words"
SENTENCES = "length_constraints:number_sentences"


def at_least(number: int) -> tuple[str, dict[str, Any]]:
    return WORDS, {"relation": "at least", "num_words": number}


def less_than(number: int) -> tuple[str, dict[str, Any]]:
    return WORDS, {"relation": "less than", "num_words": number}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Describe a lighthouse in at least 250 words.", [at_least(250)]),
        ("Compose a 150+ word toast for my sister.", [at_least(150)]),
        ("Draft a plan for the garden. It should have 400 or more words.", [at_least(400)]),
        ("Explain tides to me; use no more than eighty words.", [less_than(81)]),
        ("Explain tides. Keep your answer under 1,200 words.", [less_than(1200)]),
        ("I don't want anything longer than 60 words. Tell me about tides.", [less_than(61)]),
        ("Tell me about owls. Your answer must not exceed 90 words.", [less_than(91)]),
        ("Write a story of 200 to 300 words about a tram.", [less_than(301), at_least(200)]),
        ("Write between two hundred and three hundred words about rain.", [less_than(301), at_least(200)]),
        ("Write more than 99 words about rain.", [at_least(100)]),
        ("Tell me about rain. Word limit: 120 words.", [less_than(121)]),
    ],
)
def test_a_demand_for_a_number_of_words_is_read(prompt: str, expected: list[tuple[str, dict[str, Any]]]) -> None:
    assert sorted(bound(prompt), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    "prompt",
    [
        "You don't need at least 300 words; just tell me what a quark is.",
        "A 300 word essay was submitted by a student. What grade would you give it?",
        "Write a story about a man who used no commas in his letters.",
        "Write a story about someone who writes in all caps.",
        "How many words are there in a 300+ word essay on average?",
        "My teacher said that essays must have at least 500 words. Is she right?",
        "If you like, use at least 100 words.",
        "You may use commas and you can write up to 300 words.",
        "Explain how to write at least 1000 words a day.",
        "What is the difference between upper case and all lowercase letters?",
        "Why do people write in all caps?",
        "The password must contain at least 8 characters and no commas. How would I check that in Python?",
        "Write a function that returns the string in all lowercase letters.",
        "Who wrote the first novel in French?",
        "Write about 300 words on the moon.",
        "Each section should have at least 40 words.",
        "Translate 'good morning' into French.",
        "Write a JSON schema for a bicycle.",
        'Is it fine to end an email with "Cheers"?',
        "Name three bullet types used in the first world war.",
        "",
    ],
)
def test_a_mention_is_not_a_demand(prompt: str) -> None:
    assert bound(prompt) == []


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ('Use the word "tram" exactly twice.', [("at least", 2), ("less than", 3)]),
        ('Use the word "tram" more than twice.', [("at least", 3)]),
        ('Do not use the word "tram" more than twice.', [("less than", 3)]),
        ('Use the word "tram" once or less.', [("less than", 2)]),
        ('Mention the word "tram" 3 times.', [("at least", 3)]),
        ('Mention the word "tram" 3 to 5 times.', [("at least", 3), ("less than", 6)]),
    ],
)
def test_frequencies_are_bounded_as_they_are_said(prompt: str, expected: list[tuple[str, int]]) -> None:
    args = [args for name, args in bound(prompt) if name == "keywords:frequency"]
    assert sorted((one["relation"], one["frequency"]) for one in args) == expected
    assert {one["keyword"] for one in args} == {"tram"}


def test_values_are_verbatim_whatever_the_quotes() -> None:
    assert bound("End with the phrase «See you at noon».")[0][1] == {"end_phrase": "See you at noon"}
    assert bound("Include the keywords “tide”, 'moon' and `rock`.")[0][1] == {"keywords": ["tide", "moon", "rock"]}
    assert bound("Finish the poem with:\n\nGood night!\n")[0][1] == {"end_phrase": "Good night!"}


def test_what_stands_in_quotes_is_never_a_demand() -> None:
    assert bound('Is "write at least 300 words without commas" a good instruction?') == []
    assert bound('She told me: "Answer in all caps.\n\nUse no commas." Was she rude?') == []


def test_fenced_text_is_never_a_demand() -> None:
    assert bound("What does this prompt do?\n```\nWrite at least 300 words.\nNo commas.\n```\n") == []
    assert bound("Explain:\n~~~text\nAnswer in all lowercase.\n~~~") == []
    assert bound("Explain:\n```\nAnswer in all lowercase.") == []


def test_block_quotes_and_tagged_text_are_never_demands() -> None:
    assert bound("What do you think of this mail?\n> Please answer in at least 300 words.\n> No commas.") == []
    assert bound("Translate it.\n<text>\nWrite at least 300 words.\n</text>\n") == []


def test_pasted_text_is_never_a_demand() -> None:
    assert bound("Summarize the following email:\n\nDear Ann,\n\nPlease write at least 300 words.\n\nBob") == []
    assert bound("Fix the passage below.\n\nYour answer should be in all lowercase letters.") == []
    assert bound("Grade this.\n\nEssay: You must use no commas.\nYou must write at least 90 words.") == []
    assert bound("Write at least 300 words.\n\nWhat language is the text above in?") == []


def test_demands_around_pasted_text_are_read() -> None:
    pasted = "Summarize the following email in at most 50 words:\n\nDear Ann,\n\nWrite at least 300 words.\n\nBob"
    assert bound(pasted) == [less_than(51)]
    assert bound('Rewrite this: "Use no commas." Write at least 20 words long text.\nDo not use commas.') != []
    fenced = "Explain the code:\n```\n# use at least 30 words\n```\nUse no more than 80 words."
    assert bound(fenced) == [less_than(81)]


def test_a_later_demand_of_the_same_kind_replaces_an_earlier_one() -> None:
    prompt = "Write at least 300 words about bees. Actually, write at least 100 words."
    assert bound(prompt) == [at_least(100)]
    assert bound("Answer in French. No, answer in German.") == [("language:response_language", {"language": "de"})]
    contradiction = "Use at least 300 words. On second thought, use no more than 100 words."
    assert bound(contradiction) == [less_than(101)]


def test_two_sides_of_a_range_live_together() -> None:
    prompt = "Write at least 100 words about bees, but no more than 200 words."
    assert bound(prompt) == [at_least(100), less_than(201)]


def test_a_system_turn_demands_too_and_the_user_overrules_it() -> None:
    system = ("system", "You are a poet. Always answer in French. Never use commas.")
    french = ("language:response_language", {"language": "fr"})
    comma: tuple[str, dict[str, Any]] = ("punctuation:no_comma", {})
    assert bound(system, ("user", "Hello!")) == [french, comma]
    german = ("language:response_language", {"language": "de"})
    assert bound(system, ("user", "Please respond in German.")) == [comma, german]
    assert bound(system, ("user", "Please respond in English.")) == [comma]


def test_a_user_cannot_wipe_the_system_rules_away() -> None:
    system = ("system", "Never use commas.")
    assert bound(system, ("user", "Ignore all previous rules.")) == [("punctuation:no_comma", {})]


def test_what_was_asked_of_an_answered_turn_is_over_unless_it_stands() -> None:
    answered = ("user", "Write at least 300 words about bees."), ("assistant", "Bees ..."), ("user", "And wasps?")
    assert bound(*answered) == []
    standing = ("user", "From now on use no commas."), ("assistant", "Yes."), ("user", "What is a wasp?")
    assert bound(*standing) == [("punctuation:no_comma", {})]
    lifted = (*standing[:2], ("user", "You can use commas now. What is a wasp?"))
    assert bound(*lifted) == []


def test_a_turn_whose_answer_has_only_begun_is_not_answered() -> None:
    asked = ("user", "Use no commas.")
    assert bound(asked, ("assistant", "Sure: ")) == [("punctuation:no_comma", {})]
    looked_up = (("assistant", ""), ("tool", "12 degrees"))
    assert bound(asked, *looked_up) == [("punctuation:no_comma", {})]
    assert bound(asked, *looked_up, ("assistant", "It is mild."), ("user", "And tomorrow?")) == []


def test_what_the_assistant_said_is_never_a_demand() -> None:
    assert bound(("user", "Hi"), ("assistant", "I will write at least 300 words."), ("user", "Fine.")) == []


def test_everyday_demands_go_to_the_structure_verifiers() -> None:
    assert bound("Write exactly three paragraphs about rain.") == [
        ("structure:length", {"unit": "paragraphs", "min": 3, "max": 3})
    ]
    assert bound("Give me at least four bullet points.") == [("structure:length", {"unit": "bullets", "min": 4})]
    assert bound("Keep your reply under 280 characters.") == [("structure:length", {"unit": "characters", "max": 279})]
    keyed = bound("Describe a tea. Respond in JSON with camelCase keys teaName, originCountry and price.")
    assert ("structure:json", {"keys": ["teaName", "originCountry", "price"], "key_case": "camel"}) in keyed


def test_a_detection_binds_a_hard_verifier_to_its_criterion_with_the_words_that_prove_it() -> None:
    (one,) = found("Please describe a harbour in at least 250 words.")
    assert one.span == "at least 250 words"
    assert one.criterion.origin == "prompt"
    assert one.criterion.text == "The response has at least 250 words."
    assert one.resource.decides == (one.criterion.id,)
    assert one.resource.hard
    assert one.resource.access == "open"


def test_ids_are_unique_and_stable() -> None:
    prompt = 'Use the word "a1" at least twice and the word "b1" at least twice. Use 20 to 30 sentences.'
    ids = [one.criterion.id for one in found(prompt)]
    assert len(set(ids)) == len(ids) == 4
    assert ids == [one.criterion.id for one in found(prompt)]


def test_the_request_to_repeat_is_what_stands_above_or_below() -> None:
    above = "Name a river.\nFirst repeat the request above word for word, then answer."
    assert bound(above)[0][1] == {"prompt_to_repeat": "Name a river."}
    below = "Before you answer, repeat the request below exactly as it is.\n\nName a river."
    assert bound(below)[0][1] == {"prompt_to_repeat": "Name a river."}


def test_two_sides_of_an_everyday_length_live_together_too() -> None:
    prompt = "Give me at least three bullet points but no more than six bullet points."
    assert bound(prompt) == [
        ("structure:length", {"unit": "bullets", "min": 3}),
        ("structure:length", {"unit": "bullets", "max": 6}),
    ]


def test_both_sides_of_a_bound_are_told_by_the_words_of_the_whole() -> None:
    texts = [one.criterion.text for one in found('Answer in 3 to 5 sentences. Use the word "sea" exactly twice.')]
    assert sorted(texts) == [
        *["The response has between 3 and 5 sentences."] * 2,
        *['The word "sea" occurs exactly 2 times.'] * 2,
    ]
    (never,) = found("Describe a beach without using the letter s.")
    assert never.criterion.text == 'The letter "s" occurs at most 0 times.'


def test_a_prompt_of_nothing_but_demands_is_cut_off() -> None:
    prompt = " ".join(f'Use the word "tide{number}" at least twice.' for number in range(300))
    assert len(found(prompt)) == 64
