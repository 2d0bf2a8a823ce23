"""What a verifier takes, in words: for `skillrm verifier show` and docs/verifiers.md."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from skillrm.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a verifier."""

    name: str
    kind: str
    """Its type, or the values it may take."""
    required: bool
    default: Any
    words: str
    """What stands under the field in the source; empty where nothing does."""


def arguments(verifier: Verifier) -> Iterator[Argument]:
    """What may be given to the verifier, in the order of declaration."""
    said = _attribute_docs(verifier.args)
    schema = verifier.args.model_json_schema()
    for name, field in schema.get("properties", {}).items():
        words = said.get(name, said.get(f"json_{name}", ""))
        yield Argument(name, _kind(field), name in schema.get("required", ()), field.get("default"), words)


def _kind(field: dict[str, Any]) -> str:
    if "enum" in field:
        return " | ".join(f"`{value}`" for value in field["enum"])
    if "anyOf" in field:
        return " | ".join(_kind(option) for option in field["anyOf"] if option.get("type") != "null")
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    return str(field.get("type", "any"))


def _attribute_docs(model: type[Any]) -> dict[str, str]:
    """The string that stands under each field in the source, of the class and of those it inherits from."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if cls.__module__.startswith("skillrm.verifiers."):
            body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
            assert isinstance(body, ast.ClassDef)
            for field, text in zip(body.body, body.body[1:], strict=False):
                match field, text:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                        found[name] = " ".join(words.split())
    return found
