"""A data set of the Hugging Face hub, as files that the loaders read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skillrm.errors import ConfigError, Fault, InputError

_MEND = "pip install 'skillrm[hub]', or download the files and give --data FOLDER"


def fetched(name: str, folder: Path) -> Path:
    """`OWNER/NAME` or `OWNER/NAME:SPLIT` as JSONL, one file a split, in `folder`.

    Raises `ConfigError` without the package `datasets`, `InputError` for what cannot be had.
    """
    try:
        import datasets
    except ImportError:
        words = "needs the package `datasets`"
        raise ConfigError(Fault(words, field=f"--data hub:{name}", mend=_MEND)) from None
    repository, _, split = name.partition(":")
    try:
        found: Any = datasets.load_dataset(repository)
    except Exception as error:  # its own errors, those of the hub's client, and those of the network
        words = f"cannot be fetched: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
        mend = "without network, download the files elsewhere and give --data FOLDER"
        raise InputError(Fault(words, file=f"hub:{repository}", mend=mend)) from None
    if split and split not in found:
        mend = f"there are {', '.join(found)}"
        raise InputError(Fault(f"has no split {split!r}", file=f"hub:{repository}", mend=mend))
    for one in [split] if split else list(found):
        found[one].to_json(folder / f"{one}.jsonl", force_ascii=False)
    return folder
