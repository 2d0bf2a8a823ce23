"""consensus:answer: the final answer that more candidates reach than any other (self-consistency, arXiv 2203.11171)."""

from __future__ import annotations

from collections import Counter

from skillrm.types import Sample
from skillrm.verifiers.answer.extraction import final_answer
from skillrm.verifiers.answer.normal import normal_form
from skillrm.verifiers.answer.options import chosen, options_of
from skillrm.verifiers.registry import Finding, NoArgs, decided, unknown, verifier


@verifier("consensus:answer", version="1", args=NoArgs, group=True, sample_safe=True)
def consensus_answer(sample: Sample, args: NoArgs) -> dict[str, Finding]:
    """Candidates whose final answer is the one that occurs most often score 1, the others 0.

    Unknown for all when no answer occurs twice or two answers share the top: a draw would be chance, not evidence.

    >>> check("consensus:answer", "The answer is 4.").observation
    'no final answer occurs twice among 1 candidates'
    """
    votes = {candidate.label: vote(sample, candidate.final) for candidate in sample.candidates}
    counts = Counter(found for found in votes.values() if found is not None).most_common(2)
    if not counts or counts[0][1] < 2:
        return dict.fromkeys(votes, unknown(f"no final answer occurs twice among {len(votes)} candidates"))
    top, most = counts[0]
    if len(counts) > 1 and counts[1][1] == most:
        return dict.fromkeys(votes, unknown(f"two final answers occur {most} times each among {len(votes)} candidates"))
    others = Counter(votes.values())
    return {
        label: decided(
            found == top,
            "no final answer was found" if found is None else f"{others[found]} of {len(votes)} candidates agree",
        )
        for label, found in votes.items()
    }


def vote(sample: Sample, text: str) -> str | None:
    """The final answer in one spelling; the option's letter where the prompt lists options."""
    options = options_of(sample.prompt_text)
    letter = chosen(text, options) if options else None
    if letter is not None:
        return f"option {letter}"
    answer = final_answer(text)
    return normal_form(answer.text) if answer is not None else None
