"""Small functions at hand in judge-written checks, at both levels."""

from __future__ import annotations

PRELUDE_HELP = (
    "At hand without import: word_count(text), sentence_count(text), paragraphs(text) -> list, bullets(text) -> list of "
    "item texts, headings(text) -> list of (level, text), code_blocks(text) -> list of (language, code), "
    "json_value(text) -> first JSON value in the text or ValueError, count_keyword(text, word) -> whole-word, "
    "any case."
)
