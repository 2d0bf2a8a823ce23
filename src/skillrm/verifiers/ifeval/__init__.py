"""The 25 instruction families of IFEval, registered as `ifeval:<official id>`.

Zhou et al., "Instruction-Following Evaluation for Large Language Models", arXiv 2311.07911. Semantics are those of the
official checkers, written anew; where upstream treats an argument as a regular expression, so do we, in linear time.
"""

from __future__ import annotations

from skillrm.verifiers.ifeval import case, combination, content, edges, formats, keywords, language, length

__all__ = ["case", "combination", "content", "edges", "formats", "keywords", "language", "length"]
