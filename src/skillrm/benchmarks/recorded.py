"""Judgments that upstream projects store, as results: the metrics are proven on them, and judges can be compared.

Each function yields a `Result` a row, in the file's order. Raises `InputError` for a row that is not of that shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from skillrm.benchmarks import if_rewardbench, judgebench, llmbar
from skillrm.benchmarks.files import Row, read_rows
from skillrm.benchmarks.labelled import LabelledSample
from skillrm.benchmarks.outcome import Outcome, Result
from skillrm.errors import InputError

_DECISIONS = {"A>B": 0, "B>A": 1, "A=B": None}
_BLOCK = re.compile(
    r"\[检查项(?P<number>\d+)-开始\]\s*\n要求：.*?\s*\n分析：.*?\s*\n结论：(?P<verdict>.*?)\s*\n\[检查项(?P=number)-结束\]",
    re.DOTALL,
)
"""One item of a critique: demand, analysis, conclusion, between markers of its number."""
_SATISFIED = ("[[满足该要求]]", "人工智能助手的回复满足了该要求")


def judgebench_results(path: str | Path) -> Iterator[Result]:
    """JudgeBench's outputs/*.jsonl: one or two decisions a row, the second with the answers exchanged."""
    for row in _whole(Path(path)):
        item = judgebench.label(row, "open", 0)
        names = item.label.given
        judgments = row.objects("judgments")
        orders = (names, names[::-1])
        yield Result.of(
            item,
            (_pair(judgment, shown) for judgment, shown in zip(judgments[:2], orders, strict=False)),
        )


def _pair(judgment: Row, shown: tuple[str, ...]) -> Outcome:
    decision = judgment.need("decision")
    if decision is None:
        return Outcome(shown, "abstained")
    if not isinstance(decision, str) or decision not in _DECISIONS:
        raise judgment.fault(f"must be A>B, B>A, A=B or null, this is {decision}", "judgments.decision")
    place = _DECISIONS[decision]
    return _tie(shown) if place is None else Outcome(shown, winner=shown[place])


def _tie(shown: Sequence[str]) -> Outcome:
    return Outcome(tuple(shown), scores=dict.fromkeys(shown, 0.5))


def llmbar_results(path: str | Path) -> Iterator[Result]:
    """LLMBar's evaluators/*/*/result.json: the last entry of `results` counts, with one winner for each order."""
    for row in _whole(Path(path)):
        item = llmbar.label(row, "open", 0)
        names = item.label.given
        last = row.listed("results")[-1]  # what comes before it are drafts, metrics, references
        outcomes = []
        for swap, shown in (("False", names), ("True", names[::-1])):
            entry = last.get(f"swap = {swap}") if isinstance(last, Mapping) else None
            if not isinstance(entry, Mapping):
                raise row.fault(f"the last one holds no `swap = {swap}`", "results")
            winner = entry.get("winner")
            chosen = {"1": names[0], "2": names[1]}.get(str(winner))
            outcomes.append(Outcome(shown, winner=chosen) if chosen else Outcome(shown, "abstained"))
        yield Result.of(item, outcomes)


def if_rewardbench_results(path: str | Path) -> Iterator[Result]:
    """IF-RewardBench's inference/constraint_assessment_results/*.json: a critique beside each response."""
    for row in _whole(Path(path)):
        item = if_rewardbench.label(row, "open", 0)
        responses = row.objects("responses")
        yield Result.of(
            item,
            (_checked(one, name, item) for one, name in zip(responses, item.label.given, strict=True)),
        )


def _checked(response: Row, name: str, item: LabelledSample) -> Outcome:
    verdicts = conclusions(response.answer("critique"))[: len(item.label.followed[name])]
    cells = {f"{if_rewardbench.CHECK}{n}": float(satisfied) for n, satisfied in enumerate(verdicts, start=1)}
    return Outcome((name,), "ok" if verdicts else "abstained", cells={name: cells})


def conclusions(critique: str | None) -> list[bool]:
    """Satisfied or not, item by item; nothing at all when the markers do not pair up with what can be read."""
    found = [match["verdict"] for match in _BLOCK.finditer(critique or "")]
    markers = ("-开始]", "-结束]")
    if any((critique or "").count(marker) != len(found) for marker in markers):
        return []
    words = [verdict.split("</think>")[-1] for verdict in found]
    return [any(phrase in verdict for phrase in _SATISFIED) for verdict in words]


def _whole(path: Path) -> Iterator[Row]:
    for row in read_rows(path):
        if row.faults:
            raise InputError(*row.faults)
        yield row
