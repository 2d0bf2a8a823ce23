"""Act <-> observe: one conversation of the judge model over some candidates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from skillrm import fencing, prompts, tools
from skillrm.actions import Desk, Refused
from skillrm.backends import ChatReply
from skillrm.errors import BackendRequestError
from skillrm.limits import CHARS_PER_TOKEN
from skillrm.setting import Setting, together
from skillrm.shapes import content_digest
from skillrm.shapes import letter as letter_of


class Conversation:
    """One chat over the candidates `order` (a chunk), writing into the pass's ledger."""

    def __init__(self, setting: Setting, desk: Desk, seed: int | None) -> None:
        self.setting, self.desk, self.seed = setting, desk, seed
        self.names = setting.tool_names
        self.messages: list[dict[str, Any]] = []
        self.gap: str | None = None
        """Why cells were left without the judge's word, if any were."""

    async def run(self, cut: float = 1.0) -> None:
        """Judge until nothing is open. `cut` shrinks what is shown of each candidate. Raises backend errors."""
        self._start(cut)
        prose = 0
        for turn in range(1, self.setting.limits.turns + 1):
            reply = await self._ask(cut)
            calls = tools.calls_in(reply, self.names)
            if not calls:
                prose += 1
                self._correct(reply)
                if prose == 2:
                    break
                continue
            if await self._act(turn, calls, reply):
                return
        await self._last_turn(cut)

    async def _last_turn(self, cut: float) -> None:
        """One forced turn for what is still open; what stays open after it stays unknown."""
        cells, wants = self.desk.open_cells(), self._wants_preference()
        if cells or wants:
            self._say("user", prompts.still_open(cells, preference=wants, last=True))
            reply = await self._ask(cut, forced="record_evidence" if cells else "submit")
            calls = tools.calls_in(reply, self.names)
            if calls and await self._act(self.setting.limits.turns + 1, calls, reply):
                return
            cells, wants = self.desk.open_cells(), self._wants_preference()
        if cells or wants:
            left = sum(map(len, cells.values()))
            what = f"{left} cells without a decision" if left else "no preference"
            self.gap = f"the judge left {what} after {self.setting.spending.calls} calls"

    def _start(self, cut: float) -> None:
        desk, setting, mark = self.desk, self.setting, self.desk.mark
        limit = int(setting.limits.candidate_tokens * CHARS_PER_TOKEN * cut)
        prompt, _ = fencing.shorten(desk.sample.prompt_text, setting.limits.prompt_tokens * CHARS_PER_TOKEN)
        blocks = [prompts.task(prompt, "o1", mark), prompts.criteria_list(setting.criteria_lines, mark)]
        blocks.append(prompts.sample_index(setting.brought(), mark))
        if setting.kind == "flat":
            blocks += [prompts.result("resource", r.id, r.text, mark) for r in setting.brought() if r.text is not None]
        desk.delivered.add("o1")
        for letter, label in desk.letters.items():
            seen = desk.ledger.observations[1 + desk.ledger.labels.index(label)]
            desk.delivered.add(seen.id)
            text, short = fencing.shorten(desk.sample.candidate(label).final, limit)
            blocks.append(prompts.candidate(letter, seen.id, text, mark, cut=short))
        blocks.append(prompts.findings(self._findings(), mark))
        wants = self._wants_preference()
        blocks.append(prompts.assignment(desk.open_cells(), preference=wants, letters=tuple(desk.letters)))
        self.messages = []
        system = setting.system(self.names)
        self._append({"role": "system", "content": system}, _system_digest(system))
        self._say("user", "\n\n".join([block for block in blocks if block]))

    def _findings(self) -> list[tuple[str, str, str, str, str]]:
        letters = {label: letter for letter, label in self.desk.letters.items()}
        rows = []
        for one in self.desk.ledger.observations:
            if one.action == "run_resource" and one.candidates and one.candidates[0] in letters:
                self.desk.delivered.add(one.id)
                name = one.resource or ""
                run = self.setting.plan.resource(name)
                decides = ", ".join(run.decides) if run is not None else ""
                rows.append((one.id, name, letters[one.candidates[0]], decides, one.content[:600]))
        return rows

    def _wants_preference(self) -> bool:
        return self.setting.asks_preference and self.desk.whole and self.desk.ledger.preference is None

    def _say(self, role: str, content: str, **more: Any) -> None:
        self._append({"role": role, "content": content, **more})

    def _append(self, message: dict[str, Any], digest: str | None = None) -> None:
        self.messages.append(message)
        self.desk.ledger.messages.append(digest or message_digest(message))

    async def _ask(self, cut: float, forced: str | None = None) -> ChatReply:
        try:
            return await self.setting.ask(self.messages, self.names, forced, self.seed)
        except BackendRequestError:
            if not self.setting.settle_for_text():
                raise
            self._start(cut)
            return await self._ask(cut, forced)

    def _correct(self, reply: ChatReply) -> None:
        self._say("assistant", reply.text or "")
        mode = self.setting.mode[0]
        note = prompts.NO_CALL if mode == "native" else prompts.NO_CALL_JSON
        if mode == "auto":
            note = f"{prompts.NO_CALL_JSON}\n{tools.signatures(self.names)}"
        self.desk.ledger.step(len(self.messages), "reply", error="no tool call in the reply")
        self._say("user", note)

    async def _act(self, turn: int, calls: Sequence[tools.Call], reply: ChatReply) -> bool:
        """Carry out the calls: reads and runs side by side, then records in order, then submit. True when done."""
        seen = frozenset(self.desk.delivered)
        results: dict[int, str] = {}
        looks = [n for n, call in enumerate(calls) if call.name in tools.LOOKING]
        if looks:
            results.update(zip(looks, await together([self._look(turn, calls[n]) for n in looks]), strict=True))
        done = False
        for n, call in sorted(enumerate(calls), key=lambda pair: pair[1].name == "submit"):
            if n not in results:
                results[n], finished = self._write(turn, call, seen)
                done = done or finished
        self.desk.delivered |= self.desk.fresh
        if done or self._nothing_left():
            return True
        self._deliver(calls, reply, [results[n] for n in range(len(calls))])
        return False

    def _nothing_left(self) -> bool:
        if self._wants_preference():
            return False
        return not self.desk.open_cells() or self.setting.closed(self.desk.ledger)

    async def _look(self, turn: int, call: tools.Call) -> str:
        try:
            if call.arguments is None:
                raise Refused(call.fault or "no arguments")
            return str(await getattr(self.desk, call.name)(turn, call.arguments))
        except Refused as refusal:
            self.desk.ledger.step(turn, call.name, error=str(refusal))
            return prompts.refusal(str(refusal))

    def _write(self, turn: int, call: tools.Call, seen: frozenset[str]) -> tuple[str, bool]:
        try:
            if isinstance(call.arguments, tools.RecordEvidence):
                return self._record(turn, call, call.arguments, seen), False
            if isinstance(call.arguments, tools.Submit):
                return self._submit(turn, call.arguments)
            raise Refused(call.fault or f"{call.name} cannot be used now")
        except Refused as refusal:
            self.desk.ledger.step(turn, call.name, error=str(refusal))
            return prompts.refusal(str(refusal)), False

    def _record(self, turn: int, call: tools.Call, arguments: tools.RecordEvidence, seen: frozenset[str]) -> str:
        problems = [call.fault] if call.fault else []
        for item in arguments.entries:
            try:
                self.desk.record(tools.entry(item), seen)
            except (Refused, ValueError) as refusal:
                problems.append(str(refusal))
        self.desk.ledger.step(turn, "record_evidence", error="; ".join(problems) or None)
        return prompts.refusal("; ".join(problems)) if problems else prompts.RECORDED

    def _submit(self, turn: int, arguments: tools.Submit) -> tuple[str, bool]:
        if self._wants_preference() and arguments.preference is not None:
            self.desk.ledger.prefer(self.desk.preference(arguments))
        cells, wants = self.desk.open_cells(), self._wants_preference()
        if cells or wants:
            raise Refused(prompts.still_open(cells, preference=wants, last=False).removeprefix("refused: "))
        self.desk.ledger.step(turn, "submit")
        return prompts.ACCEPTED, True

    def _deliver(self, calls: Sequence[tools.Call], reply: ChatReply, results: Sequence[str]) -> None:
        if not reply.tool_calls:
            self._say("assistant", reply.text or "")
            self._say(
                "user", prompts.results_in_text([(call.name, text) for call, text in zip(calls, results, strict=True)])
            )
            return
        echoed = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _echo(call.raw)}}
            for call in calls
        ]
        self._append({"role": "assistant", "content": reply.text, "tool_calls": echoed})
        for call, text in zip(calls, results, strict=True):
            self._say("tool", text, tool_call_id=call.id)


def _echo(raw: str) -> str:
    """What goes back into the history must be valid JSON: chat templates parse it."""
    try:
        return raw if isinstance(json.loads(raw), dict) else "{}"
    except (ValueError, RecursionError):
        return "{}"


def message_digest(message: dict[str, Any]) -> str:
    """SHA-256 of role, line feed and text; of a message that has more, of its canonical JSON."""
    if len(message) > 2:
        return content_digest(message)
    said = f"{message['role']}\n{message['content']}"
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


@lru_cache(maxsize=64)
def _system_digest(content: str) -> str:
    return message_digest({"role": "system", "content": content})


def letters_for(labels: Sequence[str]) -> dict[str, str]:
    """Letter by shown position -> label."""
    return {letter_of(position): label for position, label in enumerate(labels)}
