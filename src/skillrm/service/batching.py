"""A batch: every row's outcome as a line of JSON, as it comes, with the row's index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import msgspec

from skillrm.errors import SkillRMError
from skillrm.service.house import House
from skillrm.service.refusing import Refused, error_of, refusal
from skillrm.service.visit import Visit
from skillrm.types import Goal

_LINES = 64 << 10
"""Bytes of outcomes that go out together, where so many are there."""


class Batch:
    """One batch's workers. One more comes only while all wait for a judge: where verifiers decide, one is enough, and
    between two rows everybody else gets their turn. One bad row never ends the batch.
    """

    def __init__(self, house: House, visit: Visit, rows: Iterator[Any], goal: Goal, *, brief: bool) -> None:
        """`brief`: rewards and status instead of whole judgments."""
        self._house, self._visit, self._rows = house, visit, enumerate(rows)
        self._goal, self._brief = goal, brief
        self._out: asyncio.Queue[bytes | None] = asyncio.Queue(2 * house.admission.concurrency)
        self._workers: set[asyncio.Task[None]] = set()
        self._busy = 0
        self._over = False

    async def lines(self) -> AsyncGenerator[bytes]:
        """Closing it cancels what is in work."""
        self._grow()
        count, ended = 0, False
        try:
            while not ended:
                lines, size = [], 0
                line = await self._out.get()
                while line is not None:
                    lines.append(line)
                    size += len(line)
                    if size >= _LINES or self._out.empty():
                        break
                    line = self._out.get_nowait()
                ended = line is None
                count += len(lines)
                if lines:
                    yield b"".join(lines)
        finally:
            self._visit.seen["rows"] = count
            self._over = True
            for worker in self._workers:
                worker.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)

    def _grow(self) -> None:
        if not self._over and self._busy == len(self._workers) < self._house.admission.concurrency:
            self._workers.add(asyncio.ensure_future(self._work()))

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        for index, row in self._rows:
            self._busy += 1
            loop.call_soon(self._grow)
            line = await self._line(index, row)
            self._busy -= 1
            await self._out.put(line)
            await asyncio.sleep(0)
        self._over = True
        self._workers.discard(asyncio.current_task())
        if not self._workers:
            await self._out.put(None)

    async def _line(self, index: int, row: Any) -> bytes:
        head = b'{"index":%d,' % index
        try:
            if isinstance(row, Refused):
                raise row
            judgment = await self._house.judge(self._visit, row, self._goal)
        except Refused as refused:
            return head + _error(refused)
        except SkillRMError as error:
            return head + _error(refusal(error))
        except Exception as error:  # ours to mend, but not this row's neighbours to suffer
            self._visit.broke(error)
            return head + _error(Refused(500, f"judging broke: {type(error).__name__}"))
        if not self._brief:
            return head + b'"judgment":' + judgment.model_dump_json().encode() + b"}\n"
        told = {
            "id": judgment.sample_id,
            "status": judgment.status,
            "rewards": {label: judgment.reward(label) for label in judgment.verdict.scores},
            "error": judgment.error,
        }
        return head + msgspec.json.encode(told)[1:] + b"\n"


def _error(refused: Refused) -> bytes:
    return b'"error":' + msgspec.json.encode(error_of(refused.message, refused.faults)) + b"}\n"
