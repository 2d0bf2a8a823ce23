"""A file of anyone's: prompts with candidates, and which of them are right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skillrm.benchmarks import Benchmark, Label, LabelledSample, Upstream
from skillrm.benchmarks.files import Row, reference
from skillrm.benchmarks.jetts import lines, mark
from skillrm.benchmarks.labelled import arranged
from skillrm.benchmarks.outcome import together
from skillrm.types import Access, Message, Sample

PROMPTS = ("prompt", "question", "messages")
LISTS = ("candidates", "responses", "samples", "completions")
TEXTS = ("text", "content", "response", "solution")
WORTHS = ("correct", "is_correct", "base_pass", "score")
"""Names that a field may have: of the prompt, of the list of answers, of an answer's text, of its worth."""
UPSTREAM = Upstream(
    project="you",
    paper="any candidates",
    files=("*.jsonl", "*.json", "*.parquet"),
    get=f"rows of a prompt, {' or '.join(LISTS)}, and {' or '.join(WORTHS[:3])} for each of them",
)


def label(row: Row, access: Access, seed: int) -> LabelledSample:
    """The subset is a field of that name, or the file."""
    subset, identity = str(row.content.get("subset") or row.file.stem), str(row.content.get("id", row.ordinal))
    answers = row.listed(_named(row, LISTS))
    alone = [one if isinstance(one, Mapping) else {"text": one} for one in answers]
    texts = [_text(row, one) for one in alone]
    group = arranged(texts, seed, subset, identity)
    worth = dict(zip(group.names, _worths(row, alone), strict=True))
    best = max(worth.values())
    right = frozenset(name for name, value in worth.items() if value == best and value > 0)
    sample = Sample(
        id=identity,
        prompt=_prompt(row),
        candidates=group.candidates,
        resources=reference(row.content.get("reference"), access),
    )
    return LabelledSample(sample, subset, Label(given=group.names, right=right, worth=worth))


def _named(row: Row, names: tuple[str, ...]) -> str:
    found = next((name for name in names if name in row.content), None)
    if found is None:
        raise row.fault("is missing", names[0], f"it may also be called {', '.join(names[1:])}")
    return found


def _prompt(row: Row) -> Any:
    name = _named(row, PROMPTS)
    if isinstance(row.content[name], str):
        return row.content[name]
    return tuple(Message(role=turn.text("role"), content=turn.answer("content")) for turn in row.objects(name))


def _text(row: Row, answer: Mapping[str, Any]) -> str | None:
    name = next((name for name in TEXTS if name in answer), None)
    if name is None or not (answer[name] is None or isinstance(answer[name], str)):
        raise row.fault(f"an answer is text, null, or an object with {' or '.join(TEXTS)}", _named(row, LISTS))
    text: str | None = answer[name]
    return text


def _worths(row: Row, answers: list[Mapping[str, Any]]) -> list[float]:
    """From a list beside the answers, or from each of them."""
    name = next((name for name in WORTHS if name in row.content), None)
    values = row.listed(name) if name else [next((a[key] for key in WORTHS if key in a), None) for a in answers]
    if len(values) != len(answers):
        raise row.fault(f"holds {len(values)} values for {len(answers)} answers", name)
    found = [float(value) for value in values if isinstance(value, (bool, int, float))]
    if len(found) < len(values):
        mend = f"true or false (or a number) for each answer, in {' or '.join(WORTHS)}"
        raise row.fault("does not say of every answer whether it is right", name or WORTHS[0], mend)
    return found


CANDIDATES = Benchmark(
    name="candidates",
    mode="select",
    summary="the best of the candidates in a file of yours",
    upstream=UPSTREAM,
    label=label,
    asks=together,
    mark=mark,
    figures=lines,
)
