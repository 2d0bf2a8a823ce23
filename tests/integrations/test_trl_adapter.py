"""The reward function as TRL calls it, without TRL: groups, columns, failures, what is logged."""

from __future__ import annotations

import asyncio
import inspect
import json
import math
from collections import defaultdict
from types import SimpleNamespace

import pytest

from judging import entry, open_cells, record, says, shown, submit, well_behaved, write_skill
from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel
from skillrm.backends import ScriptedBackend
from skillrm.client import RemoteRewardModel
from skillrm.errors import BackendTransportError, ConfigError, NoReward
from skillrm.integrations.trl import reward_function, summary
from skillrm.rewards import Rewards

PLAIN = "Name two rivers."


def verified(**more):
    return reward_function(RewardModel("instruction-following"), **more)


def unsure_of(letter: str):
    """A judge that finds every candidate good, and cannot tell about one."""

    def reply(request):
        seen = shown(request.messages)
        good = {"helpful": "5", "correct": "satisfied"}
        told = [
            entry(
                criterion, {one: "unknown" if one == letter else good[criterion] for one in seen}, list(seen.values())
            )
            for criterion in open_cells(request.messages)
        ]
        return says(record(*told), submit())

    return ScriptedBackend(reply)


class Logged:
    """What was logged: metrics, and columns of the completions table."""

    def __init__(self):
        self.metrics, self.columns = defaultdict(list), defaultdict(list)

    @property
    def hooks(self):
        return {
            "log_metric": lambda name, value: self.metrics[name].append(value),
            "log_extra": lambda name, values: self.columns[name].extend(values),
        }


def test_it_is_a_coroutine_function_with_a_name():
    reward = verified(name="obedience")
    assert inspect.iscoroutinefunction(reward)
    assert reward.__name__ == "obedience"
    assert verified().__name__ == "skillrm"


async def test_each_completion_gets_its_reward_in_the_order_of_the_batch():
    assert await verified()([PROMPT] * 3, [BAD, GOOD, "a, b"], completion_ids=[[1], [2], [3]]) == [0.0, 1.0, 0.0]


async def test_equal_prompts_are_judged_together_wherever_they_stand_in_the_batch(tmp_path):
    backend = ScriptedBackend(lambda request: says(*well_behaved(request.messages)))
    reward = reward_function(RewardModel(write_skill(tmp_path), backend=backend))
    given = await reward(["one", "two", "one", "two"], ["a", "b", "c", "d"])
    assert given == [1.0, 1.0, 0.0, 0.0]
    assert len(backend.requests) == 2


async def test_the_same_prompt_with_another_reference_is_another_group():
    reward = reward_function(RewardModel("math-answer"))
    asked, said = ["What is it?"] * 4, ["\\boxed{1}", "\\boxed{2}", "\\boxed{1}", "\\boxed{2}"]
    assert await reward(asked, said, reference=["1", "1", "2", "2"]) == [1.0, 0.0, 0.0, 1.0]


async def test_prompts_and_completions_may_be_messages():
    asked = [[{"role": "user", "content": PROMPT, "name": None, "tool_calls": None}]] * 2
    said = [[{"role": "assistant", "content": text}] for text in (GOOD, BAD)]
    assert await verified()(asked, said) == [1.0, 0.0]


async def test_images_are_named_and_not_read():
    asked = [{"role": "user", "content": [{"type": "image", "image": object()}, {"type": "text", "text": PROMPT}]}]
    said = [[{"role": "assistant", "content": [{"type": "text", "text": text}]}] for text in (GOOD, BAD)]
    assert await verified()([asked] * 2, said, images=[[object()]] * 2) == [1.0, 0.0]


async def test_a_prompt_that_is_no_prompt_fails_by_the_policy():
    assert await verified()([[{"role": "user", "content": PROMPT}, "word"]], [GOOD]) == [None]
    assert await verified(on_failure="constant:0")([None], [GOOD]) == [0.0]


async def test_kwargs_that_arrow_filled_with_nulls_are_those_of_the_row():
    names = [["length_constraints:number_words"], ["keywords:existence"]]
    every = {"relation": None, "num_words": None, "keywords": None, "language": None}
    kwargs = [[{**every, "relation": "less than", "num_words": 4}], [{**every, "keywords": ["Elbe"]}]]
    given = await verified()([PLAIN] * 2, ["Rhine and Elbe", "Rhine"], instruction_id_list=names, kwargs=kwargs)
    assert given == [1.0, 0.0]


async def test_a_packed_column_brings_fields_and_other_columns_are_ignored():
    packed = [json.dumps({"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}), None]
    names = [None, ["change_case:english_lowercase"]]
    more = {"source": ["a", "b"], "messages": [[], []], "response": ["x", "y"], "environments": [None, None]}
    given = await verified()([PLAIN] * 2, ["a, b", "a small answer"], skillrm=packed, instruction_id_list=names, **more)
    assert given == [0.0, 1.0]


async def test_a_packed_column_that_is_no_json_is_a_failure_of_its_row_alone(caplog):
    reward = verified()
    names = [["punctuation:no_comma"]] * 2
    assert await reward([PLAIN] * 2, ["a", "a"], skillrm=["{", None], instruction_id_list=names) == [None, 1.0]
    assert reward.rewards.counts == {"ok": 1, "failed": 1}
    assert "skillrm: is no JSON" in caplog.text


async def test_without_a_valid_judgment_trl_gets_none(tmp_path, caplog):
    reward = reward_function(RewardModel(write_skill(tmp_path), backend=ScriptedBackend([])))
    assert await reward(["Say hi."] * 2, ["a", "b"]) == [None, None]
    assert reward.rewards.counts == {"failed": 2}
    assert "no valid judgment for 2 of 2 answers" in caplog.text


async def test_one_completion_that_was_not_decided_is_none_alone(tmp_path):
    skill = write_skill(tmp_path)
    asked, said = ["Say hi."] * 3, ["a", "b", "c"]
    reward = reward_function(RewardModel(skill, backend=unsure_of("B")))
    assert await reward(asked, said) == [1.0, None, 1.0]
    reward = reward_function(RewardModel(skill, backend=unsure_of("B")), on_failure="constant:0.25")
    assert await reward(asked, said) == [1.0, 0.25, 1.0]
    reward = reward_function(RewardModel(skill, backend=unsure_of("B")), on_failure="raise")
    with pytest.raises(NoReward):
        await reward(asked, said)


async def test_the_first_batch_tells_the_failure_policy_once_and_on_the_main_process_only(capsys):
    for main, lines in ((True, 1), (False, 0)):
        reward = verified(on_failure="group_mean")
        for _ in range(2):
            await reward([PROMPT], [GOOD], trainer_state=SimpleNamespace(is_world_process_zero=main))
        said = capsys.readouterr().out.splitlines()
        assert len(said) == lines
        assert all("instruction-following" in line and "on_failure=group_mean: the mean of" in line for line in said)


async def test_metrics_are_finite_means_of_the_batch(tmp_path):
    logged = Logged()
    reward = reward_function(RewardModel(write_skill(tmp_path), backend=unsure_of("B")))
    await reward(["Say hi."] * 4, ["a", "b", "c", "d"], **logged.hooks)
    once = {name: value for name, (value,) in logged.metrics.items()}
    assert once["skillrm/valid"] == 0.75
    assert once["skillrm/abstained"] == 0.25
    assert once["skillrm/failed"] == once["skillrm/stood_in"] == 0.0
    assert once["skillrm/criterion/helpful"] == once["skillrm/criterion/correct"] == 1.0
    assert once["skillrm/coverage"] == once["skillrm/low"] == 0.75
    assert all(type(value) is float and math.isfinite(value) for value in once.values())
    assert logged.columns["skillrm/status"] == ["ok", "abstained", "ok", "ok"]
    assert logged.columns["skillrm/low"] == [1.0, 0.0, 1.0, 1.0]
    assert math.isnan(logged.columns["skillrm/criterion/correct"][1])


async def test_a_judge_that_is_gone_logs_shares_and_what_verifiers_found(tmp_path):
    logged = Logged()
    script = ScriptedBackend(lambda _: BackendTransportError("gone"))
    reward = reward_function(RewardModel("instruction-following", backend=script), on_failure="constant:0")
    checks = [["It names a river."]]
    assert await reward([PROMPT], [GOOD], checklist=checks, **logged.hooks) == [0.0]
    assert logged.metrics["skillrm/valid"] == [0.0]
    assert logged.metrics["skillrm/failed"] == logged.metrics["skillrm/stood_in"] == [1.0]
    assert logged.metrics["skillrm/coverage"] == [0.5]


async def test_two_reward_functions_keep_their_names_apart():
    logged = Logged()
    for name in ("one", "two"):
        await verified(name=name)([PROMPT], [GOOD], **logged.hooks)
    assert logged.metrics["one/valid"] == logged.metrics["two/valid"] == [1.0]


async def test_a_group_that_raises_leaves_no_other_running(tmp_path):
    ended = []

    async def reply(request):
        if "one" in request.messages[1]["content"]:
            raise BackendTransportError("gone")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    reward = reward_function(RewardModel(write_skill(tmp_path), backend=ScriptedBackend(reply)), on_failure="raise")
    with pytest.raises(NoReward):
        await reward(["one", "two"], ["a", "b"])
    assert ended == [True]


async def test_rewards_given_ready_made_keep_their_own_policy_and_form():
    rewards = Rewards(RewardModel("instruction-following"), on_failure="group_mean", form="ranks")
    assert reward_function(rewards).rewards is rewards
    for more in ({"on_failure": "none"}, {"form": "scores"}):
        with pytest.raises(ConfigError, match="belongs to the rewards"):
            reward_function(rewards, **more)


async def test_rewards_come_in_a_form():
    assert await verified(form="win_rates")([PROMPT] * 3, [GOOD, BAD, BAD]) == [1.0, 0.25, 0.25]


async def test_a_service_judges_the_same_and_keeps_the_form():
    async with running(RewardModel("instruction-following")) as service, RemoteRewardModel(service.url) as remote:
        logged = Logged()
        reward = reward_function(remote)
        assert await reward([PROMPT] * 2, [GOOD, BAD], **logged.hooks) == [1.0, 0.0]
        assert logged.metrics["skillrm/valid"] == [1.0]
        with pytest.raises(ConfigError, match="the service's to say"):
            reward_function(remote, form="ranks")


def test_nothing_is_made_up_of_an_empty_batch():
    assert summary([]) == {}
