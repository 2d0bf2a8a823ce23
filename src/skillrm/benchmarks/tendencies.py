"""What a judge leans to besides the truth: the place shown, length, style, itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from skillrm.benchmarks.labelled import Key, LabelledSample
from skillrm.benchmarks.outcome import Result
from skillrm.benchmarks.statistics import Interval, mean, wilson

Amounts = Callable[[Result], Mapping[str, float]]
"""How much of something each candidate of a row has, by label."""
_MARKDOWN = re.compile(r"^\s*(?:#{1,6} |[-*+] |\d+[.)] |>|```|\|)|\*\*[^*\n]+\*\*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lean:
    """How often the judge takes the candidate that has more of something, and how often that one is right."""

    n: int
    """Choices between two candidates that differ in it."""
    chosen: float
    """Share of choices for the one that has more."""
    right: float
    """Share in which the one that has more is the right one: what a perfect judge would choose."""
    interval: Interval
    """95 % of `chosen`."""
    accuracy_more: float | None
    """Accuracy where the right one has more; None without such rows."""
    accuracy_less: float | None

    @property
    def bias(self) -> float:
        """Above 0: the judge takes more of it than is right."""
        return self.chosen - self.right


def lean(results: Sequence[Result], amounts_of: Amounts) -> Lean | None:
    """Over all decided judgments of two candidates; None without any."""
    took, truth = [], []
    for result in results:
        amounts = amounts_of(result)
        for outcome in result.outcomes:
            gold = result.label.right.intersection(outcome.shown)
            if outcome.choice is None or len(outcome.shown) != 2 or len(gold) != 1:
                continue
            one, two = outcome.shown
            if amounts.get(one, 0.0) == amounts.get(two, 0.0):
                continue
            more = max(outcome.shown, key=lambda name: amounts.get(name, 0.0))
            took.append(outcome.choice == more)
            truth.append(more in gold)
    if not took:
        return None
    agreed = {side: [float(a == b) for a, b in zip(took, truth, strict=True) if b == side] for side in (True, False)}
    return Lean(
        n=len(took),
        chosen=sum(took) / len(took),
        right=sum(truth) / len(truth),
        interval=wilson(sum(took), len(took)),
        accuracy_more=mean(agreed[True]) if agreed[True] else None,
        accuracy_less=mean(agreed[False]) if agreed[False] else None,
    )


def length_bias(results: Sequence[Result]) -> Lean | None:
    """Lean to the longer answer, in characters."""
    return lean(results, lambda result: {name: float(size) for name, size in result.sizes.items()})


def markup(items: Sequence[LabelledSample]) -> dict[Key, dict[str, float]]:
    """Markdown marks in a thousand characters of each answer, by row: amounts for the lean to style."""
    return {
        item.key: {
            one.label: 1000 * len(_MARKDOWN.findall(one.final)) / max(1, len(one.final))
            for one in item.sample.candidates
        }
        for item in items
    }


@dataclass(frozen=True, slots=True)
class Positions:
    """Pairs judged in both orders."""

    pairs: int
    consistent: float
    """Share with the same choice, or a tie, in both."""
    first: float
    """Share that choose the one shown first both times."""
    second: float


def position_consistency(results: Sequence[Result]) -> Positions | None:
    """Over every pair with a judgment in each order; None without any."""
    same = first = second = pairs = 0
    for result in results:
        by_shown = {outcome.shown: outcome for outcome in result.outcomes if len(outcome.shown) == 2 and outcome.top}
        for shown, outcome in by_shown.items():
            other = by_shown.get(shown[::-1])
            if other is None or shown > shown[::-1]:
                continue
            pairs += 1
            same += outcome.top == other.top
            first += outcome.choice == shown[0] and other.choice == shown[1]
            second += outcome.choice == shown[1] and other.choice == shown[0]
    return Positions(pairs, same / pairs, first / pairs, second / pairs) if pairs else None


def self_consistency(runs: Sequence[Mapping[Key, Hashable]]) -> float | None:
    """Mean agreement of two runs of one judge on a row, over rows that at least two runs answered; None without any.

    A run maps each row to what it chose; None is no answer and is left out.
    """
    keys = dict.fromkeys(key for run in runs for key in run)
    shares = []
    for key in keys:
        answers = [run[key] for run in runs if run.get(key) is not None]
        if len(answers) > 1:
            equal = sum(count * (count - 1) // 2 for count in Counter(answers).values())
            shares.append(equal / len(list(combinations(answers, 2))))
    return mean(shares) if shares else None
