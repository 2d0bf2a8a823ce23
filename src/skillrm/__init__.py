"""skillrm: the Skill Reward Model, one interface for every kind of reward evidence."""

from skillrm.errors import SkillRMError
from skillrm.judgment import Judgment, Trace, Verdict
from skillrm.limits import Limits
from skillrm.reward_model import RewardModel, run
from skillrm.skill import Skill, load_skill
from skillrm.types import Candidate, Criterion, Evidence, Resource, Sample
from skillrm.verifiers import verifier

__all__ = [
    "Candidate",
    "Criterion",
    "Evidence",
    "Judgment",
    "Limits",
    "Resource",
    "RewardModel",
    "Sample",
    "Skill",
    "SkillRMError",
    "Trace",
    "Verdict",
    "load_skill",
    "run",
    "verifier",
]
