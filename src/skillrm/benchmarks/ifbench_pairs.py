"""THU-KEG's pairs for instruction following: a chosen and a rejected answer, by how many constraints each keeps.

Peng et al., "Agentic Reward Modeling", arXiv 2502.19328; THU-KEG/Agentic-Reward-Modeling (there called IFBench).
"""

from __future__ import annotations

from skillrm.benchmarks.benchmark import Benchmark, Upstream
from skillrm.benchmarks.files import Row
from skillrm.benchmarks.labelled import LabelledSample, arranged
from skillrm.benchmarks.pairs import asked_twice, by_single_order, pair_figures, preferred
from skillrm.types import Access, Message, Sample

UPSTREAM = Upstream(
    project="THU-KEG/Agentic-Reward-Modeling",
    paper="arXiv 2502.19328",
    files=("data.converted.json", "*.jsonl", "*.parquet", "data/*.parquet"),
    get="the data set THU-KEG/IFBench on Hugging Face",
)


def label(row: Row, access: Access, seed: int) -> LabelledSample:
    """Two whole conversations that differ in the last turn."""
    subset, identity = row.text("domain"), row.text("id")
    chosen, rejected = row.objects("text_chosen", 2), row.objects("text_rejected", 2)
    pair = arranged([chosen[-1].answer("content"), rejected[-1].answer("content")], seed, subset, identity)
    turns = tuple(Message(role=turn.text("role"), content=turn.answer("content")) for turn in chosen[:-1])
    sample = Sample(id=identity, prompt=turns, candidates=pair.candidates)
    return LabelledSample(sample, subset, preferred(pair.names[0], pair.names))


IFBENCH_PAIRS = Benchmark(
    name="ifbench-pairs",
    mode="pairs",
    summary="two answers in both orders; the mean accuracy of the two orders",
    upstream=UPSTREAM,
    label=label,
    asks=asked_twice,
    mark=by_single_order,
    figures=pair_figures,
)
