"""`Rewards`: what trainers ask. A rollout group is judged together, in a form, under a failure policy, and counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

from skillrm.errors import ConfigError, Fault, NoReward, SampleError
from skillrm.judgment import Judgment, Readout, Score, Shaping
from skillrm.rewards import asking
from skillrm.rewards.answers import Row, key_of, sample_of, sifted
from skillrm.rewards.barrier import Barrier, Group
from skillrm.rewards.failing import OnFailure
from skillrm.rewards.forms import Form, goal_of, in_form, places_of
from skillrm.rewards.reporting import Report
from skillrm.rewards.reward import Reward, components_of, names_of, whys_open
from skillrm.types import Goal, Sample, Status
from skillrm.validation import among

if TYPE_CHECKING:
    from skillrm.skill import Skill

_ALONE = "alone in its group: nothing to rank it by"


class Judge(Protocol):
    """As `RewardModel`: a judge's failure is a status of the judgment, never raised."""

    async def judge(self, sample: Sample, goal: Goal = "scores") -> Judgment: ...


@dataclass(frozen=True)
class Found:
    """What judging found about the answers of a group, in the caller's order; equal answers share a label."""

    labels: tuple[str | None, ...]
    """None: no answer that can be judged."""
    judgment: Judgment | None
    """None: the row is no sample."""
    errors: tuple[str | None, ...]

    @cached_property
    def places(self) -> list[float | None]:
        """The standing of each answer; None without a valid judgment of it."""
        places = places_of(self.judgment) if self.judgment is not None else {}
        return [None if label is None else places.get(label) for label in self.labels]

    def score(self, at: int) -> Score | None:
        label = self.labels[at]
        return self.judgment.verdict.scores[label] if self.judgment is not None and label is not None else None

    def status(self, at: int) -> Status:
        """Of one answer: a score that stands is ok, whatever is open about the others."""
        if self.judgment is None or self.labels[at] is None:
            return "failed"
        return "ok" if self.places[at] is not None else "failed" if self.judgment.status == "failed" else "abstained"


class Rewards:
    """Rewards by a reward model. An async context manager; or call `aclose`.

    `form`: the scores; the candidates' dense ranks within their group; or their win rates. `group_size`: how many
    rollouts of a prompt a trainer that calls per sample makes: they wait for one another, at most `group_wait` seconds
    after the first, and are judged together. `strict`: what is no sample is raised (`SampleError`), as in a service.
    Raises `ConfigError` for what cannot be used.
    """

    def __init__(
        self,
        model: Judge,
        *,
        on_failure: OnFailure | str = "none",
        form: Form = "scores",
        group_size: int | None = None,
        group_wait: float = 30.0,
        strict: bool = False,
    ) -> None:
        among(form, Form, "form")
        group_size, group_wait = asking.group_size(group_size), asking.group_wait(group_wait)
        if form != "scores" and group_size == 1:
            raise ConfigError(Fault(f"{form} need a group of two or more", field="group_size"))
        self.model: Judge = asking.judging(model)
        self.form = form
        self.on_failure = on_failure if isinstance(on_failure, OnFailure) else OnFailure.parse(on_failure)
        self.group_size, self._strict = group_size, strict
        self._barrier = Barrier(group_size, group_wait, self._gathered, self._late) if group_size else None
        self._report = Report()

    @property
    def counts(self) -> Counter[str]:
        """How many rewards were `ok`, how many had no valid judgment (`abstained`, `failed`), and how many of those
        the failure policy gave a value (`stood_in`).
        """
        return self._report.counts

    @property
    def components(self) -> tuple[str, ...]:
        """What every reward tells beside its value: of criteria, those the readouts name, else all declared."""
        skills: Sequence[Skill] = getattr(getattr(self.model, "router", None), "skills", ())
        given: Readout | None = getattr(self.model, "readout", None)
        named = [
            (given or skill.readout).components or tuple(criterion.id for criterion in skill.criteria)
            for skill in skills
        ]
        return names_of(tuple(dict.fromkeys(name for names in named for name in names)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the reward model."""
        close = getattr(self.model, "aclose", None)
        if close is not None:
            await close()

    def announced(self, trainer: str, meaning: str = "") -> str:
        """The line for the start of a training run: who judges, in what form, and what happens without a judgment."""
        skills = getattr(getattr(self.model, "router", None), "skills", ())
        backend = getattr(self.model, "backend", None)
        judge = backend.model if backend is not None else "verifiers alone"
        who = f"{' '.join(skill.name for skill in skills)}, judged by {judge}" if skills else repr(self.model)
        together = f", groups of {self.group_size}" if self.group_size else ""
        said = f": {meaning}" if meaning else ""
        return f"skillrm: rewards for {trainer} from {who}, {self.form}{together}; on_failure={self.on_failure}{said}"

    async def group(self, row: Row, answers: Sequence[Any]) -> list[Reward]:
        """A reward for each answer to one prompt, judged together under the same criteria; equal answers once.

        What is no sample has failed, as every other failure: by the policy. An answer that is none fails alone. Raises
        `NoReward` under `raise`, and `SampleError` where `answers` is no list or `row` no mapping.
        """
        answers = asking.answers_of(row, answers)
        if not answers:
            return []
        found = await self._found(row, answers, goal_of(self.form))
        return self._demanded(self._settled(row, found))

    def unusable(self, row: Row, count: int, error: str) -> list[Reward]:
        """So many rewards of a row that cannot be read: failures like any other. Raises `NoReward` under `raise`."""
        return self._demanded(self._settled(row, self._none(count, error)))

    async def one(self, row: Row, answer: Any, *, group: str | None = None) -> Reward:
        """The reward of one answer. With a `group_size`, it is judged together with the others of its group: those of
        equal rows and, where it is given, the same `group`. One that is late is judged alone, and changes no reward
        already given. Raises `NoReward` under `raise`, for this answer only.
        """
        if self._barrier is None:
            return (await self.group(row, (answer,)))[0]
        return await self._barrier.join(f"{group or ''}\0{key_of(row)}", row, key_of(answer), answer)

    def hurry(self) -> None:
        """Judge groups as they are from now on: the rest of them will not come. In the loop they wait in."""
        if self._barrier is not None:
            self._barrier.hurry()

    async def _gathered(self, row: Row, answers: Sequence[Any]) -> Group:
        """A whole group; the standings are scores, so that a late answer can be compared with them."""
        found = await self._found(row, answers, "scores")
        rewards = self._settled(row, found)
        values = [reward.value for reward in rewards if reward.valid and reward.value is not None]
        places = tuple(place for place in found.places if place is not None)
        return Group(tuple(self._or_error(reward) for reward in rewards), places, tuple(values))

    async def _late(self, row: Row, answer: Any, group: Group) -> Reward:
        found = await self._found(row, (answer,), "scores")
        return self._demanded(self._settled(row, found, group))[0]

    def _demanded(self, rewards: list[Reward]) -> list[Reward]:
        why = next((reward.error or reward.status for reward in rewards if not reward.valid), None)
        self.on_failure.demand([reward.value for reward in rewards], why)
        return rewards

    def _or_error(self, reward: Reward) -> Reward | NoReward:
        try:
            return self._demanded([reward])[0]
        except NoReward as error:
            return error

    async def _found(self, row: Row, answers: Sequence[Any], goal: Goal) -> Found:
        keys = [key_of(answer) for answer in answers]
        distinct: dict[str, Any] = {}
        for key, answer in zip(keys, answers, strict=True):
            distinct.setdefault(key, answer)
        refused: dict[str, str] = {}
        try:
            sample = sample_of(row, tuple(distinct.values()))
        except SampleError as error:
            distinct, refused = sifted(row, distinct)
            if self._strict and not distinct:
                raise
            if not distinct or not refused:
                return self._none(len(keys), str(error))
            sample = sample_of(row, tuple(distinct.values()))
        try:
            judgment = await self.model.judge(sample, goal)
        except SampleError as error:  # a verifier that does not exist, say
            if self._strict:
                raise
            return self._none(len(keys), str(error))
        label_of = dict(zip(distinct, sample.labels, strict=True))
        errors = tuple(refused.get(key, judgment.error) for key in keys)
        return Found(tuple(label_of.get(key) for key in keys), judgment, errors)

    @staticmethod
    def _none(count: int, error: str) -> Found:
        return Found((None,) * count, None, (error,) * count)

    def _settled(self, row: Row, found: Found, group: Group | None = None) -> list[Reward]:
        """In form, shaped, and with what is missing as the policy says; beside the rewards of an earlier `group`."""
        shaping = found.judgment.readout.shaping if found.judgment is not None else Shaping()
        places: dict[int, float | None] = dict(enumerate(found.places))
        before = dict(enumerate(group.places, start=len(places))) if group is not None else {}
        values = in_form(self.form, places | before)
        shaped = [None if values[at] is None else shaping.of(values[at] or 0.0) for at in places]
        given = [*shaped, *(group.values if group is not None else ())]
        names = self.components
        known, nothing = components_of(found.judgment, names), dict.fromkeys(names, math.nan)
        whys = whys_open(found.judgment)
        errors = [
            None if value is not None else _ALONE if places[at] is not None else error or whys.get(label or "")
            for at, (value, label, error) in enumerate(zip(shaped, found.labels, found.errors, strict=True))
        ]
        why = next((error for error in errors if error), None)
        settled = self._report.settled(self.on_failure, given, str(row.get("id", "")), why)[: len(places)]
        rewards = []
        for at, value in enumerate(settled):
            valid, status = shaped[at] is not None, found.status(at)
            status = "abstained" if status == "ok" and not valid else status
            components = known.get(found.labels[at] or "", nothing)
            rewards.append(Reward(value, valid, status, found.score(at), components, errors[at]))
        self._report.count(rewards)
        return rewards
