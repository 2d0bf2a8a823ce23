"""What a judgment sends: tokens, and the share of them that a server's prefix cache has already seen.

Run: python bench/prompt_economy.py
Rollout groups of eight answers to a prompt, each judged on its own (as a trainer calls) or in one table. A token is
four characters. `reused` is the share of prompt tokens in the longest prefix that an earlier request has sent.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from model_server import CHECK, decisions

from skillrm import RewardModel, Sample
from skillrm.backends import ChatReply, ChatRequest, ScriptedBackend, ToolCall

PROMPTS, GROUP = 10, 8
TASK = "Explain to a sailor why there are two tides a day, and say when the higher one comes. " * 6
ANSWER = "The moon pulls the water on the near side more than the earth itself, and the far side less. " * 12


class Watched:
    """Plays a judge that looks once and then decides, and keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.tokens = self.reused = self.calls = 0

    def __call__(self, request: ChatRequest) -> ChatReply:
        text = "".join(json.dumps(message, ensure_ascii=False) for message in request.messages)
        known = max((shared(text, other) for other in self.sent[-64:]), default=0)
        self.sent.append(text)
        self.calls += 1
        self.tokens += len(text) // 4
        self.reused += known // 4
        if "propose_criteria" in (request.tools or ""):
            proposed = [{"text": "It says when.", "reason": "asked for"}]
            given: list[tuple[str, Any]] = [("propose_criteria", {"criteria": proposed})]
        elif any(message["role"] == "tool" for message in request.messages):
            given = decisions(request.messages[1]["content"])
        else:
            given = [("run_python", {"code": CHECK})]
        calls = (ToolCall(f"call-{n}", name, json.dumps(arguments)) for n, (name, arguments) in enumerate(given))
        return ChatReply(tool_calls=tuple(calls))


def shared(one: str, other: str) -> int:
    """Length of the common prefix."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


async def measure(name: str, *, together: bool) -> None:
    watched = Watched()
    model = RewardModel("general", backend=ScriptedBackend(watched), cache=None)
    for number in range(PROMPTS):
        prompt = f"{TASK} Ship {number}."
        answers = [f"{one} says on ship {number}: {ANSWER}" for one in range(GROUP)]
        alone = [{"prompt": prompt, "response": answer} for answer in answers]
        for row in [{"prompt": prompt, "responses": answers}] if together else alone:
            await model.judge(Sample.parse(row))
    judgments = PROMPTS * GROUP
    figures = f"answers={judgments} calls_per_answer={watched.calls / judgments:.2f}"
    figures += f" tokens_per_answer={watched.tokens / judgments:.0f} reused={watched.reused / watched.tokens:.3f}"
    new = (watched.tokens - watched.reused) / judgments
    print(f"prompt_economy way={name} {figures} new_tokens_per_answer={new:.0f}")


async def main() -> None:
    await measure("one_by_one", together=False)
    await measure("group", together=True)


if __name__ == "__main__":
    asyncio.run(main())
