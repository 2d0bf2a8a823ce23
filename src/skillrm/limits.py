"""How much one judgment may cost."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from skillrm.types import Frozen

CHARS_PER_TOKEN = 4

Count = Annotated[int, Field(ge=1)]


class Limits(Frozen):
    """Bounds of one judgment. Token bounds on what is shown are approximate: four characters a token."""

    turns: Count = 6
    """Model turns of one conversation, the forced last one not counted."""
    calls: Count = 32
    """Model calls of one judgment, over all passes and chunks."""
    tokens: Count | None = None
    """Prompt and completion tokens of one judgment together; no further call is made once they are spent."""
    seconds: Annotated[float, Field(gt=0)] = 300.0
    """Wall time of one judgment, and what its verifiers may take together, waiting for their turn aside."""
    reply_tokens: Count = 4096
    """`max_tokens` of one call."""
    verifier_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Wall time of one verifier over all candidates."""
    python_runs: Annotated[int, Field(ge=0)] = 8
    """`run_python` calls of one conversation."""
    observation_tokens: Count = 2000
    prompt_tokens: Count = 16000
    candidate_tokens: Count = 16000
    """A longer candidate is shown head and tail, and flagged."""
    context_tokens: Count = 100_000
    """What one conversation shows of prompt and candidates; more candidates are judged in chunks."""
    chunk: Count = 16
    """Candidates judged in one conversation."""
