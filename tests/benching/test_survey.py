"""Which rows a run judges, before any judge is asked."""

from __future__ import annotations

import json

import pytest

from skillrm.benching import Task
from skillrm.benchmarks import find
from skillrm.errors import ConfigError


def row(number: int, subset: str = "mmlu-pro-law", **more: object) -> dict[str, object]:
    given = {"question_id": f"q{number}", "query_type": subset, "prompt": f"What is {number}?"}
    return {**given, "chosen": f"It is {number}.", "rejected": "Nothing.", "ground_truth": str(number), **more}


@pytest.fixture
def file(tmp_path):
    rows = [row(number, "mmlu-pro-law" if number % 2 else "livebench-math") for number in range(40)]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def keys(survey):
    return [entry.key[1] for entry in survey.entries.values()]


def test_a_smaller_limit_is_part_of_a_larger_one_and_in_the_order_of_the_file(file):
    bench = find("judgebench")
    few, more = (Task(bench, file, limit=limit).survey() for limit in (5, 20))
    assert set(keys(few)) < set(keys(more))
    assert keys(more) == sorted(keys(more), key=lambda name: int(name[1:]))
    assert few.total == 40
    assert keys(Task(bench, file, seed=1, limit=5).survey()) != keys(few)


def test_a_subset_is_taken_by_name_and_an_unknown_one_refused(file):
    bench = find("judgebench")
    survey = Task(bench, file, subsets=("mmlu-pro",)).survey()
    assert {entry.key[0] for entry in survey.entries.values()} == {"mmlu-pro"}
    with pytest.raises(ConfigError, match=r"no subset 'maths' in the data \(there are livebench-math, mmlu-pro"):
        Task(bench, file, subsets=("maths",)).survey()


def test_no_label_and_no_closed_resource_stands_in_what_the_engine_gets(file):
    open_task = Task(find("judgebench"), file)
    survey = open_task.survey()
    (group,) = survey.groups
    rows = list(open_task.rows(survey, group))
    assert [one.ordinal for one in rows] == list(range(1, 81))
    assert not any(one.sample.resources for one in rows)
    assert all("chosen" not in one.sample.model_dump_json() for one in rows)
    assert survey.resources == frozenset()
    given = Task(find("judgebench"), file, access="sample")
    assert all(one.sample.resources for one in given.rows(given.survey(), group))
    assert given.survey().resources == {"reference"}


def test_the_digest_follows_contents_and_labels_but_not_the_name_of_the_file(file, tmp_path):
    bench = find("judgebench")
    known = Task(bench, file).survey().sha256
    moved = tmp_path / "other.jsonl"
    moved.write_text(file.read_text())
    assert Task(bench, moved).survey().sha256 == known
    moved.write_text(file.read_text().replace("It is 7.", "It is 8."))
    assert Task(bench, moved).survey().sha256 != known


def test_rows_that_cannot_be_read_are_told_and_left_out(file):
    with file.open("a") as lines:
        lines.write('{"question_id": "q99"}\n')
    survey = Task(find("judgebench"), file).survey()
    assert len(survey.entries) == 40
    assert len(survey.faults) == 1
    assert survey.faults[0].line == 41
