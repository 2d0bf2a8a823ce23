"""The facade: a skill, a judge and limits. Every entrance builds a `Sample`, every exit is a `Judgment`."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import OrderedDict
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, get_args

from skillrm import selection, verify
from skillrm.backends import Backend, Budget, ReplyCache, open_backend
from skillrm.errors import BackendError, ConfigError, DeadlineExceeded, Fault
from skillrm.findings import KnownFindings
from skillrm.judgment import Judgment, Readout
from skillrm.ledger import Ledger
from skillrm.limits import Limits
from skillrm.passes import Outcome, judgment_of, orders, run_pass
from skillrm.plan import Plan, plan_for
from skillrm.planning import propose
from skillrm.routing import Route, Router
from skillrm.setting import JudgeKind, LimitReached, Setting, Spending, ToolMode, together
from skillrm.shapes import THINK, Delimiters
from skillrm.skill import Bank, Skill, load_skill
from skillrm.types import Access, Criterion, Goal, Sample
from skillrm.validation import among, listed
from skillrm.version import __version__

if TYPE_CHECKING:
    from skillrm.cache import Cache
    from skillrm.engine import Judged, Rows
    from skillrm.store import Run
T = TypeVar("T")
Order = Literal["given", "shuffled", "both"]
_CHOICES = {"judge": JudgeKind, "access": Access, "order": Order, "tool_mode": ToolMode, "route": Route}
_GOALS = frozenset(get_args(Goal))
_PLANS_KEPT = 4096


def run(awaitable: Coroutine[Any, Any, T]) -> T:
    """The one bridge for synchronous callers: run a coroutine of this package to its end.

    Raises `ConfigError` where an event loop runs already, as in a notebook: there, `await` it.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(awaitable)
    awaitable.close()
    raise ConfigError(
        Fault("an event loop runs here already", field="run", mend="write `await ...` instead of run(...)")
    )


class RewardModel:
    """One skill (or several), one judge, and limits.

    Without a model, verifiers alone fill the table: what they cannot decide stays unknown and shows in the bounds.
    With one, the model is asked only about cells that are still open. An async context manager; or call `aclose`.

    `tolerance`: a score whose bounds are this close counts as decided. `cache` keeps the replies of a `model` at
    temperature 0 and the findings of costly verifiers (`default`: the cache that all processes of this user share).
    `prices`: US dollars per million (prompt, completion) tokens. `budget` bounds all that this reward model spends.
    Raises `InputError` for what cannot be used.
    """

    def __init__(
        self,
        skill: str | Path | Skill = "general",
        *,
        skills: Sequence[str | Path | Skill] = (),
        route: Route = "explicit",
        model: str | None = None,
        base_url: str | Sequence[str] | None = None,
        api_key: str | None = None,
        backend: Backend | None = None,
        judge: JudgeKind = "skill",
        access: Access = "sample",
        limits: Limits | None = None,
        order: Order = "given",
        votes: int = 1,
        seed: int = 0,
        tool_mode: ToolMode = "auto",
        temperature: float | None = 0.0,
        extra: Mapping[str, Any] | None = None,
        early_stop: bool = True,
        readout: Readout | None = None,
        tolerance: float | None = None,
        delimiters: Delimiters = THINK,
        cache: ReplyCache | Literal["default"] | None = "default",
        prices: tuple[float, float] | None = None,
        budget: Budget | None = None,
    ) -> None:
        for field, value in zip(_CHOICES, (judge, access, order, tool_mode, route), strict=True):
            among(value, _CHOICES[field], field)
        if votes < 1:
            raise ConfigError(Fault("must be at least 1", field="votes"))
        if judge not in ("skill", "verifiers") and backend is None and model is None:
            raise ConfigError(Fault(f"judge {judge!r} needs a model", field="model", mend="give model= and base_url="))
        if base_url is not None and model is None and backend is None:
            raise ConfigError(Fault("is given, but no model", field="base_url", mend="give model= too"))
        chosen = [one if isinstance(one, Skill) else load_skill(one) for one in skills or (skill,)]
        self.router = Router(tuple(chosen), route)
        wants_model = judge != "verifiers" and (backend is not None or model is not None)
        self.budget = budget
        worth_it = (wants_model and backend is None) or any(verify.keeps(skill.resources) for skill in chosen)
        self._own_cache = _shared_cache() if cache == "default" and worth_it else None
        kept = self._own_cache if cache == "default" else cache
        self._findings = KnownFindings(kept) if kept is not None else None
        self.backend = backend if wants_model else None
        if wants_model and backend is None:
            self.backend = open_backend(
                model, base_url=base_url, api_key=api_key, prices=prices, budget=budget, cache=kept
            )
        self.kind: JudgeKind = judge if self.backend is not None else "verifiers"
        self.access: Access = access
        self.limits, self.order, self.votes, self.seed = limits or Limits(), order, votes, seed
        self.temperature = temperature if temperature or votes == 1 else 0.7
        self.extra, self.early_stop, self.delimiters = dict(extra or {}), early_stop, delimiters
        self.readout, self.tolerance = readout, tolerance
        self._mode: list[ToolMode] = [tool_mode]
        self._proposals: OrderedDict[tuple[str, str], asyncio.Task[tuple[Criterion, ...]]] = OrderedDict()

    @property
    def skill(self) -> Skill:
        """The first skill; the only one in the common case."""
        return self.router.skills[0]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self.backend is not None:
            await self.backend.aclose()
        if self._own_cache is not None:
            await self._own_cache.aclose()

    async def judge(self, sample: Sample | Mapping[str, Any], goal: Goal = "scores") -> Judgment:
        """Everything about one sample. Raises `SampleError` for what is no sample; a judge's failure is a status."""
        if goal not in _GOALS:
            among(goal, Goal, "goal")
        sample = self._prepared(sample)
        spending = Spending(self.limits)
        skill = self.skill if len(self.router.skills) == 1 else await self.router.choose(sample, self.backend, spending)
        spending.limits = skill.limits.over(self.limits)
        bank = skill.mount(sample, self.access)
        setting = self._setting(skill, bank, plan_for(skill, bank, goal), goal, spending)
        ledger = _open_ledger(setting)
        if setting.verifies:
            await _verify(setting, ledger)
        outcomes: list[Outcome] = []
        if self.backend is not None and not setting.closed(ledger):
            outcomes = await self._ask_the_judge(setting, ledger)
        return judgment_of(sample, setting, ledger, outcomes, self.votes)

    def judge_all(
        self, samples: Rows, goal: Goal = "scores", *, concurrency: int = 64, run: Run | None = None
    ) -> AsyncGenerator[Judged]:
        """Judge any number of samples (or rows, or mappings) side by side; each outcome as it comes, in flat memory.

        A row that is no sample comes back with its faults and ends nothing. With a `run`, outcomes are stored before
        they come, and what is stored is not judged again. Close the iterator (`contextlib.aclosing`) to stop early.
        """
        from skillrm.engine import Engine  # one judgment needs neither workers nor a store

        return Engine(self.judge, goal, concurrency=concurrency, run=run, budget=self.budget).outcomes(samples)

    @property
    def identity(self) -> dict[str, Any]:
        """What a judgment depends on beside the sample and the goal; plain values, for manifests and keys."""
        limits = self.limits.model_dump(mode="json", exclude={"seconds", "verifier_seconds"})
        return {
            "model": self.backend.model if self.backend is not None else None,
            "judge": self.kind,
            "skills": {skill.name: skill.digest for skill in self.router.skills},
            "route": self.router.route,
            "access": self.access,
            "order": self.order,
            "votes": self.votes,
            "seed": self.seed,
            "temperature": self.temperature,
            "extra": self.extra,
            "early_stop": self.early_stop,
            "readout": self.readout.model_dump(mode="json") if self.readout is not None else None,
            "tolerance": self.tolerance,
            "delimiters": [list(pair) for pair in self.delimiters],
            "limits": limits,
            "package": __version__,
        }

    async def compare(self, prompt: Any, a: Any, b: Any, **brought: Any) -> Judgment:
        """Which answer is better: `verdict.winner` is "A", "B" or None. `brought`: reference, tests, checklist, ..."""
        return await self.judge(Sample.parse({"prompt": prompt, "responses": [a, b], **brought}), goal="winner")

    async def select(
        self, prompt: Any, candidates: Sequence[Any], *, strategy: selection.Strategy = "listwise", **brought: Any
    ) -> Judgment:
        """The best of N answers: over one table, or by matches of two (`knockout`, `round_robin`)."""
        sample = self._prepared(Sample.parse({"prompt": prompt, "candidates": listed(candidates), **brought}))
        return await selection.select(self.judge, sample, strategy, self.seed)

    def _prepared(self, sample: Sample | Mapping[str, Any]) -> Sample:
        parsed = sample if isinstance(sample, Sample) else Sample.parse(sample)
        if self.delimiters == THINK:
            return parsed
        told = tuple(c.model_copy(update={"delimiters": self.delimiters}) for c in parsed.candidates)
        return parsed.model_copy(update={"candidates": told})

    def _setting(self, skill: Skill, bank: Bank, plan: Plan, goal: Goal, spending: Spending) -> Setting:
        return Setting(
            backend=self.backend,
            kind=self.kind,
            skill=skill,
            bank=bank,
            plan=plan,
            readout=self._readout(skill),
            goal=goal,
            spending=spending,
            limits=spending.limits,
            mode=self._mode,
            findings=self._findings,
            early_stop=self.early_stop,
            temperature=self.temperature,
            extra=self.extra,
        )

    def _readout(self, skill: Skill) -> Readout:
        declared = self.readout or skill.readout
        return declared if self.tolerance is None else declared.model_copy(update={"tolerance": self.tolerance})

    async def _ask_the_judge(self, setting: Setting, ledger: Ledger) -> list[Outcome]:
        """Every pass of the judge model over what verifiers left open."""
        labels = setting.bank.sample.labels
        try:
            await self._add_open_criteria(setting, ledger)
        except LimitReached as limit:
            return [Outcome(labels, None, ledger, limits=[str(limit)])]
        except (BackendError, DeadlineExceeded) as error:
            return [Outcome(labels, None, ledger, errors=[f"planning: {type(error).__name__}: {error}"])]
        shown = orders(setting.contested(ledger), self.order, self.votes, self.seed)
        return await together([run_pass(setting, ledger, o, s, n) for n, (o, s) in enumerate(shown)])

    async def _add_open_criteria(self, setting: Setting, ledger: Ledger) -> None:
        """The planning turn, made once per skill and prompt. Raises what `propose` raises."""
        if setting.plan.open is None or setting.kind == "direct":
            return
        key = (setting.skill.digest, setting.bank.sample.prompt_text)
        task = self._proposals.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._proposals[key] = asyncio.ensure_future(propose(setting, setting.plan.open))
            if len(self._proposals) > _PLANS_KEPT:
                self._proposals.popitem(last=False)
        proposed = await asyncio.shield(task)
        setting.plan = dataclasses.replace(setting.plan, criteria=(*setting.plan.criteria, *proposed))
        ledger.extend(proposed)


def _shared_cache() -> Cache:
    from skillrm.cache import Cache

    return Cache()


def _open_ledger(setting: Setting) -> Ledger:
    """A ledger that has numbered the prompt and each candidate, and settled the empty answers."""
    sample = setting.bank.sample
    ledger = Ledger(setting.plan.criteria, sample.labels)
    ledger.observe("prompt", shown=sample.prompt_text)
    for candidate in sample.candidates:
        label, final = candidate.label, candidate.final
        seen = ledger.observe("candidate", candidates=(label,), shown=final)
        if not final.strip():
            ledger.rule(label, seen, "there is no answer")
    return ledger


async def _verify(setting: Setting, ledger: Ledger) -> None:
    """Everything deterministic, before any model call; an empty answer needs no verifier."""
    sample = setting.bank.sample
    labels = tuple(c.label for c in sample.candidates if c.final.strip())
    if setting.plan.eager:
        each, together = setting.limits.verifier_seconds, setting.limits.seconds
        await verify.run_all(
            setting.plan.eager, sample, labels, ledger, each, known=setting.findings, together=together
        )
