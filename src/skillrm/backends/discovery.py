"""Which model a server has, for users who name only the server."""

from __future__ import annotations

from skillrm.errors import ConfigError, Fault


async def first_model(base_url: str, api_key: str | None, *, seconds: float = 10.0) -> str:
    """The first model that `GET /models` lists. Raises `ConfigError` when the server cannot be asked or has none."""
    import aiohttp

    root = base_url.rstrip("/")
    url = f"{root}/models" if root.endswith("/v1") else f"{root}/v1/models"
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session,
            session.get(url, headers=headers) as response,
        ):
            if response.status != 200:
                raise ConfigError(
                    Fault(f"answers {response.status} to GET /models", field=base_url, mend=_mend(response.status))
                )
            listed = await response.json(content_type=None)
        return str(listed["data"][0]["id"])
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        reason = f"no answer within {seconds:g} s" if isinstance(error, TimeoutError) else error
        raise ConfigError(Fault(f"cannot be reached: {reason}", field=base_url, mend="is it up?")) from None
    except (ValueError, KeyError, IndexError, TypeError):
        raise ConfigError(Fault("lists no model", field=base_url, mend="name one: --model or SKILLRM_MODEL")) from None


def _mend(status: int) -> str:
    return "check OPENAI_API_KEY" if status in (401, 403) else "name the model: --model or SKILLRM_MODEL"
