"""The planning turn: criteria proposed for a prompt before any candidate is shown."""

from __future__ import annotations

from skillrm import fencing, prompts, tools
from skillrm.backends import ChatRequest
from skillrm.limits import CHARS_PER_TOKEN
from skillrm.setting import Setting
from skillrm.skill import OpenCriteria
from skillrm.types import Criterion


async def propose(setting: Setting, sample_prompt: str, wanted: OpenCriteria) -> tuple[Criterion, ...]:
    """The planning turn: criteria for this prompt, proposed before any candidate is shown. Raises backend errors."""
    mark = fencing.marker(sample_prompt)
    prompt, _ = fencing.shorten(sample_prompt, setting.limits.prompt_tokens * CHARS_PER_TOKEN)
    native = setting.mode[0] != "json"
    system = setting.system(tools.PLANNING, setting.mode[0])
    asked = [
        prompts.task(prompt, "o1", mark),
        prompts.criteria_list(setting.plan.criteria, mark),
        prompts.planning(wanted.max),
    ]
    request = ChatRequest(
        messages=({"role": "system", "content": system}, {"role": "user", "content": "\n\n".join(asked)}),
        tools=tools.schemas(tools.PLANNING) if native else None,
        temperature=setting.temperature,
        max_tokens=setting.limits.reply_tokens,
        extra=setting.extra,
    )
    setting.spending.claim()
    reply = await setting.backend.chat(request, deadline=setting.spending.deadline)
    setting.spending.pay(reply.usage)
    texts: dict[str, None] = {}
    for call in tools.calls_in(reply, tools.PLANNING):
        if isinstance(call.arguments, tools.ProposeCriteria):
            texts.update((item.text.strip()[:500], None) for item in call.arguments.criteria if item.text.strip())
    return tuple(
        Criterion(id=f"open-{number}", text=text, weight=wanted.weight, scale=wanted.scale, origin="judge")
        for number, text in enumerate(list(texts)[: wanted.max], start=1)
    )
