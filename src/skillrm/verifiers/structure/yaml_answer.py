"""structure:yaml: a plain YAML document, without tags, anchors and aliases."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Finding, decided, verifier
from skillrm.verifiers.structure.documents import DocumentArgs, Name, NoDocument, document, missing_keys

MAX_DEPTH = 100
MAX_CHARACTERS = 1_000_000
"""A longer YAML document is violated; libyaml reads about 5 MB/s."""


class YamlArgs(DocumentArgs):
    keys: Annotated[tuple[Name, ...], Field(max_length=500)] = ()
    """Keys the top level must have; of a list of mappings, each of them."""
    top: Literal["mapping", "sequence", "any"] = "any"
    """any: a mapping or a sequence; a lone word is YAML too, but never counts."""


@verifier("structure:yaml", version="1", args=YamlArgs, sample_safe=True)
def yaml_verifier(sample: Sample, candidate: Candidate, args: YamlArgs) -> Finding:
    r"""The answer is, or holds, a YAML mapping or sequence.

    >>> check("structure:yaml", "```yaml\nname: Ada\n```", keys=["name"]).satisfied
    True
    """
    try:
        found = _read(document(candidate.final, args, ("yaml", "yml")))
    except NoDocument as error:
        return decided(False, f"no YAML: {error}")
    kind = "mapping" if isinstance(found, dict) else "sequence"
    if args.top not in ("any", kind):
        return decided(False, f"a YAML {kind}; a {args.top} asked")
    missing = missing_keys(found, args.keys)
    if missing:
        return decided(False, f"YAML without the asked keys {', '.join(map(repr, missing))[:300]}")
    return decided(True, f"a YAML {kind}" + (f" with all {len(args.keys)} asked keys" if args.keys else ""))


def _read(text: str) -> dict[Any, Any] | list[Any]:
    """Mappings, sequences and strings; every other scalar stays as it is written."""
    import yaml

    if len(text) > MAX_CHARACTERS:
        raise NoDocument(f"{len(text)} characters; more than {MAX_CHARACTERS} are not read")
    reader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        _inspect(yaml.parse(text, Loader=reader))
        found = yaml.load(text, Loader=reader)  # no tags are left, and this loader makes nothing but strings
    except yaml.YAMLError as error:
        raise NoDocument(" ".join(str(error).split())[:200]) from None
    except (TypeError, ValueError) as error:
        raise NoDocument(str(error)[:200]) from None
    if not isinstance(found, dict | list):
        raise NoDocument("neither a mapping nor a sequence")
    return found


def _inspect(events: Any) -> None:
    """Raises `NoDocument` for tags, anchors, aliases, several documents and deep nesting, before anything is built."""
    depth = documents = 0
    for event in events:
        name = type(event).__name__
        if name == "AliasEvent" or getattr(event, "anchor", None) is not None:
            raise NoDocument("anchors and aliases are not read")
        if getattr(event, "tag", None) is not None:
            raise NoDocument(f"the tag {event.tag[:80]!r} is not read")
        if name in ("MappingStartEvent", "SequenceStartEvent"):
            depth += 1
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            depth -= 1
        documents += name == "DocumentStartEvent"
        if depth > MAX_DEPTH:
            raise NoDocument(f"nested more than {MAX_DEPTH} levels deep")
        if documents > 1:
            raise NoDocument("more than one document")
