"""answer:math, answer:numeric, answer:choice, answer:text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillrm import Candidate, Resource, Sample, sandbox
from skillrm.errors import SandboxError
from skillrm.verifiers import check, find, names
from skillrm.verifiers.answer import equality
from skillrm.verifiers.answer.options import chosen, options_of

NAMES = ("choice", "math", "numeric", "text")
PROMPT = "Which city is the capital of Italy?\n\n(A) Paris\n(B) Rome\n(C) Bonn\n(D) Lima"


def test_they_are_registered_for_samples_too() -> None:
    assert [name for name in names() if name.startswith("answer:")] == [f"answer:{name}" for name in NAMES]
    assert all(find(f"answer:{name}").sample_safe for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_reference_the_finding_is_unknown(name: str) -> None:
    assert check(f"answer:{name}", "The answer is 5.").status == "unknown"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["", "I would rather not say what I think of this, if you do not mind."])
def test_an_answer_that_commits_to_nothing_is_violated(name: str, text: str) -> None:
    assert check(f"answer:{name}", text, reference="5" if name != "choice" else "B").score == 0


@pytest.mark.parametrize(
    ("text", "reference", "right"),
    [
        ("The answer is 18.", "18", True),
        ("The answer is 18.", "16 + 2 = 18\n#### 18", True),
        (r"\boxed{x^2 + 2x + 1}", "(x+1)^2", True),
        (r"\boxed{x^2 + 2x + 2}", "(x+1)^2", False),
        (r"\boxed{\frac{\sqrt{2}}{2}}", r"\frac{1}{\sqrt{2}}", True),
        (r"\boxed{2\pi}", r"6.2832", False),
        (r"\boxed{(1, 2)}", "(1,2)", True),
        (r"\boxed{[0, 1)}", "[0,1)", True),
        (r"\boxed{[0, 1]}", "[0,1)", False),
        (r"\boxed{5}", '["4", "5"]', True),
        (r"\boxed{\text{even}}", "even", True),
        (r"\boxed{4} or rather \boxed{5}", "4", False),
        ("The answer is 18, or 19", "18", False),
    ],
)
def test_mathematics_is_compared_by_what_it_means(text: str, reference: str, right: bool) -> None:
    found = check("answer:math", text, reference=reference)
    assert (found.status, found.satisfied) == ("decided", right), found.observation


@pytest.mark.parametrize(
    "answer",
    [
        "9^{9^{9^{9}}}",
        "10**10**10",
        "(10^{10})^{10^{10}}",
        "{" * 400,
        "\\frac{" * 150,
        "(" * 900,
        "x" * 100_000,
        "9" * 900,
        "100000!!!!",
        "\\sum_{n=1}^{10^{12}} n^{n}",
    ],
)
def test_a_hostile_answer_is_violated_and_bounded(answer: str) -> None:
    found = check("answer:math", f"\\boxed{{{answer}}}", reference="x+1", seconds=0.5)
    assert (found.status, found.score) == ("decided", 0), found.observation


async def test_a_worker_that_is_broken_itself_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's module cannot be imported: nothing about any answer can be known from it."""
    sample = Sample(
        prompt="p",
        candidates=(Candidate(label="a", text=r"\boxed{1+x}"),),
        resources=(Resource(id="reference", kind="reference", text="x+1"),),
    )
    verifier = find("answer:math")
    equality._readable[("x+1",)] = True
    monkeypatch.setattr(equality, "_WORKER", "skillrm.no_such_module")
    found = (await verifier.run(sample, ("a",), verifier.parse({})))["a"]
    assert found.status == "error"


async def test_after_an_answer_that_ends_the_worker_others_are_judged() -> None:
    with pytest.raises(SandboxError):
        await sandbox.trusted_call("os:abort", [], seconds=5)
    assert (await equality.same_mathematics("x+1", ("1+x",))).satisfied


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("The answer is (B).", "B"),
        ("**B**", "B"),
        ("I go for **B) Rome**.", "B"),
        ("BBBBB", "B"),
        ("It was A at first. So: CCCCC", "C"),
        (r"\boxed{\text{B}}", "B"),
        (r"\boxed{B}", "B"),
        ("Answer: B. Rome", "B"),
        ("Answer: Rome", "B"),
        ("The correct option is B because it is.", "B"),
        ("Let me see.\n\n(D)", "D"),
        ("A careful look shows that nothing here is known to me at all.", None),
        ("The answer is A great mystery to all of us.", None),
    ],
)
def test_the_option_that_an_answer_commits_to(text: str, letter: str | None) -> None:
    assert chosen(text, options_of(PROMPT)) == letter


def test_a_repeated_letter_beyond_j_counts_where_no_options_are_listed() -> None:
    assert check("answer:choice", "Therefore KKKKK", reference="K").satisfied


def test_the_reference_may_be_the_text_of_an_option() -> None:
    assert check("answer:choice", "(B)", prompt=PROMPT, reference="Rome").satisfied
    assert not check("answer:choice", "(A)", prompt=PROMPT, reference="Rome").satisfied
    assert check("answer:choice", "(A)", prompt=PROMPT, reference="somewhere else").status == "unknown"


def test_numbers_within_a_tolerance() -> None:
    assert check("answer:numeric", "About 99 kg", reference="100", relative=0.02).satisfied
    assert not check("answer:numeric", "About 97 kg", reference="100", relative=0.02).satisfied
    assert check("answer:numeric", "5", reference="five").status == "unknown"


@pytest.mark.data
async def test_gsm8k_answers_are_judged_as_recorded(data_dir: Path) -> None:
    lines = (data_dir / "gsm8k" / "example_model_solutions.jsonl").read_text(encoding="utf-8").splitlines()[:300]
    verifier = find("answer:math")
    for row in map(json.loads, lines):
        models = [model for model in row if isinstance(row[model], dict)]
        sample = Sample(
            prompt=row["question"],
            candidates=tuple(Candidate(label=model, text=row[model]["solution"]) for model in models),
            resources=(Resource(id="reference", kind="reference", text=row["ground_truth"]),),
        )
        found = await verifier.run(sample, sample.labels, verifier.parse({}))
        assert {model: found[model].score == 1 for model in models} == {
            model: bool(row[model]["is_correct"]) for model in models
        }
