"""Findings that are already known: what a costly verifier said of the same sample, with the same arguments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

import msgspec

from skillrm.types import Resource, Sample
from skillrm.verifiers.registry import Finding, Verifier

_FORMAT = "skillrm findings 1"
_SHORTEST = 1.0
"""Seconds. Under a tighter limit, or when it took longer, a loaded machine may have decided it: that is not kept."""


class FindingCache(Protocol):
    """Bytes by key. Both calls are quick and raise nothing."""

    def get(self, key: bytes) -> bytes | None: ...

    def put(self, key: bytes, value: bytes) -> None: ...


class KnownFindings:
    """Keeps what verifiers decided that say they are worth keeping (`@verifier(..., keeps=True)`).

    The key is verifier, version, arguments, scope, the sample's whole content and the labels asked about.
    """

    def __init__(self, cache: FindingCache) -> None:
        self._cache = cache

    def key(self, resource: Resource, verifier: Verifier, sample: Sample, labels: tuple[str, ...]) -> bytes | None:
        """None for what is not kept."""
        if not verifier.keeps or float(resource.args.get("seconds", _SHORTEST)) < _SHORTEST:  # type: ignore[arg-type]
            return None
        asked = (_FORMAT, verifier.name, verifier.version, resource.args, resource.scope, sample.digest, labels)
        return hashlib.sha256(msgspec.json.encode(asked, order="deterministic")).digest()

    def get(self, key: bytes) -> dict[str, Finding] | None:
        value = self._cache.get(key)
        if value is None:
            return None
        try:
            return _DECODER.decode(value)
        except (msgspec.MsgspecError, ValueError):
            return None

    def put(self, key: bytes, findings: Mapping[str, Finding], ms: float) -> None:
        """Keep them, unless they may come out otherwise another time."""
        sure = all(finding.status in ("decided", "not_applicable") for finding in findings.values())
        if sure and ms < _SHORTEST * 1000:
            self._cache.put(key, _ENCODER.encode(findings))


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(dict[str, Finding])
