"""The application: FastAPI's routes behind the guard."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from skillrm.errors import SkillRMError
from skillrm.service.admission import Admission
from skillrm.service.draining import drain_on_signals
from skillrm.service.endpoints import Endpoints, as_json
from skillrm.service.guard import Guard
from skillrm.service.house import House
from skillrm.service.logs import as_json_lines
from skillrm.service.metrics import CONTENT_TYPE, Metrics
from skillrm.service.openapi import OPERATIONS
from skillrm.service.refusing import BROKEN, Refused, refusal
from skillrm.service.settings import Build, Settings
from skillrm.service.trainers import Trainers
from skillrm.service.visit import KEY
from skillrm.version import __version__


@dataclass(frozen=True, slots=True)
class Application:
    """Makes the ASGI application of one worker; picklable, so that workers can be started with it."""

    build: Build
    settings: Settings

    def __call__(self) -> Guard:
        settings = self.settings
        parked = settings.connections * 3 // 4  # the others are for those who wait for nobody
        admission = Admission(settings.concurrency, settings.queue, settings.max_body, settings.timeout, parked)
        house = House(settings, admission, Metrics(str(settings.on_failure)))
        app = FastAPI(title="skillrm", version=__version__)
        guard = Guard(app, settings, admission, house.metrics, _routes(app, house))
        app.router.lifespan_context = lambda _: self._life(house, guard)
        state = _State(house, guard)
        app.add_api_route("/healthz", state.alive, methods=["GET"], summary="The process answers")
        app.add_api_route("/readyz", state.ready, methods=["GET"], summary="Requests are taken")
        app.add_api_route(
            "/metrics",
            state.metrics,
            methods=["GET"],
            summary="For Prometheus",
            responses={200: {"content": {"text/plain": {}}}},
        )
        app.add_exception_handler(Refused, _refused)
        app.add_exception_handler(HTTPException, _refused)
        app.add_exception_handler(SkillRMError, _refused)
        app.add_exception_handler(Exception, _refused)
        return guard

    @asynccontextmanager
    async def _life(self, house: House, guard: Guard) -> AsyncIterator[None]:
        with as_json_lines():
            async with await self.build() as model:
                house.model = model
                gc.collect()
                gc.freeze()  # what is loaded now stays: no collection need look at it again
                drain_on_signals(guard, self.settings.port, self.settings.drain, house.hurry)
                yield
                house.model = None


def _routes(app: FastAPI, house: House) -> frozenset[str]:
    """Every endpoint that takes a body; the guard reads it. Returns their paths."""
    endpoints, trainers = Endpoints(house), Trainers(house)
    work: dict[str, Any] = {
        "/v1/judge": endpoints.judge,
        "/v1/judge/batch": endpoints.batch,
        "/v1/compare": endpoints.compare,
        "/v1/select": endpoints.select,
        "/v1/group": endpoints.group,
        "/v1/reward": endpoints.reward,
        "/get_reward": trainers.get_reward,
        "/slime": trainers.slime,
        "/": trainers.slime,
        "/verify": trainers.verify,
        "/seed_session": trainers.seed_session,
    }
    app.add_api_route("/v1/about", endpoints.about, methods=["GET"], response_class=Response, **OPERATIONS["/v1/about"])
    for path, endpoint in work.items():
        app.add_api_route(path, endpoint, methods=["POST"], response_class=Response, **OPERATIONS.get(path, {}))
    return frozenset(work)


class _State:
    """What orchestrators and Prometheus ask."""

    def __init__(self, house: House, guard: Guard) -> None:
        self._house, self._guard = house, guard

    async def alive(self) -> Response:
        return as_json({"status": "ok"})

    async def ready(self) -> Response:
        model = self._house.model
        if model is None or self._guard.draining:
            return Response(b'{"status":"draining"}', status_code=503, media_type="application/json")
        return as_json({"status": "ready", "skill": model.skill.name, "judge": model.kind})

    async def metrics(self) -> Response:
        metrics, admission = self._house.metrics, self._house.admission
        metrics.in_house.set(admission.requests)
        metrics.judging.set(admission.judging)
        metrics.waiting_for_group.set(admission.waiting_for_group)
        return Response(metrics.text(), media_type=CONTENT_TYPE)


async def _refused(request: Request, error: Exception) -> Response:
    """What broke is logged by the guard; its words, which may hold a sample's text, go nowhere."""
    told, more = BROKEN, []
    if isinstance(error, Refused):
        told = error
    elif isinstance(error, SkillRMError):
        told = refusal(error)
    elif isinstance(error, HTTPException):  # no such path, or another method
        told = Refused(error.status_code, str(error.detail))
        more = [(name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()]
    body = told.body(request.scope[KEY].id)
    response = Response(body, status_code=told.status)
    response.raw_headers = [*told.headers(), *more, (b"content-length", b"%d" % len(body))]
    return response
