"""A number between bounds: the arguments and the words for them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from skillrm.verifiers.registry import Args

Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


class BoundArgs(Args):
    min: Count | None = None
    """At least so many."""
    max: Count | None = None
    """At most so many; equal to `min` for exactly."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is more than max {self.max}")
        return self


def within(count: int, least: int | None, most: int | None) -> bool:
    return (least is None or count >= least) and (most is None or count <= most)


def asked(least: int | None, most: int | None) -> str:
    """The bounds in words: `at least 3`, `exactly 2`, `between 1 and 4`."""
    if least is not None and most is not None:
        return f"exactly {least}" if least == most else f"between {least} and {most}"
    if least is not None:
        return f"at least {least}"
    return f"at most {most}" if most is not None else "any number"
