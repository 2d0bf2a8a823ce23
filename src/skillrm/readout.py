"""From decided cells to a verdict with bounds: pure, no model, no clock, no randomness (DESIGN section 6).

A cell is one criterion for one candidate. An unknown cell is simply absent. Every readout is monotone in each cell, so
the minimum and maximum over all completions are reached by the worst and the best filling.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from skillrm.errors import ConfigError, Fault
from skillrm.judgment import Judgment, LengthGate, Readout, Score, Verdict
from skillrm.types import Criterion, Evidence, Goal, Preference, Status

Cells = Mapping[tuple[str, str], float]
Column = Mapping[str, float]
Lengths = Mapping[str, tuple[int, int]]
"""Label to characters of the answer, and of everything the candidate said."""

_NO_LENGTHS: Lengths = {}
_DIGITS = 9
_NOTHING = -1.0


def readout(
    criteria: Sequence[Criterion],
    labels: Sequence[str],
    cells: Cells,
    declaration: Readout,
    goal: Goal,
    preference: Preference | None = None,
    lengths: Lengths = _NO_LENGTHS,
) -> Verdict:
    """The verdict over `cells` ((criterion id, label) -> score in [0, 1]; absent = unknown)."""
    columns: dict[str, dict[str, float]] = {label: {} for label in labels}
    for (identity, label), decided in cells.items():
        if label in columns:
            columns[label][identity] = decided
    return _verdict(criteria, columns, declaration, goal, preference, lengths)


def _verdict(
    criteria: Sequence[Criterion],
    columns: Mapping[str, Column],
    declaration: Readout,
    goal: Goal,
    preference: Preference | None,
    lengths: Lengths,
) -> Verdict:
    """A column holds the decided cells of one candidate, those of other criteria too."""
    places = _mid_ranks(preference)
    scores: dict[str, Score] = {}
    alike: dict[tuple[object, ...], Score] = {}
    for label, column in columns.items():
        base = _preference_bounds(label, len(columns), places) if declaration.kind == "preference" else None
        limit = _length_limit(declaration.length, lengths.get(label)) if declaration.length else None
        key = (base, limit, *column.items())
        if key not in alike:
            score = _score(criteria, column, declaration, base)
            alike[key] = score if limit is None else _limited(score, limit, declaration)
        scores[label] = alike[key]
    breaker = places if declaration.tie_break == "preference" else {}
    groups = _ranking(scores, breaker)
    winner = groups[0][0] if len(groups[0]) == 1 and _leads(groups, scores, breaker) else None
    margin = None if len(groups) == 1 else _round(scores[groups[0][0]].low - scores[groups[1][0]].low)
    closed = _closed(goal, groups, scores, breaker, declaration)
    return Verdict.made(scores=scores, ranking=groups, winner=winner, margin=margin, closed=closed)


def reread(
    judgment: Judgment, *, readout: Readout | None = None, criteria: Sequence[Criterion] | None = None
) -> Judgment:
    """The judgment under another readout or other weights, gates and tiers, from its stored evidence: zero calls.

    Criteria that the evidence does not know are open cells. Without arguments it gives the same judgment back.
    Raises `ConfigError` when no criterion is left.
    """
    declaration = readout if readout is not None else judgment.readout
    wanted = tuple(criteria) if criteria is not None else judgment.criteria
    if not wanted and criteria is not None:
        raise ConfigError(Fault("no criterion left to read", field="criteria"))
    labels, sound = tuple(judgment.verdict.scores), judgment.error is None
    verdict = read_evidence(
        wanted,
        labels,
        judgment.evidence,
        declaration,
        judgment.goal,
        judgment.preference,
        judgment.lengths,
        soft=sound,
    )
    status = status_of(verdict, judgment.error)
    return judgment.model_copy(
        update={"verdict": verdict, "readout": declaration, "criteria": wanted, "status": status}
    )


def read_evidence(
    criteria: Sequence[Criterion],
    labels: Sequence[str],
    evidence: Sequence[Evidence],
    declaration: Readout,
    goal: Goal,
    preference: Preference | None,
    lengths: Lengths = _NO_LENGTHS,
    *,
    soft: bool = True,
) -> Verdict:
    """`readout` over resolved evidence rows; a criterion found not applicable drops out.

    Without `soft`, what soft verifiers found is unknown: it may stand in where no judge spoke, not where one broke.
    """
    columns: dict[str, dict[str, float]] = {label: {} for label in labels}
    out: set[str] = set()
    for row in evidence:
        score = row.score
        if score is None:
            if row.decision == "not_applicable":
                out.add(row.criterion)
        elif row.candidate in columns and (soft or row.source != "soft_verifier"):
            columns[row.candidate][row.criterion] = score
    in_force = [c for c in criteria if c.id not in out] if out else criteria
    return _verdict(in_force, columns, declaration, goal, preference, lengths)


def status_of(verdict: Verdict, error: str | None) -> Status:
    """Closed is ok whatever broke; broken is failed; the rest abstains."""
    return "ok" if verdict.closed else "failed" if error is not None else "abstained"


def _score(
    criteria: Sequence[Criterion], column: Column, declaration: Readout, base: tuple[float, float] | None
) -> Score:
    decided = [c for c in criteria if c.id in column]
    if base is None and len(decided) == len(criteria):  # every cell is decided: the bounds meet
        mean = _mean(declaration, criteria, column, _NOTHING)
        if mean != _NOTHING:
            score = _round(_capped(criteria, column, mean))
            return Score.made(value=score, low=score, high=score, coverage=1.0)
    worst = {c.id: column.get(c.id, 0.0 if c.weight >= 0 else 1.0) for c in criteria}
    best = {c.id: column.get(c.id, 1.0 if c.weight >= 0 else 0.0) for c in criteria}
    low = _round(_capped(criteria, worst, base[0] if base else _mean(declaration, criteria, worst, 0.0)))
    high = _round(_capped(criteria, best, base[1] if base else _mean(declaration, criteria, best, 1.0)))
    if base:
        coverage = 1.0 if base[0] == base[1] else 0.0
    else:
        total = math.fsum(abs(c.weight) for c in criteria)
        coverage = _round(math.fsum(abs(c.weight) for c in decided) / total) if total else 0.0
    complete = coverage >= declaration.min_coverage and all(c.id in column for c in criteria if c.must)
    value = None
    if complete or high - low <= declaration.tolerance:
        raw = _capped(decided, column, base[0] if base else _mean(declaration, decided, column, low))
        value = min(max(_round(raw), low), high)
    return Score.made(value=value, low=low, high=high, coverage=coverage)


def _length_limit(gate: LengthGate, length: tuple[int, int] | None) -> tuple[float, float]:
    """The least and the most that the candidate's length allows; they meet where it is known."""
    if length is None:
        return gate.cap, 1.0
    cap = _round(gate.at(length[0 if gate.of == "final" else 1]))
    return cap, cap


def _limited(score: Score, limit: tuple[float, float], declaration: Readout) -> Score:
    """The score under the length gate. What was open may close: an answer that is far too long has earned its cap."""
    low, high = min(score.low, limit[0]), min(score.high, limit[1])
    value = None if score.value is None else min(score.value, limit[0])
    if value is not None and value < min(score.value or 0.0, limit[1]):
        value = None  # the length, which is not known, decides
    if value is None and high - low <= declaration.tolerance:
        value = low
    return Score.made(value=value, low=low, high=high, coverage=score.coverage)


def _mean(declaration: Readout, criteria: Sequence[Criterion], column: Column, empty: float) -> float:
    """The readout's aggregate before gates; `empty` when no criterion can earn anything."""
    if declaration.kind == "lexicographic":
        return _lexicographic(criteria, column, declaration.step, empty)
    if declaration.kind == "checklist":
        counted = [c for c in criteria if c.weight != 0]
        return math.fsum(not _against(c, column[c.id]) for c in counted) / len(counted) if counted else empty
    return _weighted(criteria, column, empty)


def _weighted(criteria: Sequence[Criterion], column: Column, empty: float) -> float:
    """clip(sum(w * v) / sum of positive w, 0, 1)."""
    weights = [c.weight for c in criteria]
    positive = math.fsum([weight for weight in weights if weight > 0])
    if positive <= 0:
        return empty
    earned = math.fsum([c.weight * column[c.id] for c in criteria])
    return min(max(earned / positive, 0.0), 1.0)


def _lexicographic(criteria: Sequence[Criterion], column: Column, step: float, empty: float) -> float:
    """Per tier the weighted mean floored to multiples of `step`; the tuple as a mixed-radix number in [0, 1]."""
    tiers = sorted({c.tier for c in criteria if c.weight != 0})
    if not tiers:
        return empty
    top = max(1, math.floor(1 / step + 1e-9))
    number = 0
    for tier in tiers:
        members = [c for c in criteria if c.tier == tier and c.weight != 0]
        if any(c.weight > 0 for c in members):
            mean = _weighted(members, column, 0.0)
        else:  # a tier of faults alone: clean is 1
            mean = 1 - math.fsum(-c.weight * column[c.id] for c in members) / math.fsum(-c.weight for c in members)
        number = number * (top + 1) + min(top, math.floor(mean / step + 1e-9))
    return float(number / ((top + 1) ** len(tiers) - 1))


def _capped(criteria: Sequence[Criterion], column: Column, score: float) -> float:
    caps = [c.gate for c in criteria if c.gate is not None and c.id in column and _against(c, column[c.id])]
    return min([score, *caps]) if caps else score


def _against(criterion: Criterion, score: float) -> bool:
    """The cell speaks against the candidate: a demand not met, or (negative weight) a fault present."""
    return criterion.passed(score) if criterion.weight < 0 else not criterion.passed(score)


def _mid_ranks(preference: Preference | None) -> dict[str, float]:
    """Mean position (1 = best) of each label; tied labels share it."""
    places: dict[str, float] = {}
    before = 0
    for group in preference.ranking if preference else ():
        places.update(dict.fromkeys(group, before + (len(group) + 1) / 2))
        before += len(group)
    return places


def _preference_bounds(label: str, count: int, places: Mapping[str, float]) -> tuple[float, float]:
    """(K - mid-rank) / (K - 1) once the judge has ranked all K >= 2; [0, 1] until then."""
    if count < 2 or len(places) < count or label not in places:
        return 0.0, 1.0
    score = (count - places[label]) / (count - 1)
    return score, score


def _ranking(scores: Mapping[str, Score], breaker: Mapping[str, float]) -> tuple[tuple[str, ...], ...]:
    """Groups of equal `low`, best first; surely tied labels may be split by the judge's preference."""

    def key(label: str) -> tuple[float, float]:
        score = scores[label]
        return -score.low, breaker.get(label, math.inf) if score.low == score.high else math.inf

    groups: dict[tuple[float, float], list[str]] = {}
    for label in sorted(scores):
        groups.setdefault(key(label), []).append(label)
    return tuple([tuple(groups[place]) for place in sorted(groups)])


def _separated(
    better: Sequence[str], worse: Sequence[str], scores: Mapping[str, Score], breaker: Mapping[str, float]
) -> bool:
    low = min(scores[label].low for label in better)
    high = max(scores[label].high for label in worse)
    if low > high:
        return True
    tied = all(scores[label].low == scores[label].high == low for label in (*better, *worse))
    return tied and all(label in breaker for label in (*better, *worse))


def _leads(groups: Sequence[Sequence[str]], scores: Mapping[str, Score], breaker: Mapping[str, float]) -> bool:
    return all(_separated(groups[0], group, scores, breaker) for group in groups[1:])


def _surely_tied(
    group: Sequence[str], scores: Mapping[str, Score], breaker: Mapping[str, float], declaration: Readout
) -> bool:
    """One label, or labels that no further evidence can part."""
    if len(group) == 1:
        return True
    waits = declaration.tie_break == "preference" and not all(label in breaker for label in group)
    return not waits and all(scores[label].low == scores[label].high for label in group)


def _closed(
    goal: Goal,
    groups: Sequence[Sequence[str]],
    scores: Mapping[str, Score],
    breaker: Mapping[str, float],
    declaration: Readout,
) -> bool:
    if goal == "scores":
        return all(score.value is not None for score in scores.values())
    if goal == "winner":
        return _leads(groups, scores, breaker) and _surely_tied(groups[0], scores, breaker, declaration)
    tied = all(_surely_tied(group, scores, breaker, declaration) for group in groups)
    return tied and all(_separated(better, worse, scores, breaker) for better, worse in itertools.pairwise(groups))


def _round(value: float) -> float:
    return round(value, _DIGITS) + 0.0
