"""Which words of a solution are its final answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers.answer.extraction import LONGEST, READ, bare, boxed, final_answer

MARKED = [
    (r"So \boxed{\frac{1}{2}}.", r"\frac{1}{2}", "boxed"),
    (r"\boxed 5 it is", "5", "boxed"),
    (r"\boxed{\text{(B)}}", r"\text{(B)}", "boxed"),
    (r"\boxed{\{1, \{2\}\}}", r"\{1, \{2\}\}", "boxed"),
    (r"First \boxed{1}, but a check of the sum shows an error; hence \boxed{2}.", "2", "boxed"),
    (r"\boxed{1} or $\boxed{2}$", "1, 2", "boxed"),
    (r"$\boxed{3}$, that is \boxed{3}", "3", "boxed"),
    (r"\boxed{7} and later \boxed{", "7", "boxed"),
    ("work\n#### 1,234", "1,234", "hashes"),
    ("<think>no</think><answer> 42 </answer>", "42", "tagged"),
    ("The answer is 42.", "42", "stated"),
    ("the final answer is: $\\frac{3}{4}$.", r"\frac{3}{4}", "stated"),
    ("Final Answer: The final answer is $5$. I hope it is correct.", "5", "stated"),
    ("The answer is:\n\\[\n\\frac{1}{2}\n\\]", r"\frac{1}{2}", "stated"),
    ("The correct answer is\n\n**C) Foo**", "C) Foo", "stated"),
    ("The answer is (B) because A is false", "(B)", "stated"),
    ("The answer is 5, not 6", "5", "stated"),
    ("The answer is 3.5", "3.5", "stated"),
    ("The answer is not 5. Then the answer is 6.", "6", "stated"),
    ("The answer is 6. The answer is not 5.", "6", "stated"),
    ("**Answer:** 12 apples", "12 apples", "stated"),
    ("Q: first?\nA: 18\nQ: second?\nA: 20", "20", "line"),
    ("$x = 5$", "x = 5", "whole"),
    ("Paris", "Paris", "whole"),
    ("so the total is 18 dollars.", "18", "number"),
    ("We add them up.\n\n**5**", "5", "number"),
]


@pytest.mark.parametrize(("text", "answer", "how"), MARKED)
def test_the_sign_with_which_an_answer_is_given_finds_it(text: str, answer: str, how: str) -> None:
    found = final_answer(text)
    assert found is not None
    assert (found.text, found.how) == (answer, how)


@pytest.mark.parametrize("text", ["", "  \n", r"\boxed{}", r"so it must be \boxed{12", "1. a\n2. b\n3. c"])
def test_a_text_without_an_answer_has_none(text: str) -> None:
    assert final_answer(text) is None


def test_an_unmarked_number_names_what_else_could_be_meant() -> None:
    found = final_answer("There are 5 apples, 6 pears and 7 figs.")
    assert found is not None
    assert (found.text, found.others) == ("7", ("5", "6"))


def test_an_answer_before_a_long_tail_is_not_read() -> None:
    assert final_answer(r"\boxed{1}" + "x " * READ) is None


def test_a_box_too_long_to_be_an_answer_is_none() -> None:
    assert boxed("\\boxed{" + "x" * (LONGEST + 1) + "}") is None


balanced = st.recursive(
    st.text(st.characters(blacklist_characters="{}\\$", blacklist_categories=("Cs",)), max_size=8),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: "".join(f"{{{part}}}" for part in parts)),
    max_leaves=10,
)


@given(balanced, st.sampled_from(["", "text before ", "\\boxed{old} then, after more thought, "]))
def test_whatever_braces_are_nested_in_a_box_come_back(inside: str, before: str) -> None:
    expected = inside.strip()
    assert boxed(f"{before}\\boxed{{{inside}}}") == (expected or ("old" if "old" in before else None))


@given(
    st.integers(), st.sampled_from(["#### {}", "The answer is {}.", "\\boxed{{{}}}", "A: {}", "<answer>{}</answer>"])
)
def test_an_integer_survives_every_frame(number: int, frame: str) -> None:
    found = final_answer("Some work with 3 and 4.\n" + frame.format(number))
    assert found is not None
    assert found.text == str(number)


@given(st.text(st.sampled_from("\\boxed{}$#answer is:*()[]ABC 0123456789.,;/\n<>")))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    found = final_answer(text)
    assert found is None or 0 < len(found.text) <= LONGEST


@given(st.text())
def test_freeing_an_answer_of_its_frame_twice_changes_nothing_more(text: str) -> None:
    once = bare(bare(bare(text)))
    assert bare(once) in (once, bare(bare(once)))


@pytest.mark.parametrize(
    "bomb",
    [
        "{" * 5_000_000,
        "\\boxed{" * 1_000_000,
        "answer is " * 500_000,
        "<answer>" * 500_000,
        "answer is \\[" * 300_000,
        "$" * 3_000_000,
        "#### " * 500_000,
        "1" * 5_000_000,
        "**" * 2_000_000,
        " " * 5_000_000 + "x",
        "\n" * 5_000_000 + "The answer is 5",
    ],
    ids=lambda bomb: bomb[:12].strip() or "blank",
)
def test_a_bomb_of_megabytes_is_read_as_quickly_as_its_end(bomb: str) -> None:
    found = final_answer(bomb)
    assert found is None or len(found.text) <= len(bomb)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It is 102.", "102"),
        ("There are 1728.", "1728"),
        ("48 * 36 = 1,728 seats.", "1,728"),
        ("155 minutes", "155 minutes"),
        ("Carbon dioxide", "Carbon dioxide"),
    ],
)
def test_a_short_sentence_gives_its_number_and_a_bare_answer_itself(text, value):
    assert final_answer(text).text == value
