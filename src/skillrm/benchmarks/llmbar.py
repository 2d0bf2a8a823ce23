"""LLMBar: which of two outputs follows the instruction, by agreement of people; judged in both orders.

Zeng et al., "Evaluating Large Language Models at Evaluating Instruction Following", arXiv 2310.07641;
princeton-nlp/LLMBar.
"""

from __future__ import annotations

from pathlib import Path

from skillrm.benchmarks.benchmark import Benchmark, Upstream
from skillrm.benchmarks.files import Row
from skillrm.benchmarks.labelled import LabelledSample, as_given
from skillrm.benchmarks.pairs import asked_twice, by_single_order, pair_figures, preferred
from skillrm.types import Access, Sample

UPSTREAM = Upstream(
    project="princeton-nlp/LLMBar",
    paper="arXiv 2310.07641",
    files=("dataset.json", "*_dataset.json", "**/dataset.json"),
    get="the folder Dataset/LLMBar of the repository",
)


def label(row: Row, access: Access, seed: int) -> LabelledSample:
    """Rows have no ids: their place in the file is one. The subset is the folder, or the file's name before `_`."""
    subset = subset_of(row.file)
    pair = as_given([row.answer("output_1"), row.answer("output_2")])
    verdict = row.text("label")
    if verdict not in ("1", "2"):
        raise row.fault(f"must be 1 or 2, this is {verdict}", "label")
    sample = Sample(id=str(row.ordinal), prompt=row.text("input"), candidates=pair.candidates)
    return LabelledSample(sample, subset, preferred(pair.names[int(verdict) - 1], pair.names))


def subset_of(file: Path) -> str:
    """Natural, GPTInst, GPTOut, Manual, Neighbor."""
    if file.stem in ("dataset", "result"):
        folder = file.parent
        return folder.parents[2].name if file.stem == "result" and len(folder.parents) > 2 else folder.name
    return file.stem.split("_")[0]


LLMBAR = Benchmark(
    name="llmbar",
    mode="pairs",
    summary="two outputs in both orders; the mean accuracy of the two orders",
    upstream=UPSTREAM,
    label=label,
    asks=asked_twice,
    mark=by_single_order,
    figures=pair_figures,
)
