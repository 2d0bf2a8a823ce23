"""Less than the whole bank: single resources left out (ablation), or a share of all drawn (robustness).

Acts on what is mounted: the skill's resources, its detectors (by their name), and what each sample brings. Criteria
stay, so that what is asked is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from math import floor

from skillrm import Sample, Skill
from skillrm.errors import ConfigError, Fault


@dataclass(frozen=True, slots=True)
class Ablation:
    """Which resources a run goes without."""

    dropped: tuple[str, ...] = ()
    fraction: float = 1.0
    """Share of the bank that stays, in [0, 1]."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.fraction <= 1:
            raise ConfigError(Fault(f"{self.fraction} is no share", field="--bank-fraction", mend="0 to 1"))

    @property
    def words(self) -> str:
        """As tables name it; empty when the bank is whole."""
        parts = [f"without {', '.join(self.dropped)}"] if self.dropped else []
        if self.fraction < 1:
            parts.append(f"{self.fraction:g} of the bank (seed {self.seed})")
        return ", ".join(parts)

    def skill(self, skill: Skill) -> Skill:
        """The skill without what is left out, under a digest of its own."""
        names = [*(one.id for one in skill.resources), *(rule.detect for rule in skill.plan if rule.detect)]
        kept = self._kept(names, skill.name)
        if kept.issuperset(names):
            return skill
        without = "\0".join(sorted(set(names) - kept))
        return replace(
            skill,
            digest=sha256(f"{skill.digest}\0without\0{without}".encode()).hexdigest(),
            resources=tuple(one for one in skill.resources if one.id in kept),
            plan=tuple(
                rule if rule.detect is None or rule.detect in kept else rule.model_copy(update={"detect": None})
                for rule in skill.plan
            ),
        )

    def sample(self, sample: Sample) -> Sample:
        """The sample without what is left out: the same for every order and selection of its candidates."""
        kept = self._kept([one.id for one in sample.resources], sample.prompt_text)
        if all(one.id in kept for one in sample.resources):
            return sample
        return Sample(
            id=sample.id,
            prompt=sample.prompt,
            candidates=sample.candidates,
            resources=tuple(one for one in sample.resources if one.id in kept),
            criteria=sample.criteria,
            tags=sample.tags,
        )

    def check(self, known: Iterable[str]) -> None:
        """Raises `ConfigError` for a resource that is nowhere."""
        there = sorted(set(known))
        for name in self.dropped:
            if name not in there:
                mend = f"there are {', '.join(there)}" if there else "nothing is mounted"
                raise ConfigError(Fault(f"no resource {name!r} in this run", field="--drop-resource", mend=mend))

    def _kept(self, names: Iterable[str], of: str) -> frozenset[str]:
        """What stays of one bank: the wanted share of its names; a fraction of one is drawn."""
        left = [name for name in names if name not in self.dropped]
        if self.fraction == 1:
            return frozenset(left)
        wanted = len(left) * self.fraction
        count = floor(wanted) + (_drawn(self.seed, of, "") < wanted - floor(wanted))
        return frozenset(sorted(left, key=lambda name: _drawn(self.seed, of, name))[:count])


def _drawn(seed: int, of: str, name: str) -> float:
    """In [0, 1), from the words alone."""
    return int.from_bytes(sha256(f"{seed}\0{of}\0{name}".encode()).digest()[:6]) / 2**48
