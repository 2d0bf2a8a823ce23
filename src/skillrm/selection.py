"""Best of N over a `judge` callable: one table for all, or matches of two."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from skillrm.judgment import Judgment, Readout, Usage
from skillrm.readout import read_evidence, status_of
from skillrm.types import Goal, Preference, Sample
from skillrm.validation import among

Strategy = Literal["listwise", "knockout", "round_robin"]
Judge = Callable[[Sample, Goal], Awaitable[Judgment]]


async def select(judge: Judge, sample: Sample, strategy: Strategy, seed: int) -> Judgment:
    """The judgment whose winner is the best candidate. Raises `ConfigError` for an unknown strategy."""
    among(strategy, Strategy, "strategy")
    if strategy == "listwise" or len(sample.candidates) < 3:
        return await judge(sample, "winner")
    if strategy == "knockout":
        ranking, matches = await _knockout(judge, sample, seed)
    else:
        ranking, matches = await _round_robin(judge, sample)
    return _joined(sample, ranking, matches)


def _pair(sample: Sample, a: str, b: str) -> Sample:
    return sample.model_copy(
        update={"candidates": (sample.candidate(a), sample.candidate(b)), "id": f"{sample.id}:{a}:{b}"}
    )


async def _knockout(judge: Judge, sample: Sample, seed: int) -> tuple[tuple[tuple[str, ...], ...], list[Judgment]]:
    """A shuffled bracket; an undecided match lets the earlier one pass, as there is nothing to prefer the other by."""
    field = list(sample.labels)
    random.Random(seed).shuffle(field)
    matches: list[Judgment] = []
    out: list[tuple[str, ...]] = []
    while len(field) > 1:
        pairs = [(field[i], field[i + 1]) for i in range(0, len(field) - 1, 2)]
        played = await asyncio.gather(*(judge(_pair(sample, a, b), "winner") for a, b in pairs))
        matches += played
        through = [match.verdict.winner or a for (a, _), match in zip(pairs, played, strict=True)]
        out.append(tuple(sorted({label for pair in pairs for label in pair} - set(through))))
        field = through + field[2 * len(pairs) :]
    return ((field[0],), *reversed(out)), matches


async def _round_robin(judge: Judge, sample: Sample) -> tuple[tuple[tuple[str, ...], ...], list[Judgment]]:
    """Every pair once; a win counts 1, an undecided match one half each."""
    pairs = list(itertools.combinations(sample.labels, 2))
    matches = list(await asyncio.gather(*(judge(_pair(sample, a, b), "winner") for a, b in pairs)))
    wins = dict.fromkeys(sample.labels, 0.0)
    for (a, b), match in zip(pairs, matches, strict=True):
        for label in (a, b) if match.verdict.winner is None else (match.verdict.winner,):
            wins[label] += 0.5 if match.verdict.winner is None else 1.0
    groups = [
        tuple(label for label in sample.labels if wins[label] == count)
        for count in sorted(set(wins.values()), reverse=True)
    ]
    return tuple(groups), matches


def _joined(sample: Sample, ranking: tuple[tuple[str, ...], ...], matches: Sequence[Judgment]) -> Judgment:
    """One judgment over all candidates: the matches' outcome as a preference, their passes as its record."""
    readout = Readout(kind="preference")
    failed = [match for match in matches if match.status == "failed"]
    undecided = [match for match in matches if match.status != "ok"]
    preference = None if undecided else Preference(ranking=ranking, reason=f"{len(matches)} matches of two")
    verdict = read_evidence((), sample.labels, (), readout, "winner", preference)
    error = f"{len(failed)} of {len(matches)} matches failed: {failed[0].error}" if failed else None
    costs = [match.usage.cost_usd for match in matches if match.usage.cost_usd is not None]
    usage = Usage(
        calls=sum(match.usage.calls for match in matches),
        cached_calls=sum(match.usage.cached_calls for match in matches),
        prompt_tokens=sum(match.usage.prompt_tokens for match in matches),
        completion_tokens=sum(match.usage.completion_tokens for match in matches),
        cost_usd=sum(costs) if costs else None,
        seconds=round(sum(match.usage.seconds for match in matches), 6),
    )
    flags = tuple(dict.fromkeys(flag for match in matches for flag in match.flags))
    return matches[0].model_copy(
        update={
            "sample_id": sample.id,
            "sample_digest": sample.digest,
            "status": status_of(verdict, error),
            "verdict": verdict,
            "criteria": (),
            "readout": readout,
            "evidence": (),
            "lengths": {label: length for match in matches for label, length in match.lengths.items()},
            "conflicts": (),
            "preference": preference,
            "flags": flags,
            "passes": tuple(one for match in matches for one in match.passes),
            "usage": usage,
            "error": error,
        }
    )
