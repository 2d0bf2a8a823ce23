"""The root a guest sees: the standard library read-only, /dev/null, /dev/urandom, the time zones, an empty /tmp."""

from __future__ import annotations

import os
import sys

from skillrm.sandbox.guest import kernel

_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_ZONES = "/usr/share/zoneinfo"
_HIDDEN = ("site-packages", "dist-packages")
_COVERED = ("/tmp", "/var/tmp", "/dev/shm", "/mnt", "/srv")
_KEPT = {
    os.ST_RDONLY: kernel.MS_RDONLY,
    os.ST_NOSUID: kernel.MS_NOSUID,
    os.ST_NODEV: kernel.MS_NODEV,
    os.ST_NOEXEC: kernel.MS_NOEXEC,
    os.ST_NOATIME: kernel.MS_NOATIME,
    os.ST_NODIRATIME: kernel.MS_NODIRATIME,
    os.ST_RELATIME: kernel.MS_RELATIME,
}


def standard() -> list[str]:
    """What a guest that runs Python is shown."""
    shown = [path for path in dict.fromkeys([*sys.path, _ZONES]) if os.path.isdir(path)]
    shown = [path for path in shown if not any(path != other and path.startswith(other + "/") for other in shown)]
    return shown + [device for device in _DEVICES if os.path.exists(device)]


def build(shown: list[str]) -> None:
    """Make it, enter it, and let go of the host's. Needs an own mount namespace and CAP_SYS_ADMIN in it."""
    sources = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in shown}
    base = next(path for path in _COVERED if os.path.isdir(path))
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", base, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=256k,mode=755")
    os.mkdir(f"{base}/tmp")
    for path, fd in sources.items():
        _show(fd, f"{base}{path}", directory=os.path.isdir(path), device=path in _DEVICES)
        os.close(fd)
    os.chdir(base)
    kernel.pivot_here()
    kernel.mount(
        "none", "/", None, kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
    )


def _show(fd: int, target: str, *, directory: bool, device: bool) -> None:
    os.makedirs(target if directory else os.path.dirname(target), exist_ok=True)
    if not directory:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.mount(f"/proc/self/fd/{fd}", target, None, kernel.MS_BIND)
    kept = sum(flag for bit, flag in _KEPT.items() if os.statvfs(target).f_flag & bit)  # locked ones must be repeated
    seal = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_NOSUID | kept
    kernel.mount("none", target, None, seal | kernel.MS_RDONLY | (0 if device else kernel.MS_NODEV))
    for name in _HIDDEN if directory else ():
        if os.path.isdir(f"{target}/{name}"):
            kernel.mount(
                "tmpfs", f"{target}/{name}", "tmpfs", kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV, "size=4k"
            )
