"""Intervals, comparisons and agreement against values computed by hand or known from the literature."""

from __future__ import annotations

from itertools import product

import pytest

from skillrm.benchmarks.statistics import (
    Interval,
    bootstrap,
    compare,
    kappa,
    mcnemar,
    mean,
    quantile,
    wilson,
)


def test_wilson_gives_the_textbook_intervals():
    # Newcombe 1998, table I, method 3
    for successes, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        found = wilson(successes, n)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert wilson(29, 29) == Interval(pytest.approx(0.8830, abs=5e-5), 1.0)


def test_wilson_is_symmetric_and_contains_the_share():
    for successes in range(11):
        one, other = wilson(successes, 10), wilson(10 - successes, 10)
        assert one.low == pytest.approx(1 - other.high)
        assert one.low <= successes / 10 <= one.high


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (3, 2), (-1, 2)])
def test_what_is_no_share_has_no_interval(successes, n):
    with pytest.raises(ValueError, match="is no share"):
        wilson(successes, n)


def test_the_bootstrap_of_two_values_has_their_extremes_and_is_the_same_every_time():
    found = bootstrap([[0.0, 1.0]], resamples=400, seed=3)
    assert found == Interval(0.0, 1.0) == bootstrap([[0.0, 1.0]], resamples=400, seed=3)
    assert bootstrap([[0.5] * 9]) == Interval(0.5, 0.5)


def test_the_bootstrap_agrees_with_the_normal_interval_of_a_large_sample():
    values = [float(n % 4 == 0) for n in range(2000)]  # share .25, standard error .00968
    found = bootstrap([values], seed=1)
    assert found.low == pytest.approx(0.25 - 1.96 * 0.00968, abs=0.002)
    assert found.high == pytest.approx(0.25 + 1.96 * 0.00968, abs=0.002)


def test_strata_are_resampled_apart_and_weigh_alike():
    assert bootstrap([[1.0] * 1000, [0.0]]) == Interval(0.5, 0.5)


def test_quantiles_are_interpolated():
    assert [quantile([0.0, 1.0, 2.0], share) for share in (0.0, 0.25, 0.5, 1.0)] == [0.0, 0.5, 1.0, 2.0]
    assert quantile([7.0], 0.3) == 7.0


def test_mcnemar_is_the_exact_binomial_test():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(1, 9) == 22 / 1024  # 2 * (C(10,0) + C(10,1)) / 2**10
    assert mcnemar(9, 1) == mcnemar(1, 9)
    assert mcnemar(5, 5) == 1.0
    for gained, lost in product(range(5), repeat=2):
        tosses = list(product((0, 1), repeat=gained + lost))
        extreme = [t for t in tosses if abs(2 * sum(t) - len(t)) >= abs(gained - lost)]
        assert mcnemar(gained, lost) == pytest.approx(len(extreme) / len(tosses))
    assert 0 <= mcnemar(2000, 2600) < 1e-15


def test_two_runs_are_compared_on_the_rows_that_both_have():
    first = {("s", str(n)): float(n < 5) for n in range(10)} | {("s", "only here"): 1.0}
    second = {("s", str(n)): float(n < 8) for n in range(10)}
    found = compare(first, second)
    assert (found.n, found.first, found.second, found.gained, found.lost) == (10, 0.5, 0.8, 3, 0)
    assert found.difference == pytest.approx(0.3)
    assert found.p == 0.25
    assert found.interval.low <= 0.3 <= found.interval.high
    assert compare(second, first).difference == -found.difference


def test_a_run_compared_with_itself_shows_nothing():
    run = {("s", str(n)): float(n % 3 == 0) for n in range(30)}
    found = compare(run, run)
    assert (found.difference, found.interval, found.p) == (0.0, Interval(0.0, 0.0), 1.0)


def test_runs_without_a_common_row_cannot_be_compared():
    with pytest.raises(ValueError, match="no row in common"):
        compare({("a", "1"): 1.0}, {("b", "1"): 1.0})


def test_kappa_of_the_textbook_table():
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: kappa .4
    one = ["yes"] * 25 + ["no"] * 25
    other = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert kappa(one, other) == pytest.approx(0.4)
    assert kappa(one, one) == 1.0
    assert kappa(["a", "b"], ["b", "a"]) == -1.0
    assert kappa(["a", "a"], ["a", "a"]) is None


def test_ratings_that_do_not_pair_up_are_refused():
    with pytest.raises(ValueError, match="cannot be paired"):
        kappa([1], [1, 2])


def test_a_mean_needs_values():
    assert mean([0.1] * 10) == 0.1
    with pytest.raises(ValueError, match="no values"):
        mean([])
