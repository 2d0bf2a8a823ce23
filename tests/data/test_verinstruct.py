"""VerInstruct rows: what becomes of each, how they are judged, and what a bad one says."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from judging import says, well_behaved
from skillrm import RewardModel, Sample
from skillrm.backends import ScriptedBackend
from skillrm.data import Outcome, Task, convert
from skillrm.data.verinstruct import task_of
from skillrm.errors import SampleError
from skillrm.judgment import Judgment
from skillrm.skill.mounting import unsafe
from verinstruct_rows import COMMA, LONG, in_verl, row


async def outcomes(path: Path, **more: Any) -> list[Outcome]:
    return [outcome async for outcome in convert(path, **more)]


async def judged(task: Task, answer: str, **settings: Any) -> Judgment:
    async with RewardModel("instruction-following", **settings) as model:
        return await model.judge({"prompt": task.prompt, "response": answer, **task.fields})


async def faults_of(given: Any) -> list[str]:
    with pytest.raises(SampleError) as caught:
        await task_of(given)
    return [str(fault) for fault in caught.value.faults]


async def test_rules_are_decided_by_their_functions_and_the_rest_is_left_to_the_judge():
    task = await task_of(row())
    assert [one["text"] for one in task.fields["criteria"]] == ["At least three words.", "No comma.", "It is friendly."]
    assert [(one["id"], one["decides"], one["hard"]) for one in task.fields["resources"]] == [
        ("function-1", ["check-1"], True),
        ("function-2", ["check-2"], True),
    ]
    assert (task.by_function, task.by_judge, task.remarks) == (2, 1, ())


async def test_a_task_is_a_sample_of_which_everything_is_safe_to_bring():
    task = await task_of(row())
    sample = Sample.parse({"prompt": task.prompt, "response": "x", **json.loads(task.row_fields)})
    assert len(sample.criteria) == 3
    assert [fault for one in sample.resources for fault in unsafe(one, "resources")] == []


async def test_without_a_model_the_functions_decide_and_the_rest_stays_in_the_bounds():
    judgment = await judged(await task_of(row()), "Wren, a small one, and bold")
    score = judgment.verdict.scores["A"]
    assert judgment.status == "abstained"
    assert (round(score.low, 3), round(score.high, 3)) == (0.333, 0.667)
    assert [one.decision for one in judgment.evidence] == ["satisfied", "violated", "unknown"]


async def test_a_judge_decides_what_no_function_does_and_nothing_else():
    backend = ScriptedBackend(lambda request: says(*well_behaved(request.messages)))
    judgment = await judged(await task_of(row()), "Wren, a small one, and bold", backend=backend)
    assert judgment.status == "ok"
    assert judgment.reward() == pytest.approx(2 / 3, abs=1e-6)
    assert [one.source for one in judgment.evidence] == ["hard_verifier", "hard_verifier", "judge"]


async def test_the_prompt_is_not_read_for_what_the_checkers_say_already():
    judgment = await judged(await task_of(row(prompt="Name a bird. Do not use any commas.")), "a b c")
    assert [one.id for one in judgment.criteria] == ["check-1", "check-2", "check-3"]


async def test_both_shapes_give_the_same_task_but_for_what_only_one_says():
    plain, verl = await task_of(row()), await task_of(in_verl(row()))
    assert plain.fields == verl.fields
    assert plain.turns == verl.prompt
    assert (plain.id, verl.id) == ("r1", "1")
    assert (verl.data_source, verl.ability, verl.split) == ("crab-verif", "if", "test")


async def test_chinese_rows_keep_their_words():
    short = (
        "def check_following(instruction, response):\n    return len(response) <= 10 and instruction.startswith('用')\n"
    )
    task = await task_of(
        row(
            prompt="用中文说一句话，不超过十个字，语气亲切。",
            checkers=["[rule]：不超过十个字", "语气亲切 [LLM]"],
            functions=[short, None],
        )
    )
    assert [one["text"] for one in task.fields["criteria"]] == ["不超过十个字", "语气亲切"]
    assert (await judged(task, "你好呀！")).evidence[0].decision == "satisfied"
    assert (await judged(task, "你好呀，今天的天气真的很不错！")).evidence[0].decision == "violated"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    while True: pass", "timeout"),
        ("    import os\n    os._exit(0)", "crash"),
        ("    import sys\n    sys.exit(0)", "SystemExit"),
        ("    import os\n    return os.listdir('/proc')", "No such file"),
        ("    import pathlib\n    return pathlib.Path('/etc/passwd').read_text()", "No such file"),
        ("    return bool('a' * (8 << 30))", "memory"),
        ("    return response[1000]", "IndexError"),
        ("    return undefined if response else undefined\n    undefined = 1", "UnboundLocalError"),
    ],
)
async def test_a_function_that_breaks_leaves_its_item_open_and_the_others_decided(body: str, said: str):
    nasty = f"def check_following(instruction, response):\n{body}\n"
    task = await task_of(row(functions=[nasty, COMMA, ""]))
    assert task.by_function == 2
    for resource in task.fields["resources"]:
        resource["args"]["seconds"] = 1.0
    judgment = await judged(task, "a b c")
    assert [one.decision for one in judgment.evidence] == ["unknown", "satisfied", "unknown"]
    assert said in judgment.evidence[0].reason
    assert judgment.reward() is None


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("from llm_call import llm_extract\n" + LONG, "needs the module llm_call"),
        ("", "there is no function"),
        (None, "there is no function"),
        ("  \n", "there is no function"),
        ("def check(", "is no Python that parses"),
        ("# " + "x" * 100_000 + "\n" + LONG, "is longer than 100000 characters"),
        ("x = '" + "\x01" * 60_000 + "'\n" + LONG, "is longer than 100000 characters"),
    ],
)
async def test_a_function_that_cannot_run_leaves_its_item_to_the_judge_with_a_remark(function: Any, reason: str):
    task = await task_of(row(functions=[LONG, function, ""]))
    assert (task.by_function, task.by_judge) == (1, 2)
    assert [(one.field, one.reason, one.hindered) for one in task.remarks] == [("functions.1", reason, True)]
    assert len(task.fields["criteria"]) == 3


async def test_functions_that_upstream_prefixed_with_its_own_path_run():
    task = await task_of(row(functions=["import sys\nsys.path.append('/srv')\n" + LONG, COMMA, ""]))
    assert task.remarks == ()
    assert (await judged(task, "a b c")).evidence[0].decision == "satisfied"


async def test_one_source_that_ends_its_worker_does_not_take_the_others_along(monkeypatch):
    import skillrm.data.verinstruct as module

    monkeypatch.setattr(module, "_LOOKING", "verinstruct_rows:ending")
    task = await task_of(row(functions=["end", COMMA, ""]))
    assert [(one.field, one.reason) for one in task.remarks] == [("functions.0", "is no Python that parses")]
    assert [one["id"] for one in task.fields["resources"]] == ["function-2"]


async def test_an_item_without_a_tag_goes_by_whether_it_has_a_function():
    task = await task_of(row(checkers=["At least three words.", "No comma.", "It is friendly."]))
    assert (task.by_function, task.by_judge) == (2, 1)
    assert [str(one) for one in task.remarks] == [
        "checkers.0: has neither [llm] nor [rule]: its function decides",
        "checkers.1: has neither [llm] nor [rule]: its function decides",
        "checkers.2: has neither [llm] nor [rule]: the judge decides",
    ]


async def test_the_function_of_an_item_for_the_judge_is_not_used_and_that_is_said():
    task = await task_of(row(functions=[LONG, COMMA, LONG]))
    assert [one["id"] for one in task.fields["resources"]] == ["function-1", "function-2"]
    assert [str(one) for one in task.remarks] == ["functions.2: belongs to an [llm] checker and is not used"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["not", "an", "object"],
            ['a row must be a JSON object, this is a list ({"prompt", "checkers", "functions"})'],
        ),
        (row(functions=[LONG]), ["functions: 3 checkers but 1 functions (one for each checker, empty for [llm])"]),
        (row(checkers=[], functions=[]), ["checkers: is empty: nothing to judge an answer by"]),
        (row(checkers="[llm] kind"), ["checkers: must be a list, this is a string (one entry for each checker"]),
        (row(functions=None), ["functions: is missing (one entry for each checker"]),
        (row(checkers=["[rule] a", 3, "[llm] b"]), ["checkers.1: must be text, this is a number"]),
        (row(checkers=["[rule] a", "[rule] ", "[llm] b"]), ["checkers.1: says nothing to check"]),
        (row(functions=[LONG, {"code": LONG}, ""]), ["functions.1: must be text, this is an object"]),
        (row(prompt=" ", functions=[LONG]), ["prompt: is empty", "functions: 3 checkers but 1 functions"]),
        (row(prompt=None), ["prompt: is missing"]),
        (row(prompt=7), ["prompt: must be text or chat turns, this is a number"]),
        (row(prompt=[]), ["prompt: is empty"]),
        (row(prompt=[{"role": "human", "content": "Hi."}]), ["prompt.0: is no chat turn with text"]),
        (row(prompt=[{"role": "user", "content": None}]), ["prompt.0: is no chat turn with text"]),
        (
            row(prompt=[{"role": "system", "content": "a"}, {"role": "assistant", "content": "b"}]),
            ["prompt: ends with"],
        ),
        ({"prompt": "Hi.", "reward_model": {"ground_truth": "{"}}, ["reward_model.ground_truth: is no JSON"]),
        ({"prompt": "Hi.", "reward_model": {"ground_truth": "[1]"}}, ["reward_model.ground_truth: must be an object"]),
        (
            {"prompt": "Hi.", "reward_model": {"ground_truth": {"checkers": ["[llm] a"]}}},
            ["reward_model.ground_truth.functions: is missing"],
        ),
        ({"prompt": "Hi."}, ["checkers: is missing", "functions: is missing"]),
    ],
)
async def test_a_bad_row_says_everything_that_is_wrong_with_it(given: Any, said: list[str]):
    found = await faults_of(given)
    assert len(found) == len(said)
    assert [words[: len(start)] for words, start in zip(found, said, strict=True)] == said


async def test_bad_rows_are_named_with_file_and_line_and_the_others_go_on(tmp_path):
    path = tmp_path / "in.jsonl"
    lines = [json.dumps(row()), "{torn", json.dumps(row(functions=[])), "", json.dumps(row(id=5))]
    path.write_text("\n".join(lines) + "\n")
    found = await outcomes(path)
    assert [one.task.id if one.task else None for one in found] == ["r1", None, None, "5"]
    assert str(found[1].faults[0]).startswith(f"{path}:2: is no valid JSON")
    assert str(found[2].faults[0]).startswith(f"{path}:3: functions: 3 checkers but 0 functions")
    assert found[3].line == 5


@pytest.mark.parametrize("name", ["in.json", "in.jsonl.gz", "in.parquet"])
async def test_rows_are_read_from_every_kind_of_file(tmp_path, name):
    path, rows = tmp_path / name, [row(), row(id="r2", functions=[LONG, COMMA, None])]
    if name.endswith("gz"):
        path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    elif name.endswith("json"):
        path.write_text(json.dumps(rows, indent=1))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    assert [(one.task.id, one.task.by_function) for one in await outcomes(path) if one.task] == [("r1", 2), ("r2", 2)]
    assert len(await outcomes(path, limit=1)) == 1


async def test_parquet_in_verls_columns_is_read(tmp_path):
    path = tmp_path / "train.parquet"
    pq.write_table(pa.Table.from_pylist([in_verl(row()), in_verl(row(functions=[LONG]))]), path)
    first, second = await outcomes(path)
    assert first.task is not None
    assert first.task.prompt == [{"role": "user", "content": row()["prompt"]}]
    assert str(second.faults[0]).startswith(f"{path} row 2: reward_model.ground_truth.functions: 3 checkers")


async def test_a_huge_row_and_lone_surrogates_come_through(tmp_path):
    path = tmp_path / "in.jsonl"
    wide = row(
        prompt="Hello \ud800. " + "word " * 400_000, checkers=["[rule] a"] * 300, functions=[LONG + "#\ud800"] * 300
    )
    path.write_text(json.dumps(wide) + "\n")
    (only,) = await outcomes(path)
    assert only.task is not None
    assert (only.task.by_function, only.task.remarks) == (300, ())
    only.task.row_fields.encode()
    assert isinstance(only.task.prompt, str)
    assert only.task.prompt.startswith("Hello \ufffd.")


async def test_a_conversation_is_shown_to_the_function_as_its_turns():
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Name a bird."},
    ]
    source = (
        "def check_following(instruction, response):\n    return instruction.index('brief') < instruction.index('bird')"
    )
    task = await task_of(row(prompt=turns, checkers=["[rule] a"], functions=[source]))
    assert task.turns == turns
    assert (await judged(task, "Wren.")).reward() == 1.0
