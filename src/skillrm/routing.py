"""Which of several skills judges a sample. One skill is the common case and costs nothing."""

from __future__ import annotations

import re
from typing import Literal

from skillrm import prompts
from skillrm.backends import Backend, ChatRequest
from skillrm.errors import ConfigError, Fault
from skillrm.limits import CHARS_PER_TOKEN
from skillrm.setting import Spending
from skillrm.skill import Skill
from skillrm.types import Sample

Route = Literal["explicit", "tags", "model"]


class Router:
    """`explicit`: the first skill. `tags`: the first skill named by a tag of the sample. `model`: the model picks."""

    def __init__(self, skills: tuple[Skill, ...], route: Route) -> None:
        if len(skills) > 1 and route == "explicit":
            raise ConfigError(Fault("several skills need a route", field="route", mend="route='tags' or route='model'"))
        self.skills, self.route = skills, route

    async def choose(self, sample: Sample, backend: Backend | None, spending: Spending) -> Skill:
        """The skill for this sample; the first where nothing decides. Raises backend errors when the model picks."""
        if len(self.skills) == 1 or self.route == "explicit":
            return self.skills[0]
        if self.route == "tags" or backend is None:
            return next((skill for tag in sample.tags for skill in self.skills if skill.name == tag), self.skills[0])
        catalogue = [(skill.name, skill.description) for skill in self.skills]
        asked = prompts.routing(sample.prompt_text[: 2000 * CHARS_PER_TOKEN], catalogue)
        spending.claim()
        reply = await backend.chat(
            ChatRequest(messages=tuple(asked), temperature=0.0, max_tokens=256), deadline=spending.deadline
        )
        spending.pay(reply)
        named = re.findall(r"[a-z0-9-]+", (reply.text or "").lower())
        return next((skill for word in reversed(named) for skill in self.skills if skill.name == word), self.skills[0])
