"""What the text of a foreign function says of it: whether it may run text as code, and what may outlast a call.

Who wrote the function decides its criterion anyway. These two say what an answer could make of a well-meant one.
"""

from __future__ import annotations

import re

_RUNS_TEXT = re.compile(
    r"\b(?:exec|eval|__import__|importlib|import_module|(?:__)?builtins(?:__)?|FunctionType|CodeType|(?:dict|file)Config"
    r"|c?[Pp]ickle|_pickle|cloudpickle|dill|joblib|shelve|marshal|yaml|runpy|subprocess|multiprocessing|ctypes|timeit"
    r"|doctest|cProfile|pydoc|pkgutil|zipimport|get_type_hints|ForwardRef|Interactive(?:Interpreter|Console))\b"
)
_RUNNERS = frozenset({"bdb", "code", "codeop", "imp", "pdb", "profile", "trace"})
"""Modules that run text too, whose names are everyday words."""
# fmt: off
_PURE = frozenset((
    "__future__", "abc", "ast", "base64", "binascii", "bisect", "collections", "collections.abc", "copy", "dataclasses",
    "datetime", "difflib", "enum", "fractions", "functools", "hashlib", "heapq", "html", "itertools", "json",
    "json.decoder", "keyword", "math", "numbers", "operator", "re", "statistics", "string", "textwrap", "time",
    "typing", "unicodedata", "urllib.parse",
))
# fmt: on
"""Modules in which nobody leaves anything: no file, thread, signal, setting, or generator of random numbers."""
_IMPORT, _MODULE, _OPENS = re.compile(r"\bimport\b"), re.compile(r"[\w.]+"), re.compile(r"\bopen\b")
_BROKEN = re.compile(r"\bfrom\b[^\n]*\\\n")
"""A statement that goes on in the next line."""
_IMPORTS = re.compile(r"(?:^|[\n;:])[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([^\n;#]+))")


def runs_text(source: str) -> bool:
    """Whether the function may run the answer as code: who runs in its guest can forge what it says."""
    return _RUNS_TEXT.search(source) is not None or not _RUNNERS.isdisjoint(imported(source) or ())


def keeps_nothing(source: str) -> bool:
    """Whether what it does for one answer is gone before the next, in the same process, its memory aside."""
    modules = imported(source)
    return modules is not None and modules <= _PURE and _OPENS.search(source) is None and not runs_text(source)


def imported(source: str) -> frozenset[str] | None:
    """The modules that a source imports, by its text alone; None where that cannot be told. Takes linear time."""
    names: list[str] = []
    found = list(_IMPORTS.finditer(source))
    for one in found:
        names += [one[1]] if one[1] else [part.split(" as ")[0].strip() for part in one[2].split(",")]
    told = (
        len(found) == len(_IMPORT.findall(source)) and all(map(_MODULE.fullmatch, names)) and not _BROKEN.search(source)
    )
    return frozenset(names) if told else None
