"""What an exported row looks like: a line of JSON, columns, or the graded expectations that other tools read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from skillrm.judgment import Judgment
from skillrm.types import Criterion, Evidence

if TYPE_CHECKING:
    from skillrm.store import RunRow

COLUMNS = {
    "ordinal": "int64",
    "line": "int64",
    "id": "string",
    "status": "string",
    "winner": "string",
    "rewards": "string",
    "scores": "string",
    "calls": "int64",
    "tokens": "int64",
    "error": "string",
    "judgment": "string",
}
"""Of a Parquet file. `rewards` (label to reward or null), `scores` (label to value, low, high, coverage) and `judgment`
are JSON; `error` is why there is no judgment, or why it failed."""

_encode = msgspec.json.Encoder().encode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def judgment_line(row: RunRow) -> bytes:
    """The judgment under this row's own id; for a row that has none, its place and why."""
    if row.judgment is None:
        return _encode(
            {
                "sample_id": row.id,
                "status": row.state,
                "row": row.ordinal,
                "line": row.line,
                "error": _why(row),
            }
        )
    return _encode({**_fields(row.judgment), "sample_id": row.id})


def columns(row: RunRow) -> dict[str, Any]:
    """One value for each of `COLUMNS`."""
    found: dict[str, Any] = dict.fromkeys(COLUMNS) | {
        "ordinal": row.ordinal,
        "line": row.line,
        "id": row.id,
        "status": row.state,
        "error": _why(row),
    }
    if row.judgment is not None:
        judgment = Judgment.model_validate_json(row.judgment)
        scores = judgment.verdict.scores
        found |= {
            "winner": judgment.verdict.winner,
            "rewards": json.dumps({label: judgment.reward(label) for label in scores}),
            "scores": json.dumps({label: score.model_dump(mode="json") for label, score in scores.items()}),
            "calls": judgment.usage.calls,
            "tokens": judgment.usage.prompt_tokens + judgment.usage.completion_tokens,
            "error": judgment.error,
            "judgment": judgment_line(row).decode(),
        }
    return found


def grading_lines(row: RunRow) -> Iterator[bytes]:
    """`{"row", "sample_id", "candidate", "expectations": [{"text", "passed", "evidence"}], "summary"}` for each answer.

    An open cell has `passed` null and is in neither count. A criterion that names a fault is stated as its absence.
    """
    if row.judgment is None:
        return
    judgment = Judgment.model_validate_json(row.judgment)
    seen = {one.id: one.content for done in judgment.passes for one in done.trace.observations}
    criteria = {criterion.id: criterion for criterion in judgment.criteria}
    for label in judgment.verdict.scores:
        expectations = [
            _expectation(criteria[cell.criterion], cell, seen)
            for cell in judgment.evidence
            if cell.candidate == label and cell.criterion in criteria and cell.decision != "not_applicable"
        ]
        outcomes = [item["passed"] for item in expectations]
        passed, failed = outcomes.count(True), outcomes.count(False)
        yield _encode(
            {
                "row": row.ordinal,
                "sample_id": row.id,
                "candidate": label,
                "expectations": expectations,
                "summary": {
                    "passed": passed,
                    "failed": failed,
                    "total": len(outcomes),
                    "pass_rate": round(passed / (passed + failed), 4) if passed + failed else None,
                },
            }
        )


def _expectation(criterion: Criterion, cell: Evidence, seen: dict[str, str]) -> dict[str, Any]:
    passed = None if cell.score is None else criterion.passed(cell.score)
    text = criterion.text
    if criterion.weight < 0:
        text, passed = f"Free of this fault: {text}", None if passed is None else not passed
    observed = " ".join(seen[one] for one in cell.observations if seen.get(one))
    said = [cell.reason or observed, f"“{cell.quote}”" if cell.quote else ""]
    return {"text": text, "passed": passed, "evidence": " ".join(part for part in said if part)}


def _why(row: RunRow) -> str | None:
    return "\n".join(map(str, row.faults)) or ("not judged yet" if row.state == "pending" else None)
