"""What a judge-written check has at hand at both levels, and what the fast one lacks."""

from __future__ import annotations

import re
from functools import cache

PRELUDE_HELP = (
    "At hand without import: word_count(text), sentence_count(text), paragraphs(text) -> list, bullets(text) -> list "
    "of item texts, headings(text) -> list of (level, text), code_blocks(text) -> list of (language, code), "
    "json_value(text) -> the first JSON value in the text, fenced or not (ValueError when there is none), "
    "count_keyword(text, word) -> whole-word count in any case."
)

FAST_LACKS = (
    "The fast level lacks inheritance, yield, del, globals(), dir(), __import__ and the modules string, statistics, "
    "fractions, decimal, textwrap, heapq, bisect, operator, copy, io, abc, enum, difflib; such code runs on full "
    "Python by itself, some milliseconds later."
)
"""To be told to the judge model."""

# In the Python that the fast level has: no yield, no inheritance, no del.
_FUNCTIONS = {
    "word_count": '''
def word_count(text):
    return len(text.split())
''',
    "sentence_count": r'''
def sentence_count(text):
    import re
    text = re.sub(r"\b(Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|No|Fig)\.", r"\1", text)
    text = re.sub(r"(\d)\.(\d)", r"\1,\2", text)
    return len([part for part in re.split(r"[.!?]+[\"')\]]*(?:\s+|$)|\n\s*\n", text) if re.search(r"\w", part)])
''',
    "paragraphs": r'''
def paragraphs(text):
    import re
    return [part.strip() for part in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")) if part.strip()]
''',
    "bullets": r'''
def bullets(text):
    import re
    return [found.strip() for found in re.findall(r"(?m)^[ \t]*(?:[-*+\u2022]|\d{1,3}[.)])[ \t]+(.+)$", text)]
''',
    "headings": r'''
def headings(text):
    import re
    return [(len(marks), name.strip()) for marks, name in re.findall(r"(?m)^(#{1,6})[ \t]+(.+?)[ \t#]*$", text)]
''',
    "code_blocks": r'''
def code_blocks(text):
    import re
    return [(name, code) for name, code in re.findall(r"(?ms)^[ \t]*```[ \t]*([\w+#.-]*)[^\n]*\n(.*?)^[ \t]*```", text)]
''',
    "json_value": r'''
def json_value(text):
    import json
    import re
    fenced = [code for code in re.findall(r"(?s)```[ \t]*\w*[ \t]*\n(.*?)```", text)]
    for part in fenced + [text]:
        try:
            return json.loads(part.strip())
        except ValueError:
            pass
    for found in list(re.finditer(r"[\[{]", text))[:50]:
        start = found.start()
        closing = "]" if text[start] == "[" else "}"
        end = text.rfind(closing)
        tries = 0
        while end > start and tries < 50:
            try:
                return json.loads(text[start:end + 1])
            except ValueError:
                end = text.rfind(closing, start, end)
                tries += 1
    raise ValueError("no JSON value in the text")
''',
    "count_keyword": r'''
def count_keyword(text, word):
    import re
    return len(re.findall(r"(?<!\w)" + re.escape(word.lower()) + r"(?!\w)", text.lower()))
''',
}  # fmt: skip
_NAMED = re.compile(r"\b(" + "|".join(_FUNCTIONS) + r")\b")


def prelude_for(code: str) -> str:
    """The source of the functions that `code` names; empty for none."""
    return _source(frozenset(_NAMED.findall(code)))


@cache
def _source(names: frozenset[str]) -> str:
    return "".join(_FUNCTIONS[name] for name in sorted(names))
