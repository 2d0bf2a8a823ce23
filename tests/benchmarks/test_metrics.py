"""How marks are summed up."""

from __future__ import annotations

from skillrm.benchmarks.metrics import Mark, metrics


def marks(value: float, *sizes: int) -> list[Mark]:
    return [Mark((f"s{n}", str(k)), value, value, True) for n, size in enumerate(sizes) for k in range(size)]


def test_the_interval_of_equal_marks_is_not_a_point():
    for value in (0.0, 1.0):
        for across in ("rows", "subsets"):
            found = metrics("any", "any", marks(value, 20, 30), across).overall
            assert found.low <= found.headline <= found.high
            assert found.high - found.low > 0.02


def test_means_of_subsets_weigh_them_alike_and_means_of_rows_the_rows():
    mixed = [*marks(1.0, 30), *(Mark(("other", str(k)), 0.0, 0.0, True) for k in range(10))]
    assert metrics("any", "any", mixed, "subsets").overall.headline == 0.5
    assert metrics("any", "any", mixed, "rows").overall.headline == 0.75
