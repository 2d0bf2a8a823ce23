"""How an answer is built: documents in a format, code fences, Markdown, lengths, patterns, keywords, citations.

All of it is bounded in time and memory whatever the arguments and whatever the text, so a sample's own resource may
use any of these verifiers.
"""

from __future__ import annotations

from skillrm.verifiers.structure import (
    citations,
    json_answer,
    language,
    length,
    markdown,
    pattern,
    schema,
    wording,
    xml_answer,
    yaml_answer,
)

__all__ = [
    "citations",
    "json_answer",
    "language",
    "length",
    "markdown",
    "pattern",
    "schema",
    "wording",
    "xml_answer",
    "yaml_answer",
]
