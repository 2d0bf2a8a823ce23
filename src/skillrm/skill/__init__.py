"""Skills: folders of plain files that say which evidence decides what (DESIGN sections 3 and 4)."""

from __future__ import annotations

from skillrm.skill.loading import bundled, check_skill, load_skill
from skillrm.skill.skill import Bank, OpenCriteria, Rule, Situation, Skill, SkillLimits, When

__all__ = [
    "Bank",
    "OpenCriteria",
    "Rule",
    "Situation",
    "Skill",
    "SkillLimits",
    "When",
    "bundled",
    "check_skill",
    "load_skill",
]
