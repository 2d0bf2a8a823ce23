"""Model calls that verifiers and bounds save, with a judge that decides whatever it is asked.

Run: python bench/calls_saved.py    (needs the real data beside the checkout; about half a minute)
`direct` asks the judge about everything and runs no verifier. `complete` fills every cell: verifiers, then the judge
for all that is left (`early_stop=False`). `early_stop` is the default: the judge is asked only while the answer can
change. All see the same samples and a judge that plays well in-process, so calls are counted, not timed.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from model_server import decisions

from skillrm import RewardModel, Sample
from skillrm.backends import ChatReply, ChatRequest, ChatUsage, ScriptedBackend, ToolCall
from skillrm.engine import Tally
from skillrm.types import Goal

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
LIMIT = 120


def judge(request: ChatRequest) -> ChatReply:
    if "propose_criteria" in (request.tools or ""):
        calls: list[tuple[str, Any]] = [("propose_criteria", {"criteria": []})]
    else:
        calls = decisions(request.messages[1]["content"])
    size = sum(len(str(message["content"])) for message in request.messages) // 4
    tools = tuple(ToolCall(f"call-{n}", name, json.dumps(given)) for n, (name, given) in enumerate(calls))
    return ChatReply(tool_calls=tools, usage=ChatUsage(prompt_tokens=size, completion_tokens=200))


def lines(name: str) -> Iterator[dict[str, Any]]:
    path = DATA / name
    with gzip.open(path, "rt") if name.endswith(".gz") else path.open() as file:
        yield from map(json.loads, file)


def ifeval(brought: bool, candidates: int, *, checked: bool = False) -> Iterator[Sample]:
    """Several models' answers to one prompt, the constraints mounted or only read out of it.

    `checked`: with two items that only a judge can decide beside the constraints.
    """
    names = sorted(path.stem for path in (DATA / "ifeval" / "responses").glob("*.jsonl"))[:candidates]
    answers = [{row["prompt"]: row["response"] for row in lines(f"ifeval/responses/{name}.jsonl")} for name in names]
    for row in list(lines("ifeval/prompts.jsonl"))[:LIMIT]:
        given = {key: row[key] for key in ("instruction_id_list", "kwargs")} if brought else {}
        given["responses" if candidates > 1 else "response"] = (
            [one.get(row["prompt"]) for one in answers] if candidates > 1 else answers[0].get(row["prompt"])
        )
        if checked:
            given["checklist"] = ["It does what the prompt asks for.", "It is free of factual errors."]
        yield Sample.parse({"prompt": row["prompt"], **given})


def humaneval(candidates: int) -> Iterator[Sample]:
    """Completions of one function, judged by its tests."""
    problems = {row["task_id"]: row for row in lines("humaneval/HumanEval.jsonl.gz")}
    for row in islice(lines("humaneval/codegen16b_20.jsonl"), LIMIT // 3):
        task, written = problems[row["task_id"]], [row["prompt"] + text for text in row["samples"]]
        tests = f"{task['test']}\n\ncheck({task['entry_point']})\n"
        yield Sample.parse({"prompt": task["prompt"], "responses": written[:candidates], "tests": tests})


async def count(name: str, skill: str, samples: Callable[[], Iterator[Sample]], goal: Goal) -> None:
    spent: dict[str, tuple[float, int, int]] = {}
    ways: dict[str, dict[str, Any]] = {
        "direct": {"judge": "direct"},
        "complete": {"early_stop": False},
        "early_stop": {},
    }
    tally = Tally()
    for way, given in ways.items():
        async with RewardModel(skill, backend=ScriptedBackend(judge), cache=None, **given) as model:
            tally = Tally()
            async for one in model.judge_all(samples(), goal, concurrency=8):
                tally.add(one.status, one.judgment)
            tokens = (tally.prompt_tokens + tally.completion_tokens) // tally.rows
            spent[way] = tally.calls / tally.rows, tokens, tally.by_judge
    figures = " ".join(
        f"calls_{way}={calls:.2f} tokens_{way}={tokens} cells_{way}={cells}"
        for way, (calls, tokens, cells) in spent.items()
    )
    saved = 1 - spent["early_stop"][0] / spent["direct"][0]
    print(f"calls_saved data={name} goal={goal} rows={tally.rows} {figures} saved={saved:.2f}", flush=True)


async def main() -> None:
    following = "instruction-following"
    await count("ifeval_mounted", following, lambda: ifeval(brought=True, candidates=1), "scores")
    await count("ifeval_prompt_only", following, lambda: ifeval(brought=False, candidates=1), "scores")
    await count("ifeval_best_of_8", following, lambda: ifeval(brought=False, candidates=8), "winner")
    await count("ifeval_checklist", following, lambda: ifeval(True, 1, checked=True), "scores")
    await count("ifeval_checklist_best_of_8", following, lambda: ifeval(True, 8, checked=True), "winner")
    await count("humaneval_5", "code-tests", lambda: humaneval(5), "scores")
    await count("humaneval_best_of_5", "code-tests", lambda: humaneval(5), "winner")


if __name__ == "__main__":
    asyncio.run(main())
