"""Passes of the judge over the table: chunks of candidates, orders, votes, and how they become one judgment."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from skillrm import fencing, verify
from skillrm.actions import Desk
from skillrm.errors import BackendError, ContextOverflow, DeadlineExceeded
from skillrm.judgment import Agreement, Judgment, Pass, Versions
from skillrm.ledger import Ledger, Resolved
from skillrm.limits import CHARS_PER_TOKEN, Limits
from skillrm.loop import Conversation, letters_for
from skillrm.plan import Plan
from skillrm.readout import read_evidence, status_of
from skillrm.setting import LimitReached, Setting, together
from skillrm.shapes import mended
from skillrm.types import Evidence, Flag, Preference, Sample, decision_of
from skillrm.version import __version__

_SMALLEST_CUT = 1 / 16


@dataclass(slots=True)
class Outcome:
    """One finished pass: its ledger and what went wrong on the way."""

    order: tuple[str, ...]
    seed: int | None
    ledger: Ledger
    errors: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)

    def record(self) -> Pass:
        return Pass.made(
            order=self.order,
            seed=self.seed,
            evidence=self.ledger.resolved().evidence,
            preference=self.ledger.preference,
            trace=self.ledger.trace(),
            error=mended("; ".join(dict.fromkeys(self.errors))) if self.errors else None,
        )


async def run_pass(setting: Setting, base: Ledger, order: tuple[str, ...], seed: int | None, number: int) -> Outcome:
    """One pass over all candidates in `order`. Never raises for what a model or server did: it is in `errors`."""
    outcome = Outcome(order, seed, base.fork("" if number == 0 else f"p{number + 1}."))
    await together([_judge_chunk(setting, outcome, chunk, 1.0) for chunk in _chunks(setting, order)])
    return outcome


async def _judge_chunk(setting: Setting, outcome: Outcome, chunk: tuple[str, ...], cut: float) -> None:
    desk = Desk(
        sample=setting.bank.sample,
        plan=setting.plan,
        ledger=outcome.ledger,
        limits=setting.limits,
        findings=setting.findings,
        letters=letters_for(chunk),
        mark=fencing.marker(setting.bank.sample.prompt_text),
    )
    conversation = Conversation(setting, desk, outcome.seed)
    try:
        await conversation.run(cut)
    except ContextOverflow as error:
        await _split(setting, outcome, chunk, cut, str(error))
    except (BackendError, DeadlineExceeded) as error:
        outcome.errors.append(f"{type(error).__name__}: {error}")
    except LimitReached as limit:
        outcome.limits.append(str(limit))
    if conversation.gap is not None:
        outcome.errors.append(conversation.gap)


async def _split(setting: Setting, outcome: Outcome, chunk: tuple[str, ...], cut: float, error: str) -> None:
    """Too much for the model's context: half the candidates, or half of the one that is left; never the same again."""
    if len(chunk) > 1:
        middle = len(chunk) // 2
        halves = (chunk[:middle], chunk[middle:])
        await together([_judge_chunk(setting, outcome, half, cut) for half in halves])
    elif cut > _SMALLEST_CUT:
        await _judge_chunk(setting, outcome, chunk, cut / 4)
    else:
        outcome.errors.append(f"ContextOverflow: {error}")


def _chunks(setting: Setting, order: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Candidates that fit one conversation, in order."""
    sample, limits = setting.bank.sample, setting.limits
    room = limits.context_tokens * CHARS_PER_TOKEN - min(
        len(sample.prompt_text), limits.prompt_tokens * CHARS_PER_TOKEN
    )
    chunks: list[list[str]] = [[]]
    used = 0
    for label in order:
        size = min(len(sample.candidate(label).final), limits.candidate_tokens * CHARS_PER_TOKEN)
        if chunks[-1] and (len(chunks[-1]) >= limits.chunk or used + size > room):
            chunks.append([])
            used = 0
        chunks[-1].append(label)
        used += size
    return [tuple(chunk) for chunk in chunks]


def orders(labels: tuple[str, ...], order: str, votes: int, seed: int) -> list[tuple[tuple[str, ...], int | None]]:
    """(order shown, sampling seed) of every pass: the votes of one order first, then those of its reverse."""
    first = list(labels)
    if order == "shuffled":
        random.Random(seed).shuffle(first)
    seeds = [seed + vote for vote in range(votes)] if votes > 1 else [seed]
    shown = [tuple(first)] + ([tuple(reversed(first))] if order == "both" and len(labels) > 1 else [])
    return [(one, vote) for one in shown for vote in seeds]


def merge(outcomes: Sequence[Outcome], votes: int) -> tuple[Resolved, Preference | None, Agreement | None]:
    """One table from several passes: votes by strict majority (graded: median), then orders by agreement."""
    if len(outcomes) == 1:
        only = outcomes[0].ledger
        return only.resolved(), only.preference, None
    tables = [outcome.ledger.resolved() for outcome in outcomes]
    by_order = [tables[start : start + votes] for start in range(0, len(tables), votes)]
    binary = {c.id for c in outcomes[0].ledger.criteria if c.grades == 2}
    voted = [[_vote(rows, binary) for rows in zip(*(t.evidence for t in group), strict=True)] for group in by_order]
    evidence = [_agree(rows) for rows in zip(*voted, strict=True)]
    conflicts = dict.fromkeys(row for table in tables for row in table.conflicts)
    agreement = Agreement(
        order_consistency=_consistency(voted) if len(voted) > 1 else None,
        votes=_mean([_consistency([t.evidence for t in group]) for group in by_order]) if votes > 1 else None,
    )
    preferences = [outcome.ledger.preference for outcome in outcomes]
    return Resolved(tuple(evidence), tuple(conflicts)), _mean_rank(preferences), agreement


def _vote(rows: Sequence[Evidence], binary: set[str]) -> Evidence:
    scores = [row.score for row in rows if row.score is not None]
    if 2 * sum(row.decision == "not_applicable" for row in rows) > len(rows):
        return next(row for row in rows if row.decision == "not_applicable")
    score: float | None = None
    if 2 * len(scores) > len(rows):
        if rows[0].criterion in binary:
            score = next((s for s in set(scores) if 2 * scores.count(s) > len(rows)), None)
        else:
            score = statistics.median(scores)
    return _with_score(rows, score, "the votes do not agree")


def _agree(rows: Sequence[Evidence]) -> Evidence:
    scores = {row.score for row in rows}
    if len({row.decision == "not_applicable" for row in rows}) == 1 and len(scores) == 1:
        return rows[0]
    return _with_score(rows, None, "the orders do not agree")


def _with_score(rows: Sequence[Evidence], score: float | None, otherwise: str) -> Evidence:
    same = next((row for row in rows if row.score == score and row.decision != "not_applicable"), None)
    if same is not None:
        return same
    reason = otherwise if score is None else "median of the votes"
    return rows[0].model_copy(update={"score": score, "decision": decision_of(score), "reason": reason, "quote": None})


def _consistency(tables: Sequence[Sequence[Evidence]]) -> float | None:
    """Share of cells decided by the judge in all tables on which they agree."""
    cells = [
        rows
        for rows in zip(*tables, strict=True)
        if all(row.source == "judge" and row.score is not None for row in rows)
    ]
    return sum(len({row.score for row in rows}) == 1 for rows in cells) / len(cells) if cells else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _mean_rank(preferences: Sequence[Preference | None]) -> Preference | None:
    """Mean of the mid-ranks; None unless every pass submitted one."""
    known = [preference for preference in preferences if preference is not None]
    if not known or len(known) < len(preferences):
        return None
    places: dict[str, list[float]] = {}
    for preference in known:
        before = 0
        for group in preference.ranking:
            for label in group:
                places.setdefault(label, []).append(before + (len(group) + 1) / 2)
            before += len(group)
    means: Mapping[str, float] = {label: round(math.fsum(ranks) / len(ranks), 9) for label, ranks in places.items()}
    groups = [tuple(sorted(label for label in means if means[label] == rank)) for rank in sorted(set(means.values()))]
    return Preference(ranking=tuple(groups), reason=known[0].reason if len(known) == 1 else "mean rank of the passes")


def judgment_of(sample: Sample, setting: Setting, ledger: Ledger, outcomes: Sequence[Outcome], votes: int) -> Judgment:
    """The judgment of one sample: `ledger` holds what verifiers found, `outcomes` the passes of a judge model."""
    finished = outcomes or [Outcome(sample.labels, None, ledger)]
    table, preference, agreement = merge(finished, votes)
    plan, readout, goal = setting.plan, setting.readout, setting.goal
    error = _what_broke(plan, ledger, outcomes)
    lengths, sound = setting.lengths, error is None
    verdict = read_evidence(
        plan.criteria, sample.labels, table.evidence, readout, goal, preference, lengths, soft=sound
    )
    return Judgment.made(
        sample_id=sample.id,
        sample_digest=sample.digest,
        goal=goal,
        status=status_of(verdict, error),
        verdict=verdict,
        criteria=plan.criteria,
        readout=readout,
        evidence=table.evidence,
        lengths=lengths,
        conflicts=table.conflicts,
        preference=preference,
        flags=_flags(sample, setting.limits, ledger, outcomes),
        agreement=agreement,
        passes=tuple(outcome.record() for outcome in finished),
        usage=setting.spending.usage(),
        error=None if error is None else mended(error),
        versions=Versions.made(
            package=__version__,
            skill=setting.skill.name,
            skill_digest=setting.skill.digest,
            verifiers=_versions(plan) if setting.verifies else {},
            model=setting.backend.model if setting.backend is not None else None,
        ),
    )


def _versions(plan: Plan) -> dict[str, str]:
    runs = plan.own.runs + plan.brought.runs
    return {**plan.detectors, **(verify.versions(runs) if runs else {})}


def _what_broke(plan: Plan, ledger: Ledger, outcomes: Sequence[Outcome]) -> str | None:
    """The judge's failures, and those of verifiers that a required criterion rests on."""
    errors = [error for outcome in outcomes for error in outcome.errors]
    if ledger.errors:
        must = {c.id for c in plan.criteria if c.must}
        errors += [f"verifier of {cell[0]}: {error}" for cell, error in ledger.errors.items() if cell[0] in must]
    return "; ".join(dict.fromkeys(errors)) or None


def _flags(sample: Sample, limits: Limits, ledger: Ledger, outcomes: Sequence[Outcome]) -> tuple[Flag, ...]:
    flags: list[Flag] = []
    for candidate in sample.candidates:
        if not candidate.final.strip():
            flags.append(Flag(kind="empty_answer", candidate=candidate.label))
            continue
        said = fencing.suspicions(candidate.final)
        if said:
            detail = ", ".join(repr(words[:60]) for words in said)
            flags.append(Flag(kind="addressed_to_judge", candidate=candidate.label, detail=detail))
        if outcomes and len(candidate.final) > limits.candidate_tokens * CHARS_PER_TOKEN:
            flags.append(
                Flag(kind="shown_in_part", candidate=candidate.label, detail=f"{len(candidate.final)} characters")
            )
    flags += [Flag(kind="verifier_error", candidate=cell[1], detail=error) for cell, error in ledger.errors.items()]
    flags += [
        Flag(kind="limit_reached", detail=limit) for outcome in outcomes for limit in dict.fromkeys(outcome.limits)
    ]
    return tuple(flags)
