"""What the endpoints of `/v1` answer."""

from __future__ import annotations

import json

import pytest

from judge_server import Says
from serving import BAD, GOOD, PROMPT, running
from skillrm import Judgment, RewardModel
from skillrm.backends import ScriptedBackend
from skillrm.rewards.failing import OnFailure


@pytest.mark.parametrize(
    ("row", "winner"),
    [
        ({"id": "one", "prompt": PROMPT, "response": GOOD}, "A"),
        ({"prompt": PROMPT, "chosen": BAD, "rejected": GOOD}, "B"),
        ({"prompt": PROMPT, "responses": [BAD, BAD, GOOD]}, "C"),
        ({"messages": [{"role": "user", "content": PROMPT}, {"role": "assistant", "content": GOOD}]}, "A"),
    ],
)
async def test_a_sample_in_any_shape_becomes_the_judgment_that_python_gives(service, row, winner):
    running = await service()
    status, body = await running.post("/v1/judge", row)
    judgment = Judgment.model_validate(body)
    here = await RewardModel("instruction-following").judge(row)
    assert status == 200
    assert judgment.sample_id == row.get("id", "")
    assert (judgment.verdict, judgment.sample_digest) == (here.verdict, here.sample_digest)
    assert judgment.verdict.winner == winner


async def test_the_goal_is_asked_for_in_the_query(service):
    running = await service()
    row = {"prompt": PROMPT, "responses": [GOOD, BAD]}
    assert (await running.post("/v1/judge?goal=ranking", row))[1]["goal"] == "ranking"
    status, body = await running.post("/v1/judge?goal=rankin", row)
    assert status == 422
    assert "did you mean ranking?" in body["error"]["message"]


async def test_a_sample_without_an_answer_is_told_field_and_mend(service):
    running = await service()
    status, body = await running.post("/v1/judge", {"prompt": PROMPT})
    assert status == 422
    assert body["error"]["faults"][0]["field"] == "response"
    assert body["error"]["request_id"]


async def test_a_and_b_are_compared_and_a_third_answer_is_refused(service):
    running = await service()
    assert (await running.post("/v1/compare", {"prompt": PROMPT, "a": BAD, "b": GOOD}))[1]["verdict"]["winner"] == "B"
    status, body = await running.post("/v1/compare", {"prompt": PROMPT, "responses": [GOOD, BAD, BAD]})
    assert (status, body["error"]["message"]) == (422, "two answers are compared, here are 3")


@pytest.mark.parametrize("strategy", ["listwise", "knockout", "round_robin"])
async def test_the_best_of_three_is_selected_by_every_strategy(service, strategy):
    running = await service()
    body = {"id": "x", "prompt": PROMPT, "candidates": [BAD, "a, b", GOOD], "strategy": strategy}
    status, judgment = await running.post("/v1/select", body)
    assert (status, judgment["verdict"]["winner"], judgment["sample_id"]) == (200, "C", "x")


async def test_an_unknown_strategy_is_refused(service):
    running = await service()
    status, body = await running.post("/v1/select", {"prompt": PROMPT, "candidates": [GOOD, BAD], "strategy": "luck"})
    assert status == 422
    assert "strategy" in body["error"]["message"]


async def test_a_group_gets_one_reward_each_in_order(service):
    running = await service()
    status, body = await running.post("/v1/group", {"prompt": PROMPT, "completions": [BAD, GOOD, GOOD]})
    assert (status, body["rewards"], body["status"]) == (200, [0.0, 1.0, 1.0], "ok")
    assert (await running.post("/v1/group", {"prompt": PROMPT, "completions": GOOD}))[0] == 422


@pytest.mark.parametrize("path", ["/v1/judge", "/v1/group", "/v1/select", "/v1/compare"])
async def test_a_table_that_would_hold_everybody_up_is_refused(service, path):
    here = await service()
    many = {"prompt": PROMPT, "completions": ["a"] * 4097}
    wide = {"prompt": PROMPT, "completions": ["a"] * 512, "checklist": ["Is it short?"] * 512}
    long = {
        "prompt": PROMPT,
        "completions": ["a", "b"],
        "criteria": [{"id": f"c{n}", "text": "t"} for n in range(1025)],
    }
    for row, words in ((many, "at most 4096 answers"), (wide, "too large a table"), (long, "too large a table")):
        status, told = await here.post(path, row)
        assert (status, words in told["error"]["message"]) == (422, True)


@pytest.mark.parametrize("as_lines", [True, False])
async def test_a_batch_streams_a_line_for_every_row_and_a_bad_one_ends_nothing(service, as_lines):
    running = await service()
    rows = [{"id": str(n), "prompt": PROMPT, "response": GOOD if n % 2 else BAD} for n in range(200)]
    rows[7] = {"prompt": PROMPT}
    rows[8] = 5
    text = "\n".join(map(json.dumps, rows)) if as_lines else json.dumps(rows)
    async with running.http.post(running.url + "/v1/judge/batch", data=text) as response:
        assert response.status == 200
        assert response.content_type == "application/x-ndjson"
        lines = [json.loads(line) for line in (await response.read()).splitlines()]
    found = {line["index"]: line for line in lines}
    assert sorted(found) == list(range(200))
    assert [index for index, line in sorted(found.items()) if "error" in line] == [7, 8]
    assert found[8]["error"]["message"].startswith("a row must be a JSON object, this is a number")
    assert Judgment.model_validate(found[9]["judgment"]).reward() == 1.0
    assert found[10]["judgment"]["sample_id"] == "10"


async def test_a_line_that_is_no_json_is_a_bad_row_but_a_list_that_is_none_is_refused(service):
    running = await service()
    good = json.dumps({"prompt": PROMPT, "response": GOOD})
    async with running.http.post(
        running.url + "/v1/judge/batch?brief=true", data=f"{good}\n{{oops\n\n{good}"
    ) as answer:
        lines = sorted(map(json.loads, (await answer.text()).splitlines()), key=lambda line: line["index"])
    assert [line.get("rewards") for line in lines] == [{"A": 1.0}, None, {"A": 1.0}]
    assert "no valid JSON" in lines[1]["error"]["message"]
    for body, status in ((b"[1, 2", 400), (b"[]", 200), (b"  \n ", 400)):
        assert (await running.post("/v1/judge/batch", body))[0] == status


async def test_a_fault_of_ours_in_one_row_leaves_its_neighbours_alone_and_names_no_text(service):
    model = RewardModel("instruction-following")
    judge = model.judge

    async def breaks(sample, goal="scores"):
        if sample.id == "bad":
            raise KeyError(sample.candidates[0].final)
        return await judge(sample, goal)

    model.judge = breaks
    running = await service(model)
    rows = [{"id": name, "prompt": PROMPT, "response": "very secret"} for name in ("one", "bad", "two")]
    async with running.http.post(running.url + "/v1/judge/batch", json=rows) as answer:
        text = await answer.text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["error"]["message"] for line in lines if "error" in line] == ["judging broke: KeyError"]
    status, body = await running.post("/v1/judge", rows[1])
    assert status == 500
    assert "secret" not in json.dumps(body)


async def test_rows_of_a_slow_judge_are_judged_side_by_side_up_to_the_limit(service, judge_server):
    server = await judge_server([Says("nothing to say", delay=0.05)])
    model = RewardModel("general", model="judge", base_url=server.base_url, judge="direct", cache=None)
    running = await service(model, concurrency=5)
    rows = [{"prompt": f"Name river {n}.", "response": "Elbe"} for n in range(12)]
    async with running.http.post(running.url + "/v1/judge/batch", json=rows) as answer:
        lines = [json.loads(line) for line in (await answer.text()).splitlines()]
    assert len(lines) == 12
    assert {line["judgment"]["status"] for line in lines} <= {"failed", "abstained"}
    assert server.most_in_flight == 5


async def test_health_readiness_openapi_and_metrics(service):
    running = await service(on_failure=OnFailure("constant", -1.0))
    await running.post("/v1/judge", {"prompt": PROMPT, "response": GOOD})
    assert await running.text("/healthz") == (200, '{"status":"ok"}')
    status, ready = await running.text("/readyz")
    assert (status, json.loads(ready)["skill"]) == (200, "instruction-following")
    paths = json.loads((await running.text("/openapi.json"))[1])["paths"]
    assert {"/v1/judge", "/v1/judge/batch", "/v1/compare", "/v1/select", "/v1/group", "/get_reward"} <= set(paths)
    metrics = (await running.text("/metrics"))[1]
    assert 'skillrm_requests_total{path="/v1/judge",status="200"} 1.0' in metrics
    assert 'skillrm_judgments_total{status="ok"} 1.0' in metrics
    assert 'skillrm_on_failure_info{on_failure="constant:-1"} 1.0' in metrics


async def test_the_reward_model_is_closed_when_the_service_ends(service):
    closed = []

    class Noted(RewardModel):
        async def aclose(self) -> None:
            closed.append(True)
            await super().aclose()

    async with running(Noted("instruction-following", backend=ScriptedBackend([]))):
        assert closed == []
    assert closed == [True]
