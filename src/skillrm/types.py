"""The nouns: what may stand in a file or an HTTP body. Everything here is frozen; nothing here behaves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
    model_validator,
)

from skillrm import shapes
from skillrm.errors import SampleError
from skillrm.shapes import THINK, Delimiters, split_reasoning
from skillrm.validation import IDENTIFIER, SCALE, faults

Kind = Literal["rubric", "principle", "checklist", "reference", "verifier", "tool", "calibration", "aggregation"]
Access = Literal["open", "sample", "privileged"]
Goal = Literal["scores", "ranking", "winner"]
Status = Literal["ok", "abstained", "failed"]
Decision = Literal["satisfied", "violated", "partial", "unknown", "not_applicable"]
Source = Literal["rule", "hard_verifier", "judge", "soft_verifier"]
Origin = Literal["skill", "sample", "prompt", "judge"]

_LEVELS: tuple[Access, ...] = ("open", "sample", "privileged")


def _whole(value: Any) -> Any:
    return shapes.mended(value) if isinstance(value, str) else value


def _text_only(value: Any) -> Any:
    """Other logs keep other things under the same name."""
    return shapes.mended(value) if isinstance(value, str) and value else None


Text = Annotated[str, BeforeValidator(_whole)]
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]
Unit = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
_put_values = vars(BaseModel)["__dict__"].__set__


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)  # built at first use, not at import
    _blank: ClassVar[dict[str, Any]] = {}
    """Every field in order, so that an instance is written as a checked one is; with its default, if it has one."""
    _named: ClassVar[set[str]] = set()

    @classmethod
    def made(cls, **values: Any) -> Self:
        """An instance of our own values, not checked: only for what is valid by construction, texts `mended`.

        A judgment makes dozens of rows: checking them took most of its time. To name every field, keep their order.
        """
        new = object.__new__(cls)
        _put_values(new, values if len(values) == len(cls._blank) else cls._blank | values)
        return new

    if not TYPE_CHECKING:  # else no misspelt attribute would be found

        def __getattr__(self, name: str) -> Any:
            """What pydantic keeps beside the values, which `made` leaves out: copies, pickles and `==` ask for it."""
            kept = {"__pydantic_fields_set__": self._named, "__pydantic_extra__": None, "__pydantic_private__": None}
            return kept[name] if name in kept else super().__getattr__(name)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, but what was computed from the old values (digests, final texts) does not come along."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - self._named if update else ():
            del copied.__dict__[name]
        return copied

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls._blank = {name: field.default for name, field in cls.model_fields.items()}
        cls._named = set(cls.model_fields)


class Message(Frozen):
    """One chat turn in the OpenAI shape, so that trajectories parse. Unknown keys of a foreign log are dropped."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    role: str
    content: Text | tuple[dict[str, Any], ...] | None = None
    tool_calls: tuple[dict[str, Any], ...] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    reasoning_content: Annotated[str | None, BeforeValidator(_text_only)] = Field(
        default=None, validation_alias=AliasChoices("reasoning_content", "reasoning", "thinking")
    )
    """What was thought before, where a server or a trainer has parsed it out of the text."""

    @property
    def text(self) -> str:
        """The text parts, joined; images and other parts are named in brackets."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        texts = ((part.get("text"), part.get("type", "part")) for part in self.content)
        return "".join(shapes.mended(text) if isinstance(text, str) else f"[{kind}]" for text, kind in texts)


class Resource(Frozen):
    """One thing the judge may read or run. Exactly one of `text`, `verifier`, `endpoint`."""

    id: Identifier
    kind: Kind
    description: Text = ""
    text: Text | None = None
    """What reading it returns."""
    verifier: str | None = None
    """Registered name of what running it calls; `args` are its arguments."""
    args: dict[str, JsonValue] = Field(default_factory=dict)
    endpoint: str | None = None
    """URL of a scalar reward model; only in skills."""
    access: Access = "open"
    run: Literal["eager", "on_demand"] = "eager"
    decides: tuple[str, ...] = ()
    hard: bool = False
    scope: Literal["final", "all"] = "final"
    needs: tuple[str, ...] = ()
    """Ids or kinds of resources that the sample must bring; without them this one is not planned."""

    def __hash__(self) -> int:
        return hash((self.id, self.kind, self.verifier))  # arguments are a dict, and equal ones have equal ids mostly

    @property
    def runs(self) -> bool:
        """Running it calls a verifier or a scorer; the others are read."""
        return self.text is None

    def seen_at(self, access: Access) -> bool:
        """Mounted at this level of access: each level sees its own resources and those below."""
        return _LEVELS.index(self.access) <= _LEVELS.index(access)

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if sum(body is not None for body in (self.text, self.verifier, self.endpoint)) != 1:
            raise ValueError("a resource has exactly one of text, verifier, endpoint")
        if self.text is not None and (self.decides or self.hard):
            raise ValueError("only a verifier or an endpoint decides a criterion")
        return self


class Criterion(Frozen):
    """One respect in which a candidate is judged."""

    id: Identifier
    text: Text
    weight: Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)] = 1.0
    """Negative: the criterion names a fault, and its presence counts against the candidate."""
    scale: Annotated[str, Field(pattern=SCALE)] = "binary"
    gate: Unit | None = None
    """Cap on the candidate's score in [0, 1] when violated."""
    pass_at: Unit | None = None
    """Score from which a graded gate or checklist item counts as satisfied; a binary one needs 1."""
    required: bool = False
    """A judgment is not complete without it; a gate always is."""
    tier: Annotated[int, Field(ge=0)] = 0
    """Read by the lexicographic readout only; 0 comes first."""
    combine: Literal["all", "any"] | None = None
    """How several hard deciders of this criterion are joined."""
    origin: Origin = "skill"

    @model_validator(mode="after")
    def _gate_can_fire(self) -> Self:
        if self.weight == 0 and self.gate is None:
            raise ValueError("weight 0 without a gate has no effect")
        if self.gate is not None and self.scale != "binary" and self.pass_at is None:
            raise ValueError("a graded gate needs pass_at")
        return self

    @cached_property
    def grades(self) -> int:
        """Number of grades; 2 for a binary criterion. Grade g of n scores (g - 1) / (n - 1)."""
        return 2 if self.scale == "binary" else int(self.scale[7:-1])

    @property
    def must(self) -> bool:
        return self.required or self.gate is not None

    def passed(self, score: float) -> bool:
        return score >= (self.pass_at if self.pass_at is not None else 1.0)


class Candidate(Frozen):
    """One answer. `label` is the caller's; the judge sees A, B, ... by shown position only."""

    label: Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_whole)]
    text: Text | tuple[Message, ...] = ""
    resources: tuple[Resource, ...] = ()
    meta: dict[str, JsonValue] = Field(default_factory=dict)
    """The caller's own notes; never shown to a judge or a verifier."""
    delimiters: Delimiters = THINK
    """What wraps the reasoning that is split off `final`; empty keeps it."""

    @field_validator("text", mode="before")
    @classmethod
    def _null_is_no_answer(cls, value: Any) -> Any:
        return "" if value is None else value

    @property
    def whole(self) -> str:
        """Everything the candidate said, reasoning included."""
        if isinstance(self.text, str):
            return self.text
        return "\n".join(
            f"[{turn.role}] {words}"
            for turn in self.text
            for words in (turn.reasoning_content, turn.text)
            if words is not None
        )

    @cached_property
    def final(self) -> str:
        """The last assistant text without the reasoning before it. Unclosed reasoning means: no answer."""
        if isinstance(self.text, str):
            return split_reasoning(self.text, self.delimiters)
        return next(
            (split_reasoning(turn.text, self.delimiters) for turn in reversed(self.text) if turn.role == "assistant"),
            "",
        )


class Sample(Frozen):
    """A prompt and its candidates, with what the caller knows about them. Labels live in `LabelledSample`."""

    id: Text = ""
    prompt: Text | tuple[Message, ...]
    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1)]
    resources: tuple[Resource, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    tags: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("candidate labels", [candidate.label for candidate in self.candidates]),
            ("resource ids", [resource.id for resource in self.resources]),
            ("criterion ids", [criterion.id for criterion in self.criteria]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
            if twice:
                raise ValueError(f"{what} must be unique; twice or more: {', '.join(twice)}")
        return self

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Sample:
        """A sample from one mapping in any of the shapes of `shapes`. Raises `SampleError` with every fault."""
        try:
            return cls.model_validate(shapes.normalise(row))
        except ValidationError as error:
            raise SampleError(*faults(error, cls)) from None

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(candidate.label for candidate in self.candidates)

    @cached_property
    def prompt_text(self) -> str:
        if isinstance(self.prompt, str):
            return self.prompt
        if len(self.prompt) == 1 and self.prompt[0].role == "user":
            return self.prompt[0].text
        return "\n\n".join(f"[{turn.role}]\n{turn.text}" for turn in self.prompt)

    def candidate(self, label: str) -> Candidate:
        """The candidate of that label. Raises `KeyError`."""
        return self._by_label[label]

    @cached_property
    def _by_label(self) -> dict[str, Candidate]:
        return {candidate.label: candidate for candidate in self.candidates}

    def resource(self, need: str) -> Resource | None:
        """The resource of that id, else the first of that kind, else None."""
        return next(
            (r for r in self.resources if r.id == need), next((r for r in self.resources if r.kind == need), None)
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content; the id is a label and stays out of it."""
        return shapes.content_digest(self.model_dump(mode="json", exclude={"id"}, exclude_defaults=True))


class Observation(Frozen):
    """What an action returned. `content` is empty for what the sample itself holds; the digest identifies it."""

    id: str
    action: str
    resource: str | None = None
    candidates: tuple[str, ...] = ()
    """Labels it covers; empty: the prompt."""
    content: Text = ""
    sha256: str = ""
    ms: float = 0.0
    cached: bool = False


class Evidence(Frozen):
    """One criterion, decided (or not) for one candidate, bound to what was observed."""

    criterion: str
    candidate: str
    decision: Decision
    score: Unit | None = None
    observations: tuple[str, ...] = ()
    quote: Text | None = None
    reason: Text = ""
    source: Source

    @model_validator(mode="after")
    def _decision_fits_score(self) -> Self:
        if self.decision != decision_of(self.score) and not (self.score is None and self.decision == "not_applicable"):
            raise ValueError(f"decision {self.decision} does not fit score {self.score}")
        return self


def decision_of(score: float | None) -> Decision:
    if score is None:
        return "unknown"
    return "satisfied" if score == 1 else "violated" if score == 0 else "partial"


class Preference(Frozen):
    """The judge's holistic ranking: groups of labels, best first."""

    ranking: tuple[tuple[str, ...], ...]
    reason: Text = ""


class Flag(Frozen):
    """Something worth knowing that weighs nothing, such as text in a candidate that addresses the judge."""

    kind: str
    candidate: str | None = None
    detail: Text = ""
