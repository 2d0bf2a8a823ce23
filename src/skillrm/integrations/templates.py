"""Chat-template text back into the turns it was rendered from: trainers hand over prompts as the policy got them.

Known are ChatML (Qwen and many more), Llama 3 and 4, Gemma, Mistral and Llama 2 (`[INST]`), DeepSeek, and `<|user|>`
(GLM, Phi, Zephyr). Text that does not begin as one of them stays text.

Rendered text does not say who wrote a marker. One that ends a turn may stand inside a turn; one that begins a turn
begins one, whoever wrote it: so reads the policy's tokenizer too. Only prompts are read this way, never an answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Turn = dict[str, str]

SPECIAL = re.compile(
    r"<\|[^<>|\s]{1,40}\|>|<｜[^<>｜]{1,40}｜>|</?s>|<(?:bos|eos|pad|unk|sop|start_of_turn|end_of_turn)>|\[gMASK\]"
)
"""What tokenizers write for their special tokens."""
_DEEPSEEK_BEGINS = "<｜begin▁of▁sentence｜>"
_BEGINS = re.compile(
    r"(?:\s*(?:<s>|<bos>|<sop>|\[gMASK\]|<\|(?:begin_of_text|endoftext|startoftext)\|>|" + _DEEPSEEK_BEGINS + "))*"
)
_SPACE = re.compile(r"\s*")
_DEEPSEEK_ASKS = re.compile(r"<｜Assistant｜>(?:\s*<think>)?(?:\s*</think>)?\s*\Z")
_SYS = re.compile(r"\s*<<SYS>>\n?(.*?)\n?<</SYS>>\s*", re.DOTALL)
_ROLES = {
    **{"model": "assistant", "gpt": "assistant", "human": "user", "ipython": "tool", "observation": "tool"},
    **{"system_prompt": "system", "inst": "user", "/inst": "assistant"},
}
_ASKING = ("user", "system", "developer")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, and what the template already wrote of the answer: `<think>`, or a beginning to go on from."""

    prompt: str | list[Turn]
    opening: str = ""


@dataclass(frozen=True, slots=True)
class _Family:
    """A template: what heads a turn (its group is the role) and may end one; `trim`: white space around is its own."""

    header: re.Pattern[str]
    ends: tuple[str, ...]
    trim: bool = False


_CHATML = _Family(re.compile(r"<\|im_start\|>([A-Za-z_]{1,20})(?:\n|\Z)"), ("<|im_end|>",))
_LLAMA = _Family(
    re.compile(r"<\|(?:start_header_id|header_start)\|>([A-Za-z_]{1,20})<\|(?:end_header_id|header_end)\|>(?:\n\n|\Z)"),
    ("<|eot_id|>", "<|eom_id|>", "<|eot|>", "<|eom|>"),
)
_GEMMA = _Family(re.compile(r"(?:<start_of_turn>|<\|turn>)([A-Za-z_]{1,20})(?:\n|\Z)"), ("<end_of_turn>", "<turn|>"))
_DEEPSEEK = _Family(re.compile(r"<｜(User|Assistant)｜>"), ("<｜end▁of▁sentence｜>",))
_NAMED = _Family(
    re.compile(r"<\|(system|user|assistant|observation|tool)\|>"), ("<|end|>", "<|endoftext|>", "</s>"), trim=True
)
_MISTRAL = _Family(re.compile(r"\[(SYSTEM_PROMPT|INST|/INST)\]"), ("[/SYSTEM_PROMPT]", "</s><s>", "</s>"), trim=True)
_HEADED = (_CHATML, _LLAMA, _GEMMA, _NAMED, _MISTRAL)


def asked(text: str) -> Asked:
    """The turns of a rendered prompt, roles as OpenAI names them; else the text, without the tokens that open it.

    Takes time linear in the text.
    """
    begins = _BEGINS.match(text)
    bare = begins.end() if begins is not None else 0
    found = _turns(text, bare)
    if found is None or not any(turn["role"] in _ASKING for turn in found.prompt if isinstance(turn, dict)):
        return Asked(text[bare:])
    return found


def _turns(text: str, bare: int) -> Asked | None:
    space = _SPACE.match(text, bare)
    start = space.end() if space is not None else bare
    for family in _HEADED:
        if family.header.match(text, start):
            return _read(text, start, family)
    if text.endswith(_DEEPSEEK_BEGINS, 0, bare) or _DEEPSEEK.header.match(text, start) or _ends_asking(text):
        return _read(text, bare, _DEEPSEEK)
    return None


def _ends_asking(text: str) -> bool:
    """Ends as DeepSeek's prompts do; only the tail is looked at."""
    return _DEEPSEEK_ASKS.search(text, max(0, len(text) - 80)) is not None


def _read(text: str, start: int, family: _Family) -> Asked | None:
    """The turns from `start` on."""
    headers = list(family.header.finditer(text, start))
    if not headers:
        return None
    turns: list[Turn] = []
    if (lead := text[start : headers[0].start()]).strip():  # DeepSeek's system has no header
        turns.append({"role": "system", "content": lead})
    opening = ""
    for at, header in enumerate(headers):
        last = at + 1 == len(headers)
        words = text[header.end() : len(text) if last else headers[at + 1].start()]
        content, ended = _ended(words, family)
        role = _ROLES.get(header[1].lower(), header[1].lower())
        if last and role == "assistant" and not ended:
            opening = words.lstrip() if family.trim else words
            continue
        if family is _MISTRAL and not turns and (system := _SYS.match(content)) is not None:
            turns.append({"role": "system", "content": system[1].strip()})  # Llama 2 puts it into the first user turn
            content = content[system.end() :]
        turns.append({"role": role, "content": content})
    return Asked(turns, opening)


def _ended(words: str, family: _Family) -> tuple[str, bool]:
    """A turn's words without the mark that ends it, and whether there is one."""
    kept = words.rstrip()
    for mark in family.ends:
        if kept.endswith(mark):
            content = kept[: -len(mark)]
            return (content.strip() if family.trim else content), True
    return (words.strip() if family.trim else words), False
