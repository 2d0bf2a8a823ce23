"""slime 0.3.1: the calls that its `rm_hub` and `sglang_rollout` make, with a sample that has the fields of its own."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from judge_server import refusal
from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel
from skillrm.errors import ConfigError, NoReward
from skillrm.integrations import slime

CHAT = f"<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n"
END = "<|im_end|>"
PAGE = (Path(__file__).parents[2] / "docs/trainers/slime.md").read_text()
NO_SAMPLE = {"checklist": [""]}
"""Row fields that cannot be used: what is asked with them fails."""


@dataclass
class Sample:
    """The fields of `slime.utils.types.Sample` that a reward function meets."""

    class Status(Enum):
        COMPLETED = "completed"
        ABORTED = "aborted"

    group_index: int | None = 0
    index: int | None = None
    prompt: Any = CHAT
    response: str = ""
    label: Any = ""
    reward: Any = None
    remove_sample: bool = False
    status: Status = Status.COMPLETED
    metadata: dict = field(default_factory=dict)


def arguments(**more):
    given = {"n_samples_per_prompt": 4, "reward_key": None, "eval_reward_key": None}
    return SimpleNamespace(**given | {"skillrm": {"skill": "instruction-following"}} | more)


@pytest.fixture(autouse=True)
def _each_run_opens_its_own(monkeypatch):
    monkeypatch.setattr(slime, "_rewarders", [])


async def single(args, samples):
    """As `generate_and_rm` does for each sample of a group, in a task of its own."""

    async def one(sample):
        sample.reward = await slime.reward(args, sample)

    await asyncio.gather(*(one(sample) for sample in samples))
    return [sample.reward for sample in samples]


async def grouped(args, samples):
    """As `generate_and_rm_group` does with `--group-rm`."""
    for sample, reward in zip(samples, await slime.reward(args, samples), strict=False):
        sample.reward = reward
    return [sample.reward for sample in samples]


def rollouts(*answers, **more):
    return [Sample(index=index, response=answer + END, **more) for index, answer in enumerate(answers)]


@pytest.mark.parametrize("call", [single, grouped])
async def test_slime_0_3_1_gets_a_number_for_every_sample(call, capsys):
    samples = rollouts(GOOD, BAD, GOOD, BAD)
    assert await call(arguments(), samples) == [1.0, 0.0, 1.0, 0.0]
    assert not any(sample.remove_sample for sample in samples)
    line = capsys.readouterr().out.rstrip("\n")
    assert line.startswith("skillrm: rewards for slime from instruction-following")
    assert line in PAGE.splitlines()


async def test_slime_0_3_1_prompts_may_be_turns_and_rows_come_from_label_and_metadata():
    turns = [{"role": "user", "content": "Name two rivers."}]
    commas = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    by_label = Sample(prompt=turns, response=BAD, label=commas)
    by_metadata = Sample(prompt=turns, response=BAD, metadata=commas)
    packed = Sample(
        prompt=turns, response=BAD, metadata={"skillrm": '{"instruction_id_list": ["punctuation:no_comma"]}'}
    )
    told = Sample(prompt="template text that nobody knows", response=BAD, metadata={"prompt": PROMPT})
    samples = [by_label, by_metadata, packed, told]
    for index, sample in enumerate(samples):
        sample.group_index = index
    assert await grouped(arguments(), samples) == [0.0] * 4


@pytest.mark.parametrize("call", [single, grouped])
async def test_slime_0_3_1_masks_what_has_no_judgment_and_its_number_moves_no_mean(call):
    samples = rollouts(GOOD, BAD, GOOD, BAD)
    samples[0].metadata = NO_SAMPLE
    rewards = await call(arguments(), samples)
    assert rewards == [pytest.approx(1 / 3), 0.0, 1.0, 0.0]
    assert sum(rewards) / 4 == pytest.approx(1 / 3)  # as of the three that are valid
    assert [sample.remove_sample for sample in samples] == [True, False, False, False]


@pytest.mark.parametrize("call", [single, grouped])
async def test_slime_0_3_1_masks_a_sample_whose_row_cannot_be_read(call):
    samples = rollouts(GOOD, GOOD, BAD)
    samples[0].metadata = {"skillrm": "{"}
    assert await call(arguments(), samples) == [0.5, 1.0, 0.0]
    assert [sample.remove_sample for sample in samples] == [True, False, False]
    assert slime._rewarders[0].source.counts == {"ok": 2, "failed": 1}


@pytest.mark.parametrize("call", [single, grouped])
async def test_slime_0_3_1_masks_a_whole_group_whose_judge_fails(call, judge_server):
    server = await judge_server([refusal(400, "no")])
    args = arguments(skillrm={"skill": "general", "model": "judge", "base_url": server.base_url})
    samples = rollouts(GOOD, BAD, "Main", "Oder")
    assert await call(args, samples) == [0.0] * 4
    assert all(sample.remove_sample for sample in samples)
    assert slime._rewarders[0].source.counts["failed"] == 4


@pytest.mark.parametrize("call", [single, grouped])
async def test_slime_0_3_1_does_as_chosen_without_a_judgment(call):
    nobody = {"skill": "general"}
    samples = rollouts(GOOD, BAD)
    assert await call(arguments(skillrm={**nobody, "on_failure": "constant:-0.5"}), samples) == [-0.5, -0.5]
    assert not any(sample.remove_sample for sample in samples)
    slime._rewarders.clear()
    with pytest.raises(NoReward):
        await call(arguments(skillrm={**nobody, "on_failure": "raise"}), samples)


async def test_slime_0_3_1_samples_of_a_group_are_judged_together_when_told_to_be():
    args = arguments(skillrm={"skill": "instruction-following", "group_size": "auto", "form": "ranks"})
    assert await single(args, rollouts(GOOD, BAD, "Main and Oder", BAD)) == [1.0, 0.0, 1.0, 0.0]
    assert slime._rewarders[0].source.group_size == 4


async def test_slime_0_3_1_samples_that_were_cut_off_are_masked_and_not_judged():
    samples = rollouts(GOOD, BAD, GOOD)
    samples[2].status = Sample.Status.ABORTED
    assert await grouped(arguments(), samples) == [1.0, 0.0, 0.5]
    assert [sample.remove_sample for sample in samples] == [False, False, True]
    assert slime._rewarders[0].source.counts["ok"] == 2


async def test_slime_0_3_1_reward_keys_select_from_a_mapping():
    args = arguments(reward_key="score", eval_reward_key="eval", log_reward_category="status")
    samples = rollouts(GOOD, BAD)
    samples[0].metadata = NO_SAMPLE
    rewards = await single(args, samples)
    assert [(reward["score"], reward["eval"], reward["status"]) for reward in rewards] == [
        (0.0, 0.0, "failed"),
        (0.0, 0.0, "ok"),
    ]
    late = rollouts(GOOD)
    assert (await single(args, late))[0]["score"] == 1.0
    assert samples[0].reward["score"] == samples[0].reward["eval"] == 0.5  # the mean has moved on


async def test_slime_0_3_1_rollouts_that_fan_out_get_numbers_in_their_own_shape():
    first, second = rollouts(GOOD, BAD), rollouts(BAD)
    assert await slime.reward(arguments(), first) == [1.0, 0.0]  # the pieces of one rollout
    assert await slime.reward(arguments(), [first, second]) == [[1.0, 0.0], [0.0]]


async def test_slime_0_3_1_evaluation_waits_for_no_group_and_hides_no_failure():
    args = arguments(skillrm={"skill": "instruction-following", "group_size": "auto", "group_wait": 1000.0})
    sample = Sample(group_index=None, index=0, response=GOOD)
    assert await slime.reward(args, sample) == await slime.evaluation(args, sample) == 1.0
    sample.metadata = NO_SAMPLE
    assert math.isnan(await slime.evaluation(args, sample))


async def test_slime_0_3_1_evaluation_of_a_run_on_ranks_tells_scores():
    args = arguments(skillrm={"skill": "instruction-following", "form": "ranks"}, group_rm=True)
    assert await slime.evaluation(args, Sample(group_index=None, response=BAD)) == 0.0
    assert math.isnan(await slime.evaluation(args, Sample(group_index=None, response=GOOD, metadata=NO_SAMPLE)))


def test_slime_0_3_1_ranks_without_groups_would_mask_every_sample_and_are_refused():
    ranks = {"skill": "instruction-following", "form": "ranks"}
    with pytest.raises(ConfigError, match=r"form: .* there are no ranks or win rates \(--group-rm"):
        slime.opened(arguments(skillrm=ranks, group_rm=False))
    assert slime.opened(arguments(skillrm=ranks | {"group_size": "auto"}, group_rm=False)).group_size == 4


def test_slime_0_3_1_settings_are_checked_as_they_are_first_needed():
    with pytest.raises(ConfigError, match="skillrm: must be a mapping"):
        slime.opened(arguments(skillrm="general"))
    with pytest.raises(ConfigError, match="skil: is no setting"):
        slime.opened(arguments(skillrm={"skil": "general"}))


def test_slime_0_3_1_settings_of_the_page_can_be_used(capsys):
    source = slime.opened(arguments(**yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0])))
    assert (source.form, source.model.backend.model, str(source.on_failure)) == ("ranks", "qwen3.5-27b", "none")


async def test_slime_0_3_1_asks_a_service_which_gathers_its_groups(monkeypatch):
    monkeypatch.setenv("SKILLRM_GROUP_SIZE", "auto")  # is the service's to say
    async with running(RewardModel("instruction-following"), group_size=4) as service:
        args = arguments(skillrm={"url": service.url})
        assert await single(args, rollouts(GOOD, BAD, GOOD, "Main, Oder")) == [1.0, 0.0, 1.0, 0.0]
        await service.counted('skillrm_judgments_total{status="ok"} 1.0')
        assert await slime.reward(args, Sample(group_index=None, response=GOOD)) == 1.0
        await slime._rewarders[0].source.aclose()


async def test_slime_0_3_1_remote_rm_posts_prompt_response_and_label():
    async with running(RewardModel("instruction-following")) as service:
        for answer, reward in ((GOOD, 1.0), (BAD, 0.0), (f"<think>a, b</think>{GOOD}", 1.0)):
            sample = Sample(response=answer + END)
            body = {"prompt": sample.prompt, "response": sample.response, "label": sample.label}
            assert await service.post("/slime", body) == (200, reward)
        thinking = {"prompt": CHAT + "<think>\n", "response": f"a, b</think>\n\n{GOOD}{END}", "label": None}
        assert await service.post("/slime", thinking) == (200, 1.0)
