"""Rewards for training: rollout groups, forms, failure policies, and the barrier for trainers that call per sample."""

from skillrm.rewards.background import Background
from skillrm.rewards.barrier import Barrier, Group
from skillrm.rewards.failing import OnFailure
from skillrm.rewards.forms import Form
from skillrm.rewards.opening import RewardSource, open_rewards
from skillrm.rewards.remote import RemoteRewards
from skillrm.rewards.reward import Reward
from skillrm.rewards.rewards import Rewards

__all__ = [
    "Background",
    "Barrier",
    "Form",
    "Group",
    "OnFailure",
    "RemoteRewards",
    "Reward",
    "RewardSource",
    "Rewards",
    "open_rewards",
]
