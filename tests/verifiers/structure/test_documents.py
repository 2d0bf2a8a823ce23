"""JSON, JSON Schema, YAML and XML in an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.errors import ConfigError
from skillrm.verifiers import check

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
FENCED = '```json\n{"a": 1}\n```'


@given(JSON_VALUES)
def test_whatever_json_writes_is_json(value: Any) -> None:
    assert check("structure:json", json.dumps(value), only=True).satisfied
    assert check("structure:json", f"```json\n{json.dumps(value, ensure_ascii=False)}\n```", only=True).satisfied


@pytest.mark.parametrize(
    ("text", "args", "followed"),
    [
        ('{"a": 1}', {}, True),
        ('\ufeff{"a": 1}', {"only": True}, True),
        ('Here you are: {"a": 1}. Bye.', {}, True),
        ('Here you are: {"a": 1}.', {"only": True}, False),
        ('As said [1], it is {"a": {"b": [2]}}.', {"keys": ["a"]}, True),
        (FENCED, {"only": True, "keys": ["a"]}, True),
        (f"Sure!\n{FENCED}", {"only": True}, False),
        (f"Sure!\n{FENCED}", {}, True),
        (FENCED, {"fenced": "forbidden"}, False),
        ('{"a": 1}', {"fenced": "required"}, False),
        ('```\n{"a": 1}\n```', {"fenced": "required"}, True),
        ('```python\n{"a": 1}\n```', {"fenced": "required"}, False),
        ('```json\n{"a": 1}', {}, False),
        ('{"a": NaN}', {}, False),
        ('{"a": -Infinity}', {}, False),
        ('{"a": 1,}', {"only": True}, False),
        ("{'a': 1}", {}, False),
        ('{"a": 1, "a": 2}', {}, False),
        ('{"a": 1, "a": 2}', {"unique_keys": False}, True),
        ("9" * 5000, {}, True),
        ('{"n": ' + "9" * 5000 + "}", {"keys": ["n"]}, True),
        ("[" * 199 + "]" * 199, {}, True),
        ("[" * 300 + "]" * 300, {}, False),
        ("[" * 100_000, {}, False),
        ('{"a":' * 100_000, {}, False),
        ("", {}, False),
        ("[1, 2]", {"top": "object"}, False),
        ('[{"a": 1}, {"a": 2, "b": 3}]', {"keys": ["a"]}, True),
        ('[{"a": 1}, {"b": 3}]', {"keys": ["a"]}, False),
        ("[]", {"keys": ["a"]}, False),
        ('{"firstName": {"lastName": 1}}', {"key_case": "camel"}, True),
        ('{"firstName": [{"last_name": 1}]}', {"key_case": "camel"}, False),
        ('{"first_name": 1, "x2": 1}', {"key_case": "snake"}, True),
        ('{"first-name": 1}', {"key_case": "kebab"}, True),
        ('{"FirstName": 1}', {"key_case": "pascal"}, True),
        ('{"FIRST_NAME": 1}', {"key_case": "upper"}, True),
    ],
)
def test_json_is_decided(text: str, args: dict[str, Any], followed: bool) -> None:
    assert check("structure:json", text, **args).score == followed


@pytest.mark.parametrize(
    ("text", "schema", "followed"),
    [
        ('{"age": 3}', {"required": ["age"], "properties": {"age": {"type": "integer"}}}, True),
        ('{"age": "3"}', {"required": ["age"], "properties": {"age": {"type": "integer"}}}, False),
        ("{}", {"required": ["age"]}, False),
        ("no", {"type": "string"}, False),
        ('{"kids": [{"kids": []}]}', {"properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}}, True),
        ('{"kids": [{"kids": 1}]}', {"properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}}, False),
        ("9" * 5000, {"type": "number"}, False),
        ('"' + "a" * 5000 + '!"', {"pattern": "^(a+)+$"}, False),
        ("1", True, True),
        ("1", False, False),
    ],
)
def test_a_schema_is_decided(text: str, schema: Any, followed: bool) -> None:
    assert check("structure:json_schema", text, schema=schema).score == followed


def test_the_observation_names_the_place() -> None:
    schema = {"properties": {"a": {"items": {"type": "integer"}}}}
    found = check("structure:json_schema", '{"a": [1, "x"]}', schema=schema)
    assert found.observation == 'invalid at /a/1: "x" is not of type "integer"'


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.org/schema.json"},
        {"$ref": "file:///etc/hostname"},
        {"$schema": "https://example.org/meta"},
        {"type": "nonsense"},
        {"pattern": "("},
        {"pattern": r"(a)\1"},
        {
            "$defs": {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(60)} | {"d60": {}},
            "$ref": "#/$defs/d0",
        },
        {"description": "x" * 300_000},
    ],
)
def test_a_schema_that_reaches_out_or_explodes_is_refused(schema: Any) -> None:
    with pytest.raises(ConfigError):
        check("structure:json_schema", "1", schema=schema)


def test_too_much_work_is_unknown() -> None:
    schema = {"anyOf": [{"const": i} for i in range(5000)]}
    assert check("structure:json_schema", json.dumps(list(range(20_000))), schema=schema).status == "unknown"


@pytest.mark.parametrize(
    ("text", "args", "followed"),
    [
        ("name: Ada\nborn: 1815", {"keys": ["name"]}, True),
        ("- a\n- b", {"top": "sequence"}, True),
        ("- a\n- b", {"top": "mapping"}, False),
        ("Sure:\n```yaml\na: 1\n```\nDone.", {"keys": ["a"]}, True),
        ("Sure:\n```yaml\na: 1\n```\nDone.", {"only": True}, False),
        ("just prose", {}, False),
        ("a: b: c", {}, False),
        ("a: &x [1]\nb: *x", {}, False),
        ("a: !!python/object/apply:os.system ['true']", {}, False),
        ("a: !custom 1", {}, False),
        ("a: 1\n---\nb: 2", {}, False),
        ("n: " + "9" * 5000, {}, True),
        ("n: " + "1:" * 2000 + "1", {}, True),
        ("d: 2024-99-99", {}, True),
        ("[" * 5000, {}, False),
        ("- " * 5000, {}, False),
        ("{[a]: 1}", {}, False),
        ("a:\n\t- b", {}, False),
    ],
)
def test_yaml_is_decided(text: str, args: dict[str, Any], followed: bool) -> None:
    assert check("structure:yaml", text, **args).score == followed


def test_anchors_cannot_multiply() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    assert check("structure:yaml", bomb).observation == "no YAML: anchors and aliases are not read"


@pytest.mark.parametrize(
    ("text", "args", "followed"),
    [
        ("<a><b/>é</a>", {"root": "a", "elements": ["b"], "only": True}, True),
        ('<?xml version="1.0" encoding="latin-1"?>\n<a>é</a>', {"only": True}, True),
        ("Here: <a/> so.", {}, True),
        ("Here: <a/> so.", {"only": True}, False),
        ("```xml\n<a/>\n```", {"only": True}, True),
        ("<a><b></a>", {}, False),
        ("<a/><b/>", {"only": True}, False),
        ("<a/>", {"root": "b"}, False),
        ("<a>" * 300 + "</a>" * 300, {}, False),
        ("<a>&undefined;</a>", {}, False),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', {}, False),
        ('<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', {}, False),
        ("no markup", {}, False),
    ],
)
def test_xml_is_decided(text: str, args: dict[str, Any], followed: bool) -> None:
    assert check("structure:xml", text, **args).score == followed


@pytest.mark.parametrize("name", ["json", "yaml", "xml"])
@given(text=st.text(st.sampled_from("{}[]\"'`:,-<>/!&*a1\n\t \ufeff\x00\x85\u202e\ufffd"), max_size=60))
def test_any_text_is_decided_always_alike(name: str, text: str) -> None:
    found = check(f"structure:{name}", text)
    assert found.status == "decided"
    assert found == check(f"structure:{name}", text)
    assert found.satisfied or not check(f"structure:{name}", text, only=True).satisfied
