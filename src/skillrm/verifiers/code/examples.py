"""The examples that a prompt shows and that can be run: doctests, `f(1) == 2`, `Input:`/`Output:`, sample input."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from skillrm.verifiers.code.values import NOTHING, value_of

READ = 60_000
MOST = 20
_DOCTEST = re.compile(r"^([ \t]*)>>>[ \t]?(\S[^\n]*)\n((?:[ \t]*\.\.\.[^\n]*\n)*)", re.MULTILINE)
_SAYS = re.compile(
    r"\s{0,3}(?:={1,3}>|[-~]+>|==|\u279e|\u2192|\u27f6|\u21d2|=|#+[ \t]*(?:=>|->|[Rr]eturns:?)?|"
    r"(?:[ \t]*,?[ \t]*(?:should[ \t])?(?:returns?|gives?|evaluates[ \t]to|is|outputs?)[ \t]*:?))[ \t]*"
)
_PAIR = re.compile(
    r"^[ \t>*-]*\**Input\**[ \t]*:\**[ \t]*"
    r"(?P<input>\S[^\n]*(?:\n(?![ \t>*-]*\**(?:Output|Input|Example)\b)[^\n]*){0,8}?)\n"
    r"[ \t>*-]*\**(?:Expected[ \t])?Output\**[ \t]*:\**[ \t]*(?P<output>[^\n]+)",
    re.MULTILINE,
)
_FOR = re.compile(
    r"\b[Ff]or[ \t]+(?P<input>[A-Za-z_]\w*[ \t]*=[^\n]{1,500}?),?[ \t]+the[ \t]+(?:output|result|answer)[ \t]+"
    r"(?:should[ \t]+be|is|will[ \t]+be)[ \t]+(?P<output>[^\n]+)"
)
_NAMED = re.compile(r"(?:^|,|\n)[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*(?!=)")
_SAMPLE = re.compile(
    r"(?:Sample|Example)[ \t]+Input(?:[ \t]*#?\d+)?[ \t]*:?[ \t]*\n(?P<input>.*?)\n[ \t#*]*"
    r"(?:Sample|Example)[ \t]+Output(?:[ \t]*#?\d+)?[ \t]*:?[ \t]*\n(?P<output>.*?)"
    r"(?=\n[ \t]*\n[ \t]*\n|\n[ \t#*]*(?:Sample|Example|Note|Explanation|Constraints|Input|Output)\b|\Z)",
    re.DOTALL,
)
_FENCE = re.compile(r"^[ \t]*```[^\n]*$\n?", re.MULTILINE)
_CLOSES = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Expression:
    """`source` is evaluated in the program; its value is to be `expected` (`NOTHING`: its repr the text `shown`)."""

    source: str
    expected: Any
    shown: str


@dataclass(frozen=True, slots=True)
class NamedCall:
    """Arguments by name, for a function that only the answer names (`Input: nums = [1], k = 2`)."""

    args: dict[str, Any] = field(hash=False)
    expected: Any
    shown: str


@dataclass(frozen=True, slots=True)
class Printed:
    """A whole program: what it reads and what it is to print."""

    stdin: str
    stdout: str


Example = Expression | NamedCall | Printed


def examples_of(prompt: str, name: str | None) -> list[Example]:
    """The runnable examples in `prompt`, of one kind, at most `MOST`; `name` is the function that is asked for."""
    text = prompt[:READ].replace("\r\n", "\n")
    found: list[Example] = [*doctests(text)]
    if not found and name is not None and name != "Solution":
        found = [*calls(text, name)]
    if not found:
        found = [*named_calls(text)]
    if not found:
        found = [*printed(text)]
    return found[:MOST]


def doctests(text: str) -> list[Expression]:
    """`>>> f(1)` with what stands below it, to the next prompt, a blank line or the end of the docstring."""
    found: list[Expression] = []
    setup = ""
    for shown in _DOCTEST.finditer(text):
        more = "".join("\n" + line.lstrip()[3:].removeprefix(" ") for line in shown[3].splitlines())
        source = shown[2].strip() + more
        below = []
        for line in text[shown.end() :].split("\n"):
            if not line.strip() or line.lstrip().startswith((">>>", '"""', "'''", "```")):
                break
            below.append(line.removeprefix(shown[1]).strip())
            if line.rstrip().endswith(('"""', "'''")):
                below[-1] = below[-1][:-3].rstrip()
                break
        expected = _without_comment("\n".join(below).strip())
        if not expected:
            setup += source + "\n"
            continue
        found.append(Expression(setup + source, value_of(expected), expected))
        setup = ""
    return [one for one in found if one.expected is not NOTHING or not re.search(r"\s", one.shown) or _raises(one)]


def _raises(one: Expression) -> bool:
    return one.shown.startswith("Traceback")


def calls(text: str, name: str) -> list[Expression]:
    """`f([1, 2]) == 3`, `f(1) -> 2`, `f(x) returns y`, where both sides are literals."""
    found: dict[str, Expression] = {}
    # `tri(n) = 1 + n / 2` defines; then `tri(1) = 3` need not be an example.
    defines = re.search(rf"(?<![\w.]){re.escape(name)}\([^()\n]*\b[a-z]\b[^()\n]*\)[ \t]*=(?!=)", text) is not None
    for place in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", text):
        if text[: place.start()].rstrip().endswith("def"):
            continue
        end = balanced(text, place.end() - 1)
        if end is None:
            continue
        call = text[place.start() : end]
        said = _SAYS.match(text, end + (text[end : end + 1] in "`'\""))
        args = call[len(name) + 1 : -1].strip()
        if said is None or (args and value_of(f"({args},)") is NOTHING):
            continue
        if defines and said[0].strip() == "=":
            continue
        value, shown = _literal_ahead(text[said.end() : said.end() + 2000])
        if value is not NOTHING:
            found.setdefault(call, Expression(call, value, shown))
    return list(found.values())


def named_calls(text: str) -> list[NamedCall]:
    """`Input: nums = [1, 2], k = 1` over `Output: 3`."""
    found = []
    for pair in (*_PAIR.finditer(text), *_FOR.finditer(text)):
        given = pair["input"].strip().strip("`")
        args = named_values(given)
        if args is None and value_of(given) is not NOTHING:
            args = {"": value_of(given)}
        shown = pair["output"].strip().strip("`*").strip()
        value = value_of(shown)
        if value is NOTHING:
            value, shown = _literal_ahead(shown)
        if args and value is not NOTHING:
            found.append(NamedCall(args, value, shown))
    return found


def named_values(text: str) -> dict[str, Any] | None:
    """`a = 1, b = "x"` as a mapping; None where a value is no literal."""
    starts = [place for place in _NAMED.finditer(text) if _level(text[: place.start()]) == 0]
    if not starts or text[: starts[0].start()].strip():
        return None
    values = {}
    for number, place in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        values[place[1]] = value_of(text[place.end() : end].strip().rstrip(",;"))
    return None if NOTHING in values.values() else values


def printed(text: str) -> list[Printed]:
    """`Sample Input 1` over `Sample Output 1`, read and printed by a whole program."""
    found = []
    for pair in _SAMPLE.finditer(text):
        stdin, stdout = (_FENCE.sub("", pair[part]).strip("\n") for part in ("input", "output"))
        spread = _squeezed(stdin) != stdin
        stdout = (_squeezed(stdout) if spread else stdout).split("\n\n")[0]  # what follows a blank line explains
        if stdin.strip() and stdout.strip():
            found.append(Printed(_squeezed(stdin) + "\n", stdout.strip()))
    return found


def _squeezed(text: str) -> str:
    """Pages put a blank line after every line; where each second line is blank, these are none of the text."""
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) > 2 and all(not line.strip() for line in lines[1::2]) and all(line.strip() for line in lines[::2]):
        lines = lines[::2]
    return "\n".join(lines)


def balanced(text: str, start: int) -> int | None:
    """Index after the bracket that closes the one at `start`; strings are skipped; at most 2,000 characters on."""
    stack, quote = [], ""
    for index in range(start, min(len(text), start + 2000)):
        char = text[index]
        if quote:
            if char == quote and text[index - 1] != "\\":
                quote = ""
        elif char in "'\"":
            quote = char
        elif char in _CLOSES:
            stack.append(_CLOSES[char])
        elif char in ")]}":
            if not stack or stack.pop() != char:
                return None
            if not stack:
                return index + 1
    return None


def _level(text: str) -> int:
    return sum(map(text.count, "([{")) - sum(map(text.count, ")]}"))


def _literal_ahead(text: str) -> tuple[Any, str]:
    """The literal with which `text` begins: a bracket to its end, else the longest part of the line that is one."""
    if text[:1] in _CLOSES:
        end = balanced(text, 0)
        value = value_of(text[:end]) if end is not None else NOTHING
        return value, text[:end] if end is not None else ""
    line = text.split("\n", 1)[0].strip()
    quoted = re.match(r"(?:'[^'\n]*'|\"[^\"\n]*\")(?!\w)", line)
    if quoted is not None:
        return value_of(quoted[0]), quoted[0]
    word = re.match(r"[-+]?[\w.]+", line)
    if word is None:
        return NOTHING, ""
    shown = word[0].rstrip(".")
    rest = line[word.end() :].strip()
    if re.match(r"[-*/+^(\[]", rest):  # a sum worked out: `19 - 5 - 6 = 8`
        shown = rest.rsplit("=", 1)[1].strip(" '\"`.") if "=" in rest else ""
    return value_of(shown), shown


def _without_comment(shown: str) -> str:
    """`2  # because` is 2."""
    if "#" in shown and value_of(shown) is NOTHING:
        before = shown.split("#", 1)[0].strip()
        if value_of(before) is not NOTHING:
            return before
    return shown
