"""`run.json`: what a run is made with. Written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from skillrm.errors import Fault, InputError, StoreError

FORMAT = 1
_LONGEST = 60


def write_json(path: Path, value: Mapping[str, JsonValue]) -> None:
    """Replace the file by `value` at once: whoever reads it, at whatever moment, finds the old or the new one whole.

    Raises `StoreError` when it cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # a name that is not UTF-8 has lone surrogates: with the backslash they are what JSON writes for them
        with aside.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            json.dump(value, stream, ensure_ascii=False, indent=2)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise StoreError(Fault(f"cannot be written: {error.strerror or error}", file=str(path))) from None


def sync_folder(folder: Path) -> None:
    """Make the names in the folder durable, where the system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def parse(text: str | bytes, path: Path) -> dict[str, JsonValue]:
    """The manifest in `text`. Raises `InputError` for what is none, or of a newer format; `ValueError` for no JSON."""
    value = json.loads(text)
    if not isinstance(value, dict) or not isinstance(value.get("format"), int):
        raise InputError(Fault("is no manifest of a run", file=str(path), mend="name the folder of a run"))
    if value["format"] > FORMAT:
        words = f"was written by a newer skillrm (format {value['format']}, this one reads {FORMAT})"
        raise InputError(Fault(words, file=str(path), mend="pip install -U skillrm"))
    return {name: item for name, item in value.items() if name != "format"}


def differences(old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]) -> list[str]:
    """What differs, a line each, such as `model: qwen3 -> llama3` or `limits.turns: 6 -> 4`."""
    was, now = dict(_leaves(old)), dict(_leaves(new))
    return [
        f"{name}: {_shown(was, name)} -> {_shown(now, name)}"
        for name in dict.fromkeys([*was, *now])
        if name not in was or name not in now or was[name] != now[name]
    ]


def _leaves(value: Mapping[str, JsonValue], prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    for name, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from _leaves(item, f"{prefix}{name}.")
        else:  # a list read back is a list; a tuple given is the same thing
            yield f"{prefix}{name}", json.loads(json.dumps(item))


def _shown(leaves: Mapping[str, JsonValue], name: str) -> str:
    if name not in leaves:
        return "(none)"
    value = leaves[name]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
