"""What the core costs: import time, and CPU per judgment without and with a (zero-latency, in-process) judge.

Run: python bench/core.py
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time

from skillrm import RewardModel, Sample
from skillrm.backends import ChatReply, ChatRequest, ScriptedBackend, ToolCall

ROUNDS = 400


def import_ms() -> float:
    """Median of fresh interpreters, less the time an empty one takes."""

    def once(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return (time.perf_counter() - started) * 1000

    return statistics.median(once("import skillrm") - once("pass") for _ in range(7))


def judge(request: ChatRequest) -> ChatReply:
    """Decides every open cell for A."""
    text = request.messages[1]["content"]
    asked = text.split("# Open cells\n\n")[1].split("\n")
    entries = [
        {
            "criterion": line[2:].split(": ")[0],
            "reason": "seen",
            "observations": ["o2", "o3"],
            "applies": True,
            "decisions": [{"candidate": "A", "decision": word}, {"candidate": "B", "decision": "unknown"}],
            "quotes": None,
        }
        for line in asked
        if line.startswith("- ")
        for word in ("5" if f"{line[2:].split(': ')[0]} (graded" in text else "satisfied",)
    ]
    return ChatReply(tool_calls=(ToolCall("call-1", "record_evidence", json.dumps({"entries": entries})),))


async def cpu_ms(model: RewardModel, sample: Sample) -> float:
    await model.judge(sample)
    started = time.process_time()
    for _ in range(ROUNDS):
        await model.judge(sample)
    return (time.process_time() - started) / ROUNDS * 1000


async def main() -> None:
    print(f"import ms={import_ms():.0f}")
    prompt = "Write a summary of at least 30 words. Do not use any commas. Highlight at least 2 sections. " * 3
    single = Sample.parse({"prompt": prompt, "response": "A *short* summary that *says* little " * 20})
    pair = Sample.parse({"prompt": "Explain tides. " * 20, "responses": ["The moon pulls. " * 60, "Because. " * 60]})
    print(f"verifiers cpu_ms={await cpu_ms(RewardModel('instruction-following'), single):.3f}")
    direct = RewardModel("general", backend=ScriptedBackend(judge), judge="direct")
    print(f"direct cpu_ms={await cpu_ms(direct, pair):.3f} calls=1")


if __name__ == "__main__":
    asyncio.run(main())
