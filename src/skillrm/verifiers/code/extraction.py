"""The program in an answer: a fenced block, bare code, or a completion that goes on where the prompt stops."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

LONGEST = 200_000
"""Characters of code; more is none."""
_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_PYTHON = frozenset({"python", "py", "python3", "py3", "pycon", "ipython", "sage"})
_DEFINES = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_STATEMENT = re.compile(
    r"^(?:from[ \t]+[\w.]+[ \t]+import\b|import[ \t]+\w|(?:async[ \t]+)?def[ \t]+\w+[ \t]*\(|class[ \t]+\w+|@\w|"
    r"(?:if|for|while|with|try|return|print)\b.*[:)]|[\w.\[\], ]+[ \t]*[-+*/]?=[^=])",
    re.MULTILINE,
)
_BODY = re.compile(r"(?:(?:return|for|while|if|try|with|pass|raise)\b|[\w.\[\], ]+ ?=[^=])")
_RESULT = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\([^()\n]{0,200}\)[ \t`]*(?:==|=>|->|\u279e|\u2192)")
_RUNS_ON = re.compile(r"^(?:assert\b|print\b|if\b|for\b|while\b|#|```|[A-Z][a-z]+ )", re.MULTILINE)
"""A base model that completes a function goes on after it: with calls, with its own tests, with prose."""
_HEAD = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)

_PLAIN = r"Java|JavaScript|TypeScript|Golang|Rust|C\+\+|C#|Kotlin|Swift|Ruby|PHP|Scala|Haskell|Perl|Lua"
_OTHER = re.compile(
    rf"\b(?:an?|the|some|your)[ \t]+(?P<one>{_PLAIN}|Go|C|R)[ \t]+"
    r"(?:function|method|program|class|code|script|solution)\b"
    rf"|\b(?:in|using|with)[ \t]+(?P<two>{_PLAIN})(?![\w+#])"
)


@dataclass(frozen=True, slots=True)
class Program:
    """Source, how it was found, and the function or class that the prompt asks for, if it names one."""

    source: str
    how: str
    entry: str | None = None


def blocks(text: str) -> list[tuple[str, str]]:
    """(language in small letters, code) of every fence; a last one may stay open."""
    return [(found[2].lower(), textwrap.dedent(found[3])) for found in _FENCE.finditer(text)]


def other_language(prompt: str) -> str | None:
    """The language that the prompt asks for where that is not Python: nothing here can read its programs."""
    found = _OTHER.search(prompt)
    if found is None or re.search(r"\bpython", prompt, re.IGNORECASE):
        return None
    return found["one"] or found["two"]


def open_function(prompt: str) -> tuple[str, str] | None:
    """(code, name) of a prompt that is itself Python and ends inside a function, as HumanEval's do."""
    heads = list(_HEAD.finditer(prompt))
    if not heads:
        return None
    body = prompt[heads[-1].start() :].split("\n")[1:]
    inside = all(not line.strip() or line[0] in " \t)" for line in body)
    starts = _STATEMENT.match(prompt.lstrip("\n")) or prompt.lstrip().startswith(("#", '"""', "'''"))
    return (prompt, heads[-1][1]) if inside and starts else None


def asked_name(prompt: str) -> str | None:
    """The function or class that the prompt asks for: its last open `def`, or `class Solution`."""
    if re.search(r"^[ \t]*class[ \t]+Solution\b", prompt, re.MULTILINE):
        return "Solution"
    opened = open_function(prompt)
    if opened is not None:
        return opened[1]
    names = [name for _, code in blocks(prompt) for name in _DEFINES.findall(code)]
    names = names or _HEAD.findall(prompt)
    if names:
        return str(names[-1])
    found = re.search(r"\b(?:function|method)[ \t]+(?:called|named)?[ \t]*[`'\"*]{1,2}(\w+)", prompt)
    if found is not None:
        return found[1]
    called = set(_RESULT.findall(prompt[:60_000]))
    return called.pop() if len(called) == 1 else None


def program(text: str, prompt: str = "", entry: str | None = None) -> Program | None:
    """The code of an answer to `prompt`; None where there is none."""
    name = entry or asked_name(prompt)
    opened = open_function(prompt)
    fenced = [(language, code) for language, code in blocks(text) if code.strip()]
    source, how = (_best(fenced, name), "fence") if fenced else (text, "text")
    if source is None or not source.strip() or len(source) > LONGEST:
        return None
    defined = set(_DEFINES.findall(source))
    if opened is not None and opened[1] not in defined and _continues(source):
        return Program(_joined(opened[0], source), "completion", name)
    if how == "fence":
        if name is not None and opened is not None and name in defined:
            source = _imports(opened[0]) + source
        return Program(source, how, name)
    start = _STATEMENT.search(text)
    if start is None:
        return None
    code = text[start.start() :]
    if opened is not None and name in defined:
        code = _imports(opened[0]) + code
    return Program(code, "bare", name)


def _best(fenced: list[tuple[str, str]], name: str | None) -> str | None:
    """The last block that defines what is asked; else all Python blocks' longest; else the longest of any."""
    python = [code for language, code in fenced if language in _PYTHON]
    unnamed = [code for language, code in fenced if not language]
    pool = python or unnamed
    if name is not None:
        defining = [code for code in pool if name in _DEFINES.findall(code)]
        if defining:
            return defining[-1]
    return max(pool, key=len) if pool else None


def _continues(source: str) -> bool:
    """Whether the code can be the rest of a function: its first line is indented, or a body put flush left."""
    first = next((line for line in source.split("\n") if line.strip()), "")
    return first[:1] in " \t" or _BODY.match(first) is not None


def _joined(prompt: str, source: str) -> str:
    head = prompt if prompt.endswith("\n") else prompt + "\n"
    first = next((line for line in source.split("\n") if line.strip()), "")
    if first[:1] not in " \t":
        source = textwrap.indent(source, "    ")
    ended = _RUNS_ON.search(source)
    return head + (source[: ended.start()] if ended is not None else source).lstrip("\n")


def _imports(prompt: str) -> str:
    """The imports and functions that stand in the prompt before the open one: an answer may count on them."""
    head = prompt[: list(_HEAD.finditer(prompt))[-1].start()]
    return head.rstrip() + "\n\n" if head.strip() else ""
