"""Whatever stands in a row, a loader gives a sample or names the fault; it never breaks."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from skillrm.benchmarks import find
from skillrm.benchmarks.files import Row, read_rows
from skillrm.benchmarks.recorded import if_rewardbench_results, judgebench_results, llmbar_results
from skillrm.benchmarks.registry import BENCHMARKS
from skillrm.errors import Fault, InputError

ODD = (None, "", "text", 7, -1.5, True, [], {}, [None], ["x", 3], [{}], [[1]], {"content": 3}, {"a": {"b": []}})


def broken(value: Any, depth: int = 0) -> Iterator[Any]:
    """`value` with each of its parts left out or replaced, two levels down."""
    if isinstance(value, Mapping) and depth < 3:
        for key, part in value.items():
            yield {other: one for other, one in value.items() if other != key}
            yield from ({**value, key: odd} for odd in ODD)
            yield from ({**value, key: other} for other in broken(part, depth + 1))
    if isinstance(value, list) and value and depth < 3:
        yield from ([odd, *value[1:]] for odd in ODD)
        yield value[:-1]
        yield from ([other, *value[1:]] for other in broken(value[0], depth + 1))


@pytest.mark.data
@pytest.mark.parametrize("access", ["open", "sample"])
@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=[f"{one.name}-{one.mode}" for one in BENCHMARKS])
def test_a_broken_row_is_a_fault_or_a_sample(benchmark, access, folder):
    (row,) = islice(benchmark.rows(folder(benchmark), benchmark.upstream), 1)
    faults: list[Fault] = []
    for content in broken(dict(row.content)):
        one: Row = replace(row, content=content)
        alone = replace(benchmark, rows=lambda *_, one=one: iter([one]))
        list(alone.load("", access, on_fault=faults.append))
    assert len(faults) > 10
    assert {fault.file for fault in faults} == {str(row.file)}


@pytest.mark.parametrize("access", ["open", "sample"])
@pytest.mark.parametrize("file", ["gold.jsonl", "prompts.jsonl", "responses/model.jsonl"])
def test_a_broken_row_of_files_that_are_joined_is_a_fault_or_a_sample(file, access, tmp_path):
    whole = {
        "gold.jsonl": {"key": 1, "prompt": "p", "gold": {"model": {"strict": [True]}}},
        "prompts.jsonl": {"key": 1, "prompt": "p", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]},
        "responses/model.jsonl": {"prompt": "p", "response": "r"},
    }
    (tmp_path / "responses").mkdir()
    for name, row in whole.items():
        (tmp_path / name).write_text(json.dumps(row))
    assert len(list(find("ifeval").load(tmp_path, access))) == 1
    for row in broken(whole[file]):
        (tmp_path / file).write_text(json.dumps(row))
        with contextlib.suppress(InputError):
            list(find("ifeval").load(tmp_path, access))


@pytest.mark.data
@pytest.mark.parametrize(
    ("read", "file"),
    [
        (judgebench_results, "judgebench/recorded/arena_hard.o1-mini.gpt.jsonl"),
        (llmbar_results, "llmbar/Natural_GPT-4_Swap_CoT_result.json"),
        (if_rewardbench_results, "if_rewardbench/constraint_results_QwQ-32B_sample15.json"),
    ],
)
def test_a_broken_recorded_judgment_is_a_fault_or_a_result(read, file, data_dir, tmp_path):
    row = next(read_rows(data_dir / file)).content
    path = tmp_path / "recorded.jsonl"
    for content in broken(dict(row)):
        path.write_text(json.dumps(content))
        with contextlib.suppress(InputError):
            list(read(path))
