"""A scalar reward model as the judge: a skill of one criterion that its score alone decides."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from skillrm import Criterion, Resource, Skill

RANGE = (-1000.0, 1000.0)
"""Raw scores are mapped linearly from here to [0, 1]: order and ratios of gaps stay, as Ties need them."""


def scorer_skill(url: str, span: tuple[float, float] = RANGE, model: str = "") -> Skill:
    """The skill that asks the reward model at `url` and nothing else. Raises `ConfigError` for arguments it refuses."""
    from skillrm.verifiers import find

    args: dict[str, Any] = {"url": url, "map": {"linear": list(span)}, **({"model": model} if model else {})}
    scorer = find("scorer:http")
    scorer.parse(args)
    told = f"scorer:http\0{scorer.version}\0{url}\0{span}\0{model}"
    resource = Resource(id="scorer", kind="verifier", verifier="scorer:http", args=args, decides=("reward",), hard=True)
    return Skill(
        name="scorer",
        description=f"The score of the reward model at {url}.",
        version="1",
        path=Path(),
        digest=sha256(told.encode()).hexdigest(),
        procedure="",
        criteria=(Criterion(id="reward", text="The reward model's score.", required=True),),
        resources=(resource,),
    )
