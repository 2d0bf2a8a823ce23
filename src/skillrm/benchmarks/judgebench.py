"""JudgeBench: two answers of one model, one objectively right; judged in both orders.

Tan et al., "JudgeBench: A Benchmark for Evaluating LLM-based Judges", arXiv 2410.12784; ScalerLab/JudgeBench.
"""

from __future__ import annotations

from skillrm.benchmarks.benchmark import Benchmark, Upstream
from skillrm.benchmarks.files import Row, reference
from skillrm.benchmarks.labelled import LabelledSample, arranged, as_given
from skillrm.benchmarks.pairs import asked_twice, by_vote, pair_figures, preferred
from skillrm.types import Access, Sample

UPSTREAM = Upstream(
    project="ScalerLab/JudgeBench",
    paper="arXiv 2410.12784",
    files=("*.jsonl", "data/*.jsonl", "*.parquet", "data/*.parquet"),
    get="data/*.jsonl of the repository, or the data set ScalerLab/JudgeBench on Hugging Face",
)
_SOURCES = ("mmlu-pro", "livebench-reasoning", "livebench-math", "livecodebench")
_FLIPPED = {"A>B": 0, "B>A": 1}


def label(row: Row, access: Access, seed: int) -> LabelledSample:
    """Upstream's own layout (response_A, response_B, label) or the one with chosen and rejected."""
    own = "response_A" in row.content
    source = row.text("source" if own else "query_type")
    subset = next((name for name in _SOURCES if source.startswith(name)), source)
    if own:
        identity, prompt = row.text("pair_id"), row.text("question")
        pair = as_given([row.answer("response_A"), row.answer("response_B")])
        verdict = row.text("label")
        if verdict not in _FLIPPED:
            raise row.fault(f"must be A>B or B>A, this is {verdict}", "label")
        right = pair.names[_FLIPPED[verdict]]
    else:
        identity, prompt = row.text("question_id"), row.text("prompt")
        pair = arranged([row.answer("chosen"), row.answer("rejected")], seed, subset, identity)
        right = pair.names[0]
    key = None if subset == "livecodebench" else row.content.get("ground_truth")  # there it is a scrap of code
    sample = Sample(id=identity, prompt=prompt, candidates=pair.candidates, resources=reference(key, access))
    return LabelledSample(sample, subset, preferred(right, pair.names))


JUDGEBENCH = Benchmark(
    name="judgebench",
    mode="pairs",
    summary="two answers in both orders; correct when the two orders together favour the right one",
    upstream=UPSTREAM,
    label=label,
    asks=asked_twice,
    mark=by_vote,
    figures=pair_figures,
)
