"""What is asked of a judge and what came of it, reduced to what a metric reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from skillrm.benchmarks.labelled import Key, Label, LabelledSample
from skillrm.judgment import Judgment
from skillrm.types import Access, Goal, Sample, Status

Strategy = Literal["listwise", "knockout", "round_robin"]
"""As `RewardModel.select` has them."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One judgment that a benchmark wants."""

    shown: tuple[str, ...]
    """Candidates, in the order in which the judge is to see them."""
    goal: Goal = "winner"
    strategy: Strategy = "listwise"
    """How the best of more than two is found."""

    def sample(self, whole: Sample) -> Sample:
        """`whole` with these candidates only, in this order."""
        return Sample(
            id=whole.id,
            prompt=whole.prompt,
            candidates=tuple(whole.candidate(label) for label in self.shown),
            resources=whole.resources,
            criteria=whole.criteria,
            tags=whole.tags,
        )


def together(item: LabelledSample, goal: Goal = "winner", strategy: Strategy = "listwise") -> tuple[Ask, ...]:
    """All candidates in one judgment."""
    return (Ask(item.sample.labels, goal, strategy),)


def apart(item: LabelledSample) -> tuple[Ask, ...]:
    """Each candidate in a judgment of its own, as scalar reward models and raters see it."""
    return tuple(Ask((label,), "scores") for label in item.sample.labels)


def both_orders(pairs: Iterable[tuple[str, str]]) -> tuple[Ask, ...]:
    """Each pair twice: as it stands, and the other way round."""
    return tuple(chain.from_iterable((Ask((one, two)), Ask((two, one))) for one, two in pairs))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one judgment says of the candidates it was shown."""

    shown: tuple[str, ...]
    status: Status = "ok"
    winner: str | None = None
    scores: Mapping[str, float | None] = field(default_factory=dict)
    """By candidate; in [0, 1] for our judgments, on the judge's own scale for recorded ones."""
    cells: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By candidate: the score of each decided criterion, by its id."""
    lows: Mapping[str, float] = field(default_factory=dict)
    """By candidate: what its score is at least, whatever the open cells turn out to be; for our judgments only."""

    @classmethod
    def of(cls, judgment: Judgment) -> Outcome:
        """The judgment as a metric reads it. A failed one says nothing of any candidate."""
        scores = judgment.verdict.scores
        order = judgment.passes[0].order if judgment.passes else ()
        shown = order if set(order) == set(scores) else tuple(scores)  # a pass over some of them is a match or a chunk
        if judgment.status == "failed":
            return cls(shown, "failed")
        cells: dict[str, dict[str, float]] = {label: {} for label in scores}
        for row in judgment.evidence:
            if row.score is not None:
                cells.setdefault(row.candidate, {})[row.criterion] = row.score
        values = {label: score.value for label, score in scores.items()}
        lows = {label: score.low for label, score in scores.items()}
        return cls(shown, judgment.status, judgment.verdict.winner, values, cells, lows)

    @property
    def top(self) -> frozenset[str]:
        """Who may be chosen: the winner, or all that surely share the first place; nobody unless the status is ok."""
        if self.status != "ok":
            return frozenset()
        if self.winner is not None:
            return frozenset({self.winner})
        known = {label: score for label in self.shown if (score := self.scores.get(label)) is not None}
        if not known or len(known) < len(self.shown):
            return frozenset()
        best = max(known.values())
        return frozenset(label for label, score in known.items() if score == best)

    @property
    def choice(self) -> str | None:
        """The one candidate it prefers; None for a tie and for no answer."""
        return next(iter(self.top)) if len(self.top) == 1 else None


@dataclass(frozen=True, slots=True)
class Result:
    """One row of a benchmark, judged: all that a metric needs, and no text."""

    key: Key
    label: Label
    outcomes: tuple[Outcome, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    access: Access = "open"

    @classmethod
    def of(cls, item: LabelledSample, outcomes: Iterable[Outcome]) -> Result:
        return cls(item.key, item.label, tuple(outcomes), item.sizes, item.access)

    @property
    def subset(self) -> str:
        return self.key[0]

    @property
    def scores(self) -> dict[str, float | None]:
        """The score of every candidate from whichever outcome holds it; None where there is none."""
        found: dict[str, float | None] = dict.fromkeys(self.label.given)
        for outcome in self.outcomes:
            if outcome.status != "failed":
                found.update((label, score) for label, score in outcome.scores.items() if score is not None)
        return found

    @property
    def standing(self) -> dict[str, float | None]:
        """What a selection ranks by: what each candidate is sure of, as a verdict's ranking does; else its score."""
        found = self.scores
        for outcome in self.outcomes:
            if outcome.status != "failed":
                found.update(outcome.lows)
        return found

    @property
    def top(self) -> frozenset[str]:
        """Who may be chosen: from the one outcome over all candidates, else by the scores of each alone."""
        whole = [outcome for outcome in self.outcomes if len(outcome.shown) == len(self.label.given)]
        if len(whole) == 1:
            return whole[0].top
        return Outcome(self.label.given, scores=self.scores).top

    def expected(self) -> float:
        """Chance that a draw from the top is right; 0 without an answer."""
        return len(self.top & self.label.right) / len(self.top) if self.top else 0.0
