"""The rule of two answers, shown in both orders."""

from __future__ import annotations

from collections.abc import Sequence

from skillrm.benchmarks.labelled import Label, LabelledSample
from skillrm.benchmarks.metrics import Mark
from skillrm.benchmarks.outcome import Ask, Outcome, Result, both_orders
from skillrm.benchmarks.statistics import mean


def asked_twice(item: LabelledSample) -> tuple[Ask, ...]:
    """The pair as it stands and the other way round."""
    one, two = item.sample.labels
    return both_orders([(one, two)])


def preferred(right: str, names: tuple[str, ...]) -> Label:
    """The label of a pair."""
    wrong = next(name for name in names if name != right)
    return Label(given=names, right=frozenset({right}), better=((right, wrong),))


def answered(result: Result) -> bool:
    """Both orders were judged, be it as a tie."""
    return len(result.outcomes) > 1 and all(outcome.top for outcome in result.outcomes)


def unanimous(result: Result) -> float:
    """1 if every order names the right answer, and both were judged."""
    return float(answered(result) and all(outcome.choice in result.label.right for outcome in result.outcomes))


def vote(result: Result) -> float:
    """JudgeBench's rule: +1 for each order that names the right one, -1 for the wrong one; correct above 0."""
    choices = [outcome.choice for outcome in result.outcomes]
    return float(sum(1 if choice in result.label.right else -1 for choice in choices if choice is not None) > 0)


def single_order(result: Result) -> float:
    """Share of orders that name the right one exactly; ties and missing answers earn nothing."""
    return mean([float(outcome.choice in result.label.right) for outcome in result.outcomes])


def by_vote(result: Result) -> Mark:
    """JudgeBench's vote beside unanimity."""
    return Mark(result.key, vote(result), unanimous(result), answered(result))


def by_single_order(result: Result) -> Mark:
    """The mean of the two orders beside unanimity."""
    return Mark(result.key, single_order(result), unanimous(result), answered(result))


def pair_figures(results: Sequence[Result]) -> dict[str, float]:
    """`single_order`: what a draw of the order would give, ties earning half; and what the order does."""
    outcomes = [(result, outcome) for result in results for outcome in result.outcomes]
    figures = {"single_order": mean([_credit(result, outcome) for result, outcome in outcomes])}
    twice = [result for result in results if answered(result)]
    if twice:
        agreeing = [float(len({outcome.top for outcome in result.outcomes}) == 1) for result in twice]
        figures["position_consistency"] = mean(agreeing)
    decided = [outcome for _, outcome in outcomes if outcome.choice is not None]
    if decided:
        figures["first_shown_chosen"] = mean([float(outcome.choice == outcome.shown[0]) for outcome in decided])
    return figures


def _credit(result: Result, outcome: Outcome) -> float:
    return len(outcome.top & result.label.right) / len(outcome.top) if outcome.top else 0.0
