"""What all conversations of one judgment share, and what they have spent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from skillrm import prompts, tools
from skillrm.backends import Backend, ChatReply, ChatRequest
from skillrm.errors import ConfigError, DeadlineExceeded, Fault
from skillrm.findings import KnownFindings
from skillrm.judgment import Readout, Usage, Verdict
from skillrm.ledger import Ledger
from skillrm.limits import Limits
from skillrm.plan import Plan
from skillrm.readout import readout
from skillrm.skill import Bank, Skill
from skillrm.types import Goal, Resource

T = TypeVar("T")
ToolMode = Literal["auto", "native", "json"]
JudgeKind = Literal["skill", "direct", "flat", "tools", "verifiers"]
_INDEX_LIMIT = 24


class LimitReached(Exception):
    """The judgment may make no further model call."""


async def together(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """What several pieces of work give, side by side and in order; one alone needs no task of its own."""
    if len(work) == 1:
        return [await work[0]]
    return list(await asyncio.gather(*work)) if work else []


@dataclass(slots=True)
class Spending:
    """What one judgment has spent, over all its conversations."""

    limits: Limits
    started: float = field(default_factory=time.monotonic)
    calls: int = 0
    cached_calls: int = 0
    """Of `calls`, those that the cache answered."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None

    @property
    def deadline(self) -> float:
        return self.started + self.limits.seconds

    def claim(self) -> None:
        """Take one call. Raises `LimitReached` or `DeadlineExceeded`."""
        if time.monotonic() >= self.deadline:
            raise DeadlineExceeded(f"the judgment's {self.limits.seconds:g} s are over")
        if self.calls >= self.limits.calls:
            raise LimitReached(f"the limit of {self.limits.calls} model calls is reached")
        if self.limits.tokens is not None and self.prompt_tokens + self.completion_tokens >= self.limits.tokens:
            raise LimitReached(f"the limit of {self.limits.tokens} tokens is reached")
        self.calls += 1

    def pay(self, reply: ChatReply) -> None:
        """Add what one reply has used; one out of the cache has used nothing."""
        if reply.cached:
            self.cached_calls += 1
            return
        used = reply.usage
        self.prompt_tokens += used.prompt_tokens
        self.completion_tokens += used.completion_tokens
        if used.cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + used.cost_usd

    def usage(self) -> Usage:
        seconds = time.monotonic() - self.started
        return Usage.made(
            calls=self.calls,
            cached_calls=self.cached_calls,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            cost_usd=self.cost_usd,
            seconds=round(seconds, 6),
        )


@dataclass(slots=True)
class Setting:
    """What all conversations of one judgment share."""

    backend: Backend | None
    """None: verifiers alone fill the table."""
    kind: JudgeKind
    skill: Skill
    bank: Bank
    plan: Plan
    readout: Readout
    goal: Goal
    spending: Spending
    limits: Limits
    mode: list[ToolMode]
    """One shared cell: `auto` settles on `json` once a server refuses tools, for all later conversations."""
    findings: KnownFindings | None = None
    early_stop: bool = True
    temperature: float | None = 0.0
    extra: Mapping[str, Any] = field(default_factory=dict)
    asks_preference: bool = field(init=False)
    """The readout reads the judge's ranking, and there is something to rank."""

    def __post_init__(self) -> None:
        wanted = self.readout.kind == "preference" or self.readout.tie_break == "preference"
        self.asks_preference = wanted and len(self.bank.sample.candidates) > 1

    @property
    def lengths(self) -> dict[str, tuple[int, int]]:
        """Characters of each candidate's answer, and of everything it said."""
        return {one.label: (len(one.final), len(one.whole)) for one in self.bank.sample.candidates}

    @property
    def verifies(self) -> bool:
        return self.kind not in ("direct", "flat")

    def closed(self, ledger: Ledger) -> bool:
        """Nothing need be asked: no open cell can change the answer. Soft evidence does not keep a judge away."""
        if not self.early_stop:  # every cell is wanted, and what the judge may add
            wanted = self.plan.open is not None or (self.asks_preference and ledger.preference is None)
            return ledger.full and not wanted
        if ledger.changes or self.readout.length is not None:
            return self._read(ledger).closed
        empty = ("empty", len(ledger.labels), self.goal, self.readout)  # as open as any other
        return self.plan.once(empty, lambda: self._read(ledger).closed)

    def _read(self, ledger: Ledger) -> Verdict:
        """What the table says as it stands, soft evidence aside."""
        if ledger.read is None or ledger.read[0] != ledger.changes:
            cells = ledger.cells(soft=False)
            lengths = self.lengths if self.readout.length is not None else {}
            read = readout(ledger.in_force, ledger.labels, cells, self.readout, self.goal, ledger.preference, lengths)
            ledger.read = ledger.changes, read
        return ledger.read[1]

    def contested(self, ledger: Ledger) -> tuple[str, ...]:
        """Whom the judge must see: not who has a score already nor, for the winner, who cannot win."""
        if not self.early_stop or self.asks_preference or self.goal == "ranking":
            return ledger.labels
        if not ledger.cells(soft=False) and self.readout.length is None:  # nothing is known of anyone
            return ledger.labels
        scores = self._read(ledger).scores
        if self.goal == "scores":
            return tuple(label for label in ledger.labels if scores[label].value is None)
        lead = max(score.low for score in scores.values())
        return tuple(label for label in ledger.labels if scores[label].high >= lead)

    async def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        names: tuple[str, ...],
        forced: str | None = None,
        seed: int | None = None,
    ) -> ChatReply:
        """One call of the judge model. Raises backend errors, `LimitReached` and `DeadlineExceeded`."""
        if self.backend is None:
            raise ConfigError(Fault("there is no judge model to ask", field="model"))
        native = self.mode[0] != "json"
        request = ChatRequest(
            messages=tuple(messages),
            tools=tools.schemas(names) if native else None,
            tool_choice={"type": "function", "function": {"name": forced}} if forced and native else None,
            temperature=self.temperature,
            max_tokens=self.limits.reply_tokens,
            seed=seed,
            extra=self.extra,
        )
        self.spending.claim()
        reply = await self.backend.chat(request, deadline=self.spending.deadline)
        self.spending.pay(reply)
        return reply

    def settle_for_text(self) -> bool:
        """The server refused a request with tools: from now on the same protocol goes as JSON in text, if it may."""
        if self.mode[0] != "auto":
            return False
        self.mode[0] = "json"
        return True

    @property
    def tool_names(self) -> tuple[str, ...]:
        if self.kind in ("direct", "flat"):
            return tools.RECORDING
        return tools.INDEXED if self.plan.size > _INDEX_LIMIT else tools.STANDARD

    def system(self, names: tuple[str, ...]) -> str:
        """The stable prefix of every conversation with this skill."""
        in_text = tools.signatures(names) if self.mode[0] == "json" else ""
        procedure = self.skill.procedure if self.kind == "skill" else ""
        if self.kind == "direct":
            return prompts.system("", (), tools_in_text=in_text)
        if self.plan.size > _INDEX_LIMIT and self.kind != "flat":
            return prompts.system(procedure, (), tools_in_text=in_text, index_note=prompts.index_note(self.plan.size))
        own = self.plan.own.open
        if self.kind == "flat":
            texts = "\n\n".join(f"## {r.id}\n\n{r.text}" for r in own if r.text is not None)
            return prompts.system("", (), tools_in_text=in_text, index_note=texts)
        return prompts.system(procedure, own, tools_in_text=in_text)

    @property
    def criteria_lines(self) -> str:
        """The criteria as a judge reads them."""
        return self.plan.once("lines", lambda: prompts.criteria_lines(self.plan.criteria))

    def brought(self) -> list[Resource]:
        """Resources that are this sample's or this prompt's, so they stand after the stable prefix."""
        if not self.plan.brought.resources or self.kind == "direct" or self.plan.size > _INDEX_LIMIT:
            return []
        return [r for r in self.plan.brought.resources if not (r.hard and r.run == "eager")]
