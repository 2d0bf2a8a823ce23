"""The judge plugin that verifiers finds by its id, `skillrm-judge`: see `skillrm.integrations.verifiers`."""

from skillrm.integrations.verifiers import SkillJudge

__all__ = ["SkillJudge"]
