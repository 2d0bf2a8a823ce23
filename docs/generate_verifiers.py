"""Writes docs/verifiers.md from the registered verifiers: `python docs/generate_verifiers.py`.

The test beside the verifiers runs `page()` and the examples on it.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

from skillrm.verifiers import registry
from skillrm.verifiers.describing import arguments
from skillrm.verifiers.registry import Verifier

FAMILIES = {
    "ifeval": "The 25 instruction families of IFEval (arXiv 2311.07911) under their official ids and semantics. "
    '`mode: "loose"` is satisfied if any of the official variants of the answer is (without its first line, its last '
    "line, both, and each without asterisks). A blank answer follows nothing.",
    "ifbench": "Families of IFBench (arXiv 2507.02833) under their official ids, with `mode` as for IFEval.",
    "structure": "How an answer is built. All are bounded in time and memory whatever the text and the arguments.",
    "reference": "Comparison with the resource `reference` that the sample brings; a JSON array of strings means "
    "several acceptable answers, of which the best counts. Without a reference the finding is unknown.",
    "answer": "The final answer that a solution commits to (the last box, `####`, `<answer>`, `the answer is`), "
    "compared with the resource `reference`. Without a reference the finding is unknown; without a final answer it is "
    "violated.",
    "code": "The program in an answer: fenced, bare, or the rest of the function that the prompt begins. It runs in "
    "the sandbox; what is expected never enters the guest that runs it.",
    "consensus": "Agreement across the candidates of one prompt: soft evidence for choosing the best, not a reward.",
    "script": "A skill's own script. A sample cannot bring one.",
    "function": "A function that comes with a sample, as data sets of checkable instructions have them "
    "([data](data.md)). It runs in the sandbox.",
    "scorer": "A scalar reward model at an HTTP endpoint. A sample cannot bring one.",
}
HEAD = """# Verifiers

<!-- written by docs/generate_verifiers.py -->

`skillrm.verifiers.check(name, text, prompt="", **args)` runs one by hand and returns a `Finding`: status, score in
[0, 1], and an observation that says what was seen and what was asked. In a skill or a sample a resource names it:
`{id: words, kind: verifier, verifier: "structure:length", args: {unit: words, min: 300}, decides: [length]}`.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for family, text in FAMILIES.items():
        importlib.import_module(f"skillrm.verifiers.{family}")
        parts.append(f"## {family}\n\n{text}\n")
        if family in ("ifeval", "ifbench"):
            parts.append("Every one also takes `mode` (`strict` | `loose`, default `strict`).\n")
        parts += [entry(found) for name, found in sorted(registry._verifiers.items()) if name.split(":")[0] == family]
    return "\n".join(parts)


def entry(verifier: Verifier) -> str:
    """One verifier: summary, arguments, example."""
    prose, shown, example = (inspect.getdoc(verifier.function) or "").partition(">>> ")
    summary = "\n\n".join(" ".join(paragraph.split()) for paragraph in prose.strip().split("\n\n"))
    rows = []
    for one in arguments(verifier):
        if one.name == "mode" and verifier.name.startswith(("ifeval:", "ifbench:")):
            continue
        default = "" if one.required else f", default `{one.default!r}`"
        rows.append(f"- `{one.name}` ({one.kind}{default}){': ' + one.words if one.words else ''}")
    lines = [f"### `{verifier.name}`", "", summary, ""]
    if rows:
        lines += [*rows, ""]
    return "\n".join([*lines, "```pycon", (shown + example).strip(), "```", ""])


if __name__ == "__main__":
    Path(__file__).with_name("verifiers.md").write_text(page(), encoding="utf-8")
