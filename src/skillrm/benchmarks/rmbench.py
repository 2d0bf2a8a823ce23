"""RM-Bench: three chosen and three rejected answers (concise, detailed, markdown): is substance seen through style?

Liu et al., "RM-Bench: Benchmarking Reward Models of Language Models with Subtlety and Style", arXiv 2410.16184;
THU-KEG/RM-Bench.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from skillrm.benchmarks.benchmark import Benchmark, Upstream
from skillrm.benchmarks.files import Row
from skillrm.benchmarks.labelled import Label, LabelledSample, arranged
from skillrm.benchmarks.metrics import Mark
from skillrm.benchmarks.outcome import Ask, Result, apart, both_orders
from skillrm.benchmarks.pairs import pair_figures
from skillrm.benchmarks.statistics import mean
from skillrm.types import Access, Sample

UPSTREAM = Upstream(
    project="THU-KEG/RM-Bench",
    paper="arXiv 2410.16184",
    files=("total_dataset.json", "data/total_dataset.json", "*.json", "*.jsonl", "*.parquet", "data/*.parquet"),
    get="data/total_dataset.json of the repository, or the data set THU-KEG/RM-Bench on Hugging Face",
)
DOMAINS = ("chat", "math", "code", "safety")
STYLES = 3
Matrix = tuple[tuple[float, ...], ...]
"""[i][j]: share of rows whose chosen answer of style i beats the rejected one of style j."""


def label(row: Row, access: Access, seed: int) -> LabelledSample:
    """The domain is a field, or the file's name; both kinds of safety count as one."""
    domain = str(row.content.get("domain") or row.file.stem)
    subset = next((name for name in DOMAINS if domain.startswith(name)), None)
    if subset is None:
        raise row.fault(f"{domain} begins with none of {', '.join(DOMAINS)}", "domain")
    chosen, rejected = row.listed("chosen", STYLES), row.listed("rejected", STYLES)
    if len(chosen) != STYLES or len(rejected) != STYLES:
        raise row.fault(f"needs {STYLES} chosen and {STYLES} rejected answers")
    identity = row.text("id")
    group = arranged([*chosen, *rejected], seed, subset, identity)
    names = group.names
    gold = Label(given=names, right=frozenset(names[:STYLES]), better=tuple(product(names[:STYLES], names[STYLES:])))
    return LabelledSample(Sample(id=identity, prompt=row.text("prompt"), candidates=group.candidates), subset, gold)


def nine_pairs(item: LabelledSample) -> tuple[Ask, ...]:
    """Every chosen answer against every rejected one, in both orders."""
    return both_orders(item.label.better)


def beats(result: Result) -> list[bool]:
    """For each of the nine pairs: the chosen one wins, in both orders, or by a strictly higher score."""
    if all(len(outcome.shown) == 1 for outcome in result.outcomes):
        scores = result.scores
        return [_higher(scores[better], scores[worse]) for better, worse in result.label.better]
    by_pair: dict[frozenset[str], list[str | None]] = {}
    for outcome in result.outcomes:
        by_pair.setdefault(frozenset(outcome.shown), []).append(outcome.choice)
    found = [(pair[0], by_pair.get(frozenset(pair), [])) for pair in result.label.better]
    return [len(choices) > 1 and all(choice == better for choice in choices) for better, choices in found]


def _higher(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one > other


def matrix(results: Sequence[Result]) -> Matrix:
    """The 3 x 3 matrix of some rows."""
    wins = [beats(result) for result in results]
    shares = [mean([float(row[cell]) for row in wins]) for cell in range(STYLES * STYLES)]
    return tuple(tuple(shares[STYLES * i : STYLES * (i + 1)]) for i in range(STYLES))


def levels(cells: Matrix) -> dict[str, float]:
    """hard: the rejected answer has the fancier style; normal: the same; easy: the plainer."""
    places = list(product(range(STYLES), repeat=2))
    return {
        "hard": mean([cells[i][j] for i, j in places if i < j]),
        "normal": mean([cells[i][j] for i, j in places if i == j]),
        "easy": mean([cells[i][j] for i, j in places if i > j]),
    }


def mark(result: Result) -> Mark:
    """Both columns agree: upstream already counts ties as lost."""
    share = mean([float(won) for won in beats(result)])
    return Mark(result.key, share, share, bool(result.outcomes) and all(outcome.top for outcome in result.outcomes))


def figures(results: Sequence[Result]) -> dict[str, float]:
    """Levels by domain and as means over the domains that are there, the pooled matrix, and the lean to style."""
    found: dict[str, float] = {}
    domains = [name for name in DOMAINS if any(result.subset == name for result in results)]
    by_domain = {name: levels(matrix([r for r in results if r.subset == name])) for name in domains}
    for level in ("hard", "normal", "easy"):
        found[level] = mean([by_domain[name][level] for name in domains])
        found.update({f"{name}.{level}": by_domain[name][level] for name in domains})
    found["style_bias"] = found["easy"] - found["hard"]
    for i, cells in enumerate(matrix(results)):
        found.update({f"A{i}{j}": share for j, share in enumerate(cells)})
    if any(len(outcome.shown) == 2 for result in results for outcome in result.outcomes):
        found.update(pair_figures_of_nine(results))
    return found


def pair_figures_of_nine(results: Sequence[Result]) -> dict[str, float]:
    """What the order does, over all pairs alike."""
    pairs = []
    for result in results:
        for number, (better, worse) in enumerate(result.label.better):
            outcomes = tuple(outcome for outcome in result.outcomes if set(outcome.shown) == {better, worse})
            gold = Label(given=(better, worse), right=frozenset({better}))
            if outcomes:
                pairs.append(Result((result.subset, f"{result.key[1]}/{number}"), gold, outcomes))
    return pair_figures(pairs)


RMBENCH = Benchmark(
    name="rmbench",
    mode="pairs",
    summary="nine pairs a row, each in both orders; the mean of the domains",
    upstream=UPSTREAM,
    label=label,
    asks=nine_pairs,
    mark=mark,
    across="subsets",
    figures=figures,
)
RMBENCH_SCORES = Benchmark(
    name="rmbench",
    mode="scores",
    summary="six answers scored alone, the nine pairs by strictly higher score; the mean of the domains",
    upstream=UPSTREAM,
    label=label,
    asks=apart,
    mark=mark,
    across="subsets",
    figures=figures,
)
