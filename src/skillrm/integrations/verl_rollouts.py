"""verl: a reward manager that tells `compute_score` prompt and rollout group, so that no data set need hold them.

reward.reward_manager.source=importlib
reward.reward_manager.name=RolloutRewardManager
reward.reward_manager.module.path=pkg://skillrm.integrations.verl_rollouts
"""

from __future__ import annotations

from typing import Any

import numpy as np
from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager

from skillrm.integrations.verl import compute_score as ours
from skillrm.integrations.verl import rewards_of


class RolloutRewardManager(NaiveRewardManager):  # type: ignore[misc]
    """verl's `naive`, with `extra_info["prompt"]` (as the policy was given it, where the data set has none) and
    `extra_info["uid"]`. Settings that cannot be used are raised at the start of the run (`ConfigError`).
    """

    def __init__(self, config: Any, tokenizer: Any, compute_score: Any, **verls_own: Any) -> None:
        super().__init__(config, tokenizer, compute_score, **verls_own)
        if getattr(compute_score, "args", ())[:1] == (ours,):
            settings = config.reward.custom_reward_function.get("reward_kwargs") or {}
            rewards_of(settings, reward_workers=config.reward.num_workers)

    async def run_single(self, data: Any) -> dict[str, Any]:
        """The reward of the last sequence, as verl's managers give it."""
        last = data[-1:]
        known = last.non_tensor_batch
        told = dict(known["extra_info"][0] or {}) if "extra_info" in known else {}
        if told.get("prompt") is None and "raw_prompt" in known:
            told["prompt"] = known["raw_prompt"][0]
        if "uid" in known:
            told["uid"] = known["uid"][0]
        known["extra_info"] = np.empty(1, dtype=object)
        known["extra_info"][0] = told
        return await super().run_single(last)  # type: ignore[no-any-return]
