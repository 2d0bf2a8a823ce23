"""How a judgment's cost grows: with candidates, criteria, the length of an answer, and the size of the bank.

Run: python bench/growth.py
CPU of this process per judgment, by a direct judge in-process that decides whatever it is asked (no HTTP), and prompt
tokens (four characters each) of its one call.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from model_server import decisions

from skillrm import RewardModel, Sample, Skill
from skillrm.backends import ChatReply, ChatRequest, ScriptedBackend, ToolCall
from skillrm.skill import load_skill

WORDS = "The moon pulls the water on the near side more than the earth itself, and the far side less. "
ROUNDS, BATCHES = 12, 5


def judge(request: ChatRequest) -> ChatReply:
    calls = decisions(request.messages[1]["content"])
    return ChatReply(
        tool_calls=tuple(ToolCall(f"c{n}", name, json.dumps(given)) for n, (name, given) in enumerate(calls))
    )


def skill_of(folder: str, criteria: int, resources: int) -> Skill:
    path = Path(folder) / f"grown-{criteria}-{resources}"
    path.mkdir(exist_ok=True)
    (path / "SKILL.md").write_text(f"---\nname: {path.name}\ndescription: Measured.\n---\nJudge what is asked.\n")
    asked = "".join(
        f"  - {{id: c{n}, text: The answer is good in respect {n}., scale: graded(5)}}\n" for n in range(criteria)
    )
    notes = "".join(
        f"  - {{id: note-{n}, kind: principle, description: Note {n}, text: Word {n}.}}\n" for n in range(resources)
    )
    (path / "resources.yaml").write_text(f"criteria:\n{asked}resources:\n{notes}")
    return load_skill(path)


async def measure(
    folder: str, what: str, *, candidates: int = 2, criteria: int = 6, size: int = 2000, bank: int = 1
) -> None:
    skill = skill_of(folder, criteria, bank)
    sent: list[int] = []

    def watched(request: ChatRequest) -> ChatReply:
        sent.append(sum(len(str(message["content"])) for message in request.messages) // 4)
        return judge(request)

    model = RewardModel(skill, backend=ScriptedBackend(watched), judge="direct", cache=None)
    answers = [f"{n}. {WORDS * (size // len(WORDS) + 1)}"[:size] for n in range(candidates)]
    sample = Sample.parse({"prompt": "Explain the tides. " * 20, "responses": answers})
    judgment = await model.judge(sample)
    best = float("inf")
    for _ in range(BATCHES):
        started = time.process_time()
        for _ in range(ROUNDS):
            await model.judge(sample)
        best = min(best, (time.process_time() - started) / ROUNDS * 1000)
    stored = len(judgment.model_dump_json())
    figures = f"candidates={candidates} criteria={criteria} answer_chars={size} bank={bank}"
    print(
        f"growth with={what} {figures} cpu_ms={best:.2f} cells={candidates * criteria}"
        f" us_per_cell={best * 1000 / candidates / criteria:.0f} prompt_tokens={sent[0]} calls={judgment.usage.calls}"
        f" judgment_kb={stored / 1000:.1f}",
        flush=True,
    )


async def main() -> None:
    with TemporaryDirectory() as folder:
        for candidates in (1, 2, 8, 16, 64):
            await measure(folder, "candidates", candidates=candidates)
        for criteria in (1, 6, 24, 96):
            await measure(folder, "criteria", criteria=criteria)
        for size in (200, 2_000, 20_000, 200_000):
            await measure(folder, "answer", size=size)
        for bank in (1, 100, 10_000):
            await measure(folder, "bank", bank=bank)


if __name__ == "__main__":
    asyncio.run(main())
