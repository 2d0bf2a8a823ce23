"""structure:json_schema: JSON against a schema, offline and within a budget."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, JsonValue, field_validator

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Finding, decided, unknown, verifier
from skillrm.verifiers.structure.documents import DocumentArgs, NoDocument
from skillrm.verifiers.structure.json_answer import read_json

MAX_SCHEMA = 200_000
"""Characters of a schema."""
MAX_EXPANSION = 20_000
"""Subschemas once every local reference is followed (recursive ones once): n references in a row can mean 2**n."""
MAX_WORK = 50_000_000
"""Subschemas times values; more is not tried."""


class SchemaArgs(DocumentArgs):
    json_schema: Annotated[dict[str, JsonValue] | bool, Field(alias="schema")]
    """A JSON Schema, any draft from 4 on; references only within itself, patterns without look-around."""

    @field_validator("json_schema")
    @classmethod
    def _usable(cls, value: dict[str, JsonValue] | bool) -> dict[str, JsonValue] | bool:
        text = json.dumps(value)
        if len(text) > MAX_SCHEMA:
            raise ValueError(f"a schema of {len(text)} characters; {MAX_SCHEMA} at most")
        expansion(value)
        _compiled(text)
        return value


@verifier("structure:json_schema", version="1", args=SchemaArgs, sample_safe=True)
def schema_verifier(sample: Sample, candidate: Candidate, args: SchemaArgs) -> Finding:
    """The answer's JSON document is valid under a JSON Schema.

    >>> check("structure:json_schema", '{"a": "ten"}', schema={"properties": {"a": {"type": "integer"}}}).observation
    'invalid at /a: "ten" is not of type "integer"'
    """
    try:
        found = read_json(candidate.final, args)
    except NoDocument as error:
        return decided(False, f"no JSON: {error}")
    values = _count(found)
    if values * expansion(args.json_schema) > MAX_WORK:
        return unknown(f"{values} values under a schema of this size are more than the budget of this check")
    fault = next(_compiled(json.dumps(args.json_schema)).iter_errors(found), None)
    if fault is None:
        return decided(True, "valid under the schema")
    where = "".join(f"/{part}" for part in fault.instance_path) or "the top"
    return decided(False, f"invalid at {where[:100]}: {fault.message[:200]}")


@lru_cache(maxsize=128)
def _compiled(schema: str) -> Any:
    """Raises `ValueError` for a schema that is none, or that refers to anything outside itself."""
    import jsonschema_rs

    patterns = jsonschema_rs.RegexOptions(size_limit=1 << 20, dfa_size_limit=1 << 20)
    try:
        return jsonschema_rs.validator_for(json.loads(schema), offline=True, pattern_options=patterns)
    except ValueError as error:
        raise ValueError(str(error).split("\n", 1)[0][:300]) from None


def expansion(schema: Any) -> int:
    """Number of subschemas with local references followed. Raises `ValueError` over `MAX_EXPANSION`."""
    return _expand(schema, schema, {}, 0)


def _expand(node: Any, root: Any, known: dict[str, int], depth: int) -> int:
    if depth > 300:
        raise ValueError("the schema is nested too deeply")
    if isinstance(node, list):
        total = sum(_expand(item, root, known, depth + 1) for item in node)
    elif isinstance(node, dict):
        total = 1 + sum(_expand(item, root, known, depth + 1) for item in node.values())
        for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
            target = node.get(keyword)
            if isinstance(target, str):
                if target not in known:
                    known[target] = 1  # a recursive reference counts once
                    known[target] = _expand(_resolve(root, target), root, known, depth + 1)
                total += known[target]
    else:
        return 0
    if total > MAX_EXPANSION:
        raise ValueError(f"the schema unfolds to more than {MAX_EXPANSION} subschemas")
    return total


def _resolve(root: Any, reference: str) -> Any:
    """What a local reference points to; the whole schema for a named anchor, which is never too little."""
    if not reference.startswith("#/"):
        return root
    node = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdecimal() and int(key[:6]) < len(node):
            node = node[int(key[:6])]
        else:
            return root
    return node


def _count(value: Any) -> int:
    count, open_values = 0, [value]
    while open_values:
        current = open_values.pop()
        count += 1
        if isinstance(current, dict):
            open_values.extend(current.values())
        elif isinstance(current, list):
            open_values.extend(current)
    return count
