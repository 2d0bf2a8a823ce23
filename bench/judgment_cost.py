"""CPU of one judgment, over real HTTP against a judge that answers at once; the judge's own CPU is not counted.

    python bench/judgment_cost.py

Prints one line a figure: `cpu_ms` is this process and the sandbox's children together (`host_ms`, `children_ms`).
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from model_server import ModelServer

from skillrm import RewardModel, Sample, load_skill

T = TypeVar("T")
ROUNDS, BATCHES = 40, 12
NEEDS_FULL = "import statistics\nresult = {n: statistics.mean(map(len, t.split())) for n, t in candidates.items()}"
_TICK = 1000 / os.sysconf("SC_CLK_TCK")

PARAGRAPHS = (
    "A tide is the slow rise and fall of the sea. The moon pulls on the water that faces it a little more than on the "
    "solid earth, and on the water at the far side a little less, so two bulges form. As the earth turns, each coast "
    "passes through both of them, which is why most shores see two high waters a day, about twelve hours and "
    "twenty-five minutes apart.",
    "The sun does the same at a bit less than half the strength. When sun, moon and earth stand in a line (new and "
    "full moon), both pulls add up and we get *spring tides*; at the quarters they work against each other, and the "
    "range is small. **Why is it not the same everywhere?** Water piles up in narrow bays, and basins have periods of "
    "their own: the Bay of Fundy reaches 16 m, the Mediterranean hardly 30 cm.",
    "So if you plan a walk on the mud flats: look up the table for your harbour, be back one hour before low water "
    "turns, and remember that wind can hold back or pile up another half metre. 1. Check the table. 2. Tell someone. "
    "3. Take a compass; fog comes fast.",
)
PROMPT = (
    "Our school paper runs a page for ten-year-olds. Explain to them why there are tides, why some places have much "
    "higher ones than others, and what one should keep in mind before walking out on the mud flats. Be correct, but do "
    "not use formulas. "
) * 2
CONSTRAINED = (
    "Write a short piece on tides for a school paper. Use at least 120 words. Do not use the word gravity. "
    "Highlight at least 2 sections in your answer with markdown, i.e. *highlighted section*."
)
PAIR = {"prompt": PROMPT, "responses": ["\n\n".join(PARAGRAPHS * 2)[:2000], "\n\n".join(PARAGRAPHS[::-1] * 2)[:2000]]}
STATED = {
    "prompt": CONSTRAINED,
    "response": "\n\n".join(PARAGRAPHS * 2)[:1500],
    "instruction_id_list": [
        "length_constraints:number_words",
        "keywords:forbidden_words",
        "detectable_format:number_highlighted_sections",
    ],
    "kwargs": [
        {"relation": "at least", "num_words": 120},
        {"forbidden_words": ["gravity"]},
        {"num_highlights": 2},
    ],
    "tags": ["stated"],
}


def import_ms() -> float:
    """CPU of `import skillrm` in a fresh interpreter, less that of an empty one; the least of several."""
    code = "import time; a = time.process_time(); import skillrm; print(time.process_time() - a)"
    runs = [subprocess.run([sys.executable, "-c", code], check=True, capture_output=True) for _ in range(7)]
    return min(float(run.stdout) * 1000 for run in runs)


def children_ms(parent: int, aside: frozenset[int]) -> float:
    """CPU that the descendants of a process have used, those that they buried included; those `aside` do not count."""
    parents: dict[int, list[tuple[int, float]]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
            tasks = [task.read_text() for task in entry.parent.glob("task/*/schedstat")]
        except OSError:
            continue  # it has ended meanwhile
        own = sum(int(task.split()[0]) / 1e6 for task in tasks)
        used = own + (int(fields[13]) + int(fields[14])) * _TICK
        parents.setdefault(int(fields[1]), []).append((int(entry.parent.name), used))
    buried = resource.getrusage(resource.RUSAGE_CHILDREN)
    waiting, total = [parent], (buried.ru_utime + buried.ru_stime) * 1000
    while waiting:
        for pid, used in parents.get(waiting.pop(), ()):
            if pid not in aside:
                waiting.append(pid)
                total += used
    return total


async def cost(
    model: RewardModel,
    row: Mapping[str, Any],
    server: ModelServer | None = None,
    rounds: int = ROUNDS,
    in_flight: int = 1,
) -> dict[str, float]:
    """Figures of one judgment in the least disturbed of many batches: neighbours on the cores only ever add."""
    aside = frozenset({server.pid}) if server else frozenset[int]()
    sample = Sample.parse(row)
    for _ in range(20):
        judgment = await model.judge(sample)
    assert judgment.status == "ok", (judgment.status, judgment.error)
    host, children = [], []

    async def judge_some() -> None:
        for _ in range(rounds // in_flight):
            await model.judge(sample)

    for _ in range(BATCHES):
        before = children_ms(os.getpid(), aside)
        started = time.process_time()
        await asyncio.gather(*(judge_some() for _ in range(in_flight)))
        host.append((time.process_time() - started) * 1000 / rounds)
        children.append((children_ms(os.getpid(), aside) - before) / rounds)
    figures = {"cpu_ms": min(host) + statistics.median(children)}
    if server:
        figures |= {"calls": judgment.usage.calls, "per_call_ms": figures["cpu_ms"] / judgment.usage.calls}
    return figures | {"host_ms": min(host), "children_ms": statistics.median(children)}


def line(name: str, figures: Mapping[str, object]) -> None:
    print(name, *(f"{k}={v:.3f}" if isinstance(v, float) else f"{k}={v}" for k, v in figures.items()), flush=True)


async def judged(name: str, mode: str, rounds: int = ROUNDS, **more: Any) -> None:
    """One line of a judge model's cost."""
    sandbox, in_flight = more.pop("sandbox", None), more.pop("in_flight", 1)
    with ModelServer(mode, **more) as server:
        kind = "direct" if mode == "direct" else "skill"
        async with RewardModel("general", model="judge", base_url=server.base_url, judge=kind, cache=None) as model:
            figures: dict[str, object] = dict(await cost(model, PAIR, server, rounds, in_flight))
    figures |= {"in_flight": in_flight, **({"sandbox": sandbox} if sandbox else {})}
    line(name, figures)


async def per_row() -> None:
    """What an engine with a store pays beside the judging: each judgment is written, each sample gets its digest."""
    with ModelServer("direct") as server:
        async with RewardModel("general", model="judge", base_url=server.base_url, judge="direct", cache=None) as model:
            judgment = await model.judge(PAIR)
    size = len(judgment.model_dump_json())
    line(
        "serialise", {"cpu_ms": least([judgment] * ROUNDS * BATCHES, lambda one: one.model_dump_json()), "bytes": size}
    )
    fresh = [Sample.parse(PAIR) for _ in range(ROUNDS * BATCHES)]
    line("digest", {"cpu_ms": least(fresh, lambda one: one.digest)})


def least(things: Sequence[T], work: Callable[[T], object]) -> float:
    """CPU ms of `work` on one of the things, in the least disturbed batch."""
    batches = []
    for start in range(0, len(things), ROUNDS):
        started = time.process_time()
        for thing in things[start : start + ROUNDS]:
            work(thing)
        batches.append((time.process_time() - started) * 1000 / ROUNDS)
    return min(batches)


async def banks() -> None:
    """A judgment with a bank of ten resources and with one of ten thousand: time and prompt stay what they are."""
    for count in (10, 10_000):
        with TemporaryDirectory() as folder, ModelServer("direct") as server:
            path = Path(folder) / "bank"
            path.mkdir()
            (path / "SKILL.md").write_text("---\nname: bank\ndescription: Many resources.\n---\nUse what you need.\n")
            entries = "".join(
                f"  - {{id: note-{n}, kind: principle, description: Note {n}, text: Word {n}.}}\n" for n in range(count)
            )
            criterion = "criteria:\n  - {id: good, text: The answer is good., scale: graded(5)}\n"
            (path / "resources.yaml").write_text(f"{criterion}resources:\n{entries}")
            started = time.process_time()
            skill = load_skill(path)
            load = (time.process_time() - started) * 1000
            async with RewardModel(skill, model="judge", base_url=server.base_url, cache=None) as model:
                figures = await cost(model, PAIR, server, rounds=10)
                tokens = (await model.judge(PAIR)).usage.prompt_tokens
        line("bank", {"resources": count, "cpu_ms": figures["cpu_ms"], "prompt_chars": tokens * 4, "load_ms": load})


async def main() -> None:
    line("import", {"ms": import_ms()})
    line("verifiers", await cost(RewardModel("instruction-following"), STATED))
    line(
        "verifiers_read",
        await cost(RewardModel("instruction-following"), {**STATED, "instruction_id_list": [], "tags": []}),
    )
    for in_flight in (1, 20):
        await judged("direct", "direct", in_flight=in_flight)
    for in_flight in (1, 20):
        await judged("agentic", "agentic", in_flight=in_flight, sandbox="fast")
    await judged("agentic_full", "agentic", rounds=10, sandbox="full", check=NEEDS_FULL)
    await per_row()
    await banks()


if __name__ == "__main__":
    asyncio.run(main())
