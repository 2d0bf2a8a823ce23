"""The forms that rewards of a group may have: scores, ranks or win rates. Pure; ties are allowed in all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Literal

from skillrm.judgment import Judgment
from skillrm.types import Goal

Form = Literal["scores", "ranks", "win_rates"]


def goal_of(form: Form) -> Goal:
    """What has to be decided for it; a ranking is often decided before the scores are."""
    return "scores" if form == "scores" else "ranking"


def places_of(judgment: Judgment) -> dict[str, float | None]:
    """Each label's standing, higher is better and equal is tied; None for one that no valid judgment places.

    A decided ranking is taken as it is. In one that is still open, only candidates with a score have a standing. A
    judge that broke leaves nobody one; a verifier that broke takes it from the candidates that it broke over.
    """
    scores = judgment.verdict.scores
    if judgment.status == "ok" and judgment.goal != "scores":
        groups = judgment.verdict.ranking
        return {label: float(-place) for place, group in enumerate(groups) for label in group}
    without: Collection[str | None] = ()
    if judgment.status == "failed":
        judge_broke = any(one.error is not None for one in judgment.passes)
        without = (
            scores if judge_broke else {flag.candidate for flag in judgment.flags if flag.kind == "verifier_error"}
        )
    return {label: None if label in without else score.value for label, score in scores.items()}


def ranks(places: Collection[float]) -> dict[float, float]:
    """The dense rank of each standing: 1 for the best, 0 for the last, evenly between; all tied have 0.5 each.

    Empty where nothing was told apart: one candidate alone has no rank.
    """
    if len(places) < 2:
        return {}
    steps = sorted(set(places))
    return {place: at / (len(steps) - 1) if len(steps) > 1 else 0.5 for at, place in enumerate(steps)}


def win_rates(places: Collection[float]) -> dict[float, float]:
    """By standing, the share of the others that it beats; a tie is half a win. Empty for one alone."""
    others, rates, beaten = len(places) - 1, dict[float, float](), 0
    if others < 1:
        return {}
    for place, count in sorted(Counter(places).items()):
        rates[place] = (beaten + (count - 1) / 2) / others
        beaten += count
    return rates


def in_form(form: Form, places: Mapping[int, float | None]) -> dict[int, float | None]:
    """The values in [0, 1] of all answers of a group, by their standing. Scores are their own standing."""
    if form == "scores":
        return dict(places)
    known = [place for place in places.values() if place is not None]
    values = ranks(known) if form == "ranks" else win_rates(known)
    return {key: None if place is None else values.get(place) for key, place in places.items()}
