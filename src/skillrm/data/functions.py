"""Why a function that comes with a row cannot run in the sandbox, as far as its source shows. Nothing here runs it.

Precision before recall: model-written functions often catch every exception and return False, so what cannot work in
the sandbox would there look like a violation, not like an error. To be called in a worker process: source that is
nested deeply enough can end the interpreter that parses it.
"""

from __future__ import annotations

import ast
import builtins
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence

_OPEN_NAMES = {"exec", "eval", "globals", "locals", "vars", "setattr"}
"""Who calls one of these may have names that the source does not show."""
_AT_HAND = {*dir(builtins), "__name__", "__file__", "__doc__", "__annotations__", "response"}
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_OUTSIDE = {
    *("ensurepip", "ftplib", "http", "imaplib", "multiprocessing", "nntplib", "poplib", "smtplib", "socket"),
    *("socketserver", "ssl", "subprocess", "telnetlib", "tkinter", "turtle", "urllib.request", "venv", "webbrowser"),
}
"""Of the standard library, but of no use without network, files or other processes."""
Hindrance = tuple[str, str]
"""The reason in the same words for the same matter, and the detail."""
NO_PYTHON = "is no Python that parses"


def hindrances(sources: Sequence[str], entry: str) -> list[Hindrance | None]:
    """`hindrance` of each."""
    return [hindrance(source, entry) for source in sources]


def hindrance(source: str, entry: str) -> Hindrance | None:
    """Why `entry(prompt, answer)` of this source cannot work with the standard library alone; None if it may."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that are none
            tree = ast.parse(source)
        nodes = list(ast.walk(tree))
        return _entry(tree, entry) or _modules(nodes) or _files(nodes) or _names(nodes)
    except SyntaxError as error:
        where = f" in line {error.lineno}" if error.lineno else ""
        return NO_PYTHON, f"{error.msg}{where}"[:200]
    except (ValueError, RecursionError, MemoryError) as error:
        return NO_PYTHON, f"{type(error).__name__}: {error}"[:200]


def _entry(tree: ast.Module, entry: str) -> Hindrance | None:
    """The module has it, and it takes two arguments by position."""
    bound: ast.AST | None = None
    for node in _outermost(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            named = node.name == entry
        elif isinstance(node, ast.alias):
            named = (node.asname or node.name) == entry
        else:
            named = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == entry
        bound = node if named else bound
    if bound is None:
        return f"defines no function {entry}", ""
    if not isinstance(bound, (ast.FunctionDef, ast.AsyncFunctionDef)) or bound.decorator_list:
        return None
    if not _takes_two(bound.args):
        return f"{entry} does not take instruction and response", f"def {entry}({ast.unparse(bound.args)})"[:200]
    return None


def _outermost(node: ast.AST) -> Iterator[ast.AST]:
    """What is inside no function and no class, in order."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _SCOPES):
            yield from _outermost(child)


def _takes_two(args: ast.arguments) -> bool:
    positional = len(args.posonlyargs) + len(args.args)
    wanted = any(default is None for default in args.kw_defaults)
    return not wanted and positional - len(args.defaults) <= 2 and (positional >= 2 or args.vararg is not None)


def _modules(nodes: Iterable[ast.AST]) -> Hindrance | None:
    """An import that the sandbox cannot satisfy, also where its failure is caught."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            if node.level:
                return "needs a module beside it", "." * node.level + (node.module or "")
            named = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in named:
            first = name.partition(".")[0]
            if first not in sys.stdlib_module_names:
                return f"needs the module {first}"[:100], ""
            if first in _OUTSIDE or name in _OUTSIDE:
                return f"needs {first if first in _OUTSIDE else name}, which the sandbox does not give", ""
    return None


def _files(nodes: Iterable[ast.AST]) -> Hindrance | None:
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "input"):
            return f"calls {node.func.id}(), which the sandbox does not give", f"line {node.lineno}"
    return None


def _names(nodes: Sequence[ast.AST]) -> Hindrance | None:
    """Names that are read and that nothing binds anywhere: an import that was forgotten, a function of the server."""
    read, bound = set[str](), set(_AT_HAND)
    for node in nodes:
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.alias):
            if node.name == "*":
                return None
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        else:  # functions, classes, handlers, patterns, type parameters
            name = getattr(node, "name", None) or getattr(node, "rest", None)
            if isinstance(name, str):
                bound.add(name)
    if read & _OPEN_NAMES or not (missing := sorted(read - bound)):
        return None
    return "uses names that nothing defines", ", ".join(missing)[:200]
