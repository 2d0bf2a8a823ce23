"""A judgment for a person: what was decided for whom, by what, on which observation, and what score follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from skillrm.judgment import Judgment, Score
from skillrm.types import Decision, Evidence, Flag, Observation, Sample

_MARKS = {
    "satisfied": ("green", "✓", "satisfied"),
    "violated": ("red", "✗", "violated"),
    "partial": ("yellow", "◐", "partial"),
    "unknown": ("dim", "?", "unknown"),
    "not_applicable": ("dim", "–", "n/a"),
}
_STATUS = {"ok": "bold green", "abstained": "bold yellow", "failed": "bold red"}
_SOURCE = {"hard_verifier": "verifier", "soft_verifier": "soft verifier", "judge": "judge", "rule": "rule"}
MAX_ROWS = 60


def judgment_view(judgment: Judgment, sample: Sample | None = None, *, verbose: bool = False) -> RenderableType:
    """Header, evidence table, scores with bounds; with `verbose` also the steps."""
    parts: list[RenderableType] = [_header(judgment)]
    if sample is not None:
        parts.append(Text(f"  {one_line(sample.prompt_text, 500)}", style="dim", no_wrap=True, overflow="ellipsis"))
    if judgment.evidence:
        parts.append(_evidence(judgment))
    parts.append(_scores(judgment))
    if judgment.status == "ok" and judgment.error:
        parts.append(Text(f"  ! decided without what broke: {judgment.error}", style="yellow"))
    parts += [Text(f"  ! {_flag(flag)}", style="yellow") for flag in judgment.flags]
    parts += [
        Text(
            f"  overruled: {row.criterion} for {row.candidate}: the {_SOURCE[row.source]} said {row.decision}",
            style="yellow",
        )
        for row in judgment.conflicts
    ]
    if verbose:
        parts += [Text(line, style="dim") for line in _steps(judgment)]
    parts.append(Text(""))
    return Group(*parts)


def _flag(flag: Flag) -> str:
    words = {
        "addressed_to_judge": "speaks to the judge",
        "empty_answer": "no answer",
        "shown_in_part": "shown in part",
    }.get(flag.kind, flag.kind)
    return ": ".join(part for part in (words, flag.candidate, flag.detail) if part)


def _header(judgment: Judgment) -> Text:
    head = Text()
    head.append(judgment.sample_id or judgment.sample_digest[:12], style="bold")
    head.append(f"  {judgment.status}", style=_STATUS[judgment.status])
    if len(judgment.verdict.scores) > 1:
        head.append(f"  {_outcome(judgment)}")
    if judgment.status != "ok":
        head.append(f"  {judgment.error or _why_open(judgment)}", style="dim")
    return head


def _outcome(judgment: Judgment) -> str:
    verdict = judgment.verdict
    if verdict.winner is not None:
        return f"winner {verdict.winner}"
    if verdict.closed and len(verdict.ranking[0]) > 1:
        return f"tie of {_labels([label for label in verdict.scores if label in verdict.ranking[0]])}"
    return "no winner yet"


def _why_open(judgment: Judgment) -> str:
    open_cells = sum(row.decision == "unknown" for row in judgment.evidence)
    if not judgment.criteria:
        return "nothing to decide it by: no criterion applies"
    need = "" if judgment.versions.model else "; a judge model could decide"
    what = "no score yet: " if judgment.verdict.winner is not None else ""
    return f"{what}{open_cells} of {len(judgment.evidence)} cells open{need}"


def _labels(labels: Sequence[str]) -> str:
    return ", ".join(labels[:12]) + (f" and {len(labels) - 12} more" if len(labels) > 12 else "")


def _evidence(judgment: Judgment) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=True, show_edge=False, collapse_padding=True)
    table.add_column("criterion", max_width=44)
    table.add_column("for")
    table.add_column("decision", no_wrap=True)
    table.add_column("source", no_wrap=True)
    table.add_column("observation", ratio=1)
    texts, grades = {c.id: c.text for c in judgment.criteria}, {c.id: c.grades for c in judgment.criteria}
    seen = {one.id: one for done in judgment.passes for one in done.trace.observations}
    for criterion, group in groupby(judgment.evidence[:MAX_ROWS], key=lambda row: row.criterion):
        name = escape(one_line(texts.get(criterion, criterion), 160))
        rows = list(group)
        if _all_alike(rows, seen):
            everyone = escape(one_line(", ".join(row.candidate for row in rows), 14))
            source, words = _SOURCE[rows[0].source], _observation(rows[0], seen)
            if not rows[0].observations and rows[0].decision == "unknown":
                why = "no decision from the judge" if judgment.versions.model else "nothing decides it here"
                source, words = "[dim]–[/]", f"[dim]{why}[/]"
            table.add_row(name, everyone, _mark(rows[0].decision), source, words)
            continue
        for row in rows:
            table.add_row(
                name,
                escape(row.candidate),
                _decision(row, grades.get(criterion, 2)),
                _SOURCE[row.source],
                _observation(row, seen),
            )
            name = ""
    if len(judgment.evidence) > MAX_ROWS:
        table.add_row(f"[dim]... {len(judgment.evidence) - MAX_ROWS} more rows: --json[/]", "", "", "", "")
    return table


def _mark(decision: Decision, words: str = "") -> str:
    style, sign, word = _MARKS[decision]
    return f"[{style}]{sign} {words or word}[/]"


def _decision(row: Evidence, grades: int) -> str:
    """The decision; of what a judge graded, the grade, unless votes met between two."""
    if row.score is None:
        return _mark(row.decision)
    grade = row.score * (grades - 1) + 1
    if grades > 2 and row.source == "judge" and abs(grade - round(grade)) < 1e-6:
        return _mark(row.decision, f"{round(grade)} of {grades}")
    return _mark(row.decision, f"partial {row.score:.2f}" if row.decision == "partial" else "")


def _all_alike(rows: Sequence[Evidence], seen: Mapping[str, Observation]) -> bool:
    """Undecided for every candidate, for the same reason: one line says it."""
    said = {(row.decision, row.source, _words(row, seen)) for row in rows}
    return len(said) == 1 and rows[0].decision in ("unknown", "not_applicable")


def _words(row: Evidence, seen: Mapping[str, Observation]) -> str:
    found = seen.get(row.observations[0]) if row.observations else None
    return row.reason or (found.content if found else "")


def _observation(row: Evidence, seen: Mapping[str, Observation]) -> str:
    words = _words(row, seen)
    if row.quote:
        words += f" “{row.quote}”"
    cited = f"[dim]{row.observations[0]}[/] " if row.observations else ""
    return cited + escape(one_line(words, 100))


def _scores(judgment: Judgment) -> Text:
    line = Text("  ")
    scores = list(judgment.verdict.scores.items())
    for label, score in scores[:24]:
        style = "bold" if label == judgment.verdict.winner else ""
        line.append(f"{label} {score_text(score)}", style=style)
        line.append("   ")
    if len(scores) > 24:
        line.append(f"... {len(scores) - 24} more", style="dim")
    return line


def score_text(score: Score) -> str:
    """`0.667` when nothing is open, `0.667 [0.500, 0.833]` or `open [0.000, 1.000]` otherwise."""
    value = "open" if score.value is None else f"{score.value:.3f}"
    return value if score.low == score.high else f"{value} [{score.low:.3f}, {score.high:.3f}]"


def _steps(judgment: Judgment) -> list[str]:
    lines = []
    for number, done in enumerate(judgment.passes, start=1):
        if len(judgment.passes) > 1:
            lines.append(f"  pass {number}, order {', '.join(done.order)}")
        for step in done.trace.steps:
            what = " ".join(part for part in (step.action, step.resource, ", ".join(step.candidates)) if part)
            lines.append(f"  turn {step.turn}: {what}{f' refused: {step.error}' if step.error else ''}")
    usage = judgment.usage
    lines.append(
        f"  {usage.calls} calls, {usage.prompt_tokens} + {usage.completion_tokens} tokens, {usage.seconds:.2f} s"
    )
    return lines


def one_line(text: str, width: int) -> str:
    """`text` on one line of at most `width` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"
