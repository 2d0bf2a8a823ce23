"""Past one machine: the same engine, whose rows are judged by workers on every node of a Ray cluster."""

from __future__ import annotations

from skillrm.engine.ray.cluster import RayWorkers

__all__ = ["RayWorkers"]
