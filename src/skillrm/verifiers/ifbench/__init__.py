"""Instruction families of IFBench that need no further models or lists, registered as `ifbench:<official id>`.

Pyatkin et al., "Generalizing Verifiable Instruction Following", arXiv 2507.02833. Not here: families that need a
part-of-speech tagger, syllable, stop word, name or emoji lists, and the `custom:` ones, which fit one prompt each.
"""

from __future__ import annotations

from skillrm.verifiers.ifbench import counts, formats, repeats, sentence, words

__all__ = ["counts", "formats", "repeats", "sentence", "words"]
