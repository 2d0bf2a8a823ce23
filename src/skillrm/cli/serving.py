"""`skillrm serve`: the reward model over HTTP."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skillrm.cli import options as o
from skillrm.cli.choosing import Chosen
from skillrm.cli.output import fail, finish, note
from skillrm.errors import SkillRMError

if TYPE_CHECKING:
    from skillrm.service import Settings

_SERVICE = "Service"
_SAME = ("host", "port", "workers", "concurrency", "queue", "timeout", "form", "group_size", "group_wait")


def _option(*names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel=_SERVICE, **more)


OnFailureOption = Annotated[
    str, _option("--on-failure", help="Without a valid judgment: none, raise (503), constant:NUMBER or group_mean.")
]
FormOption = Annotated[str, _option("--form", help="What rewards are: scores, or ranks or win_rates in their group.")]
GroupSizeOption = Annotated[
    int | None, _option("--group-size", min=1, help="Rollouts of a prompt that wait for one another if asked singly.")
]
GroupWaitOption = Annotated[float, _option("--group-wait", min=0.001, help="Seconds they wait at most.")]
HostOption = Annotated[str, _option("--host", help="Where to listen.")]
PortOption = Annotated[int, _option("--port", min=0, max=65535, help="0: one that is free.")]
WorkersOption = Annotated[int, _option("--workers", min=1, help="Processes.")]
TokenFileOption = Annotated[
    Path | None, _option("--token-file", help="Tokens that let a client in, one a line. \\[env: SKILLRM_TOKEN]")
]
NoTokenOption = Annotated[bool, _option("--no-token", help="Let everybody in, whatever the host.")]
ConcurrencyOption = Annotated[int, _option("--concurrency", min=1, help="Judgments at once, per worker.")]
QueueOption = Annotated[int, _option("--queue", min=0, help="Requests that may wait, per worker; then 429.")]
MaxBodyOption = Annotated[int, _option("--max-body", min=1, help="Megabytes of one request.")]


def serve(
    skill: o.SkillOption = "general",
    judge: o.JudgeOption = "skill",
    access: o.AccessOption = "sample",
    order: o.OrderOption = "given",
    votes: o.VotesOption = 1,
    seed: o.SeedOption = 0,
    complete: o.CompleteOption = False,
    tolerance: o.ToleranceOption = None,
    model: o.ModelOption = None,
    base_url: o.BaseUrlOption = None,
    timeout: o.TimeoutOption = 300.0,
    temperature: o.TemperatureOption = 0.0,
    tool_mode: o.ToolModeOption = "auto",
    prices: o.PricesOption = None,
    cache: o.CacheOption = True,
    on_failure: OnFailureOption = "none",
    form: FormOption = "scores",
    group_size: GroupSizeOption = None,
    group_wait: GroupWaitOption = 30.0,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8080,
    workers: WorkersOption = 1,
    token_file: TokenFileOption = None,
    no_token: NoTokenOption = False,
    concurrency: ConcurrencyOption = 64,
    queue: QueueOption = 256,
    max_body: MaxBodyOption = 32,
    quiet: o.QuietOption = False,
) -> None:
    """Serve the reward model over HTTP: judge, batch, compare, select, group, and what trainers call.

    On 127.0.0.1 unless told; another host needs a token. SIGTERM answers what was accepted, then ends.

    [dim]skillrm serve --skill instruction-following --port 8080

    skillrm serve -s general -m qwen3 --base-url http://localhost:8000/v1 --host 0.0.0.0 --token-file token[/]
    """
    given = locals()
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        fail("error: the service needs FastAPI and uvicorn (pip install 'skillrm[serve]')")
    from skillrm.service.server import serve as run_service

    try:
        chosen, settings = Chosen.of(given), _settings(given)
        judged_by = finish(_tried(chosen))
        run_service(chosen.reward_model, settings, lambda url: _started(url, skill, judged_by, settings))
    except SkillRMError as error:
        fail(f"error: {error}")


def _settings(given: Mapping[str, Any]) -> Settings:
    from skillrm.rewards.failing import OnFailure
    from skillrm.service import Settings, tokens_of

    same = {name: given[name] for name in _SAME}
    return Settings(
        **same,
        tokens=() if given["no_token"] else tokens_of(given["token_file"]),
        open_to_all=given["no_token"],
        max_body=given["max_body"] << 20,
        on_failure=OnFailure.parse(given["on_failure"]),
        log=not given["quiet"],
    )


async def _tried(chosen: Chosen) -> str:
    """Make the reward model once, so that what cannot be used is told before anything listens. Returns its judge."""
    from skillrm.backends.discovery import what_is_amiss

    async with await chosen.reward_model() as model:
        if model.backend is None:
            return "verifiers alone"
        key = os.environ.get("OPENAI_API_KEY")
        for amiss in [await what_is_amiss(url, key) for url in chosen.urls()]:
            if amiss is not None:  # it may come yet: nothing ends
                note(f"warning: {amiss}")
        return model.backend.model


def _started(url: str, skill: str, judged_by: str, settings: Settings) -> None:
    from skillrm.service.trainers import stated

    note(f"on_failure={settings.on_failure}: without a valid judgment")
    for path, words in stated(settings.on_failure, gathered=settings.group_size is not None).items():
        note(f"  {path:<12} {words}")
    if settings.form != "scores" or settings.group_size:
        wait = f"{settings.group_size} wait for one another, {settings.group_wait:g} s at most"
        note(f"rewards are {settings.form}; groups: {wait if settings.group_size else 'as they are sent'}")
    note(f"serving {skill}, judged by {judged_by}, at {url}")
