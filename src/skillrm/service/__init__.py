"""The reward model over HTTP: one service for every trainer. FastAPI and uvicorn come with the extra `[serve]`."""

from __future__ import annotations

from skillrm.service.settings import Build, Settings, tokens_of

__all__ = ["Build", "Settings", "tokens_of"]
