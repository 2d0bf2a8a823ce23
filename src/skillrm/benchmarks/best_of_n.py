"""Best of N: what the selected answer is worth, by how many answers were drawn.

Exact, nothing is sampled: the expectation runs over all subsets of N candidates of a prompt, and over fair draws among
ties.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

from skillrm.benchmarks.outcome import Result
from skillrm.benchmarks.statistics import mean

Curve = tuple[float, ...]
"""Entry n - 1: the expected worth of what is selected among n."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The candidates of one prompt, in parallel tuples."""

    scores: tuple[float | None, ...]
    """The judge's; None: no judgment. Such a candidate is chosen only where no other is, and then counts as wrong."""
    worth: tuple[float, ...]
    """1 for a right answer, 0 for a wrong one, or any value."""
    sizes: tuple[int, ...] = ()
    answers: tuple[Hashable | None, ...] = ()
    """Final answers, for the majority line; None: none could be read."""

    @classmethod
    def of(cls, result: Result, answers: tuple[Hashable | None, ...] = ()) -> Pool:
        """The candidates of a judged row in upstream's order; `answers` in the same order."""
        names, scores = result.label.given, result.standing
        worth = result.label.worth or {name: float(name in result.label.right) for name in names}
        return cls(
            tuple(scores[name] for name in names),
            tuple(worth[name] for name in names),
            tuple(result.sizes.get(name, 0) for name in names),
            answers,
        )


def curves(pools: Sequence[Pool], most: int | None = None) -> dict[str, Curve]:
    """`judge`, `random`, `longest`, `majority` (if answers are known) and `oracle`, each the mean over the prompts.

    Up to N = `most`, by default the largest pool; a smaller pool stays at its last value. Raises `ValueError` without
    pools.
    """
    if not pools:
        raise ValueError("no pool of candidates")
    size = most or max(len(pool.worth) for pool in pools)
    found = {"judge": _mean([selected(pool.scores, pool.worth) for pool in pools], size)}
    found["random"] = _mean([(mean(pool.worth),) for pool in pools], size)
    if all(pool.sizes for pool in pools):
        found["longest"] = _mean([selected(pool.sizes, pool.worth) for pool in pools], size)
    if all(pool.answers for pool in pools):
        found["majority"] = _mean([majority(pool.answers, pool.worth) for pool in pools], size)
    found["oracle"] = _mean([selected(pool.worth, pool.worth) for pool in pools], size)
    return found


def _mean(each: Sequence[Curve], size: int) -> Curve:
    return tuple(mean([curve[min(n, len(curve) - 1)] for curve in each]) for n in range(size))


def selected(scores: Sequence[float | None], worth: Sequence[float]) -> Curve:
    """Expected worth of the best scored among n, ties drawn.

    m equal scores with L candidates below them hold the first place in C(m + L, n) - C(L, n) of C(K, n) subsets.
    """
    groups: dict[float, list[float]] = {}
    for score, value in zip(scores, worth, strict=True):
        if score is not None:
            groups.setdefault(score, []).append(value)
    total = len(scores)
    unknown = total - sum(map(len, groups.values()))
    curve = []
    for n in range(1, total + 1):
        below, expected = unknown, 0.0
        for score in sorted(groups):
            values = groups[score]
            ways = comb(below + len(values), n) - comb(below, n)
            expected += ways / comb(total, n) * (sum(values) / len(values))
            below += len(values)
        curve.append(expected)
    return tuple(curve)


def majority(answers: Sequence[Hashable | None], worth: Sequence[float]) -> Curve:
    """Expected worth of a candidate whose answer is the most frequent among n; ties drawn among the answers.

    Candidates without an answer do not vote, and are drawn from only where nobody votes.
    """
    groups: dict[Hashable, list[float]] = {}
    silent = [value for answer, value in zip(answers, worth, strict=True) if answer is None]
    for answer, value in zip(answers, worth, strict=True):
        if answer is not None:
            groups.setdefault(answer, []).append(value)
    counts = [len(values) for values in groups.values()]
    total = len(answers)
    curve = [0.0] * total
    for values in groups.values():
        others = Counter(counts)
        others[len(values)] -= 1
        ways = _wins(len(values), tuple(sorted(others.elements())), len(silent))
        for n in range(1, total + 1):
            curve[n - 1] += ways[n] / comb(total, n) * (sum(values) / len(values))
    for n in range(1, len(silent) + 1):
        curve[n - 1] += comb(len(silent), n) / comb(total, n) * (sum(silent) / len(silent))
    return tuple(curve)


@lru_cache(maxsize=4096)
def _wins(own: int, others: tuple[int, ...], silent: int) -> tuple[float, ...]:
    """Entry n: subsets of n in which an answer given `own` times leads; 1 / (t + 1) of one shared with t others."""
    total = own + sum(others) + silent
    ways = [0.0] * (total + 1)
    for votes in range(1, own + 1):
        spread = _add({(0, 0): comb(own, votes)}, ((k, 0, comb(silent, k)) for k in range(silent + 1)))
        for size in others:
            steps = [(k, int(k == votes), comb(size, k)) for k in range(min(size, votes) + 1)]
            spread = _add(spread, steps)
        for (drawn, tied), count in spread.items():
            ways[votes + drawn] += count / (tied + 1)
    return tuple(ways)


def _add(spread: dict[tuple[int, int], int], steps: Iterable[tuple[int, int, int]]) -> dict[tuple[int, int], int]:
    """One more group: (drawn, tied) -> number of ways."""
    found: Counter[tuple[int, int]] = Counter()
    steps = list(steps)
    for (drawn, tied), count in spread.items():
        for more, tie, ways in steps:
            found[drawn + more, tied + tie] += count * ways
    return found
