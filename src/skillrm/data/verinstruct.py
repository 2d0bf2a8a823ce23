"""VerInstruct rows (VerIF, arXiv 2506.09942): a prompt, checkers, and a Python function for each checkable one.

`{"id", "prompt", "checkers": [text], "functions": [source]}`, or the same as verl has it: chat turns in `prompt`,
checkers and functions as JSON in `reward_model.ground_truth`. A checker tagged `[rule]` is a criterion that its
function decides in the sandbox (`function:python`, hard); one tagged `[llm]` is left to the judge, and so, with a
remark, is one whose function cannot run there. Upstream runs the functions in the trainer's process, without a limit.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from skillrm import sandbox
from skillrm.data.checkers import Item, held_by, items_of, prompt_of
from skillrm.data.functions import NO_PYTHON, Hindrance, hindrances
from skillrm.data.task import Remark, Task
from skillrm.errors import DeadlineExceeded, Fault, SampleError, SandboxError
from skillrm.reading import Row, read_values
from skillrm.shapes import plain
from skillrm.types import Sample
from skillrm.validation import kind_of
from skillrm.verifiers.function import MAX_SOURCE

ENTRY = "check_following"
_LOOKING = f"{hindrances.__module__}:{hindrances.__name__}"
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row."""

    ordinal: int
    """From 1."""
    line: int | None
    task: Task | None
    faults: tuple[Fault, ...] = ()
    """Why there is no task, with file and line."""


async def convert(source: str | Path, *, limit: int | None = None) -> AsyncGenerator[Outcome, None]:
    """Every row of a file as a task, in order; one row is held at a time.

    Raises `InputError` for a file that cannot be read, or not any further.
    """
    name = str(source)
    for ordinal, value in enumerate(islice(read_values(name), limit), start=1):
        task, faults = None, value.faults
        if not faults:
            try:
                task = await task_of(value.content, ordinal - 1)
            except SampleError as error:
                faults = error.faults
        located = Row(ordinal, name, value.line, "", None).located(faults) if faults else ()
        yield Outcome(ordinal, value.line, task, located)


async def task_of(row: Any, index: int = 0) -> Task:
    """One row as a task. Raises `SampleError` with every fault."""
    if not isinstance(row, Mapping):
        raise SampleError(
            Fault(f"a row must be a JSON object, this is {kind_of(row)}", mend='{"prompt", "checkers", "functions"}')
        )
    held, where = held_by(row)
    faults: list[Fault] = []
    prompt = prompt_of(row, faults)
    items = items_of(held, where, faults)
    if faults:
        raise SampleError(*faults)
    extra = row.get("extra_info")
    extra = extra if isinstance(extra, Mapping) else {}
    given = next((named for named in (row.get("id"), extra.get("id")) if named is not None), index + 1)
    task = Task(
        id=plain(str(given), "id"),
        index=index,
        prompt=prompt,
        checkers=tuple(plain(text, "checkers") for text in held["checkers"]),
        **_judged_by(items, await _hindered(items)),
        data_source=_word(row, "data_source"),
        ability=_word(row, "ability"),
        split=_word(extra, "split"),
    )
    Sample.parse({"prompt": task.prompt, "response": "", **task.fields})  # raises what a judgment would raise
    return task


def _word(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return plain(value, key) if isinstance(value, str) else ""


async def _hindered(items: list[Item]) -> dict[int, Hindrance]:
    """Why functions cannot run, by the number of their item."""
    found: dict[int, Hindrance] = {}
    looked_at: list[Item] = []
    for item in items:
        if item.tag == "llm":
            continue
        if not item.source:
            found[item.number] = ("there is no function", "")
        elif len(item.source) > MAX_SOURCE or len(json.dumps(item.source, ensure_ascii=False)) > 2 * MAX_SOURCE:
            found[item.number] = (f"is longer than {MAX_SOURCE} characters", f"{len(item.source)}")
        else:
            looked_at.append(item)
    if looked_at:
        told = await _looked_at([item.source for item in looked_at])
        found |= {item.number: one for item, one in zip(looked_at, told, strict=True) if one is not None}
    return found


async def _looked_at(sources: Sequence[str]) -> list[Hindrance | None]:
    """In a worker; where one source ends it, each is looked at by itself."""
    try:
        told = await sandbox.trusted_call(_LOOKING, [list(sources), ENTRY], seconds=_SECONDS)
    except (SandboxError, DeadlineExceeded) as error:
        if len(sources) == 1:
            return [(NO_PYTHON, f"{error}"[:200])]
        return [one for source in sources for one in await _looked_at([source])]
    return [(one[0], one[1]) if one is not None else None for one in cast(list[list[str] | None], told)]


def _judged_by(items: list[Item], hindered: Mapping[int, Hindrance]) -> dict[str, Any]:
    """The criteria and resources, what is remarked on, and how many of each."""
    criteria: list[dict[str, Any]] = []
    resources: list[dict[str, Any]] = []
    remarks: list[Remark] = []
    for item in items:
        criterion = {"id": f"check-{item.number + 1}", "text": item.text, "origin": "sample"}
        criteria.append(criterion)
        if item.tag == "llm":
            if item.source:
                remarks.append(Remark(item.place, "belongs to an [llm] checker and is not used"))
            continue
        if not item.tag:
            checker = item.place.replace("functions", "checkers")
            used = "the judge" if item.number in hindered else "its function"
            remarks.append(Remark(checker, f"has neither [llm] nor [rule]: {used} decides"))
        if item.number in hindered:
            if item.tag or item.source:
                remarks.append(Remark(item.place, *hindered[item.number], hindered=True))
            continue
        resources.append(_function(item, criterion["id"]))
    fields = {"criteria": criteria, "resources": resources, "tags": ["stated"]}
    return {
        "fields": fields,
        "by_function": len(resources),
        "by_judge": len(criteria) - len(resources),
        "remarks": tuple(remarks),
    }


def _function(item: Item, criterion: str) -> dict[str, Any]:
    return {
        "id": f"function-{item.number + 1}",
        "kind": "verifier",
        "description": f"The row's own function for: {item.text}"[:200],
        "verifier": "function:python",
        "args": {"source": item.source, "entry": ENTRY},
        "access": "sample",
        "decides": [criterion],
        "hard": True,
    }
