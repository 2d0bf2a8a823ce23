"""The planning turn: criteria proposed for a prompt before any candidate is shown."""

from __future__ import annotations

from skillrm import fencing, prompts, tools
from skillrm.errors import BackendRequestError
from skillrm.limits import CHARS_PER_TOKEN
from skillrm.setting import Setting
from skillrm.skill import OpenCriteria
from skillrm.types import Criterion


async def propose(setting: Setting, wanted: OpenCriteria) -> tuple[Criterion, ...]:
    """Criteria for this prompt. Raises backend errors, `LimitReached` and `DeadlineExceeded`."""
    task = setting.bank.sample.prompt_text
    mark = fencing.marker(task)
    shown, _ = fencing.shorten(task, setting.limits.prompt_tokens * CHARS_PER_TOKEN)
    asked = (
        prompts.task(shown, "o1", mark),
        prompts.criteria_list(setting.criteria_lines, mark),
        prompts.planning(wanted.max),
    )
    messages = [
        {"role": "system", "content": setting.system(tools.PLANNING)},
        {"role": "user", "content": "\n\n".join(asked)},
    ]
    try:
        reply = await setting.ask(messages, tools.PLANNING)
    except BackendRequestError:
        if not setting.settle_for_text():
            raise
        return await propose(setting, wanted)
    texts: dict[str, None] = {}
    for call in tools.calls_in(reply, tools.PLANNING):
        if isinstance(call.arguments, tools.ProposeCriteria):
            texts.update((item.text.strip()[:500], None) for item in call.arguments.criteria if item.text.strip())
    return tuple(
        Criterion(id=f"open-{number}", text=text, weight=wanted.weight, scale=wanted.scale, origin="judge")
        for number, text in enumerate(list(texts)[: wanted.max], start=1)
    )
