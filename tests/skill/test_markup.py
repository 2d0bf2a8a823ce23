"""YAML as plain values with lines: what is read, and what is refused instead of surprising."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skillrm.skill.markup import MAX_DEPTH, parse, scalar


def faults(text):
    return [(fault.line, fault.message) for fault in parse(text, "f.yaml").faults]


def test_values_come_with_the_line_they_start_on():
    document = parse("a: 1\nb:\n  - x: y\n  - z\n", "f.yaml")
    assert document.value == {"a": 1, "b": [{"x": "y"}, "z"]}
    assert document.line(("b", 0, "x")) == 3
    assert document.line(("b", 1)) == 4


def test_an_unknown_place_has_the_line_of_what_is_around_it():
    assert parse("a: 1\nb:\n  - x: y\n", "f.yaml").line(("b", 0, "nothing", 3)) == 3


def test_a_block_that_starts_further_down_counts_from_there():
    assert parse("x: [1", "f.yaml", first_line=10).faults[0].line == 10


@pytest.mark.parametrize(
    "text",
    ["yes", "no", "on", "off", "2026-11-24", "1_000", "12:30", "0x1f", "1.2.3", "9" * 40, ".inf", ".nan", "1e999"],
)
def test_what_yaml_1_1_would_turn_into_something_else_stays_text(text):
    assert scalar(text) == text


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False), ("~", None), ("", None), ("-3", -3)])
def test_the_core_schema_knows_null_booleans_and_numbers(text, value):
    assert scalar(text) is value or scalar(text) == value


@pytest.mark.parametrize(("text", "value"), [("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5)])
def test_floats_are_read(text, value):
    assert scalar(text) == value


def test_quoted_scalars_are_text():
    assert parse("{a: '1', b: \"true\", c: |\n  3\n}", "f").value is None
    assert parse("a: '1'\nb: \"true\"\nc: |\n  3\n", "f").value == {"a": "1", "b": "true", "c": "3\n"}


def test_every_duplicate_key_is_named_with_the_line_of_the_first():
    assert faults("a: 1\nb: 2\na: 3\nb: 4\n") == [
        (3, "the key 'a' stands here a second time; first on line 1"),
        (4, "the key 'b' stands here a second time; first on line 2"),
    ]


def test_anchors_and_aliases_are_refused_and_nothing_expands():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{key}: &{key} [{', '.join([f'*{before}'] * 9)}]\n" for before, key in zip("abcdefg", "bcdefgh", strict=True)
    )
    document = parse(bomb, "f.yaml")
    assert {fault.message for fault in document.faults} == {"anchors are not read", "aliases are not read"}
    assert document.value["h"] == [None] * 9


def test_tags_are_refused():
    assert faults("a: !!python/object/apply:os.system [x]\n")[0][0] == 1


def test_deep_nesting_is_refused_before_it_hurts():
    assert "nested deeper" in faults("[" * 900 + "]" * 900)[0][1]
    assert parse("[" * 100_000, "f").faults
    assert not parse("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f").faults


def test_a_tab_in_the_indentation_is_named_as_such():
    (fault,) = parse("a:\n\t- b\n", "f.yaml").faults
    assert (fault.line, fault.mend) == (2, "indent with spaces: YAML takes no tabs")


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: 'x\n", 1), ("a: 1\nb: c: d\n", 2), ("a: 1\n  b: 2\n", 2), ("a: 1\nb: \x07\n", 2), ("a: 1\n---\nb: 2\n", 2)],
)
def test_what_is_no_single_yaml_document_is_one_fault_with_its_line(text, line):
    document = parse(text, "f.yaml")
    assert document.value is None
    assert [fault.line for fault in document.faults] == [line]


def test_a_key_must_be_plain_text():
    assert faults("? [a]\n: b\n") == [(1, "a key must be plain text")]


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text("ab \n:#-'\"é🙂", max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_whatever_pyyaml_writes_is_read_back(value):
    text = yaml.dump(value, Dumper=_NoAliases, allow_unicode=True)
    document = parse(text, "f")
    assert not document.faults
    assert document.value == value


@given(st.text(max_size=200))
def test_no_text_whatever_raises(text):
    document = parse(text, "f")
    assert document.value is None or not [fault for fault in document.faults if fault.message.startswith("not YAML")]


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True
