"""The endpoints of trainers, called with the bytes that their own code sends."""

from __future__ import annotations

import json

import pytest

from judge_server import refusal
from serving import BAD, GOOD, PROMPT
from skillrm import RewardModel
from skillrm.integrations.rows import from_label
from skillrm.integrations.transcripts import answer_of
from skillrm.rewards import OnFailure
from skillrm.service.trainers import stated

CHAT = f"<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n"


@pytest.fixture
async def broken(judge_server):
    """A reward model whose judge refuses every call."""
    server = await judge_server([refusal(400, "no")])
    return RewardModel("general", model="judge", base_url=server.base_url, judge="direct", cache=None)


def nemo(answer: str, **more):
    return {
        "responses_create_params": {"input": [{"role": "user", "content": PROMPT}], "temperature": 1.0},
        "response": {
            "id": "r",
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a, b, c"}]},
                {"type": "function_call", "name": "look", "arguments": "{}", "call_id": "1"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": answer}]},
            ],
        },
        **more,
    }


async def test_openrlhf_gets_rewards_scores_and_logs_in_the_order_of_its_queries(service):
    running = await service()
    other = PROMPT.replace("rivers", "lakes")
    body = {
        "query": [f"{CHAT}{GOOD}<|im_end|>", f"{other}{BAD}</s>", f"{CHAT}{BAD}<|im_end|>\n<|endoftext|>"],
        "prompts": [CHAT, other, CHAT],
        "labels": ["", "", ""],
    }
    status, answer = await running.post("/get_reward", json.dumps(body))
    assert status == 200
    assert answer["rewards"] == answer["scores"] == [1.0, 0.0, 0.0]
    assert answer["extra_logs"]["skillrm/valid"] == [1.0] * 3
    assert (
        answer["extra_logs"]["skillrm/verified/low"] == answer["extra_logs"]["skillrm/verified/high"] == [1.0, 0.0, 0.0]
    )


async def test_openrlhf_judges_a_rollout_group_together(service):
    running = await service()
    body = {"query": [PROMPT + GOOD] * 3 + [PROMPT + BAD], "prompts": [PROMPT] * 4, "labels": None}
    assert (await running.post("/get_reward", body))[1]["rewards"] == [1.0, 1.0, 1.0, 0.0]
    assert 'skillrm_judgments_total{status="ok"} 1.0' in (await running.text("/metrics"))[1]


async def test_a_label_with_row_fields_brings_them_and_any_other_is_the_reference(service):
    running = await service(RewardModel("math-answer"))
    question = "What is 12 squared?"
    body = {"query": [question + " \\boxed{144}"], "prompts": [question], "labels": ["144"]}
    assert (await running.post("/get_reward", body))[1]["rewards"] == [1.0]
    given = '{"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}'
    assert from_label(given) == {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    assert from_label('{"x": 1}') == {"reference": {"x": 1}}
    assert from_label("{1, 2}") == {"reference": "{1, 2}"}
    assert from_label("") == from_label(None) == {}


@pytest.mark.parametrize(
    ("query", "prompt"),
    [
        (CHAT + "Rhine<|im_end|>", CHAT),
        ("<s> " + CHAT + "Rhine</s>", CHAT),
        (CHAT.replace("<|im_end|>", "") + "Rhine", CHAT),
        ("user\nName.\nassistant\nRhine", "<|im_start|>user\nName.<|im_end|>\n<|im_start|>assistant\n"),
        ("<|begin_of_text|>Name.<|eot_id|>Rhine<|eot_id|>", "Name."),
    ],
)
def test_the_answer_is_found_behind_its_prompt_whatever_became_of_the_special_tokens(query, prompt):
    assert answer_of(query, prompt, 0).strip() == "Rhine"


def test_special_tokens_inside_the_answer_stay():
    assert answer_of("Q: say <|x|> twice: <|x|> and <|x|> end</s>", "Q: ", 0) == "say <|x|> twice: <|x|> and <|x|> end"


async def test_a_query_without_its_prompt_is_refused_by_its_number(service):
    running = await service()
    body = {"query": [PROMPT + GOOD, "something else"], "prompts": [PROMPT, PROMPT], "labels": ["", ""]}
    status, answer = await running.post("/get_reward", body)
    assert (status, answer["error"]["faults"][0]["field"]) == (422, "query.1")
    assert (await running.post("/get_reward", {**body, "prompts": [PROMPT]}))[0] == 422


async def test_more_queries_than_one_request_may_hold_are_refused(service):
    here = await service()
    body = {"query": ["a"] * 16_385, "prompts": ["a"] * 16_385, "labels": [""] * 16_385}
    status, told = await here.post("/get_reward", body)
    assert (status, told["error"]["faults"][0]["field"]) == (422, "query")


async def test_slime_gets_a_number_at_any_of_its_two_paths(service):
    running = await service()
    for path in ("", "/slime"):
        body = {"prompt": PROMPT, "response": GOOD, "label": None}
        assert await running.post(path, body) == (200, 1.0)
    turns = [{"role": "user", "content": PROMPT}]
    assert await running.post("/slime", {"prompt": turns, "response": BAD, "label": ""}) == (200, 0.0)


async def test_nemo_gym_gets_its_row_back_with_the_reward_of_the_last_message(service):
    running = await service()
    assert await running.post("/seed_session", {}) == (200, {})
    for answer, reward in ((GOOD, 1.0), (BAD, 0.0)):
        status, row = await running.post("/verify", nemo(answer, task=7))
        assert (status, row["reward"], row["task"]) == (200, reward, 7)
        assert row["response"]["output"][2]["content"][0]["text"] == answer
        assert "mask_sample" not in row
    status, answer = await running.post("/verify", {"response": {}})
    assert (status, answer["error"]["faults"][0]["field"]) == (422, "responses_create_params")


async def test_nemo_gyms_instructions_are_the_system_turn(service):
    running = await service()
    body = nemo(BAD)
    body["responses_create_params"] = {"input": "Name two rivers.", "instructions": "Do not use any commas."}
    assert (await running.post("/verify", body))[1]["reward"] == 0.0


ROW = {"prompt": PROMPT, "response": GOOD, "label": ""}
GROUP = {"prompt": PROMPT, "completions": [GOOD, BAD]}
QUERIES = {"query": [PROMPT + GOOD], "prompts": [PROMPT], "labels": [""]}


@pytest.mark.parametrize(
    ("chosen", "group", "openrlhf", "slime", "verify"),
    [
        ("none", [None, None], 503, 503, 0.0),
        ("raise", 503, 503, 503, 503),
        ("constant:-0.2", [-0.2, -0.2], -0.2, -0.2, -0.2),
        ("group_mean", [None, None], 503, 503, 0.0),
    ],
)
async def test_without_a_valid_judgment_every_endpoint_does_as_chosen(
    service, broken, chosen, group, openrlhf, slime, verify
):
    running = await service(broken, on_failure=OnFailure.parse(chosen))
    status, answer = await running.post("/v1/group", GROUP)
    assert (answer["rewards"] if status == 200 else status) == group
    status, answer = await running.post("/get_reward", QUERIES)
    assert (answer["rewards"][0] if status == 200 else status) == openrlhf
    status, answer = await running.post("/slime", ROW)
    assert (answer if status == 200 else status) == slime
    status, answer = await running.post("/verify", nemo(GOOD))
    assert (answer["reward"] if status == 200 else status) == verify
    if verify == 0.0:  # a float has to stand there: the row itself says that it is none
        assert answer["mask_sample"] is True
        assert answer["_ng_failure_class"] == answer["failure_kind"] == "judge_failed"
        assert answer["instance_config"] == {"mask_sample": True}
    metrics = (await running.text("/metrics"))[1]
    assert f'skillrm_rewards_missing_total{{on_failure="{chosen}",path="/v1/group"}} 2.0' in metrics


async def test_a_503_says_why_and_when_to_come_back(service, broken):
    running = await service(broken)
    async with running.http.post(running.url + "/slime", json=ROW) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        said = (await response.json())["error"]["message"]
        assert said.startswith("no valid judgment for 1 of 1 answers: BackendRequestError: ")


async def test_nemo_gym_is_told_what_abstained_and_what_failed(service):
    running = await service(RewardModel("general"))  # nobody judges what verifiers leave open
    status, row = await running.post("/verify", nemo(GOOD))
    assert (status, row["mask_sample"], row["failure_kind"]) == (200, True, "skillrm:abstained")
    assert row["skillrm/status"] == "abstained"
    assert row["_ng_failure_judge_error"].startswith("abstained: undecided: helpfulness, ")


def test_what_is_done_without_a_judgment_is_stated_for_every_endpoint():
    assert stated(OnFailure.parse("none"))["/get_reward"].startswith("503")
    assert stated(OnFailure.parse("none"))["/v1/group"] == "null"
    assert set(stated(OnFailure.parse("constant:0.5")).values()) == {"0.5"}
    assert set(stated(OnFailure.parse("raise")).values()) == {"503"}
    alone, gathered = (stated(OnFailure.parse("group_mean"), gathered=gathered)["/slime"] for gathered in (False, True))
    assert (alone[:3], gathered) == ("503", "mean of its group, else 503")
