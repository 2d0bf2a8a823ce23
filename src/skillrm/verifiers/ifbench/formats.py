"""format: brackets, quotes, bullets, indentation, options."""

from __future__ import annotations

import re
import string
from itertools import pairwise

from skillrm.verifiers.ifbench.counts import EDGES, NO_PUNCTUATION
from skillrm.verifiers.ifeval.instruction import InstructionArgs, Phrase, instruction
from skillrm.verifiers.sentences import sentences_of

_PAIRS = {")": "(", "]": "[", "}": "{"}
_LETTERS = re.compile(r"\W*a\W*b\W*c", re.IGNORECASE)
_SECTIONS = ("My Answer:", "My Conclusion:", "Future Outlook:")


class Options(InstructionArgs):
    options: Phrase
    """The allowed answers, separated by slashes, by `or`, or by commas."""


class Separator(InstructionArgs):
    sep: Phrase


@instruction("format:parentheses", args=InstructionArgs, family="ifbench")
def parentheses(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Brackets nested at least five deep, the innermost of which is closed rightly.

    >>> check("ifbench:format:parentheses", "(a [b {c (d [e] ) } ] )").satisfied
    True
    """
    open_brackets: list[str] = []
    deepest = 0
    for sign in answer:
        if sign in "([{":
            open_brackets.append(sign)
            deepest = max(deepest, len(open_brackets))
        elif sign in _PAIRS:
            if open_brackets and open_brackets[-1] == _PAIRS[sign]:
                open_brackets.pop()
                if deepest >= 5:
                    return True, f"brackets nested {deepest} deep; at least 5 asked"
            else:
                open_brackets, deepest = [], 0
    return False, "no brackets nested 5 deep and closed rightly"


@instruction("format:quotes", args=InstructionArgs, family="ifbench")
def quotes(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Quotation marks nested at least three deep, double and single in turn.

    >>> check("ifbench:format:quotes", '''"a 'b "c" ' "''').satisfied
    True
    """
    open_quotes: list[str] = []
    deepest = 0
    for sign in answer:
        if open_quotes and sign == open_quotes[-1]:
            open_quotes.pop()
            if deepest - len(open_quotes) >= 3:
                return True, "quotation marks nested at least 3 deep"
        elif sign in "\"'":
            open_quotes.append(sign)
            deepest = max(deepest, len(open_quotes))
    return False, f"quotation marks nested {deepest} deep, or not closed; 3 asked"


@instruction("format:options", args=Options, family="ifbench")
def options(answer: str, given: Options) -> tuple[bool, str]:
    """The answer is one of the options, case and punctuation at its ends aside; lettered options to the sign.

    >>> check("ifbench:format:options", "Maybe.", options="yes/no/maybe").satisfied
    True
    """
    divider = next((mark for mark in ("/", "or") if mark in given.options), ",")
    wanted = [option.strip() for option in given.options.split(divider)]
    if _LETTERS.match(given.options):
        found = answer in wanted
    else:
        found = answer.strip(EDGES).lower() in [option.strip(EDGES).lower() for option in wanted]
    return found, f"the answer {'is' if found else 'is not'} one of {', '.join(wanted)[:200]}"


@instruction("format:newline", args=InstructionArgs, family="ifbench")
def newline(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    r"""Each word on a line of its own.

    >>> check("ifbench:format:newline", "One\nword\neach").satisfied
    True
    """
    bare = answer.translate(NO_PUNCTUATION).strip()
    lines, words = sum(line != "" for line in bare.split("\n")), len(bare.split())
    return lines == words, f"counted {words} words on {lines} lines; each on its own asked"


@instruction("format:list", args=Separator, family="ifbench")
def separator(answer: str, given: Separator) -> tuple[bool, str]:
    """The marker occurs at least twice.

    >>> check("ifbench:format:list", "... one ... two", sep="...").satisfied
    True
    """
    count = answer.count(given.sep)
    return count >= 2, f"counted the marker {given.sep[:40]!r} {count} times; at least 2 asked"


@instruction("format:thesis", args=InstructionArgs, family="ifbench")
def thesis(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """A passage in HTML italics with text after it.

    >>> check("ifbench:format:thesis", "<i>Tea wins.</i> Here is why.").satisfied
    True
    """
    start = answer.find("<i>") if "<i>" in answer else answer.find("<em>")
    rest = answer[start:] if start >= 0 else ""
    end = rest.find("</i>") if "</i>" in rest else rest.find("</em>")
    if start < 0 or end < 0:
        return False, "no passage in <i> or <em>"
    followed = bool(rest[3:end].strip()) and bool(rest[end + 4 :].strip())
    return followed, "italics with text after them" if followed else "italics are empty, or nothing follows them"


@instruction("format:sub-bullets", args=InstructionArgs, family="ifbench")
def sub_bullets(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    r"""After each asterisk a dash comes before the next asterisk.

    >>> check("ifbench:format:sub-bullets", "* tea\n  - green").satisfied
    True
    """
    parts = answer.split("*")[1:]
    bare = sum("-" not in part for part in parts)
    return bare == 0, f"{bare} of {len(parts)} bullets have no dash under them"


@instruction("format:no_bullets_bullets", args=InstructionArgs, family="ifbench")
def no_bullets_bullets(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    r"""At least two sentences, then at least two bullets with asterisks and nothing after them.

    >>> check("ifbench:format:no_bullets_bullets", "Tea is hot. It is good.\n* green\n* black").satisfied
    True
    """
    sentences = bullets = 0
    blank_seen = False
    for line in answer.split("\n"):
        if line.strip().startswith("*"):
            if sentences < 2:
                return False, f"{sentences} sentences before the first bullet; at least 2 asked"
            bullets += 1
        elif bullets or blank_seen:
            return False, "text after the bullets, or a blank line before them"
        else:
            found = len(sentences_of(line.strip()))
            blank_seen = found == 0  # upstream stops reading sentences at the first line without one
            sentences += found
    return bullets >= 2, f"counted {sentences} sentences, then {bullets} bullets; at least 2 of each asked"


@instruction("format:line_indent", args=InstructionArgs, family="ifbench")
def line_indent(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    r"""Each line is indented more than the one before.

    >>> check("ifbench:format:line_indent", "a\n b\n  c").satisfied
    True
    """
    lines = [line for line in answer.split("\n") if line.strip()]
    indents = [len(line) - len(line.lstrip(" ")) for line in lines]
    rising = all(left < right for left, right in pairwise(indents))
    return rising, f"indents {', '.join(map(str, indents[:20]))}; more on each line asked"


@instruction("format:quote_unquote", args=InstructionArgs, family="ifbench")
def quote_unquote(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """No quotation directly follows another, and none ends the answer.

    >>> check("ifbench:format:quote_unquote", '"Go on." That means: start.').satisfied
    True
    """
    bare = "".join(answer.replace("“", '"').replace("”", '"').replace("'\"'", "").split())
    if '""' in bare:
        return False, "one quotation directly follows another"
    ends = bare.strip(string.digits + string.punctuation.replace('"', ""))[-1:] == '"'
    return not ends, "the answer ends with a quotation" if ends else "each quotation is followed by words"


@instruction("format:output_template", args=InstructionArgs, family="ifbench")
def output_template(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """The headings `My Answer:`, `My Conclusion:` and `Future Outlook:` occur.

    >>> check("ifbench:format:output_template", "My Answer: a My Conclusion: b").observation
    "missing 'Future Outlook:'"
    """
    missing = [section for section in _SECTIONS if section not in answer]
    return not missing, f"missing {', '.join(map(repr, missing))}" if missing else "all three headings occur"


@instruction("format:no_whitespace", args=InstructionArgs, family="ifbench")
def no_whitespace(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """No white space at all.

    >>> check("ifbench:format:no_whitespace", "OneWord").satisfied
    True
    """
    free = len(answer.split()) == 1 and answer == answer.strip()
    return free, "no white space" if free else "there is white space; none allowed"
