"""verl 0.9.1's own reward loading, managers, reward loop and rollout call `compute_score`: on CPU, over real Ray."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import tiny_verl
from judge_server import Says, refusal
from judging import entry, open_cells, record, shown, submit, write_skill
from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel
from skillrm.errors import ConfigError, NoReward
from skillrm.integrations import verl as adapter
from tiny_verl import ROLLOUTS, Speaker, batch_of, column, composed, write_policy

# what verl, torch and Ray warn of is their own
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
PAGE = (Path(__file__).parents[2] / "docs/trainers/verl.md").read_text()
KWARGS = "+reward.custom_reward_function.reward_kwargs"
OURS = ("reward.custom_reward_function.path=pkg://skillrm.integrations.verl",)
TOLD_PROMPTS = (
    "reward.reward_manager.source=importlib",
    "reward.reward_manager.module.path=pkg://skillrm.integrations.verl_rollouts",
    "reward.reward_manager.name=RolloutRewardManager",
)
ROW = {"prompt": [{"role": "user", "content": PROMPT}], "index": 0}
KEYS = ["score", "valid", "low", "high", "coverage", "verified", "judged", "criterion/helpful", "criterion/correct"]


@pytest.fixture(scope="module")
def policy(tmp_path_factory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"))


@pytest.fixture(autouse=True)
def _nothing_open(monkeypatch):
    monkeypatch.setattr(adapter, "_opened", {})


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    import ray

    cache = {"env_vars": {"SKILLRM_CACHE": str(tmp_path_factory.mktemp("cache"))}}
    ray.init(
        num_cpus=16, object_store_memory=100 << 20, include_dashboard=False, log_to_driver=False, runtime_env=cache
    )
    ray.cloudpickle.register_pickle_by_value(tiny_verl)
    yield ray
    ray.shutdown()


def settings(**given: Any) -> list[str]:
    return [f"{KWARGS}.{key}={value}" for key, value in given.items()]


def worker(policy: Path, *overrides: str) -> Any:
    """verl's reward worker, in this process."""
    from verl.experimental.reward_loop import RewardLoopWorker

    return RewardLoopWorker(composed(policy, *OURS, *overrides))


def decided(words: Mapping[str, str]):
    """A judge that decides `correct` for each answer as `words` say, and finds all of them helpful."""

    def reply(request, _):
        seen, text = shown(request["messages"]), request["messages"][1]["content"]
        word = {
            one: next((w for said, w in words.items() if said in _shown_as(text, one)), "satisfied") for one in seen
        }
        entries = [
            entry(name, {one: "5" if name == "helpful" else word[one] for one in of}, list(seen.values()))
            for name, of in open_cells(request["messages"]).items()
        ]
        return Says(calls=[record(*entries), submit()])

    return reply


def _shown_as(text: str, letter: str) -> str:
    return re.search(rf"candidate {letter} · .*?⟫\n(.*?)\n⟪", text, re.DOTALL)[1]


def test_the_overrides_of_the_page_are_verls_own(policy):
    from verl.trainer.ppo.reward import get_custom_reward_fn

    whole, *others = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert len(others) == 3
    for block in (whole, *others):
        lines = whole.rpartition("\\\n")[0] + block if block != whole else whole  # in place of its last setting
        given = [word for word in lines.replace("\\\n", " ").split() if "=" in word]
        config = composed(policy, *given)
        function = get_custom_reward_fn(config)
        assert function.args[0] is adapter.compute_score
        assert {f"{KWARGS}.{key}={value}" for key, value in function.args[1].items()} <= set(given)
        assert config.reward.reward_manager.name == "RolloutRewardManager"


@pytest.mark.parametrize("manager", ["naive", "dapo", "gdpo"])
async def test_verls_managers_give_each_row_its_reward_and_the_same_keys(policy, manager):
    here = worker(policy, f"reward.reward_manager.name={manager}", *settings(skill="instruction-following"))
    rows = [(PROMPT, GOOD, ROW), (PROMPT, BAD, ROW), ("p", "Elbe", {**ROW, "tools": None})]
    given = await here.compute_score_batch(batch_of(here.input_tokenizer, rows))
    assert [one["reward_score"] for one in given] == [1.0, 0.0, 1.0]
    assert {tuple(one["reward_extra_info"]) for one in given} == {(*KEYS[:7], "criterion/follows-instructions")}


async def test_one_failing_row_is_lost_alone_or_has_the_number_that_was_chosen(policy, judge_server, tmp_path):
    def reply(request, turn):
        refused = "No such" in request["messages"][1]["content"]
        return refusal(400, "no such model") if refused else decided({"Go": "violated"})(request, turn)

    server = await judge_server(reply)
    write_skill(tmp_path)
    judge = settings(skill=tmp_path / "small", model="judge", base_url=server.base_url)
    rows = [("Say hi.", answer, {"prompt": "Say hi."}) for answer in ("Hi", "No such", "Go")]
    here = worker(policy, *judge, *settings(on_failure="constant:-1"))
    batch = batch_of(here.input_tokenizer, rows)
    given = await here.compute_score_batch(batch)
    assert [one["reward_score"] for one in given] == [1.0, -1.0, 0.5]
    assert [one["reward_extra_info"]["valid"] for one in given] == [1.0, 0.0, 1.0]
    assert [list(one["reward_extra_info"]) for one in given] == [KEYS] * 3
    here = worker(policy, *judge)
    ended = await asyncio.gather(*(here.compute_score(batch[n : n + 1]) for n in range(3)), return_exceptions=True)
    assert isinstance(ended[1], NoReward)
    assert [one["reward_score"] for one in (ended[0], ended[2])] == [1.0, 0.5]
    with pytest.raises(NoReward):  # as the legacy trainer asks, one error is everybody's
        await here.compute_score_batch(batch)


async def test_the_mean_of_the_group_is_no_advantage_in_verls_grpo_where_nan_would_spoil_it(
    policy, judge_server, tmp_path
):
    import numpy as np
    import torch
    from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage

    server = await judge_server(decided({"Go": "violated", "Eh": "unknown"}))
    write_skill(tmp_path)
    judge = settings(skill=tmp_path / "small", model="judge", base_url=server.base_url)
    here = worker(policy, *judge, *settings(group_size=4, group_wait=60, on_failure="group_mean"))
    rows = [("Say hi.", answer, {"prompt": "Say hi."}) for answer in ("Hi", "Eh", "Go", "Hi")]
    given = await here.compute_score_batch(batch_of(here.input_tokenizer, rows))
    assert len(server.requests) == 1
    scores = torch.tensor([[one["reward_score"]] for one in given])

    def advantages(rewards):
        group = np.array(["g"] * len(rewards))
        return compute_grpo_outcome_advantage(rewards.clone(), torch.ones(len(rewards), 1), group)[0][:, 0]

    found = advantages(scores)
    assert found[1].abs() < 1e-6
    assert found[0] > 0 > found[2]
    scores[1] = float("nan")
    assert advantages(scores).isnan().all()
    assert advantages(scores[:1]).item() == pytest.approx(1.0)  # one left over: its score is taken for the advantage


async def test_copies_that_fill_up_a_batch_share_the_judgment_of_their_original(policy, judge_server, tmp_path):
    from verl.protocol import pad_dataproto_to_divisor

    server = await judge_server(decided({}))
    write_skill(tmp_path)
    judge = settings(skill=tmp_path / "small", model="judge", base_url=server.base_url)
    for gathered in ({}, {"group_size": 3, "group_wait": 60}):
        here = worker(policy, *judge, *settings(**gathered))
        rows = [("Say hi.", f"{answer} {len(gathered)}", {"prompt": "Say hi."}) for answer in ("Hi", "Eh", "Go")]
        padded, copies = pad_dataproto_to_divisor(batch_of(here.input_tokenizer, rows), 5)
        before = len(server.requests)
        given = await here.compute_score_batch(padded)
        assert (len(given), copies, len(server.requests) - before) == (5, 2, 1 if gathered else 3)
        assert given[3:] == given[:2]


def test_what_is_not_known_is_left_out_of_verls_validation_means(policy):
    from verl.trainer.ppo.metric_utils import process_validation_metrics

    means = process_validation_metrics(
        ["d"] * 3, ["a", "b", "c"], {"criterion/x": [1.0, None, 0.0], "valid": [1.0] * 3}
    )
    assert means["d"]["criterion/x"] == {"mean@1": 0.5}


async def test_rate_limited_makes_zero_of_an_error_and_is_warned_of(policy, capsys, monkeypatch):
    from verl.experimental.reward_loop.reward_manager.limited import RateLimitedRewardManager

    monkeypatch.setattr(RateLimitedRewardManager, "_class_initialized", False)
    limited = ("reward.reward_manager.name=rate_limited", *settings(skill="instruction-following"))
    here = worker(policy, *limited)
    given = await here.compute_score(batch_of(here.input_tokenizer, [("p", "Hi", {"prompt": "Nothing to verify."})]))
    assert given["reward_score"] == 0.0
    assert "rate_limited makes 0.0 of whatever is raised" in capsys.readouterr().out


def test_settings_that_cannot_be_used_end_the_run_at_its_start(policy):
    for wrong, words in (
        ([*settings(skill="no-such-skill")], "no-such-skill"),
        ([*settings(skill="instruction-following", group_size=4)], r"reward\.num_workers=1"),
    ):
        with pytest.raises(Exception, match=words) as raised:
            worker(policy, *TOLD_PROMPTS, *wrong)
        assert type(raised.value).__module__ == "skillrm.errors"


async def test_two_reward_workers_over_ray_share_the_groups_of_a_service(policy, cluster):
    from verl.experimental.reward_loop import RewardLoopManager

    model = RewardModel("instruction-following")
    async with running(model, group_size=2, group_wait=60.0) as here:
        chosen = settings(url=here.url, on_failure="constant:-1")
        loop = await asyncio.to_thread(RewardLoopManager, composed(policy, *OURS, "reward.num_workers=2", *chosen))
        try:
            tokenizer = _tokenizer(policy)
            said = {"a": (PROMPT, GOOD, GOOD), "b": (PROMPT, GOOD, BAD), "c": ("Tell a joke.", "Ha.", "Ho.")}
            rows = [(prompt, n, {"prompt": prompt, "uid": uid}) for uid, (prompt, *both) in said.items() for n in both]
            rows.append(rows[0])  # and verl makes eight of them
            given = await asyncio.to_thread(loop.compute_rm_score, batch_of(tokenizer, rows))
            with pytest.raises(ConfigError, match="several reward workers"):
                adapter.opened({"skill": "instruction-following", "group_size": 2})
        finally:
            for actor in loop.reward_loop_workers:
                cluster.kill(actor)
    assert given.batch["rm_scores"].sum(dim=1).tolist() == [1.0, 1.0, 1.0, 0.0, -1.0, -1.0, 1.0]
    assert given.meta_info["reward_extra_keys"] == [*KEYS[:7], "criterion/follows-instructions"]
    assert given.non_tensor_batch["valid"].tolist() == [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0]
    assert given.non_tensor_batch["verified"].tolist() == [1.0, 1.0, 1.0, 0.0, None, None, 1.0]


async def test_verls_process_pool_takes_the_function_that_is_not_awaited(policy, cluster):
    named = ("reward.reward_manager.name=remote", "reward.custom_reward_function.name=compute_score_sync")
    here = worker(policy, *named, "reward.num_workers=1", *settings(skill="instruction-following"))
    given = await here.compute_score(batch_of(here.input_tokenizer, [(PROMPT, BAD, ROW)]))
    assert (given["reward_score"], given["reward_extra_info"]["valid"]) == (0.0, 1.0)


async def test_in_verls_rollout_a_failing_one_is_lost_alone(policy, cluster, judge_server, tmp_path):
    server = await judge_server(decided({"Go": "violated", "Eh": "unknown"}))
    write_skill(tmp_path)
    judge = settings(skill=tmp_path / "small", model="judge", base_url=server.base_url, group_size=4, group_wait=60)
    overrides = (*ROLLOUTS, *TOLD_PROMPTS, "reward.num_workers=1", "actor_rollout_ref.rollout.n=4", *judge)
    config = composed(policy, *OURS, *overrides)
    found = await asyncio.to_thread(
        _rolled_out, config, Speaker(policy, ["Hi", "Eh", "Go", "Ho"]), ["Say hi.", "Hello?"]
    )
    assert len(server.requests) == 2
    assert sorted(found["scores"]) == [0.5, 0.5, 1.0, 1.0, 1.0, 1.0]
    assert found["failed"] == 2
    assert found["keys"] == {tuple(KEYS)}


def _rolled_out(config: Any, speaker: Speaker, prompts: list[str]) -> dict[str, Any]:
    """verl's V1 rollout of these prompts up to the batch that its synchronous trainer would train on."""
    import ray
    import torch
    import transfer_queue as tq
    from verl.experimental.reward_loop import RewardLoopManager
    from verl.trainer.ppo.v1 import AgentLoopManagerTQ
    from verl.trainer.ppo.v1.replay_buffer import ReplayBuffer
    from verl.utils import tensordict_utils
    from verl.utils.dataset.rl_dataset import collate_fn

    tq.init(config.transfer_queue)
    loop = RewardLoopManager(config)
    agents = AgentLoopManagerTQ.create(
        config=config, llm_client=speaker, reward_loop_worker_handles=loop.reward_loop_worker_handles
    )
    try:
        row = {"data_source": "d", "reward_model": {"ground_truth": ""}, "index": 0, "tools_kwargs": {}}
        rows = [
            {
                **{
                    **row,
                    "extra_info": {},
                    "interaction_kwargs": {},
                    "dummy_tensor": torch.zeros(1, dtype=torch.uint8),
                },
                "raw_prompt": [{"role": "user", "content": prompt}],
            }
            for prompt in prompts
        ]
        uids = [str(uuid.uuid4()) for _ in rows]
        batch = tensordict_utils.get_tensordict({**collate_fn(rows), "uid": column(uids)})
        tensordict_utils.assign_non_tensor_data(batch, "global_steps", 0)
        tags = [{"is_prompt": True, "status": "pending", "global_steps": 0} for _ in rows]
        tq.kv_batch_put(keys=uids, partition_id="train", tags=tags)
        agents.generate_sequences(batch)
        buffer = ReplayBuffer("sync", config.trainer.v1.sync, 8, "drop", {}, poll_interval=0.1)
        taken, _ = buffer.sample(0, "train", len(rows))
        fields = ["rm_scores", "extra_fields"]
        data = tq.kv_batch_get(keys=taken.keys, partition_id="train", select_fields=fields)
        told = [getattr(field, "data", field)["reward_extra_info"] for field in data["extra_fields"]]
        scores = [float(score.sum()) for score in data["rm_scores"].unbind()]
        return {"scores": scores, "failed": len(buffer.failure_keys["train"]), "keys": {tuple(one) for one in told}}
    finally:
        for actor in (*agents.agent_loop_workers, *loop.reward_loop_workers):
            ray.kill(actor)
        tq.close()


def _tokenizer(policy: Path) -> Any:
    from verl.utils import hf_tokenizer

    return hf_tokenizer(str(policy))
