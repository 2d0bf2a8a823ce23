"""verifiers 0.4: the judge plugin as the installed package finds, builds and scores it."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest

from judge_server import refusal
from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel

pytestmark = pytest.mark.integration
PAGE = (Path(__file__).parents[2] / "docs/trainers/verifiers.md").read_text()


@pytest.fixture(scope="module")
def vf():
    import verifiers.v1

    return verifiers.v1


@pytest.fixture
def rollout(vf):
    """`task, trace = rollout(answer, judges, **data)`: made by the package's own classes, as a run leaves them."""
    from verifiers.v1.graph import MessageNode
    from verifiers.v1.trace import TraceTask

    class Data(vf.TaskData):
        answer: str | None = None
        tests: list[str] | None = None
        instruction_id_list: list[str] | None = None

    class RiverTask(vf.Task[Data, vf.State, vf.TaskConfig]):
        pass

    def made(reply, judges=(), rewards=(), *turns, **data):
        config = vf.TaskConfig.model_validate({"judges": list(judges), "rewards": dict(rewards)})
        task = RiverTask(Data(**{"prompt": PROMPT, **data}), config)
        agent = vf.AgentInfo(config=vf.AgentConfig(model="policy"))
        trace = vf.Trace(task=TraceTask(type="RiverTask", data=task.data, key=task.key), agent=agent)
        asked = [vf.UserMessage(content=PROMPT)]
        said = [*turns, vf.AssistantMessage(content=reply)]
        for place, message in enumerate([*asked, *said]):
            sampled = place > 0 and message.role == "assistant"
            trace.nodes.append(MessageNode(message=message, parent=place - 1 if place else None, sampled=sampled))
        return task, trace

    return made


def judge(**more: Any) -> dict[str, Any]:
    return {"id": "skillrm-judge", "skill": "instruction-following"} | more


async def test_verifiers_0_4_finds_the_plugin_by_its_id_and_adds_its_reward(vf, rollout, capsys):
    for answer, reward in ((GOOD, 1.0), (BAD, 0.0)):
        task, trace = rollout(answer, [judge(weight=2.0)])
        await task.score(trace)
        assert trace.rewards == {"skillrm-judge": vf.Reward(score=reward, weight=2.0)}
        assert trace.reward == 2.0 * reward
        assert trace.metrics["skillrm-judge/verified"] == reward
        assert "skillrm-judge/judged" not in trace.metrics  # nobody judged
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1  # opened once
    assert lines[0] == (
        "skillrm: rewards for verifiers from instruction-following, judged by verifiers alone, scores; "
        "on_failure=raise: a TaskError on the rollout, which has no reward then"
    )
    assert lines[0] in PAGE


async def test_verifiers_0_4_has_an_error_and_no_reward_where_the_judge_fails(vf, rollout, judge_server):
    server = await judge_server([refusal(400, "no")])
    task, trace = rollout(GOOD, [judge(skill="general", model="judge", base_url=server.base_url)])
    with pytest.raises(vf.TaskError, match="NoReward"):
        await task.score(trace)
    assert trace.rewards == {"skillrm-judge": None}


async def test_verifiers_0_4_gives_a_constant_only_if_it_was_chosen(rollout):
    task, trace = rollout(GOOD, [judge(skill="general", on_failure="constant:-0.2")])
    await task.score(trace)
    assert (trace.reward, trace.metrics["skillrm-judge/valid"]) == (-0.2, 0.0)


async def test_verifiers_0_4_tasks_bring_their_reference_and_row_fields(vf, rollout):
    boxed = "It is \\boxed{144}."
    for answer, reward in (("144", 1.0), ("12", 0.0)):
        task, trace = rollout(boxed, [judge(skill="math-answer")], prompt="What is 12 squared?", answer=answer)
        await task.score(trace)
        assert trace.reward == reward
    row = {"prompt": "Name two rivers.", "instruction_id_list": ["punctuation:no_comma"]}
    task, trace = rollout(BAD, [judge()], **row, resources=vf.TaskResources(cpu=2))
    await task.score(trace)
    assert trace.reward == 0.0


async def test_verifiers_0_4_system_prompts_and_chats_are_the_prompt(vf, rollout):
    turns = [vf.UserMessage(content="Hello"), vf.AssistantMessage(content="Hi"), vf.UserMessage(content="Two rivers?")]
    task, trace = rollout(BAD, [judge()], prompt=turns, system_prompt="Do not use any commas.")
    await task.score(trace)
    assert trace.reward == 0.0


async def test_verifiers_0_4_judges_the_last_reply_or_all_that_was_said(vf, rollout):
    from skillrm.integrations.verifiers import answer_of

    call = vf.ToolCall(id="1", name="look", arguments='{"at": "map"}')
    turns = [vf.AssistantMessage(tool_calls=[call]), vf.ToolMessage(tool_call_id="1", content="Rhine, Elbe")]
    task, trace = rollout(GOOD, [judge(view="full_trace")], (), *turns)
    told = answer_of(trace, "full_trace")
    assert [turn["role"] for turn in told] == ["assistant", "tool", "assistant"]
    assert told[0]["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"at": "map"}'}
    assert answer_of(trace, "last_reply") == GOOD
    await task.score(trace)
    assert trace.reward == 1.0  # only the last words are the answer


async def test_verifiers_0_4_rollouts_of_a_task_are_judged_together(rollout):
    many = [rollout(answer, [judge(group_size=4, form="ranks")]) for answer in (GOOD, BAD, "Main and Oder", BAD)]
    await asyncio.gather(*(task.score(trace) for task, trace in many))
    assert [trace.reward for _, trace in many] == [1.0, 0.0, 1.0, 0.0]


async def test_verifiers_0_4_may_leave_the_judging_to_a_service(rollout, monkeypatch):
    monkeypatch.setenv("RM_TOKEN", "secret")
    async with running(RewardModel("instruction-following"), tokens=("secret",)) as service:
        task, trace = rollout(BAD, [{"id": "skillrm-judge", "url": service.url, "token_var": "RM_TOKEN"}])
        await task.score(trace)
        assert (trace.reward, trace.metrics["skillrm-judge/valid"]) == (0.0, 1.0)
        await closed()


async def closed():
    from skillrm.integrations.verifiers import _sources

    for source in _sources[asyncio.get_running_loop()].values():
        await source.aclose()


async def test_verifiers_0_4_takes_a_reward_function_by_its_path(vf, rollout, monkeypatch):
    monkeypatch.setenv("SKILLRM_SKILL", "instruction-following")
    task, trace = rollout(GOOD, rewards={"skill": {"fn": "skillrm.integrations.verifiers:reward", "weight": 0.5}})
    await task.score(trace)
    assert trace.rewards == {"skill": vf.Reward(score=1.0, weight=0.5)}
    assert trace.metrics["skillrm/valid"] == 1.0


def test_verifiers_0_4_settings_that_the_judge_would_not_read_are_refused(vf, rollout, tmp_path):
    from skillrm.errors import ConfigError

    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Is it good?")
    task, _ = rollout(GOOD, [judge(prompt=str(prompt))])
    with pytest.raises(ConfigError, match=r"judges.prompt: is not read by this judge"):
        task.plugged_judges()
    with pytest.raises(ValueError, match="skil"):
        rollout(GOOD, [judge(skil="general")])


def test_verifiers_0_4_configurations_of_the_page_are_read_by_the_package(vf):
    from skillrm.integrations.verifiers import SkillJudge

    judges, rewards, retries = (tomllib.loads(block.split("```")[0]) for block in PAGE.split("```toml\n")[1:])
    config = vf.TaskConfig.model_validate(judges["env"]["taskset"]["task"])
    assert isinstance(vf.load_judge(config.judges[0]), SkillJudge)
    config = vf.TaskConfig.model_validate(rewards["env"]["taskset"]["task"])
    assert config.rewards["skill"].fn == "skillrm.integrations.verifiers:reward"
    vf.AgentConfig.model_validate({"model": "policy"} | retries["env"]["agent"])
