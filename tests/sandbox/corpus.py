"""The attacks, read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

CORPUS = Path(__file__).parent / "attacks"
ATTACKS: list[dict[str, Any]] = [
    {"family": path.stem, **attack}
    for path in sorted(CORPUS.glob("*.yaml"))
    for attack in yaml.safe_load(path.read_text())
]
