"""Preference graphs scored as IF-RewardBench does: edges kept, Kendall's tau, Elo from pairwise verdicts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

Edge = tuple[str, str]
"""(the better, the worse)."""
START, K, EPOCHS, STEADY = 1200.0, 32.0, 100, 0.2


@dataclass(frozen=True, slots=True)
class Kept:
    """How the edges of one graph fare under a scoring."""

    kept: int
    turned: int
    tied: int

    @property
    def accuracy(self) -> float:
        """Share of edges kept; 0 without edges."""
        return self.kept / max(1, self.kept + self.turned + self.tied)

    @property
    def kendall(self) -> float:
        """(kept - turned) / sqrt(decided * all), in [-1, 1]; 0 without edges."""
        decided = self.kept + self.turned
        return (self.kept - self.turned) / max(1.0, sqrt(decided * (decided + self.tied)))


def kept(edges: Iterable[Edge], scores: Mapping[str, float], known: Callable[[Edge], bool] = lambda _: True) -> Kept:
    """Edges by strict comparison of the scores; an edge that is not `known` counts as tied."""
    signs = [
        (scores[edge[0]] > scores[edge[1]]) - (scores[edge[0]] < scores[edge[1]]) if known(edge) else 0
        for edge in edges
    ]
    return Kept(signs.count(1), signs.count(-1), signs.count(0))


def elo(names: Sequence[str], verdicts: Sequence[Edge], drawn: random.Random) -> dict[str, float]:
    """Elo ratings from (winner, loser) verdicts, replayed 100 times in an order that `drawn` shuffles.

    Start 1200; K is 32 for the first 21 rounds, then falls linearly to 1. The result depends on the order of `verdicts`
    and on the state of `drawn` when the verdicts contradict each other.
    """
    ratings = dict.fromkeys(names, START)
    replayed = list(verdicts)
    for epoch in range(EPOCHS):
        drawn.shuffle(replayed)
        spent = (epoch - EPOCHS * STEADY) / (EPOCHS * (1 - STEADY))
        k = max(1.0, K * (1 - spent)) if spent > 0 else K
        for winner, loser in replayed:
            difference = ratings[loser] - ratings[winner]
            expected = 1 / (1 + 10 ** (difference / 400))
            against = 1 / (1 + 10 ** (-difference / 400))
            ratings[winner] += k * (1 - expected)
            ratings[loser] += k * (0 - against)
    return ratings


def f1(predicted: Sequence[bool], gold: Sequence[bool], positive: bool) -> float:
    """F1 of one class; 0 where precision or recall is undefined."""
    hits = sum(p == g == positive for p, g in zip(predicted, gold, strict=True))
    claimed, real = predicted.count(positive), gold.count(positive)
    return 2 * hits / (claimed + real) if hits else 0.0
