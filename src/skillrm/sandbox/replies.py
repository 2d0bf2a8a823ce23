"""What a guest says, read as what it is: bytes from a stranger."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, get_args

from pydantic import JsonValue

from skillrm.sandbox.contract import Outcome, SandboxLimits, SandboxResult

DEPTH = 200
"""Deeper nesting than this is no result: it would break whoever writes it on."""
_KINDS = frozenset(get_args(Outcome)) - {"timeout", "crash"}
_ERROR_CHARS = 2000
_SURROGATE = re.compile("[\ud800-\udfff]")


def most(limits: SandboxLimits) -> int:
    """Bytes that one frame may have: the result is counted as JSON, printed text grows six times when it is escaped.

    Not more: a list of empty lists takes forty times its text once it is read, here.
    """
    return 6 * limits.output_bytes + limits.result_bytes + 65_536


def parse(body: bytes, sequence: int, stdout: str | None = None) -> dict[str, Any] | None:
    """The reply numbered `sequence`; None for everything else. `stdout` where it came another way."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):  # also bytes that are no UTF-8, and integers of 4,300 digits and more
        return None
    if isinstance(reply, dict) and stdout is not None:
        reply["stdout"] = stdout
    if not isinstance(reply, dict) or reply.get("seq") != sequence:
        return None
    kind = reply.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        return None
    if not isinstance(reply.get("stdout"), str) or not isinstance(reply.get("error"), (str, type(None))):
        return None
    return reply if body.count(b"[") + body.count(b"{") <= DEPTH or _shallow(reply) else None


def plain(text: str) -> tuple[JsonValue] | None:
    """The value in the JSON `text`, wrapped; None when it is nested too deeply."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if text.count("[") + text.count("{") > DEPTH and not _shallow(value):
        return None
    return (whole_value(value),)


def _shallow(value: Any) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEPTH):
        level = [item for held in level for item in _inside(held)]
        if not level:
            return True
    return False


def _inside(held: Any) -> Any:
    inside = held.values() if isinstance(held, dict) else held
    return [item for item in inside if isinstance(item, (dict, list))]


def result(reply: dict[str, Any], limits: SandboxLimits, ms: float) -> SandboxResult:
    kind = reply["kind"]
    stdout = whole(reply["stdout"])
    if len(stdout) > limits.output_bytes:
        stdout, kind = stdout[: limits.output_bytes], "output"
    error = whole(reply["error"][-_ERROR_CHARS:]) if reply["error"] is not None else None
    value = whole_value(reply.get("result")) if kind == "ok" else None
    return SandboxResult(kind == "ok", stdout, value, error if kind != "ok" else None, kind, "full", ms)


def whole(text: str) -> str:
    """Without lone surrogates, which no file or wire takes."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def whole_value(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [whole_value(item) for item in value]
    if isinstance(value, dict):
        return {whole(key): whole_value(item) for key, item in value.items()}
    return value


def counted(reply: SandboxResult) -> SandboxResult:
    """What the test guest counted, as the result of `check`."""
    found = reply.result
    if not reply.ok or not isinstance(found, dict):
        return reply
    value: dict[str, JsonValue] = {key: found.get(key) for key in ("passed", "failed", "total", "first_failure")}
    if value["total"] and not value["failed"] and not found.get("unsupported") and not found.get("timed_out"):
        return replace(reply, result=value)
    kind: Outcome = "exception"
    error = str(value["first_failure"] or "")
    if found.get("broken_tests"):
        kind, error = "unsupported", str(found["broken_tests"])
    elif found.get("unsupported"):
        kind, error = "unsupported", str(found["unsupported"])
    elif found.get("timed_out"):
        kind = "timeout"
    elif found.get("syntax"):
        kind = "syntax"
    return replace(reply, ok=False, result=value, kind=kind, error=error)
