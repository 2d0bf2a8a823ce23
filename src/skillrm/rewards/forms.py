"""The forms that rewards of a group may have: scores, ranks or win rates. Pure; ties are allowed in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from skillrm.judgment import Judgment
from skillrm.types import Goal

Form = Literal["scores", "ranks", "win_rates"]


def goal_of(form: Form) -> Goal:
    """What has to be decided for it; a ranking is often decided before the scores are."""
    return "scores" if form == "scores" else "ranking"


def places_of(judgment: Judgment) -> dict[str, float | None]:
    """Each label's standing, higher is better and equal is tied; None for one that no valid judgment places.

    A decided ranking is taken as it is. In one that is still open, only candidates with a score have a standing.
    """
    scores = judgment.verdict.scores
    if judgment.status == "ok" and judgment.goal != "scores":
        groups = judgment.verdict.ranking
        return {label: float(-place) for place, group in enumerate(groups) for label in group}
    return {label: None if judgment.status == "failed" else score.value for label, score in scores.items()}


def ranked(place: float, places: Sequence[float]) -> float | None:
    """The dense rank of `place` among `places`, which hold it: 1 for the best, 0 for the last, evenly between.

    None where nothing was told apart: one candidate alone has no rank, all tied have 0.5 each.
    """
    if len(places) < 2:
        return None
    steps = sorted(set(places))
    return steps.index(place) / (len(steps) - 1) if len(steps) > 1 else 0.5


def win_rate(place: float, places: Sequence[float]) -> float | None:
    """The share of the others in `places`, which hold `place`, that it beats; a tie is half a win. None when alone."""
    others = len(places) - 1
    if others < 1:
        return None
    beaten = sum(other < place for other in places)
    tied = sum(other == place for other in places) - 1
    return (beaten + tied / 2) / others


def in_form(form: Form, places: Mapping[int, float | None]) -> dict[int, float | None]:
    """The values in [0, 1] of all answers of a group, by their standing. Scores are their own standing."""
    if form == "scores":
        return dict(places)
    known = [place for place in places.values() if place is not None]
    measure = ranked if form == "ranks" else win_rate
    return {key: None if place is None else measure(place, known) for key, place in places.items()}
