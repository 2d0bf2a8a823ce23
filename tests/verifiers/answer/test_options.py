"""Which option of a multiple-choice question an answer commits to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers.answer.options import chosen, options_of

PROMPT = "Which is the capital of Italy?\nA. Paris\nB. Rome\nC. Oslo\nD. Bern"
OPTIONS = {"A": "Paris", "B": "Rome", "C": "Oslo", "D": "Bern"}

COMMITS = [
    ("B", "B"), ("(B)", "B"), ("**B**", "B"), ("b", "B"), ("B.", "B"), ("B) Rome", "B"), ("BBBBB", "B"),
    ("B B B B B", "B"),
    ("Final answer: DDDDD", "D"), ("The answer is (B).", "B"), ("answer: b", "B"), (r"\boxed{\text{B. Rome}}", "B"),
    ("I think A is wrong. The correct option is C.", "C"), ("Option B is correct.", "B"), ("I choose C.", "C"),
    ("The correct answer is Rome.", "B"), ("Rome", "B"), (r"\boxed{Rome}", "B"), ("A is tempting but it's B", "B"),
    ("So the answer is: A) Paris and not B) Rome", "A"), ("So, the answer is **(A)**, since (B) is wrong.", "A"),
    ("The answer cannot be A. Therefore the answer must be D.", "D"), ("AAA batteries are small; the answer is B", "B"),
    ("Thus, C is the correct answer.", "C"), ("The answer is **C. Oslo**.", "C"), ("Therefore B.", "B"),
    ("### Answer\nC", "C"), (r"My final answer is $\textbf{(C)}$", "C"), (r"The letter is C. \boxed{17}", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "letter"), COMMITS)
def test_an_answer_commits_to_an_option(text: str, letter: str | None) -> None:
    assert chosen(text, OPTIONS) == letter


@pytest.mark.parametrize(
    "text",
    [
        "", "The answer is A or B", "The answer is neither A nor B", "None of the above", "A person would not know.",
        "Answer: A person", "KKKKK", "The answer is Q.", "I do not know, Paris or Rome perhaps",
    ],
)  # fmt: skip
def test_an_answer_that_commits_to_nothing_has_no_letter(text: str) -> None:
    assert chosen(text, OPTIONS) is None


def test_without_a_list_in_the_prompt_any_letter_to_j_may_be_named() -> None:
    assert chosen("The answer is (G).", {}) == "G"
    assert chosen("KKKKK", {}) == "K"


@pytest.mark.parametrize(
    ("prompt", "options"),
    [
        (PROMPT, OPTIONS),
        ("(A) one\n(B) two", {"A": "one", "B": "two"}),
        ("Pick: (A) one, (B) two, (C) three", {"A": "one", "B": "two", "C": "three"}),
        (
            r"$\textbf{(A) }\ 4 \qquad\textbf{(B) }\ \frac 12 \qquad\textbf{(C) }\ 6$ Choose.",
            {"A": "4", "B": r"\frac 12", "C": "6"},
        ),
        ("A. x\nB. y\n\nNow the question.\nA. one\nB. two\nC. three", {"A": "one", "B": "two", "C": "three"}),
        ("No list here. A. Lincoln was tall.", {}),
    ],
)  # fmt: skip
def test_the_last_list_of_the_prompt_holds_the_options(prompt: str, options: dict[str, str]) -> None:
    assert options_of(prompt) == options


@given(
    st.sampled_from(sorted(OPTIONS)),
    st.sampled_from(["{}", "({})", "**{}**", "Answer: {}", "The answer is ({}).", r"\boxed{{{}}}"]),
)
def test_a_letter_survives_every_frame(letter: str, frame: str) -> None:
    assert chosen("Let us see: Paris is in France.\n\n" + frame.format(letter), OPTIONS) == letter


@given(st.text(st.sampled_from("ABCDE abc().*:\n{}\\$answeriso"), max_size=300))
def test_any_text_gives_an_allowed_letter_or_none(text: str) -> None:
    assert chosen(text, OPTIONS) in {None, *OPTIONS}


@pytest.mark.parametrize(
    "bomb", ["(A" * 2_000_000, "A " * 2_000_000, "**" * 2_000_000, "answer is option " * 200_000, "A. x\n" * 500_000]
)
def test_a_bomb_of_megabytes_is_bounded(bomb: str) -> None:
    assert chosen(bomb, OPTIONS) in {None, *OPTIONS}
    assert len(options_of(bomb)) <= 26
