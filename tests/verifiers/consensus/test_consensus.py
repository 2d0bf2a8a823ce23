"""Agreement across candidates."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm import Candidate, Sample
from skillrm.verifiers import Finding, find
from skillrm.verifiers.consensus.inputs import typed_inputs, varied
from skillrm.verifiers.consensus.programs import agreement

PROMPT = 'def double(x: int) -> int:\n    """Twice x.\n    >>> double(2)\n    4\n    """\n'


def sample(texts: list[str], prompt: str = "How many?") -> Sample:
    return Sample(
        prompt=prompt, candidates=tuple(Candidate(label=str(number), text=text) for number, text in enumerate(texts))
    )


async def found(name: str, texts: list[str], prompt: str = "How many?") -> list[Finding]:
    verifier = find(name)
    asked = sample(texts, prompt)
    return list((await verifier.run(asked, asked.labels, verifier.parse({}))).values())


@pytest.mark.parametrize(
    ("answers", "scores"),
    [
        (["The answer is 4.", r"\boxed{4}", "The answer is 5."], [1, 1, 0]),
        (["The answer is 0.5.", r"\boxed{\frac{1}{2}}", "The answer is 50."], [1, 1, 0]),
        (["The answer is $1,000.", "#### 1000", "I cannot say what this would be, I am afraid."], [1, 1, 0]),
        (["The answer is 4.", "The answer is 5.", "The answer is 6."], [None, None, None]),
        (["The answer is 4.", "The answer is 4.", "The answer is 5.", "The answer is 5."], [None] * 4),
        (["The answer is 4."], [None]),
        (["", "", "The answer is 4."], [None] * 3),
    ],
)
async def test_a_strict_plurality_decides_and_nothing_else(answers: list[str], scores: list[float | None]) -> None:
    assert [finding.score for finding in await found("consensus:answer", answers)] == scores


async def test_options_meet_by_letter_and_by_text() -> None:
    prompt = "Capital of Italy?\nA. Paris\nB. Rome\nC. Bonn"
    scores = await found("consensus:answer", ["(B)", "The answer is Rome.", "**A**"], prompt)
    assert [finding.score for finding in scores] == [1, 1, 0]


@given(st.lists(st.sampled_from(["The answer is 1.", "The answer is 2.", "#### 3", ""]), min_size=1, max_size=8))
def test_the_order_of_the_candidates_changes_nothing(answers: list[str]) -> None:
    forth = asyncio.run(found("consensus:answer", answers))
    back = asyncio.run(found("consensus:answer", answers[::-1]))[::-1]
    assert [finding.score for finding in forth] == [finding.score for finding in back]


async def test_programs_that_do_the_same_agree_and_those_that_fail_an_example_have_no_vote() -> None:
    texts = [
        "    return x * 2\n",
        "    return x + x\n",
        "    return 4\n",
        "    return x - 1\n",
        "",
        "    while True: pass\n",
    ]
    scores = [finding.score for finding in await found("consensus:code", texts, PROMPT)]
    assert scores[0] == scores[1]
    assert scores[0] is not None
    assert scores[2] is not None
    assert scores[0] > 0.5 > scores[2]
    assert scores[3:] == [0, 0, 0]


async def test_without_an_example_types_give_the_inputs() -> None:
    prompt = 'def double(x: int) -> int:\n    """Twice x."""\n'
    scores = [
        finding.score
        for finding in await found("consensus:code", ["    return 2 * x", "    return x+x", "    return x"], prompt)
    ]
    assert scores[0] == scores[1]
    assert scores[0] is not None
    assert scores[2] is not None
    assert scores[0] > scores[2]


async def test_where_nothing_can_be_compared_the_finding_is_unknown() -> None:
    assert {
        finding.status for finding in await found("consensus:code", ["```python\nx = 1\n```"] * 3, "Write a poem.")
    } == {"unknown"}
    assert {finding.status for finding in await found("consensus:code", ["    return 1", "no"], PROMPT)} == {"unknown"}


async def test_without_a_sandbox_the_finding_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKILLRM_SANDBOX", "none")
    assert {finding.status for finding in await found("consensus:code", ["    return 1"] * 2, PROMPT)} == {"error"}


OUTPUTS = st.lists(st.tuples(*[st.sampled_from(["1", "2", None])] * 3), min_size=2, max_size=6)


@given(OUTPUTS)
def test_a_program_scores_as_one_that_does_the_same(rows: list[tuple[str | None, ...]]) -> None:
    given = {str(number): row for number, row in enumerate(rows)}
    scores = agreement(given)
    for one in given:
        for other in given:
            assert given[one] != given[other] or scores[one].score == scores[other].score


@given(
    st.lists(
        st.tuples(
            st.integers(-5, 2000),
            st.lists(st.text(max_size=5), max_size=5),
            st.floats(-9, 9),
            st.none() | st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_changed_inputs_keep_their_shape_and_are_drawn_alike_each_time(inputs: list[tuple[object, ...]]) -> None:
    made = varied(list(inputs), 10, "seed")
    assert made == varied(list(inputs), 10, "seed")
    shapes = [type(part) for part in inputs[0]]
    assert all([type(part) for part in args][:3] == shapes[:3] for args in made)
    assert len({repr(args) for args in made}) == len(made)


def test_a_type_that_is_not_known_gives_no_input() -> None:
    assert typed_inputs("def f(a: Node) -> int:\n", "f") == []
    assert typed_inputs("def f(a, b):\n", "f") == []
    assert (3, "abc") not in typed_inputs("def f(a: int):\n", "f")


@pytest.mark.data
async def test_the_majority_of_real_solutions_is_better_than_chance(data_dir: Path) -> None:
    lines = (data_dir / "gsm8k" / "example_model_solutions.jsonl").read_text(encoding="utf-8").splitlines()
    verifier = find("consensus:answer")
    precise = []
    for row in map(json.loads, lines):
        models = [model for model in row if isinstance(row[model], dict)]
        asked = sample([row[model]["solution"] for model in models], row["question"])
        scores = await verifier.run(asked, asked.labels, verifier.parse({}))
        top = [row[models[int(label)]]["is_correct"] for label, finding in scores.items() if finding.score == 1]
        if top:
            precise.append(fmean(top))
    assert len(precise) / len(lines) >= 0.59
    assert fmean(precise) >= 0.70
