"""verl 0.9.1's reward loop and rollout over real Ray, on CPU."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

import tiny_verl
from judging import decided, write_skill
from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel
from skillrm.errors import ConfigError
from skillrm.integrations import verl as adapter
from tiny_verl import ROLLOUTS, TOLD_PROMPTS, Speaker, batch_of, column, composed, settings, worker, write_policy

# what verl, torch and Ray warn of is their own
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
KEYS = ["score", "valid", "low", "high", "coverage", "verified", "judged", "criterion/helpful", "criterion/correct"]


@pytest.fixture(scope="module")
def policy(tmp_path_factory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"))


@pytest.fixture(autouse=True)
def _nothing_open(monkeypatch):
    monkeypatch.setattr(adapter, "_kept", {})


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


async def test_verl_0_9_1_with_two_reward_workers_shares_the_groups_of_a_service(policy, cluster):
    from verl.experimental.reward_loop import RewardLoopManager

    model = RewardModel("instruction-following")
    async with running(model, group_size=2, group_wait=60.0) as here:
        chosen = settings(url=here.url, on_failure="constant:-1")
        loop = await asyncio.to_thread(RewardLoopManager, composed(policy, "reward.num_workers=2", *chosen))
        try:
            tokenizer = _tokenizer(policy)
            said = {"a": (PROMPT, GOOD, GOOD), "b": (PROMPT, GOOD, BAD), "c": ("Tell a joke.", "Ha.", "Ho.")}
            rows = [(prompt, n, {"prompt": prompt, "uid": uid}) for uid, (prompt, *both) in said.items() for n in both]
            rows.append(rows[0])  # and verl makes eight of them
            given = await asyncio.to_thread(loop.compute_rm_score, batch_of(tokenizer, rows))
            with pytest.raises(ConfigError, match="several reward workers"):
                adapter.rewards_of({"skill": "instruction-following", "group_size": 2})
        finally:
            for actor in loop.reward_loop_workers:
                cluster.kill(actor)
    assert given.batch["rm_scores"].sum(dim=1).tolist() == [1.0, 1.0, 1.0, 0.0, -1.0, -1.0, 1.0]
    assert given.meta_info["reward_extra_keys"] == [*KEYS[:7], "criterion/follows-instructions"]
    assert given.non_tensor_batch["valid"].tolist() == [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0]
    assert given.non_tensor_batch["verified"].tolist() == [1.0, 1.0, 1.0, 0.0, None, None, 1.0]


async def test_verl_0_9_1_process_pool_takes_the_function_that_is_not_awaited(policy, cluster):
    named = ("reward.reward_manager.name=remote", "reward.custom_reward_function.name=compute_score_sync")
    here = worker(policy, *named, "reward.num_workers=1", *settings(skill="instruction-following"))
    given = await here.compute_score(batch_of(here.input_tokenizer, [(PROMPT, BAD, {"prompt": PROMPT})]))
    assert (given["reward_score"], given["reward_extra_info"]["valid"]) == (0.0, 1.0)


async def test_verl_0_9_1_rollout_loses_a_failing_one_alone_and_needs_no_prompt_in_the_data(
    policy, cluster, judge_server, tmp_path
):
    server = await judge_server(decided({"Go": "violated", "Eh": "unknown"}))
    write_skill(tmp_path)
    judge = settings(skill=tmp_path / "small", model="judge", base_url=server.base_url, group_size=4, group_wait=60)
    overrides = (*ROLLOUTS, *TOLD_PROMPTS, "reward.num_workers=1", "actor_rollout_ref.rollout.n=4", *judge)
    config = composed(policy, *overrides)
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
