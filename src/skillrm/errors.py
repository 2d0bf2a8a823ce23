"""Every error skillrm raises on purpose.

SkillRMError
├── InputError                 what the caller handed in is wrong: file, line, field and the mend
│   ├── SampleError            one row or sample
│   ├── SkillError             a skill folder; carries every fault at once
│   └── ConfigError            a flag, an environment variable, an argument
├── BackendError               the judge model gave no usable reply
│   ├── BackendTransportError  no connection, reset, timeout, 5xx after all retries
│   ├── BackendRateLimited     429 after all retries
│   ├── BackendAuthError       401 or 403: retrying cannot help
│   ├── ContextOverflow        the request does not fit the model's context
│   ├── BackendRequestError    any other 4xx: the request itself is refused
│   └── BackendReplyError      HTTP 200, but no message in it
├── DeadlineExceeded           the judgment's own deadline passed
├── NoReward                   no valid judgment, where the user chose that this raises
├── SandboxError               the sandbox itself broke (never the guest code)
│   └── SandboxUnavailable     nothing on this machine isolates
├── StoreError                 a run's folder is damaged or cannot be written: which file, and the mend
├── ClusterLost                no node of the Ray cluster judges any more; what is stored stays
└── VerifierNotFound           no verifier of that name is registered
"""

from __future__ import annotations

from dataclasses import dataclass


class SkillRMError(Exception):
    """Root of all errors of this package."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where, and how to mend it."""

    message: str
    file: str | None = None
    line: int | None = None
    field: str | None = None
    mend: str | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        head = f"{where}: " if where else ""
        field = f"{self.field}: " if self.field else ""
        tail = f" ({self.mend})" if self.mend else ""
        return f"{head}{field}{self.message}{tail}"


class InputError(SkillRMError):
    """What the caller handed in is wrong; `faults` holds every fault that was found."""

    def __init__(self, *faults: Fault | str) -> None:
        self.faults = tuple(fault if isinstance(fault, Fault) else Fault(fault) for fault in faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class SampleError(InputError):
    """A row that is no sample."""


class SkillError(InputError):
    """A folder that is no skill."""


class ConfigError(InputError):
    """A flag, an environment variable or an argument that cannot be used."""


class BackendError(SkillRMError):
    """The judge model gave no usable reply."""


class BackendTransportError(BackendError):
    """No connection, a reset, a timeout or a 5xx, after all retries."""


class BackendRateLimited(BackendError):
    """429 after all retries."""


class BackendAuthError(BackendError):
    """401 or 403."""


class ContextOverflow(BackendError):
    """The request does not fit the model's context; the same request is not worth a retry."""


class BackendRequestError(BackendError):
    """The server refuses the request itself (4xx)."""


class BackendReplyError(BackendError):
    """HTTP 200, but there is no message in the body."""


class DeadlineExceeded(SkillRMError):
    """The judgment's own deadline passed."""


class NoReward(SkillRMError):
    """There is no valid judgment, and the user chose `on_failure="raise"`."""


class SandboxError(SkillRMError):
    """The sandbox itself broke; guest code that fails is a result, not an error."""


class SandboxUnavailable(SandboxError):
    """Nothing on this machine isolates untrusted code."""


class StoreError(SkillRMError):
    """A run's folder is damaged or cannot be written; what was reported as kept stays."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


class ClusterLost(SkillRMError):
    """No node of the Ray cluster judges any more; what is stored stays."""


class VerifierNotFound(SkillRMError):
    """No verifier of that name is registered."""
