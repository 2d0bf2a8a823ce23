"""From a model name, arguments and the environment to a backend."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from skillrm.backends.budget import Budget
from skillrm.backends.caching import CachingBackend, ReplyCache
from skillrm.backends.chat import Backend
from skillrm.errors import ConfigError, Fault

OPENAI = "https://api.openai.com/v1"


def open_backend(
    model: str | None = None,
    *,
    base_url: str | Sequence[str] | None = None,
    api_key: str | None = None,
    timeout: float = 120.0,
    retries: int = 4,
    concurrency: int | None = None,
    prices: tuple[float, float] | None = None,
    extra: Mapping[str, Any] | None = None,
    budget: Budget | None = None,
    cache: ReplyCache | None = None,
) -> Backend:
    """The backend for `model`: `gguf:PATH` runs that file here, any other name is asked for at `base_url`.

    What is not given comes from `SKILLRM_MODEL`, `OPENAI_BASE_URL` (several: separated by commas) and
    `OPENAI_API_KEY`; a key without a URL means OpenAI itself. `timeout` is in seconds for one attempt, `prices` in
    US dollars per million (prompt, completion) tokens, `extra` holds body fields of every request, `budget` is charged
    with every reply, and `cache` keeps replies (see `CachingBackend`). Nothing is contacted yet. Raises `ConfigError`.
    """
    backend = _opened(model, base_url, api_key, timeout, retries, concurrency, prices, extra, budget)
    return backend if cache is None else CachingBackend(backend, cache)


def _opened(
    model: str | None,
    base_url: str | Sequence[str] | None,
    api_key: str | None,
    timeout: float,
    retries: int,
    concurrency: int | None,
    prices: tuple[float, float] | None,
    extra: Mapping[str, Any] | None,
    budget: Budget | None,
) -> Backend:
    name = model or os.environ.get("SKILLRM_MODEL", "")
    if not name:
        raise ConfigError(Fault("no judge model is named", field="model", mend="give a model or set SKILLRM_MODEL"))
    if name.startswith("gguf:"):
        if base_url:
            raise ConfigError(Fault("a gguf file runs here and has no base URL", field="base_url", mend="leave it out"))
        from skillrm.backends.gguf import GGUFBackend

        return GGUFBackend(name, timeout=timeout, concurrency=concurrency, prices=prices, extra=extra, budget=budget)
    key = api_key or os.environ.get("OPENAI_API_KEY") or None
    from skillrm.backends.openai import OpenAIBackend

    return OpenAIBackend(
        name,
        _base_urls(base_url, key),
        key,
        timeout=timeout,
        retries=retries,
        concurrency=concurrency,
        prices=prices,
        extra=extra,
        budget=budget,
    )


def _base_urls(given: str | Sequence[str] | None, key: str | None) -> tuple[str, ...]:
    listed = (given,) if isinstance(given, str) else tuple(given or ())
    if not listed:
        listed = tuple(os.environ.get("OPENAI_BASE_URL", "").split(","))
    urls = tuple(url.strip() for url in listed if url.strip())
    if urls or key is None:
        if not urls:
            mend = "give base_url, or set OPENAI_BASE_URL (or OPENAI_API_KEY for OpenAI itself)"
            raise ConfigError(Fault("where the judge model is served is not known", field="base_url", mend=mend))
        return urls
    return (OPENAI,)
