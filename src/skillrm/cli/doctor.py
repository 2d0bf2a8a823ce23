"""`skillrm doctor`: what is configured, reachable and isolated."""

from __future__ import annotations

import importlib.util
import json as json_module
import os
import platform
from pathlib import Path
from typing import Annotated, Any

import typer

from skillrm.cli import options as o
from skillrm.cli.choosing import Chosen
from skillrm.cli.output import FAILED, finish
from skillrm.errors import SkillRMError
from skillrm.version import __version__

_EXTRAS = {"parquet": "pyarrow", "local": "xllamacpp", "wasm": "eryx"}


def doctor(
    model: o.ModelOption = None,
    base_url: o.BaseUrlOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is configured, reachable and isolated here; exit status 1 when something configured does not work."""
    report, broken = finish(_examine(Chosen(model=model, base_url=base_url)))
    if json:
        typer.echo(json_module.dumps(report, indent=2))
    else:
        for part, lines in report.items():
            typer.echo(part)
            wide = max(map(len, lines))
            for name, state in lines.items():
                typer.echo(f"  {name:<{wide}}  {state}")
    if broken:
        typer.echo(f"not working: {', '.join(broken)}", err=True)
        raise typer.Exit(FAILED)


async def _examine(chosen: Chosen) -> tuple[dict[str, dict[str, Any]], list[str]]:
    from skillrm.sandbox import probe

    broken: list[str] = []
    sandbox = probe()
    report: dict[str, dict[str, Any]] = {
        "skillrm": {"version": __version__, "python": platform.python_version(), "platform": platform.platform()},
        "extras": {name: _installed(name, module) for name, module in _EXTRAS.items()},
        "sandbox": {"used": sandbox.default or "NONE: untrusted code will not run"},
    }
    report["sandbox"] |= {f"level {name}": state for name, state in sandbox.levels.items()} | dict(sandbox.mechanisms)
    report["skills"] = _skills(broken)
    report["judge model"] = await _judge(chosen, broken)
    return report, broken


def _installed(extra: str, module: str) -> str:
    return "installed" if importlib.util.find_spec(module) else f"not installed: pip install 'skillrm[{extra}]'"


def _skills(broken: list[str]) -> dict[str, str]:
    from skillrm.skill import bundled, load_skill
    from skillrm.verifiers import names

    states = {"verifiers": f"{len(names())} registered"}
    for name in bundled():
        try:
            states[name] = f"ok, {load_skill(name).digest[:12]}"
        except SkillRMError as error:
            states[name] = f"broken: {error}"
            broken.append(f"skill {name}")
    return states


async def _judge(chosen: Chosen, broken: list[str]) -> dict[str, str]:
    urls = chosen.urls()
    model = chosen.model or os.environ.get("SKILLRM_MODEL")
    states = {
        "model": model or ("the server's first" if urls else "none: verifiers decide what they can"),
        "key": "set" if os.environ.get("OPENAI_API_KEY") else "not set",
    }
    if model and model.startswith("gguf:"):
        return states | _file(model[5:].split("?")[0], broken)
    from skillrm.backends.discovery import first_model

    for url in urls:
        try:
            states[url] = f"reachable, serves {await first_model(url, os.environ.get('OPENAI_API_KEY'), seconds=5)}"
        except SkillRMError as error:
            states[url] = f"not working: {str(error).removeprefix(f'{url}: ')}"
            broken.append(url)
    return states


def _file(path: str, broken: list[str]) -> dict[str, str]:
    found = Path(path).is_file()
    if not found:
        broken.append(path)
    return {"file": "found" if found else "missing"}
