"""What Prometheus is told. Several workers count into files of one folder, and any of them adds them up."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from skillrm.judgment import Judgment

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


def share_between_workers() -> tempfile.TemporaryDirectory[str]:
    """A folder for the counts of all workers; called by their parent before they start."""
    folder = tempfile.TemporaryDirectory(prefix="skillrm-metrics-")
    os.environ[FOLDER] = folder.name
    return folder


class Metrics:
    """One worker's counts."""

    def __init__(self, on_failure: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        own = self._registry = CollectorRegistry()
        self.requests = Counter("skillrm_requests", "Requests answered", ["path", "status"], registry=own)
        self.seconds = Histogram("skillrm_request_seconds", "Until answered", ["path"], registry=own, buckets=_BUCKETS)
        self.refused = Counter("skillrm_refused", "Requests refused before judging", ["reason"], registry=own)
        self.judgments = Counter("skillrm_judgments", "Judgments by status", ["status"], registry=own)
        self.missing = Counter(
            "skillrm_rewards_missing", "Rewards without a valid judgment", ["path", "on_failure"], registry=own
        )
        self.calls = Counter("skillrm_judge_calls", "Calls of the judge model", ["cached"], registry=own)
        self.tokens = Counter("skillrm_judge_tokens", "Tokens of the judge model", ["kind"], registry=own)
        live = {"registry": own, "multiprocess_mode": "livesum"}
        self.in_house = Gauge("skillrm_requests_in_house", "Requests that wait or are judged", **live)  # type: ignore[arg-type]
        self.waiting_for_group = Gauge("skillrm_requests_waiting_for_group", "Requests whose group is gathered", **live)  # type: ignore[arg-type]
        self.judging = Gauge("skillrm_judging", "Judgments in work", **live)  # type: ignore[arg-type]
        chosen = Gauge(
            "skillrm_on_failure_info",
            "What stands in for a reward without a valid judgment",
            ["on_failure"],
            registry=own,
            multiprocess_mode="livemax",
        )
        chosen.labels(on_failure).set(1)

    def count(self, judgment: Judgment) -> None:
        self.judgments.labels(judgment.status).inc()
        usage = judgment.usage
        if usage.calls or usage.cached_calls:
            self.calls.labels("no").inc(usage.calls)
            self.calls.labels("yes").inc(usage.cached_calls)
            self.tokens.labels("prompt").inc(usage.prompt_tokens)
            self.tokens.labels("completion").inc(usage.completion_tokens)

    def text(self) -> bytes:
        """The exposition of all workers together."""
        if FOLDER not in os.environ:
            return generate_latest(self._registry)
        _forget_the_dead(Path(os.environ[FOLDER]))
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)


def _forget_the_dead(folder: Path) -> None:
    """What a worker that was killed had in the house is there no more; what it had counted stays."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
