"""Do two raters choose alike: two judges, or a judge and people?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from skillrm.benchmarks import Result
from skillrm.benchmarks.files import Row, read_rows
from skillrm.benchmarks.labelled import Key
from skillrm.benchmarks.statistics import kappa, wilson
from skillrm.errors import ConfigError, Fault
from skillrm.types import Frozen

TIE = "tie"


class Agreement(Frozen):
    """Two raters over the rows that both have rated."""

    n: int
    alike: float
    """Share of equal choices; a tie is a choice."""
    low: float
    """95 % interval of `alike` (Wilson)."""
    high: float
    kappa: float | None
    """Cohen's kappa; None where chance alone agrees always."""


def choice(result: Result) -> str:
    """The answer a judge takes, by its label, if every order names it; else a tie."""
    whole = [outcome.choice for outcome in result.outcomes if len(outcome.shown) == len(result.label.given)]
    if len(whole) > 1:
        return whole[0] if whole[0] is not None and len(set(whole)) == 1 else TIE
    top = result.top
    return next(iter(top)) if len(top) == 1 else TIE


def choices(results: Iterable[Result]) -> dict[Key, str]:
    """What a judge takes in each row. Rows it was not asked whole (single pairs of many answers) are left out."""
    return {result.key: choice(result) for result in results if _whole(result)}


def _whole(result: Result) -> bool:
    sizes = {len(outcome.shown) for outcome in result.outcomes}
    return len(result.label.given) > 1 and sizes in ({1}, {len(result.label.given)})


def gold(results: Iterable[Result]) -> dict[Key, str]:
    """The right answer of each row that has one alone."""
    return {result.key: next(iter(result.label.right)) for result in results if len(result.label.right) == 1}


def agreement(one: Mapping[Key, str], other: Mapping[Key, str]) -> Agreement | None:
    """None without a common row."""
    keys = [key for key in one if key in other]
    if not keys:
        return None
    left, right = [one[key] for key in keys], [other[key] for key in keys]
    same = sum(a == b for a, b in zip(left, right, strict=True))
    around = wilson(same, len(keys))
    return Agreement(n=len(keys), alike=same / len(keys), low=around.low, high=around.high, kappa=kappa(left, right))


def human(path: Path, results: Sequence[Result]) -> dict[Key, str]:
    """People's choices: rows of `id`, `choice` and, where ids repeat, `subset`.

    `choice` is the place of the better answer in the row of the data, from 1; 0, null or "tie" for none. Raises
    `InputError` for a row that is not so, `ConfigError` where no row is one of the run.
    """
    by_key = {result.key: result for result in results}
    by_id: dict[str, list[Key]] = {}
    for key in by_key:
        by_id.setdefault(key[1], []).append(key)
    found: dict[Key, str] = {}
    for row in read_rows(path):
        if row.faults:
            raise row.fault(row.faults[0].message)
        rated = _key(row, by_id)
        if rated is not None and rated in by_key:
            found[rated] = _chosen(row, by_key[rated].label.given)
    if not found:
        raise ConfigError(Fault("holds no row of this run", file=str(path), mend="use the ids of the benchmark's data"))
    return found


def _key(row: Row, by_id: Mapping[str, list[Key]]) -> Key | None:
    identity = row.text("id")
    if "subset" in row.content:
        return row.text("subset"), identity
    keys = by_id.get(identity, [])
    if len(keys) > 1:
        raise row.fault(f"{identity} stands in {', '.join(key[0] for key in keys)}", "id", "say the `subset` too")
    return keys[0] if keys else None


def _chosen(row: Row, given: Sequence[str]) -> str:
    value = row.need("choice")
    if value in (0, None, TIE):
        return TIE
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= len(given):
        raise row.fault(f"must be 1 to {len(given)}, or 0 for a tie, this is {value}", "choice")
    return given[value - 1]
