"""structure:xml: well-formed XML without a document type, so without entities."""

from __future__ import annotations

from typing import Annotated, Any
from xml.parsers import expat

from pydantic import Field

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Finding, decided, verifier
from skillrm.verifiers.structure.documents import MAX_DEPTH, DocumentArgs, Name, NoDocument, document


class XmlArgs(DocumentArgs):
    root: Name | None = None
    """Name of the outermost element."""
    elements: Annotated[tuple[Name, ...], Field(max_length=500)] = ()
    """Names of elements that must occur."""


@verifier("structure:xml", version="1", args=XmlArgs, sample_safe=True)
def xml_verifier(sample: Sample, candidate: Candidate, args: XmlArgs) -> Finding:
    """The answer is, or holds, well-formed XML.

    >>> check("structure:xml", "<note><to>Ada</to></note>", root="note", elements=["from"]).observation
    "XML without the asked elements 'from'"
    """
    try:
        text = document(candidate.final, args, ("xml", "html", "svg"))
        if not args.only:
            start, end = text.find("<"), text.rfind(">")
            text = text[start : end + 1] if 0 <= start < end else text
        root, names = _read(text)
    except NoDocument as error:
        return decided(False, f"no XML: {error}")
    if args.root is not None and root != args.root:
        return decided(False, f"the outermost element is {root[:80]!r}; {args.root!r} asked")
    missing = [name for name in args.elements if name not in names]
    if missing:
        return decided(False, f"XML without the asked elements {', '.join(map(repr, missing))[:300]}")
    return decided(True, f"well-formed XML, outermost element {root[:80]!r}")


def _read(text: str) -> tuple[str, set[str]]:
    """Name of the root and of all elements; nothing is built, no entity is expanded."""
    names: set[str] = set()
    path: list[str] = []
    roots: list[str] = []

    def start(name: str, attributes: Any) -> None:
        if not path:
            roots.append(name)
        path.append(name)
        names.add(name)
        if len(path) > MAX_DEPTH:
            raise NoDocument(f"nested more than {MAX_DEPTH} levels deep")

    def doctype(*declared: Any) -> None:
        raise NoDocument("a document type is not read")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: path.pop()
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise NoDocument(str(error)[:200]) from None
    return roots[0], names
