"""What a run has come to so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from skillrm.judgment import Judgment
from skillrm.types import Status


@dataclass(slots=True)
class Tally:
    """Counts of rows by what came of them, of cells by who decided them, and what it cost."""

    rows: int = 0
    ok: int = 0
    abstained: int = 0
    failed: int = 0
    unreadable: int = 0
    by_verifiers: int = 0
    by_judge: int = 0
    open: int = 0
    asked: int = 0
    """Rows with a judge model at hand."""
    uncalled: int = 0
    """Rows among `asked` that needed no call: verifiers and bounds closed them."""
    calls: int = 0
    cached_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    repeated: int = 0
    """Rows whose judgment was made for an equal row, or by an earlier run."""
    errors: dict[str, int] = field(default_factory=dict)
    """The first words of what broke, and how often; bounded."""

    def add(self, status: Status | None, judgment: Judgment | None, *, repeated: bool = False) -> None:
        """Count one row; `status` is None for one that could not be judged."""
        self.rows += 1
        self.repeated += repeated
        if status is None:
            self.unreadable += 1
            return
        setattr(self, status, getattr(self, status) + 1)
        if judgment is None or repeated:
            return
        self._cells(judgment)
        used = judgment.usage
        if judgment.versions.model is not None:
            self.asked += 1
            self.uncalled += used.calls == 0
        self.calls += used.calls
        self.cached_calls += used.cached_calls
        self.prompt_tokens += used.prompt_tokens
        self.completion_tokens += used.completion_tokens
        if used.cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + used.cost_usd
        if judgment.status == "failed" and judgment.error:
            self.broke(judgment.error)

    def broke(self, words: str) -> None:
        """Remember what broke, by its first words."""
        head = words.split(";")[0][:160]
        if head in self.errors or len(self.errors) < 20:
            self.errors[head] = self.errors.get(head, 0) + 1

    def _cells(self, judgment: Judgment) -> None:
        for row in judgment.evidence:
            if row.decision == "not_applicable":
                continue
            if row.score is None:
                self.open += 1
            elif row.source == "judge":
                self.by_judge += 1
            else:
                self.by_verifiers += 1

    @property
    def all_fine(self) -> bool:
        return self.failed == 0 and self.unreadable == 0

    def __str__(self) -> str:
        states = ("ok", "abstained", "failed", "unreadable")
        came_to = ", ".join(f"{getattr(self, state)} {state}" for state in states)
        parts = [f"{self.rows} {'row' if self.rows == 1 else 'rows'}: {came_to}"]
        if self.repeated:
            parts.append(f"{self.repeated} judged before")
        if self.rows > self.repeated:
            parts.append(f"cells: {self.by_verifiers} by verifiers, {self.by_judge} by the judge, {self.open} open")
        if self.calls:
            cached = f" ({self.cached_calls} from the cache)" if self.cached_calls else ""
            cost = f", ${self.cost_usd:.4f}" if self.cost_usd is not None else ""
            parts.append(
                f"{self.calls} calls{cached}, {self.prompt_tokens:,} + {self.completion_tokens:,} tokens{cost}"
            )
        if self.asked and self.uncalled:
            parts.append(f"{self.uncalled} of {self.asked} judgments needed no call")
        return "; ".join(parts)
