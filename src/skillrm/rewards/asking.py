"""What rewards may be asked with: settings, rows and answers of a kind that cannot be used are refused at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from skillrm.errors import ConfigError, Fault, SampleError
from skillrm.validation import kind_of


def judging(model: Any) -> Any:
    """The model itself. Raises `ConfigError` for what does not judge, such as the name of a skill."""
    if isinstance(model, type) or not callable(getattr(model, "judge", None)):
        mend = f"RewardModel({model!r})" if isinstance(model, str) else "such as RewardModel('general')"
        raise ConfigError(Fault("must be a reward model", field="model", mend=mend))
    return model


def group_size(value: Any) -> int | None:
    """A number of rollouts, or None. Raises `ConfigError`."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ConfigError(Fault(f"must be a whole number of at least 1, is {value!r}", field="group_size"))
    return int(value)


def group_wait(value: Any) -> float:
    """Seconds. Raises `ConfigError`."""
    seconds = float(value) if isinstance(value, Real) else 0.0
    if not seconds > 0:
        raise ConfigError(Fault(f"must be more than 0 seconds, is {value!r}", field="group_wait"))
    return seconds


def answers_of(row: Any, answers: Any) -> list[Any]:
    """The answers to a row as a list. Raises `SampleError` for what is no row or no list: a mistake of the caller's
    code, which is no failure of a judge. (A text would be taken for as many answers as it has letters.)
    """
    if not isinstance(row, Mapping):
        raise SampleError(Fault(f"must be a mapping, this is {kind_of(row)}", field="row", mend='{"prompt": ...}'))
    if isinstance(answers, (str, bytes, Mapping)) or not isinstance(answers, Iterable):
        words = f"must be a list with one item for each answer, this is {kind_of(answers)}"
        raise SampleError(Fault(words, field="answers"))
    return list(answers)
