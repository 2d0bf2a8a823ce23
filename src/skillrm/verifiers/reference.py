"""Comparing an answer with the sample's reference: equal, normalised, token F1, ROUGE-L, contained.

The reference is the text of the sample's resource `reference`; a JSON array of strings means several acceptable
answers, of which the best counts. Without a reference the finding is unknown; an empty answer scores 0.
"""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from skillrm.types import Candidate, Sample, Unit
from skillrm.verifiers.registry import Args, Finding, NoArgs, decided, unknown, verifier

MAX_TOKENS = 50_000
"""Tokens per text that ROUGE-L aligns."""
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_TOKEN = re.compile(r"[^\W_]+")


class ExactArgs(Args):
    case_sensitive: bool = True


class MeasureArgs(Args):
    threshold: Unit | None = None
    """From which the answer is satisfied; without it the measure itself, in [0, 1], is the score."""


class RougeArgs(MeasureArgs):
    beta: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 1.0
    """Weight of recall against precision; 1 is the harmonic mean."""


@verifier("reference:exact", version="1", args=ExactArgs, sample_safe=True)
def exact(sample: Sample, candidate: Candidate, args: ExactArgs) -> Finding:
    """The answer is the reference, blanks at both ends aside.

    >>> check("reference:exact", " Paris ", reference="Paris").satisfied
    True
    """

    def equal(answer: str, reference: str) -> bool:
        if args.case_sensitive:
            return answer.strip() == reference.strip()
        return answer.strip().casefold() == reference.strip().casefold()

    return _any_of(sample, candidate, equal, "equals")


@verifier("reference:normalized", version="1", args=NoArgs, sample_safe=True)
def normalized(sample: Sample, candidate: Candidate, args: NoArgs) -> Finding:
    """The answer is the reference without regard to case, punctuation, articles and blanks, as SQuAD compares.

    >>> check("reference:normalized", "the Eiffel Tower!", reference='["Eiffel tower", "Tour Eiffel"]').satisfied
    True
    """
    return _any_of(sample, candidate, lambda answer, reference: squad(answer) == squad(reference), "normalises to")


@verifier("reference:contains", version="1", args=NoArgs, sample_safe=True)
def contains(sample: Sample, candidate: Candidate, args: NoArgs) -> Finding:
    """The reference occurs in the answer as whole words, both normalised.

    >>> check("reference:contains", "It is the Eiffel Tower, of course.", reference="Eiffel tower").satisfied
    True
    """

    def within(answer: str, reference: str) -> bool:
        return f" {squad(reference)} " in f" {squad(answer)} "

    return _any_of(sample, candidate, within, "contains")


@verifier("reference:token_f1", version="1", args=MeasureArgs, sample_safe=True)
def token_f1(sample: Sample, candidate: Candidate, args: MeasureArgs) -> Finding:
    """F1 of the answer's and the reference's normalised tokens, as SQuAD measures.

    >>> check("reference:token_f1", "the big red dog", reference="a red dog").score
    0.8
    """
    answer = Counter(squad(candidate.final).split())

    def measure(reference: str) -> float:
        wanted = Counter(squad(reference).split())
        return f_measure((answer & wanted).total(), answer.total(), wanted.total())

    return _best_of(sample, candidate, measure, "token F1", args.threshold)


@verifier("reference:rouge_l", version="1", args=RougeArgs, sample_safe=True)
def rouge_l(sample: Sample, candidate: Candidate, args: RougeArgs) -> Finding:
    """ROUGE-L: F-measure of the longest common subsequence of tokens (Lin 2004, equations 2 to 4).

    >>> check("reference:rouge_l", "police kill the gunman", reference="police killed the gunman").score
    0.75
    """
    answer = _TOKEN.findall(candidate.final.lower())
    references = references_of(sample)
    if len(answer) > MAX_TOKENS:
        return decided(0, f"the answer has {len(answer)} tokens; more than {MAX_TOKENS} are not aligned")
    if sum(len(reference) for reference in references) > 20 * MAX_TOKENS:
        return unknown("the reference is too long to align")

    def measure(reference: str) -> float:
        wanted = _TOKEN.findall(reference.lower())
        return f_measure(common_subsequence(answer, wanted), len(answer), len(wanted), args.beta)

    return _best_of(sample, candidate, measure, "ROUGE-L", args.threshold)


def references_of(sample: Sample) -> tuple[str, ...]:
    """The acceptable answers: the mounted reference, or each string of it if it is a JSON array of strings."""
    resource = sample.resource("reference")
    text = resource.text if resource is not None else None
    if text is None or not text.strip():
        return ()
    if text.lstrip().startswith("["):
        try:
            several = json.loads(text)
        except (ValueError, RecursionError):
            several = None
        if isinstance(several, list) and all(isinstance(item, str) for item in several):
            return tuple(item for item in several if item.strip())
    return (text,)


def squad(text: str) -> str:
    """Small letters without punctuation and articles, single blanks (Rajpurkar et al. 2016).

    A text that is nothing else is kept as it is: the answers `A` and `+` are answers too.
    """
    small = text.lower()
    bare = " ".join(_ARTICLE.sub(" ", small.translate(_PUNCTUATION)).split())
    return bare or " ".join(small.split())


def f_measure(common: int, answered: int, wanted: int, beta: float = 1.0) -> float:
    """F_beta of `common` among `answered` (precision) and `wanted` (recall) tokens; 0 if none is common."""
    if not common:
        return 0.0
    precision, recall = common / answered, common / wanted
    return (1 + beta * beta) * precision * recall / (recall + beta * beta * precision)


def common_subsequence(left: list[str], right: list[str]) -> int:
    """Length of the longest common subsequence, bit-parallel (Crochemore et al. 2001): one big integer per row."""
    if len(left) > len(right):
        left, right = right, left
    places: dict[str, int] = {}
    for number, token in enumerate(left):
        places[token] = places.get(token, 0) | 1 << number
    mask = (1 << len(left)) - 1
    row = mask
    for token in right:
        if token in places:
            matched = row & places[token]
            row = (row + matched | row - matched) & mask
    return len(left) - row.bit_count()


def _any_of(sample: Sample, candidate: Candidate, same: Callable[[str, str], bool], verb: str) -> Finding:
    references, answer = references_of(sample), candidate.final
    if not references:
        return unknown("the sample brings no reference")
    if not answer.strip():
        return decided(False, "the answer is empty")
    for number, reference in enumerate(references):
        if same(answer, reference):
            which = f" {number + 1} of {len(references)}" if len(references) > 1 else ""
            return decided(True, f"the answer {verb} the reference{which}")
    of = f"none of the {len(references)} references fits" if len(references) > 1 else "the reference does not fit"
    return decided(False, f"{of}; the answer begins {answer.strip()[:60]!r}")


def _best_of(
    sample: Sample, candidate: Candidate, measure: Callable[[str], float], name: str, threshold: float | None
) -> Finding:
    references = references_of(sample)
    if not references:
        return unknown("the sample brings no reference")
    if not candidate.final.strip():
        return decided(False, "the answer is empty")
    best = round(min(max(map(measure, references)), 1.0), 9)
    said = f"{name} {best:.4f}" + (f", the best of {len(references)} references" if len(references) > 1 else "")
    if threshold is None:
        return decided(best, said)
    return decided(best >= threshold, f"{said}; at least {threshold} asked")
