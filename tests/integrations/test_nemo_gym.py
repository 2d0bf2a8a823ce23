"""NeMo Gym 0.5: the bytes that its `SimpleAgent` sends to a resources server, and the server we run inside it.

`nemo_gym` itself needs Python 3.13 and is not installed here: its base class is stood in for by what a subclass meets.
"""

from __future__ import annotations

import asyncio
import enum
import functools
import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import aiohttp
import pytest
import uvicorn
import yaml
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError

from judge_server import refusal
from serving import BAD, GOOD, running
from skillrm import RewardModel
from skillrm.errors import ConfigError
from skillrm.rewards import OnFailure

PAGE = (Path(__file__).parents[2] / "docs/trainers/nemo_gym.md").read_text()
SENT = [json.loads(line) for line in Path(__file__).with_name("nemo_gym_0_5.jsonl").read_text().splitlines()]
"""What 0.5.1's agent sent for one rollout: begin an episode, then verify."""
VERIFY = json.loads(SENT[1]["body"])


def answering(answer: str, **more: Any) -> dict[str, Any]:
    row = json.loads(SENT[1]["body"])
    row["response"]["output"][1]["content"][0]["text"] = answer
    return row | more


class ReverifyMode(enum.StrEnum):
    STATELESS = "stateless"
    UNKNOWN = "unknown"


class BaseResourcesServerConfig(BaseModel):
    REVERIFY_MODE: ClassVar[ReverifyMode] = ReverifyMode.UNKNOWN
    name: str
    host: str
    port: int
    entrypoint: str


class BaseVerifyRequest(BaseModel):
    responses_create_params: dict[str, Any]
    response: dict[str, Any]


class BaseVerifyResponse(BaseVerifyRequest):
    reward: float


class JudgeError(Exception):
    pass


def failsafe(verify):
    """A failed judge is a row that says so, whatever the request brought with it."""

    @functools.wraps(verify)
    async def wrapped(body):
        try:
            return await verify(body)
        except JudgeError as error:
            marks = {"reward": 0.0, "_ng_failure_class": "judge_failed", "_ng_failure_judge_error": str(error)}
            return JSONResponse(body.model_dump() | marks)

    return wrapped


class SimpleResourcesServer(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    config: BaseResourcesServerConfig

    def setup_webserver(self) -> FastAPI:
        app = FastAPI()
        app.post("/verify")(failsafe(self.verify))
        app.get("/reverify_mode")(self.mode)
        return app

    async def mode(self) -> ReverifyMode:
        return self.config.REVERIFY_MODE


@pytest.fixture
def gym(monkeypatch):
    """`skillrm.integrations.nemo_gym`, imported beside the stand-in."""
    names = {
        "nemo_gym": {},
        "nemo_gym.judge": {"JudgeError": JudgeError},
        "nemo_gym.base_resources_server": {
            "BaseResourcesServerConfig": BaseResourcesServerConfig,
            "BaseVerifyRequest": BaseVerifyRequest,
            "BaseVerifyResponse": BaseVerifyResponse,
            "ReverifyMode": ReverifyMode,
            "SimpleResourcesServer": SimpleResourcesServer,
        },
    }
    for name, held in names.items():
        module = ModuleType(name)
        vars(module).update(held)
        monkeypatch.setitem(sys.modules, name, module)
    yield importlib.import_module("skillrm.integrations.nemo_gym")
    del sys.modules["skillrm.integrations.nemo_gym"]


@pytest.fixture
async def verified(gym):
    """`await verified(row, **config)`: what the server answers, asked over HTTP."""

    async def asked(row, **config):
        settings = {"name": "skillrm", "host": "127.0.0.1", "port": 1, "entrypoint": "app.py"} | config
        server = gym.SkillRewardServer(config=gym.SkillRewardServerConfig(**settings))
        web = uvicorn.Server(uvicorn.Config(server.setup_webserver(), port=0, log_config=None))
        task = asyncio.ensure_future(web.serve())
        while not web.started:
            assert not task.done(), task.exception()
            await asyncio.sleep(0.01)
        url = f"http://127.0.0.1:{web.servers[0].sockets[0].getsockname()[1]}"
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{url}/reverify_mode") as response:
                assert await response.json() == "stateless"
            async with http.post(f"{url}/verify", json=row) as response:
                told = await response.json()
        web.should_exit = True
        await task
        await server._source.aclose()
        return told

    return asked


async def test_nemo_gym_0_5_agents_get_their_row_back_from_the_service():
    async with running(RewardModel("instruction-following")) as service:
        answers = []
        for sent in SENT:
            headers = {name: value for name, value in sent["headers"].items() if name != "accept-encoding"}
            async with service.http.post(service.url + sent["path"], data=sent["body"], headers=headers) as response:
                assert response.status == 200
                answers.append(await response.json())
        assert answers[0] == {}
        assert answers[1]["reward"] == 1.0
        assert {key: answers[1][key] for key in VERIFY} == VERIFY
        assert answers[1]["skillrm/verified"] == 1.0
        assert "mask_sample" not in answers[1]
        assert (await service.post("/verify", answering(BAD)))[1]["reward"] == 0.0


async def test_nemo_gym_0_5_rows_keep_their_reference_and_row_fields():
    async with running(RewardModel("math-answer")) as service:
        row = answering("It is \\boxed{144}.", expected_answer="144")
        row["responses_create_params"]["input"] = "What is 12 squared?"
        assert (await service.post("/verify", row))[1]["reward"] == 1.0
        row = answering("It is \\boxed{144}.", expected_answer="12", reference="144")
        row["responses_create_params"]["input"] = "What is 12 squared?"
        assert (await service.post("/verify", row))[1]["reward"] == 1.0  # row fields come first


async def test_nemo_gym_0_5_is_told_to_mask_what_the_service_could_not_judge():
    async with running(RewardModel("general"), on_failure=OnFailure.parse("group_mean")) as service:
        _, row = await service.post("/verify", answering(GOOD, instance_config={"dataset": "x"}))
    assert (row["reward"], row["mask_sample"]) == (0.0, True)
    assert row["instance_config"] == {"dataset": "x", "mask_sample": True}  # where older releases of NeMo RL look
    assert (row["_ng_failure_class"], row["failure_kind"]) == ("judge_failed", "skillrm:abstained")


async def test_nemo_gym_0_5_runs_our_server_as_one_of_its_own(verified, capsys):
    told = await verified(answering(GOOD, topic="rivers"), skill="instruction-following")
    assert (told["reward"], told["topic"], told["skillrm/status"]) == (1.0, "rivers", "ok")
    assert "skillrm/judged" not in told  # nobody judged, and nan is no JSON
    assert (await verified(answering(BAD), skill="instruction-following"))["reward"] == 0.0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("skillrm: rewards for NeMo Gym from instruction-following")
    assert line in PAGE.splitlines()


@pytest.mark.parametrize("chosen", ["none", "raise"])
async def test_nemo_gym_0_5_has_a_failing_judge_among_its_failures_and_masked(verified, judge_server, chosen):
    server = await judge_server([refusal(400, "no")])
    judged = {"skill": "general", "model": "judge", "base_url": server.base_url}
    told = await verified(answering(GOOD, topic="rivers"), on_failure=chosen, **judged)
    assert (told["reward"], told["mask_sample"], told["topic"]) == (0.0, True, "rivers")
    assert told["instance_config"] == {"mask_sample": True}
    assert told["_ng_failure_class"] == "judge_failed"
    assert "no" in told["_ng_failure_judge_error"]


async def test_nemo_gym_0_5_trains_on_a_constant_only_if_it_was_chosen(verified):
    told = await verified(answering(GOOD), skill="general", on_failure="constant:-0.2")
    assert (told["reward"], told["skillrm/valid"], told["failure_kind"]) == (-0.2, 0.0, "skillrm:abstained")
    assert "mask_sample" not in told


async def test_nemo_gym_0_5_may_leave_the_judging_to_a_service(verified):
    async with running(RewardModel("instruction-following")) as service:
        assert (await verified(answering(GOOD), url=service.url))["reward"] == 1.0


def test_nemo_gym_0_5_does_not_start_with_settings_that_cannot_be_used(gym):
    given = {"name": "skillrm", "host": "127.0.0.1", "port": 1, "entrypoint": "app.py"}
    with pytest.raises(ConfigError, match="without a group there is no mean"):
        gym.SkillRewardServer(config=gym.SkillRewardServerConfig(**given, on_failure="group_mean"))
    with pytest.raises(ConfigError, match="vote: is no setting"):
        gym.SkillRewardServer(config=gym.SkillRewardServerConfig(**given, settings={"vote": 3}))
    with pytest.raises(ValidationError):
        gym.SkillRewardServerConfig(**given, group_size="many")


def test_nemo_gym_0_5_configuration_of_the_page_names_settings_of_the_server(gym):
    config = yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0])
    given = config["skillrm"]["resources_servers"]["skillrm"]
    assert given.pop("domain") == "rlhf"  # Gym's own
    assert given.keys() <= gym.SkillRewardServerConfig.model_fields.keys()
    server = gym.SkillRewardServer(config=gym.SkillRewardServerConfig(name="skillrm", host="", port=1, **given))
    assert (server._source.group_size, server._source.model.backend.model) == (8, "qwen3.5-27b")
