"""The agentic path over a real socket, against a server that plays judges of every kind."""

from __future__ import annotations

import asyncio
import json

import pytest

import judge_server as played
from judge_server import Says
from judging import entry, record, submit, well_behaved, whole_table, write_skill
from skillrm.backends import OpenAIBackend
from skillrm.limits import Limits
from skillrm.reward_model import RewardModel

PAIR = {"prompt": "Say hi.", "responses": ["Hi there.", "Go away."]}
TABLE = whole_table(A=("5", "satisfied"), B=("2", "violated"))
GOOD = Says(calls=[TABLE, submit()])


@pytest.fixture
def skill(tmp_path):
    return write_skill(tmp_path)


async def judged(judge_server, skill, script, *, limits=None, retries=2, **settings):
    server = await judge_server(script)
    backend = OpenAIBackend("judge", [server.base_url], None, timeout=5.0, retries=retries)
    async with RewardModel(skill, backend=backend, limits=limits, **settings) as model:
        return await model.judge(PAIR), server


def no_number_was_made_up(judgment):
    return all(judgment.reward(label) is None for label in "AB") and all(row.score is None for row in judgment.evidence)


async def test_a_well_behaved_judge_decides_in_one_request(judge_server, skill):
    judgment, server = await judged(
        judge_server, skill, lambda request, turn: Says(calls=well_behaved(request["messages"]))
    )
    assert (judgment.status, len(server.requests)) == ("ok", 1)
    assert judgment.reward("A") == 1.0
    assert judgment.usage.completion_tokens == 20


async def test_parallel_reads_then_a_table(judge_server, skill):
    first = Says(calls=[("read_resource", {"id": "rubric"}), ("run_python", {"code": "result = 1 + 1"})])
    judgment, server = await judged(judge_server, skill, [first, GOOD])
    assert judgment.status == "ok"
    assert judgment.trace.used_resources == ("rubric",)
    assert [step.action for step in judgment.trace.steps] == [
        "read_resource",
        "run_python",
        "record_evidence",
        "submit",
    ]
    assert len(server.requests) == 2


MENDED = {
    "malformed arguments": Says(calls=[("record_evidence", '{"entries": [{"criterion": "hel')]),
    "an unknown tool": Says(calls=[("final_answer", {"winner": "A"})]),
    "a verdict in prose": "I find A better. [[A]]",
    "missing cells": Says(calls=[record(entry("helpful", {"A": "5"}, ["o2"])), submit()]),
    "an unknown criterion": Says(calls=[record(entry("beauty", {"A": "5", "B": "1"}, ["o2", "o3"]))]),
    "a grade off the scale": Says(calls=[record(entry("helpful", {"A": "11", "B": "0"}, ["o2", "o3"]))]),
    "no arguments at all": Says(calls=[("submit", "")]),
    "arguments that are a list": Says(calls=[("record_evidence", "[1, 2]")]),
    "deep arguments": Says(calls=[("record_evidence", "[" * 50_000)]),
    "a lone surrogate": played.LONE_SURROGATE,
    "an empty text": Says(text=""),
    "truncation": Says(calls=[("record_evidence", json.dumps(TABLE[1])[:-60])], finish="length"),
}


@pytest.mark.parametrize("fault", MENDED.values(), ids=MENDED)
async def test_a_fault_of_the_judge_goes_back_to_it_and_can_be_mended(judge_server, skill, fault):
    judgment, server = await judged(judge_server, skill, [fault, GOOD])
    assert judgment.status == "ok", judgment.error
    assert len(server.requests) == 2
    assert judgment.reward("A") == 1.0


@pytest.mark.parametrize("fault", list(MENDED.values())[:-1], ids=list(MENDED)[:-1])
async def test_a_judge_that_never_mends_its_fault_has_failed_and_made_no_number(judge_server, skill, fault):
    judgment, _ = await judged(judge_server, skill, lambda request, turn: fault, limits=Limits(turns=3))
    assert judgment.status == "failed"
    assert judgment.error
    partly = fault is MENDED["missing cells"]
    assert partly or no_number_was_made_up(judgment)
    assert all(judgment.reward(label) is None for label in "AB")


BROKEN = {
    "empty choices": played.EMPTY_CHOICES,
    "message null": played.NULL_MESSAGE,
    "deep JSON": played.DEEP,
    "HTML with 200": played.HTML,
    "a truncated body": played.TRUNCATED_BODY,
    "a reset": played.RESET,
    "500": played.server_error(),
    "401": played.refusal(401, "wrong key"),
    "429 for ever": played.rate_limited(0.01),
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
async def test_a_broken_server_is_failed_with_a_reason(judge_server, skill, fault):
    judgment, _ = await judged(judge_server, skill, lambda request, turn: fault, retries=1)
    assert judgment.status == "failed"
    assert judgment.error
    assert no_number_was_made_up(judgment)


async def test_a_server_that_hangs_is_failed_at_the_deadline(judge_server, skill):
    judgment, _ = await judged(judge_server, skill, lambda request, turn: played.HANG, limits=Limits(seconds=0.5))
    assert judgment.status == "failed"
    assert no_number_was_made_up(judgment)


@pytest.mark.parametrize(
    "fault", [played.rate_limited(0.01), played.RESET, played.server_error(503)], ids=["429", "reset", "503"]
)
async def test_a_passing_fault_is_retried_and_costs_nothing_but_time(judge_server, skill, fault):
    judgment, server = await judged(judge_server, skill, [fault, GOOD])
    assert judgment.status == "ok"
    assert len(server.requests) == 2 or fault is played.RESET


async def test_many_judgments_at_once_all_end(judge_server, skill):
    faults = [*MENDED.values(), played.EMPTY_CHOICES, played.RESET, played.HTML]

    def script(request, turn):
        return faults[hash(request["messages"][1]["content"]) % len(faults)] if turn == 1 else GOOD

    server = await judge_server(script)
    backend = OpenAIBackend("judge", [server.base_url], None, timeout=5.0, retries=1)
    async with RewardModel(skill, backend=backend) as model:
        samples = [{**PAIR, "prompt": f"Say hi {n} times."} for n in range(64)]
        judgments = await asyncio.gather(*(model.judge(sample) for sample in samples))
    assert {judgment.status for judgment in judgments} <= {"ok", "failed"}
    assert all(judgment.error for judgment in judgments if judgment.status == "failed")


async def test_the_key_is_in_no_judgment_and_no_error(judge_server, skill):
    server = await judge_server(lambda request, turn: played.refusal(401, "wrong key sk-very-secret"))
    backend = OpenAIBackend("judge", [server.base_url], "sk-very-secret", retries=0)
    async with RewardModel(skill, backend=backend) as model:
        judgment = await model.judge(PAIR)
    assert "sk-very-secret" not in judgment.model_dump_json()
