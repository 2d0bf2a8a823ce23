"""Plain data between guests: everything that is written is read again, and nothing else is."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import json
import math
from collections import Counter, OrderedDict, namedtuple
from enum import IntEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.sandbox.guest import wire

keys = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
plain = st.recursive(
    keys
    | st.complex_numbers(allow_nan=False)
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas(),
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner) | st.tuples(inner) | st.sets(keys, max_size=3),
    max_leaves=12,
)


@given(plain)
def test_plain_data_survives_the_wire(value):
    back = wire.decode(json.loads(json.dumps(wire.encode(value))))
    assert back == value
    assert type(back) is type(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)
    )
)
def test_reading_what_a_stranger_wrote_gives_a_value_or_foreign(value):
    with contextlib.suppress(wire.Foreign):
        wire.decode(value)


@pytest.mark.parametrize(
    "tag",
    [
        "int",
        "float",
        "complex",
        "bytes",
        "range",
        "Decimal",
        "Fraction",
        "date",
        "timedelta",
        "set",
        "dict",
        "object",
        "os",
        None,
    ],
)
@pytest.mark.parametrize("body", [None, "x", "0x", ["1"], [[[]]], [[1]], {"a": 1}, 7, ["0x1", "0x0"]])
def test_a_tag_with_a_strange_body_is_foreign_or_plain(tag, body):
    try:
        value = wire.decode({"t": tag, "v": body})
    except wire.Foreign:
        return
    json.dumps(wire.encode(value))


def test_nan_and_signed_zero_survive():
    assert math.isnan(wire.decode(wire.encode(float("nan"))))
    assert math.copysign(1, wire.decode(json.loads(json.dumps(wire.encode(-0.0))))) == -1


def test_subclasses_cross_as_their_base_whatever_they_override():
    class Liar(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    class Color(IntEnum):
        RED = 3

    assert type(wire.decode(wire.encode(Liar(5)))) is int
    assert wire.encode(Color.RED) == 3
    assert wire.decode(wire.encode(Counter("aab"))) == {"a": 2, "b": 1}
    assert wire.decode(wire.encode(OrderedDict(a=1))) == {"a": 1}
    assert wire.decode(wire.encode(namedtuple("P", "x y")(1, 2))) == (1, 2)


def test_objects_cycles_and_depth_are_foreign():
    cycle: list[object] = []
    cycle.append(cycle)
    for value in (object(), cycle, test_nan_and_signed_zero_survive):
        with pytest.raises(wire.Foreign):
            wire.encode(value)


def test_times_with_zones_and_exact_decimals_survive():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    for value in (datetime.datetime(2024, 1, 1, tzinfo=zone), decimal.Decimal("1.10"), decimal.Decimal("Infinity")):
        assert repr(wire.decode(wire.encode(value))) == repr(value)
