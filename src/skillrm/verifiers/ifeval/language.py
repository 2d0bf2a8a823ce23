"""language: the whole answer in one language."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from skillrm.verifiers.ifeval.instruction import InstructionArgs, instruction
from skillrm.verifiers.languages import identify


class Language(InstructionArgs):
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-z]{2})?$")]
    """ISO 639-1, as langdetect names it: `en`, `de`, `zh-cn`."""


@instruction("language:response_language", args=Language)
def response_language(answer: str, given: Language) -> tuple[bool, str]:
    """The answer is in that language.

    >>> check("ifeval:language:response_language", "Das Wetter ist heute schön.", language="de").satisfied
    True
    """
    language = identify(answer)
    if language is None:
        return True, f"no words to tell a language by, which upstream lets pass; {given.language!r} asked"
    return language == given.language, f"the language looks like {language!r}; {given.language!r} asked"
