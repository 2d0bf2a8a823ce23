"""Judges whose score on any benchmark is known beforehand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from skillrm.benchmarks import Ask, Benchmark, LabelledSample, Outcome, Result

Judge = Callable[[LabelledSample, Ask], Outcome]


def quality(item: LabelledSample) -> dict[str, float]:
    """What a perfect judge would score."""
    gold = item.label
    if gold.worth:
        return dict(gold.worth)
    if gold.followed:
        return {name: sum(labels) / len(labels) for name, labels in gold.followed.items()}
    return {name: float(name in gold.right) for name in gold.given}


def scored(item: LabelledSample, ask: Ask, scores: dict[str, float], *, invert: bool = False) -> Outcome:
    shown = {name: scores[name] for name in ask.shown}
    best = max(shown.values())
    top = [name for name, score in shown.items() if score == best]
    cells = {
        name: {f"check-{n}": float(one != invert) for n, one in enumerate(item.label.followed.get(name, ()), start=1)}
        for name in ask.shown
    }
    return Outcome(ask.shown, winner=top[0] if len(top) == 1 and len(shown) > 1 else None, scores=shown, cells=cells)


def perfect(item: LabelledSample, ask: Ask) -> Outcome:
    return scored(item, ask, quality(item))


def inverted(item: LabelledSample, ask: Ask) -> Outcome:
    return scored(item, ask, {name: 1 - value for name, value in quality(item).items()}, invert=True)


def always_first(item: LabelledSample, ask: Ask) -> Outcome:
    """Says A whatever A is; alone, every answer gets the same."""
    return _always(item, ask, 0)


def always_last(item: LabelledSample, ask: Ask) -> Outcome:
    return _always(item, ask, -1)


def _always(item: LabelledSample, ask: Ask, place: int) -> Outcome:
    scores = {name: float(name == ask.shown[place]) for name in ask.shown}
    cells = {
        name: {f"check-{n}": 1.0 for n in range(1, len(item.label.followed.get(name, ())) + 1)} for name in ask.shown
    }
    return Outcome(ask.shown, winner=ask.shown[place] if len(ask.shown) > 1 else None, scores=scores, cells=cells)


def at_random(seed: int) -> Judge:
    drawn = random.Random(seed)

    def judge(item: LabelledSample, ask: Ask) -> Outcome:
        scores = {name: drawn.random() for name in ask.shown}
        cells = {
            name: {f"check-{n}": float(drawn.random() < 0.5) for n in range(1, len(labels) + 1)}
            for name, labels in item.label.followed.items()
            if name in ask.shown
        }
        winner = max(scores, key=scores.__getitem__) if len(scores) > 1 else None
        return Outcome(ask.shown, winner=winner, scores=scores, cells=cells)

    return judge


def abstaining(item: LabelledSample, ask: Ask) -> Outcome:
    return Outcome(ask.shown, "abstained", scores=dict.fromkeys(ask.shown))


def failing(item: LabelledSample, ask: Ask) -> Outcome:
    return Outcome(ask.shown, "failed")


def judged(benchmark: Benchmark, items: Iterable[LabelledSample], judge: Judge) -> list[Result]:
    """Every ask of every sample, answered by the judge."""
    return [Result.of(item, [judge(item, ask) for ask in benchmark.asks(item)]) for item in items]
