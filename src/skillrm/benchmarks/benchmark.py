"""What a benchmark is: where it comes from, how its rows are read, what is asked, how the answers are scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from skillrm.benchmarks.files import Row, Upstream, rows
from skillrm.benchmarks.labelled import Key, LabelledSample
from skillrm.benchmarks.metrics import Across, Mark, Metrics, metrics
from skillrm.benchmarks.outcome import Ask, Result
from skillrm.errors import Fault, InputError
from skillrm.types import Access
from skillrm.validation import faults

__all__ = ["Benchmark", "Upstream"]


def no_figures(_: Sequence[Result]) -> Mapping[str, float]:
    """A benchmark with the two columns alone."""
    return {}


def answers(results: Sequence[Result]) -> dict[str, float]:
    """How many judgments there were, and the shares that abstained and failed: what stands behind the coverage."""
    statuses = [outcome.status for result in results for outcome in result.outcomes]
    shares = {status: statuses.count(status) / max(1, len(statuses)) for status in ("abstained", "failed")}
    return {"judgments": float(len(statuses)), **shares}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark in one mode of judging."""

    name: str
    mode: str
    summary: str
    """One line: what is judged and how."""
    upstream: Upstream
    label: Callable[[Row, Access, int], LabelledSample]
    """A row into a labelled sample, under the access and seed given. Raises `InputError`."""
    asks: Callable[[LabelledSample], tuple[Ask, ...]]
    """The judgments that one sample wants."""
    mark: Callable[[Result], Mark]
    across: Across = "rows"
    """What the overall number weighs alike."""
    figures: Callable[[Sequence[Result]], Mapping[str, float]] = no_figures
    summed: Callable[[Benchmark, Sequence[Result]], Metrics] | None = None
    """For metrics that are not the means of their rows."""
    rows: Callable[[Path, Upstream], Iterator[Row]] = rows

    def load(
        self,
        path: str | Path,
        access: Access = "open",
        seed: int = 0,
        on_fault: Callable[[Fault], None] | None = None,
    ) -> Iterator[LabelledSample]:
        """The rows of upstream's file or folder, in its order, one at a time.

        `access`: whether references, checklists and official verifiers are put into the samples ("sample") or left out
        ("open"). A faulty row raises `InputError`, or goes to `on_fault` and the rest go on. A file that is missing
        raises at once. Repeated keys get `#2`, `#3`, ... so that no row stands for another.
        """
        return self._labelled(self.rows(Path(path), self.upstream), access, seed, on_fault)

    def _labelled(
        self, found: Iterator[Row], access: Access, seed: int, on_fault: Callable[[Fault], None] | None
    ) -> Iterator[LabelledSample]:
        seen: Counter[Key] = Counter()
        for row in found:
            try:
                if row.faults:
                    raise InputError(*row.faults)
                item = self._one(row, access, seed)
            except InputError as error:
                if on_fault is None:
                    raise
                for fault in error.faults:
                    on_fault(fault)
                continue
            seen[item.key] += 1
            item = replace(item, access=access)
            yield item if seen[item.key] == 1 else _renamed(item, seen[item.key])

    def _one(self, row: Row, access: Access, seed: int) -> LabelledSample:
        try:
            return self.label(row, access, seed)
        except ValidationError as error:
            where = str(row.file) if row.line is not None else f"{row.file} row {row.ordinal}"
            raise InputError(*faults(error, file=where, line=row.line)) from None

    def score(self, results: Sequence[Result]) -> Metrics:
        """All numbers of a run, results in the order of the rows.

        Raises `ValueError` without results, and for results of different access: those are different numbers.
        """
        if not results:
            raise ValueError(f"{self.name}: no results to score")
        if len(seen := {result.access for result in results}) > 1:
            raise ValueError(f"{self.name}: results with access {' and '.join(sorted(seen))} are not one run")
        found = self._summed(results) if self.summed is None else self.summed(self, results)
        return found.model_copy(update={"access": results[0].access, "figures": {**found.figures, **answers(results)}})

    def _summed(self, results: Sequence[Result]) -> Metrics:
        marks = [self.mark(result) for result in results]
        return metrics(self.name, self.mode, marks, self.across, self.figures(results))

    def marks(self, results: Sequence[Result]) -> dict[Key, float]:
        """The headline of each row by key, for comparing two runs."""
        return {result.key: self.mark(result).headline for result in results}


def _renamed(item: LabelledSample, repeat: int) -> LabelledSample:
    sample = item.sample.model_copy(update={"id": f"{item.sample.id}#{repeat}"})
    return replace(item, sample=sample)
