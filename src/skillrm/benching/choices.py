"""How often the judge chose, and chose rightly, beside what a draw and the longest answer would have given.

A choice is a pair of which one is better (both orders must agree), or a row of which one answer is to be taken. Rows
whose answers are all right or all wrong leave nothing to choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from skillrm.benchmarks import Outcome, Result
from skillrm.benchmarks.calibration import Claim
from skillrm.benchmarks.statistics import mean, wilson
from skillrm.types import Frozen


class Choices(Frozen):
    """Counts of choices; `right + wrong + undecided = n`."""

    n: int
    right: int
    wrong: int
    undecided: int
    accuracy: float | None
    """Right ones among those decided; None where nothing was."""
    low: float | None
    """95 % interval of `accuracy` (Wilson)."""
    high: float | None
    random: float
    """Share of right ones among draws."""
    longest: float | None
    """Share of right ones if the longest answer is taken; None where every row has one answer."""


Unit = tuple[bool | None, float, float | None]
"""Right, wrong or undecided; the chance of a draw; what the longest gives."""


def counted(results: Sequence[Result]) -> Choices:
    """Raises `ValueError` without results."""
    units = [unit for result in results for unit in _units(result)]
    right, wrong = sum(one[0] is True for one in units), sum(one[0] is False for one in units)
    around = wilson(right, right + wrong) if right + wrong else None
    longest = [one[2] for one in units if one[2] is not None]
    return Choices(
        n=len(units),
        right=right,
        wrong=wrong,
        undecided=len(units) - right - wrong,
        accuracy=right / (right + wrong) if right + wrong else None,
        low=around.low if around else None,
        high=around.high if around else None,
        random=mean([one[1] for one in units]) if units else 0.0,
        longest=mean(longest) if longest else None,
    )


def _units(result: Result) -> Iterable[Unit]:
    if result.label.better:
        return [_pair(result, better, worse) for better, worse in result.label.better]
    if len(result.label.given) == 1:
        (name,) = result.label.given
        score, gold = result.scores[name], name in result.label.right
        return [(None if score is None else (score >= 1.0) == gold, 0.5, None)]
    return [_row(result)] if 0 < len(result.label.right) < len(result.label.given) else []


def _pair(result: Result, better: str, worse: str) -> Unit:
    said = [outcome.choice for outcome in result.outcomes if set(outcome.shown) == {better, worse}]
    agreed = said[0] if said and len(set(said)) == 1 else None
    chosen = agreed if said else _higher(result.scores, better, worse)
    return None if chosen is None else chosen == better, 0.5, _longest(result.sizes, (better, worse), {better})


def _higher(scores: Mapping[str, float | None], one: str, other: str) -> str | None:
    left, right = scores.get(one), scores.get(other)
    if left is None or right is None or left == right:
        return None
    return one if left > right else other


def _row(result: Result) -> Unit:
    top, gold = result.top, result.label.right
    decided = True if top and top <= gold else False if top and not top & gold else None
    return decided, len(gold) / len(result.label.given), _longest(result.sizes, result.label.given, gold)


def _longest(sizes: Mapping[str, int], names: Iterable[str], gold: Iterable[str]) -> float:
    shown = {name: sizes.get(name, 0) for name in names}
    top = [name for name, size in shown.items() if size == max(shown.values())]
    return len(set(top) & set(gold)) / len(top)


def claims(results: Sequence[Result]) -> tuple[str, list[Claim]]:
    """What the scores claim and whether it came true: of single answers where right is absolute, else of pairs.

    A score claims the chance that the answer is right; two scores claim one half plus half their difference for the
    better one.
    """
    if results and all(not result.label.better and _absolute(result) for result in results):
        alone = [
            (score, name in result.label.right)
            for result in results
            for name, score in result.scores.items()
            if score is not None
        ]
        return "answers", alone
    return "pairs", [claim for result in results for outcome in result.outcomes for claim in _claimed(result, outcome)]


def _absolute(result: Result) -> bool:
    return set(result.label.worth.values()) <= {0.0, 1.0}


def _claimed(result: Result, outcome: Outcome) -> list[Claim]:
    if len(outcome.shown) != 2 or outcome.choice is None:
        return []
    one, two = outcome.shown
    left, right = outcome.scores.get(one), outcome.scores.get(two)
    if left is None or right is None or not 0 <= abs(left - right) <= 1:
        return []
    gold = {better for better, worse in result.label.better if {better, worse} == {one, two}}
    return [(0.5 + abs(left - right) / 2, outcome.choice in gold)] if gold else []
