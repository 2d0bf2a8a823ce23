"""Carry out what the judge calls for: read, run, record. Every refusal is told in words it can mend from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from pydantic import JsonValue

from skillrm import fencing, prompts, tools, verify
from skillrm.errors import SandboxError
from skillrm.findings import KnownFindings
from skillrm.ledger import Ledger
from skillrm.limits import CHARS_PER_TOKEN, Limits
from skillrm.plan import Plan
from skillrm.sandbox import get_sandbox
from skillrm.types import Criterion, Observation, Preference, Resource, Sample

Support = Mapping[str, tuple[tuple[str, ...], bool]]
"""Label -> those of some observations that speak of it or of the prompt, and whether one is of that candidate."""


class Refused(Exception):
    """An action that is not carried out; the words go back to the judge."""


@dataclass(slots=True)
class Desk:
    """What one conversation works on: the shown candidates by letter, the ledger it writes, what it has seen."""

    sample: Sample
    plan: Plan
    ledger: Ledger
    limits: Limits
    letters: Mapping[str, str]
    """Letter shown to the judge -> the caller's label."""
    mark: str
    delivered: set[str] = field(default_factory=set)
    """Observations the judge had been shown before this turn."""
    fresh: set[str] = field(default_factory=set)
    """Observations that this turn's actions return."""
    findings: KnownFindings | None = None
    """What a cache knows of verifiers."""
    python_runs: int = 0
    criteria: dict[str, Criterion] = field(init=False)
    _open: tuple[int, dict[str, list[str]]] = (-1, {})
    """State of the table, and the cells that are open in it."""
    _supports: dict[tuple[str, ...], Support] = field(default_factory=dict)
    doubted: set[tuple[str, str]] = field(default_factory=set)
    """Cells whose quote was once found false."""

    def __post_init__(self) -> None:
        self.criteria = self.plan.once("by id", lambda: {c.id: c for c in self.plan.criteria})

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.letters.values())

    @property
    def whole(self) -> bool:
        """This conversation sees every candidate."""
        return len(self.letters) == len(self.ledger.labels)

    async def read_resource(self, turn: int, arguments: tools.ReadResource) -> str:
        resource = self._resource(arguments.id)
        if resource.text is None:
            raise Refused(f"{resource.id} is not a text; run it with run_resource")
        text, _ = fencing.shorten(resource.text, self.limits.observation_tokens * CHARS_PER_TOKEN)
        seen = self.ledger.observe("read_resource", resource=resource.id, content=text)
        self._shown(turn, "read_resource", seen)
        return prompts.result(seen.id, resource.id, text, self.mark)

    async def list_resources(self, turn: int, arguments: tools.ListResources) -> str:
        words = (arguments.query or "").lower().split()
        found = [
            resource
            for resource in self.plan.resources
            if arguments.kind in (None, "", resource.kind)
            and all(word in f"{resource.id} {resource.description}".lower() for word in words)
        ]
        text, _ = fencing.shorten(prompts.listing(found[:50]), self.limits.observation_tokens * CHARS_PER_TOKEN)
        seen = self.ledger.observe("list_resources", content=text)
        self._shown(turn, "list_resources", seen)
        return prompts.result(seen.id, None, text, self.mark)

    async def run_resource(self, turn: int, arguments: tools.RunResource) -> str:
        resource = self._resource(arguments.id)
        if not resource.runs:
            raise Refused(f"{resource.id} is a text; read it with read_resource")
        labels = tuple(self._label(letter) for letter in arguments.candidates or self.letters)
        known = {
            one.candidates[0]: one
            for one in self.ledger.observations
            if one.action == "run_resource" and one.resource == resource.id
        }
        fresh = tuple(label for label in labels if label not in known)
        for seen in await verify.run_all(
            [resource], self.sample, fresh, self.ledger, self.limits.verifier_seconds, turn, self.findings
        ):
            known[seen.candidates[0]] = seen
        letter_of = {label: letter for letter, label in self.letters.items()}
        text = prompts.findings_of({letter_of[label]: (known[label].id, known[label].content) for label in labels})
        self.fresh.update(known[label].id for label in labels)
        shown, _ = fencing.shorten(text, self.limits.observation_tokens * CHARS_PER_TOKEN)
        return prompts.result("findings", resource.id, shown, self.mark)

    async def run_python(self, turn: int, arguments: tools.RunPython) -> str:
        if self.python_runs >= self.limits.python_runs:
            raise Refused(f"the limit of {self.limits.python_runs} run_python calls is reached")
        self.python_runs += 1
        inputs: dict[str, JsonValue] = {
            "prompt": self.sample.prompt_text,
            "candidates": {letter: self.sample.candidate(label).final for letter, label in self.letters.items()},
        }
        try:
            result = await (await get_sandbox()).run(arguments.code, inputs=inputs, level="fast")
        except SandboxError as error:
            raise Refused(f"no Python here: {error}") from None
        text = prompts.python_result(result.stdout, result.result, result.error)
        text, _ = fencing.shorten(text, self.limits.observation_tokens * CHARS_PER_TOKEN)
        seen = self.ledger.observe("run_python", candidates=self.labels, content=text, ms=result.ms)
        self._shown(turn, "run_python", seen)
        return prompts.result(seen.id, "run_python", text, self.mark)

    def _shown(self, turn: int, action: str, seen: Observation) -> None:
        self.ledger.step(turn, action, [seen])
        self.fresh.add(seen.id)

    def record(self, entry: tools.Entry, seen: frozenset[str]) -> None:
        """Write one entry; `seen` was delivered before this turn. Raises `Refused` with every fault."""
        criterion = self.criteria.get(entry.criterion)
        if criterion is None:
            raise Refused(f"there is no criterion {entry.criterion[:80]!r}{_near(entry.criterion, self.criteria)}")
        if not seen.issuperset(entry.observations):
            unseen = [one for one in entry.observations if one not in seen]
            raise Refused(f"{criterion.id}: you had not been shown {', '.join(unseen)[:200]} when you wrote this")
        if entry.applies is False and not entry.decisions:
            self._rule_out(criterion, entry)
            return
        if not entry.decisions:
            raise Refused(f"{criterion.id}: no decisions; give one for each of {', '.join(self.letters)}")
        quotes = {self._label(quote.candidate): quote.quote for quote in entry.quotes} if entry.quotes else {}
        support, reason = self._support(entry.observations), entry.reason[:4000]
        scores = tools.scores_of(criterion)
        problems: list[str] = []
        for item in entry.decisions:
            try:
                self._decide(criterion, item, scores, support, reason, quotes)
            except Refused as refusal:
                problems.append(str(refusal))
        if problems:
            raise Refused("; ".join(problems))

    def _decide(
        self,
        criterion: Criterion,
        item: tools.CandidateDecision,
        scores: Mapping[str, float | None],
        support: Support,
        reason: str,
        quotes: Mapping[str, str],
    ) -> None:
        label = self.letters.get(item.candidate) or self._label(item.candidate)
        word = item.decision  # a number or a boolean is never among the words
        score = scores[word] if word in scores else _score_of(criterion, word)  # type: ignore[index]
        speaking, grounded = support[label]
        if score is not None and not grounded:
            raise Refused(
                f"{criterion.id}: cite an observation of candidate {item.candidate[:20]}, such as its own text"
            )
        quote = quotes.get(label)
        if quote and not _stands_in(quote, self.sample.candidate(label).whole):
            if (criterion.id, label) not in self.doubted:
                self.doubted.add((criterion.id, label))
                raise Refused(
                    f"{criterion.id}: that quote does not stand in candidate {item.candidate[:20]}; mend or drop it"
                )
            score, quote = None, None
        self.ledger.decide(criterion.id, label, score, speaking, reason, quote or None)

    def _support(self, cited: tuple[str, ...]) -> Support:
        """What cited observations say of each candidate; a judge cites the same ones for row after row."""
        if cited not in self._supports:
            covered = {one: self.ledger.covered(one) for one in cited}
            of_label = {
                label: [one for one in cited if not covered[one] or label in covered[one]] for label in self.labels
            }
            self._supports[cited] = {
                label: (tuple(speaking), any(covered[one] for one in speaking)) for label, speaking in of_label.items()
            }
        return self._supports[cited]

    def _rule_out(self, criterion: Criterion, entry: tools.Entry) -> None:
        if criterion.must or self.plan.settles(criterion.id):
            raise Refused(f"{criterion.id} is required: it applies; record decisions, unknown where you cannot tell")
        if not self.whole:
            raise Refused(f"{criterion.id}: you see only some of the candidates; record unknown instead")
        self.ledger.not_applicable(criterion.id, entry.observations, entry.reason[:4000], "judge")

    def preference(self, arguments: tools.Submit) -> Preference:
        """The submitted ranking in the caller's labels. Raises `Refused` unless it names each candidate once."""
        groups = [(group,) if isinstance(group, str) else group for group in arguments.preference or ()]
        ranking = tuple(tuple(self._label(letter) for letter in group) for group in groups if group)
        named = [label for group in ranking for label in group]
        if sorted(named) != sorted(self.labels):
            raise Refused(f"the preference must name each of {', '.join(self.letters)} exactly once")
        return Preference(ranking=ranking, reason=arguments.reason[:4000])

    def open_cells(self) -> dict[str, list[str]]:
        """Criterion -> letters that neither a verifier nor the judge has spoken on."""
        if self._open[0] != self.ledger.changes:
            cells: dict[str, list[str]] = {}
            unanswered, letters = self.ledger.unanswered, self.letters
            for criterion in self.criteria:
                if left := unanswered(criterion, letters):
                    cells[criterion] = left
            self._open = self.ledger.changes, cells
        return self._open[1]

    def _resource(self, identity: str) -> Resource:
        resource = self.plan.resource(identity)
        if resource is not None:
            return resource
        raise Refused(f"there is no resource {identity[:80]!r}{_near(identity, [r.id for r in self.plan.resources])}")

    def _label(self, letter: str) -> str:
        if letter in self.letters:
            return self.letters[letter]
        key = letter.strip().removeprefix("Candidate").removeprefix("candidate").strip().upper()
        if key not in self.letters:
            raise Refused(f"there is no candidate {letter[:40]!r}; there are {', '.join(self.letters)}")
        return self.letters[key]


def _score_of(criterion: Criterion, decision: str | int | bool) -> float | None:
    try:
        return tools.score_of(criterion, decision)
    except ValueError as error:
        raise Refused(str(error)) from None


def _near(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(word[:80], names, n=3) or names[:8]
    return f"; there are {', '.join(close)}" if close else ""


def _stands_in(quote: str, text: str) -> bool:
    """Verbatim, white space apart."""
    return _plain(quote) in _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", fencing.restore(text)).strip()
