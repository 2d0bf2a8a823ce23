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
