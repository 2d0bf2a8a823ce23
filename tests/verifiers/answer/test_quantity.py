"""Numbers as people write them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers.answer.normal import in_latex
from skillrm.verifiers.answer.quantity import Quantity, quantity

SAME = [
    ("1,234", "1234"), ("1 234", "1234"), ("1{,}234", "1234"), ("$1,234.50", "1234.5"), (r"\$5.00", "5"),
    ("1/2", "0.5"), (r"\frac12", "0.5"), (r"-\dfrac{3}{4}", "-0.75"), ("1 1/2", "1.5"), (r"1\frac{1}{2}", "3/2"),
    ("50%", "0.5"), ("50%", "50"), (r"50\%", "1/2"), ("5 percent", "5%"), ("2^{10}", "1024"), ("1e3", "1000"),
    (r"5 \times 10^3", "5000"), ("x = 5", "5"), ("$5 million", "5000000"), ("3 dozen", "36"), ("5th", "5"),
    ("5 km", "5000 m"), ("5 km", "5"), ("90 minutes", "1.5 hours"), ("90^\\circ", "90"), ("25 cents", "$0.25"),
    ("0.333333", "1/3"), ("-0", "0"), ("+5", "5"), ("12 apples", "12"),
]  # fmt: skip
OTHER = [
    ("5", "-5"), ("1.234", "1234"), ("1234567.89", "1234567"), ("0.33", "1/3"), ("5 km", "5 m"), ("$5", "5 euros"),
    ("50%", "5"), ("1 1/2", "11/2"), ("5 hours", "5 minutes"), ("-2^2", "4"),
]  # fmt: skip
NONE = [
    "", "five", "5x", "5, 6", "3 or 4", "5 and 6", "12:00", "5-7", r"3\sqrt{2}", r"5\pi", "9^9^9", "1e9999", "1/0",
    "5!", "12 34", "2^5000", "1.2.3", "5 apples and 6 pears", "9" * 400, "5 = 5 = 5",
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), SAME)
def test_two_spellings_of_one_value_are_equal(left: str, right: str) -> None:
    mine, theirs = quantity(left), quantity(right)
    assert mine is not None
    assert theirs is not None
    assert mine.equals(theirs)
    assert theirs.equals(mine)


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_two_values_are_not_equal(left: str, right: str) -> None:
    mine, theirs = quantity(left), quantity(right)
    assert mine is not None
    assert theirs is not None
    assert not mine.equals(theirs)
    assert not theirs.equals(mine)


@pytest.mark.parametrize("text", NONE)
def test_what_is_more_or_less_than_one_number_is_none(text: str) -> None:
    assert quantity(text) is None


def test_a_tolerance_is_the_larger_of_share_and_difference() -> None:
    pi = Quantity(Fraction("3.14159"))
    assert Quantity(Fraction("3.14")).within(pi, relative=0.0, absolute=0.01)
    assert Quantity(Fraction("3.14")).within(pi, relative=0.001, absolute=0.0)
    assert not Quantity(Fraction("3.14")).within(pi, relative=1e-6, absolute=0.001)


@pytest.mark.parametrize(
    ("text", "latex"),
    [("2**10", "2^{10}"), ("x**(a+b)", "x^{a+b}"), ("5²", "5^{2}"), ("√12", r"\sqrt{12}"), ("−5", "-5")],
)
def test_signs_of_mathematics_are_read_in_latex(text: str, latex: str) -> None:
    assert in_latex(text) == latex


@given(st.integers())
def test_every_integer_is_itself_with_or_without_thousands_separators(number: int) -> None:
    for text in (str(number), f"{number:,}"):
        found = quantity(text)
        if len(text) <= 300:
            assert found is not None
            assert found.value == number


@given(st.fractions(max_denominator=10**6))
def test_every_fraction_is_exact_in_both_notations(value: Fraction) -> None:
    sign = "-" if value < 0 else ""
    latex = rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    for text in (f"{value.numerator}/{value.denominator}", latex):
        found = quantity(text)
        assert found is not None
        assert found.value == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_rounding_to_fewer_places_is_never_more_than_a_millionth(number: object) -> None:
    exact, rounded = quantity(f"{number:.4f}"), quantity(f"{number:.2f}")
    assert exact is not None
    assert rounded is not None
    if exact.equals(rounded):
        assert abs(exact.value - rounded.value) * 1_000_000 <= abs(rounded.value)


@given(st.text(st.sampled_from("0123456789.,/-+%$ ^*e\\frac{}xkm()²"), max_size=40))
def test_any_text_is_read_without_an_exception_and_in_bounds(text: str) -> None:
    found = quantity(text)
    if found is not None:
        assert found.equals(found)
        assert found.value.numerator.bit_length() < 10_000
