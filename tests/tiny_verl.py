"""What verl needs to run on a CPU without a policy: a byte-level tokenizer, its own configuration, batches, and an LLM
client that says its lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

_SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
_TEMPLATE = (
    "{% for turn in messages %}<|{{ turn['role'] }}|>{{ turn['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
KWARGS = "+reward.custom_reward_function.reward_kwargs"
OURS = "reward.custom_reward_function.path=pkg://skillrm.integrations.verl"
TOLD_PROMPTS = (
    "reward.reward_manager.source=importlib",
    "reward.reward_manager.module.path=pkg://skillrm.integrations.verl_rollouts",
    "reward.reward_manager.name=RolloutRewardManager",
)
ROLLOUTS = (
    "actor_rollout_ref.rollout.name=vllm",
    "actor_rollout_ref.rollout.prompt_length=512",
    "actor_rollout_ref.rollout.response_length=256",
    "actor_rollout_ref.rollout.agent.num_workers=1",
    "transfer_queue.backend.SimpleStorage.num_data_storage_units=1",
)


def write_policy(folder: Path) -> Path:
    """A model folder with everything but weights."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {token: at for at, token in enumerate([*_SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(_SPECIAL)
    tokenizer.save(str(folder / "tokenizer.json"))
    told = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>", "pad_token": "<|end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**told, "chat_template": _TEMPLATE}))
    sizes = dict.fromkeys(("num_hidden_layers", "num_attention_heads", "num_key_value_heads"), 1)
    shape = {"hidden_size": 8, "intermediate_size": 8, "vocab_size": len(vocabulary), **sizes}
    (folder / "config.json").write_text(
        json.dumps({"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], **shape})
    )
    return folder


def settings(**given: Any) -> list[str]:
    """The overrides that hand these to our function."""
    return [f"{KWARGS}.{key}={value}" for key, value in given.items()]


def composed(policy: Path, *overrides: str) -> Any:
    """verl's own configuration with our function, as its command line composes it."""
    from hydra import compose, initialize_config_module

    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose("ppo_trainer", overrides=[f"actor_rollout_ref.model.path={policy}", OURS, *overrides])


def worker(policy: Path, *overrides: str) -> Any:
    """verl's reward worker, in this process."""
    from verl.experimental.reward_loop import RewardLoopWorker

    return RewardLoopWorker(composed(policy, *overrides))


def column(values: Sequence[Any]) -> np.ndarray:
    """One value a row, whatever it is."""
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


def batch_of(tokenizer: Any, rows: Sequence[tuple[str, str, dict[str, Any]]]) -> Any:
    """(prompt, answer, extra_info) of each rollout as verl's agent loop hands them over: prompts padded on the left,
    responses on the right."""
    import torch
    from tensordict import TensorDict
    from verl import DataProto

    asked, said = ([tokenizer.encode(row[at]) for row in rows] for at in (0, 1))
    left, right = max(map(len, asked)), max(map(len, said))
    prompts, responses = torch.zeros(len(rows), left).long(), torch.zeros(len(rows), right).long()
    mask = torch.zeros(len(rows), left + right).long()
    for at, (question, answer) in enumerate(zip(asked, said, strict=True)):
        prompts[at, left - len(question) :] = torch.tensor(question)
        responses[at, : len(answer)] = torch.tensor(answer)
        mask[at, left - len(question) : left + len(answer)] = 1
    tensors = {"prompts": prompts, "responses": responses, "attention_mask": mask}
    told = {
        "data_source": column(["rivers"] * len(rows)),
        "reward_model": column([{"style": "rule", "ground_truth": ""} for _ in rows]),
        "extra_info": column([dict(row[2]) for row in rows]),
    }
    return DataProto(batch=TensorDict(tensors, batch_size=len(rows)), non_tensor_batch=told)


class Speaker:
    """verl's LLM client, without an LLM: the rollouts of each prompt say the lines in turn."""

    def __init__(self, policy: Path, lines: Sequence[str]) -> None:
        self._policy, self._lines = str(policy), tuple(lines)
        self._spoken: Counter[tuple[int, ...]] = Counter()

    async def generate(self, request_id: str, *, prompt_ids: list[int], **_: Any) -> Any:
        from transformers import AutoTokenizer
        from verl.workers.rollout.replica import TokenOutput

        tokenizer = AutoTokenizer.from_pretrained(self._policy)
        line = self._lines[self._spoken[tuple(prompt_ids)] % len(self._lines)]
        self._spoken[tuple(prompt_ids)] += 1
        steps = {"min_global_steps": 0, "max_global_steps": 0}
        return TokenOutput(token_ids=[*tokenizer.encode(line), tokenizer.eos_token_id], extra_fields=steps)
