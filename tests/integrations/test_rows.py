"""Row fields out of columns, labels and packed JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from skillrm.errors import SampleError
from skillrm.integrations.rows import fields_of, from_label, without_nulls

IFEVAL = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}


def test_columns_bring_row_fields_and_nothing_else():
    assert fields_of({"reference": "12", "colour": "red", "tests": None, "id": 3}) == {"reference": "12"}


def test_what_arrow_filled_with_nulls_was_never_there():
    columns = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"num_words": None, "relation": None}]}
    assert fields_of(columns) == IFEVAL


def test_what_numpy_holds_becomes_plain():
    given = without_nulls({"a": np.array([{"b": np.float32(0.5), "c": None}], dtype=object), "n": np.int64(3)})
    assert given == {"a": [{"b": 0.5}], "n": 3}
    json.dumps(given)


def test_fields_packed_as_json_are_read_and_a_column_of_its_own_wins():
    packed = json.dumps({"reference": "1", "tags": ["stated"]})
    assert fields_of({"skillrm": packed, "reference": "2"}) == {"reference": "2", "tags": ["stated"]}
    assert fields_of({"skillrm": ""}) == fields_of({"skillrm": None}) == {}


@pytest.mark.parametrize(("packed", "said"), [("{", "no JSON"), ("[1]", "object"), ('{"referense": 1}', "referense")])
def test_what_is_packed_amiss_is_named_with_its_mend(packed, said):
    with pytest.raises(SampleError, match=said) as raised:
        fields_of({"skillrm": packed})
    assert raised.value.faults[0].field == "skillrm"
    assert raised.value.faults[0].mend


@pytest.mark.parametrize(
    ("label", "brings"),
    [
        (None, {}),
        ("", {}),
        ("42", {"reference": "42"}),
        (42, {"reference": 42}),
        ("{1, 2}", {"reference": "{1, 2}"}),
        (json.dumps(IFEVAL), IFEVAL),
        (IFEVAL, IFEVAL),
        ({"x": 1}, {"reference": {"x": 1}}),
    ],
)
def test_a_label_brings_row_fields_or_is_the_reference(label, brings):
    assert from_label(label) == brings


def test_verinstructs_own_label_is_to_be_converted_first():
    with pytest.raises(SampleError, match="checkers") as raised:
        from_label(json.dumps({"checkers": ["[rule] short"], "functions": ["def check_following(i, r): return True"]}))
    assert "data verinstruct" in (raised.value.faults[0].mend or "")
