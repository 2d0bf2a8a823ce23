"""Which model a server has, for users who name only the server."""

from __future__ import annotations

import asyncio
import json

from skillrm.backends.answers import Answer
from skillrm.backends.endpoints import Endpoint
from skillrm.backends.transport import Transport
from skillrm.backends.wire import BrokenError
from skillrm.errors import ConfigError, Fault

_MOST_BYTES = 8 << 20


async def first_model(base_url: str, api_key: str | None, *, seconds: float = 10.0) -> str:
    """The first model that `GET /models` lists. Raises `ConfigError` when the server cannot be asked or has none."""
    answer = await _asked(base_url, api_key, seconds)
    if isinstance(answer, BrokenError):
        raise ConfigError(Fault(f"cannot be reached: {answer}", field=base_url, mend="is it up?"))
    if answer.status != 200:
        raise ConfigError(Fault(f"answers {answer.status} to GET /models", field=base_url, mend=_mend(answer.status)))
    try:
        return str(json.loads(answer.content or b"")["data"][0]["id"])
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise ConfigError(Fault("lists no model", field=base_url, mend="name one: --model or SKILLRM_MODEL")) from None


async def what_is_amiss(base_url: str, api_key: str | None, *, seconds: float = 3.0) -> str | None:
    """Why the server could not judge now: it is away, or lets nobody in with this key. None: nothing that shows."""
    answer = await _asked(base_url, api_key, seconds)
    if isinstance(answer, BrokenError):
        return f"{base_url} cannot be reached: {answer}"
    return f"{base_url} answers {answer.status}: {_mend(answer.status)}" if answer.status in (401, 403) else None


async def _asked(base_url: str, api_key: str | None, seconds: float) -> Answer | BrokenError:
    transport, endpoint = Transport(api_key, _MOST_BYTES, "GET"), Endpoint(base_url, "models")
    try:
        async with asyncio.timeout(seconds):
            return await transport.send(await transport.lane(), endpoint)
    except TimeoutError:
        return BrokenError(f"no answer within {seconds:g} s")
    finally:
        await transport.close()


def _mend(status: int) -> str:
    return "check OPENAI_API_KEY" if status in (401, 403) else "name the model: --model or SKILLRM_MODEL"
