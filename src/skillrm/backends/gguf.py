"""A local model file judged with by the real llama.cpp server, run inside this process: no server of the user's.

`gguf:PATH`, with options as in a URL: `gguf:model.gguf?ctx=16384&parallel=4&threads=8&gpu_layers=99`. Needs the extra
`skillrm[local]`. The server listens on a loopback port of its own with a key that only this process knows.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from skillrm.backends.budget import Budget
from skillrm.backends.chat import ChatReply, ChatRequest
from skillrm.backends.decode import Prices
from skillrm.backends.openai import OpenAIBackend
from skillrm.errors import BackendTransportError, ConfigError, Fault

_LIMITS = {"ctx": (256, 1 << 20), "parallel": (1, 64), "threads": (1, 512), "gpu_layers": (0, 10_000)}


@dataclass(frozen=True, slots=True)
class GGUFOptions:
    """What the server is started with. `ctx` is the context of one conversation, in tokens."""

    path: Path
    ctx: int = 16_384
    parallel: int = 2
    threads: int = 0
    """0: one a core."""
    gpu_layers: int = 0

    @classmethod
    def parse(cls, name: str) -> GGUFOptions:
        """From `gguf:PATH?ctx=...`. Raises `ConfigError`."""
        path, _, query = name.removeprefix("gguf:").partition("?")
        options: dict[str, int] = {}
        for key, value in parse_qsl(query, keep_blank_values=True):
            if key not in _LIMITS:
                raise ConfigError(Fault(f"no option {key!r}", field="model", mend=f"one of {', '.join(_LIMITS)}"))
            low, high = _LIMITS[key]
            if not value.isascii() or not value.isdigit() or not low <= int(value[:9]) <= high:
                raise ConfigError(
                    Fault(f"{key} must be a whole number from {low} to {high}, not {value!r}", field="model")
                )
            options[key] = int(value)
        file = Path(path).expanduser()
        if not file.is_file():
            raise ConfigError(
                Fault("there is no such file", file=path, field="model", mend="gguf:PATH names a .gguf file")
            )
        with file.open("rb") as head:
            if head.read(4) != b"GGUF":
                raise ConfigError(Fault("is no GGUF file", file=path, field="model"))
        return cls(file, **options)


class GGUFBackend:
    """The backend behind `gguf:PATH`. The model is loaded by the first call, off the event loop."""

    def __init__(
        self,
        name: str,
        *,
        timeout: float = 120.0,
        concurrency: int | None = None,
        prices: Prices | None = None,
        extra: Mapping[str, Any] | None = None,
        budget: Budget | None = None,
    ) -> None:
        """Raises `ConfigError` for a file or option that cannot be used, and where the extra is not installed."""
        self.options = GGUFOptions.parse(name)
        self.model = f"gguf:{self.options.path.name}"
        self.extra: Mapping[str, Any] = dict(extra or {})
        self._timeout, self._concurrency, self._prices, self._budget = timeout, concurrency, prices, budget
        if budget is not None:
            budget.require_prices(prices)
        self._loading: asyncio.Task[None] | None = None
        self._server: Any = None
        self._client: OpenAIBackend | None = None
        _require()

    async def chat(self, request: ChatRequest, *, deadline: float | None = None) -> ChatReply:
        """See `Backend.chat`."""
        if self._client is None:
            if self._loading is None or self._loading.done():
                self._loading = asyncio.create_task(self._load())
            await asyncio.shield(self._loading)
        assert self._client is not None
        return await self._client.chat(request, deadline=deadline)

    async def _load(self) -> None:
        key = secrets.token_urlsafe(16)
        try:
            self._server = await asyncio.to_thread(_start, self.options, key)
        except Exception as error:
            raise BackendTransportError(f"{self.options.path}: llama.cpp cannot load it: {error}") from None
        self._client = OpenAIBackend(
            self.options.path.stem,
            self._server.listening_address,
            key,
            timeout=self._timeout,
            concurrency=self._concurrency,
            prices=self._prices,
            extra=self.extra,
            budget=self._budget,
        )

    async def aclose(self) -> None:
        """Stop the server and free the model; a second call does nothing."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
        holder = [self._server]
        self._server = None
        await asyncio.to_thread(holder.clear)  # the server's destructor joins its threads


def _require() -> None:
    try:
        import xllamacpp  # noqa: F401
    except ImportError:
        mend = "pip install 'skillrm[local]'"
        raise ConfigError(Fault("gguf files need the llama.cpp wheel", field="model", mend=mend)) from None


def _start(options: GGUFOptions, key: str) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(options.path)
    params.n_ctx = options.ctx * options.parallel
    params.n_parallel = options.parallel
    params.n_gpu_layers = options.gpu_layers
    params.cpuparams.n_threads = options.threads or os.cpu_count() or 1
    params.api_keys = [key]
    params.use_jinja = True
    params.verbosity = 0
    return xllamacpp.Server(params)
