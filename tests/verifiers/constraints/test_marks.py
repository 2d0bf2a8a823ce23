"""Punctuation marks that a prompt forbids, or ends the answer with; and short lengths that stand alone."""

from __future__ import annotations

import pytest

from skillrm.types import Candidate, Message, Sample
from skillrm.verifiers import check
from skillrm.verifiers.constraints import detect

EMPTY = (Candidate(label="A"),)


def texts(*turns: str) -> list[str]:
    """What is demanded, of one prompt or of a user's turns with answers between them."""
    messages = [Message(role="user", content=turn) for turn in turns]
    between = [one for turn in messages for one in (turn, Message(role="assistant", content="ok"))][:-1]
    prompt = turns[0] if len(turns) == 1 else tuple(between)
    return [one.criterion.text for one in detect(Sample(prompt=prompt, candidates=EMPTY))]


def decides(prompt: str, answer: str) -> float | None:
    (found,) = detect(Sample(prompt=prompt, candidates=EMPTY))
    return check(found.resource.verifier, answer, **found.resource.args).score


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Describe rivers. No exclamation marks.", "exclamation marks"),
        ("Describe rivers. Do not use any exclamation points!", "exclamation marks"),
        ("Describe rivers without any semicolons.", "semicolons"),
        ("Avoid em dashes. Describe a river.", "em dashes"),
        ("Avoid using question marks. Describe a river.", "question marks"),
        ("Describe a river; question marks are not allowed.", "question marks"),
        ("Describe bees. Avoid commas.", "commas"),
    ],
)
def test_a_mark_that_must_not_occur_is_found(prompt, name):
    assert texts(prompt) == [f"The response contains no {name}."]


@pytest.mark.parametrize(
    ("prompt", "mark"),
    [
        ("Describe rivers. End with a question mark.", "a question mark"),
        ("End your answer with an exclamation mark. Describe a bee.", "an exclamation mark"),
        ("Tell me about bees. Your response should end with a period.", "a period"),
    ],
)
def test_the_mark_that_ends_the_answer_is_found(prompt, mark):
    assert texts(prompt) == [f"The response ends with {mark}."]


@pytest.mark.parametrize(
    "prompt",
    [
        "End each sentence with an exclamation mark.",
        "End every paragraph with a question mark.",
        "Give the post a title that ends with an exclamation mark.",
        "Write a list of questions, each ending with a question mark.",
        "Why does my teacher say to avoid semicolons?",
        "Finish the story with a period piece.",
        "The title must not contain exclamation marks.",
        "You may use exclamation marks.",
        'She wrote: "Use no semicolons." Was she right?',
        "Use at least 3 words that rhyme with cat.",
        "Here are words: cat, dog. Use at least two words from the list.",
        "Include at least 3 words.",
    ],
)
def test_what_is_asked_of_a_part_or_merely_said_is_no_demand(prompt):
    assert texts(prompt) == []


def test_a_later_turn_takes_a_mark_back():
    standing = "From now on use no exclamation marks."
    assert texts(standing, "What is a bee?") == ["The response contains no exclamation marks."]
    assert texts(standing, "You can use exclamation marks now. What is a bee?") == []


@pytest.mark.parametrize(
    ("prompt", "good", "bad"),
    [
        ("No exclamation marks.", "A bee.", "A bee！"),
        ("Avoid em dashes.", "A bee - small.", "A bee — small."),
        ("End with a question mark.", 'She asked "why?"', "Why? Because."),
        ("End with a period.", "It is **done.**", "Done"),
    ],
)
def test_the_verifier_that_is_bound_decides_it(prompt, good, bad):
    assert (decides(prompt, good), decides(prompt, bad)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Describe rivers. Use at least 8 words.", ["The response has at least 8 words."]),
        ("Describe rivers. Please use between 5 and 10 words!", ["The response has between 5 and 10 words."] * 2),
        (
            "Describe rivers. Use at least 8 words and no commas.",
            ["The response has at least 8 words.", "The response contains no commas."],
        ),
    ],
)
def test_a_few_words_are_a_length_where_nothing_else_is_asked_of_them(prompt, expected):
    assert texts(prompt) == expected
