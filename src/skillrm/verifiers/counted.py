"""How a count is told."""

from __future__ import annotations


def counted(count: int, unit: str) -> str:
    """`counted 1 comma`, `counted 2 commas`."""
    return f"counted {count} {unit}{'' if count == 1 else 's'}"
