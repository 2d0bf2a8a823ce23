"""What the OpenAPI document says of each endpoint: bodies in, answers out."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_ASKING = ["user", "system", "developer"]
_TURN: dict[str, Any] = {
    "type": "object",
    "required": ["role"],
    "properties": {"role": _TEXT, "content": {"type": ["string", "null"]}},
}
_PROMPT = {
    "anyOf": [
        _TEXT,
        {
            "type": "array",
            "items": _TURN,
            "minItems": 1,
            "contains": {"required": ["role"], "properties": {"role": {"enum": _ASKING}}},
        },
    ]
}
_ANSWER = {"anyOf": [_TEXT, {"type": "array", "items": _TURN}, {"type": "null"}]}
_ANSWERS = {"type": "array", "items": _ANSWER, "minItems": 1}
_REWARD = {"type": ["number", "null"]}
_ROW: dict[str, Any] = {
    "type": "object",
    "description": "A sample: prompt with response or responses; it may bring reference, tests, checklist, "
    "instruction_id_list with kwargs. The other shapes of files (chosen and rejected, messages) are read too.",
    "required": ["prompt"],
    "properties": {"prompt": _PROMPT},
    "anyOf": [
        {"required": ["responses"], "properties": {"responses": _ANSWERS}},
        {"required": ["response"], "properties": {"response": _ANSWER, "responses": {"type": "null"}}},
    ],
    "examples": [{"prompt": "Name two rivers. Do not use any commas.", "response": "Rhine and Elbe"}],
}
_PARTS = {"type": "array", "items": {"type": "object"}}
_ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {"role": {"enum": _ASKING}, "content": {"anyOf": [_TEXT, _PARTS]}, "type": {"const": "message"}},
}
_SAID = {**_ITEM, "required": ["content"], "properties": {"content": {"anyOf": [_TEXT, _PARTS]}}}
_GOAL = {
    "name": "goal",
    "in": "query",
    "schema": {"type": "string", "enum": ["scores", "ranking", "winner"], "default": "scores"},
}
_BRIEF = {"name": "brief", "in": "query", "schema": {"type": "boolean", "default": False}}
_JUDGMENT = {"type": "object", "required": ["sample_id", "status", "verdict", "evidence"]}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "object", "required": ["message"], "properties": {"message": _TEXT}}},
}
_REFUSALS = {
    400: "the body is no JSON",
    401: "no token, or a wrong one",
    408: "the body came too slowly",
    413: "the body is too large",
    422: "the body is no such request; `faults` name field and mend",
    429: "too many requests wait; come back after Retry-After seconds",
    503: "no valid judgment and on_failure says so, or no turn came in time",
}


def _operation(
    summary: str, body: dict[str, Any], answer: dict[str, Any], *, kinds: tuple[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    taken, given = kinds or ("application/json", "application/json")
    content = {"application/json": {"schema": body}}
    if taken != "application/json":
        content[taken] = {"schema": _TEXT}
    refusals = {
        status: {"description": words, "content": {"application/json": {"schema": _ERROR}}}
        for status, words in _REFUSALS.items()
    }
    return {
        "summary": summary,
        "responses": {200: {"description": summary, "content": {given: {"schema": answer}}}, **refusals},
        "openapi_extra": {"requestBody": {"required": True, "content": content}, **more},
    }


def _fields(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


_SLIME = _operation(
    "slime's remote_rm: one answer to a number",
    _fields(["prompt", "response"], prompt=_PROMPT, response=_ANSWER, label={}),
    {"type": "number"},
)
OPERATIONS: dict[str, dict[str, Any]] = {
    "/v1/judge": _operation("One sample to its judgment", _ROW, _JUDGMENT, parameters=[_GOAL]),
    "/v1/judge/batch": _operation(
        "Many samples (a JSON list or NDJSON) to a line each, as they are done",
        {"description": "A list of rows; or rows, one a line.", "examples": [_ROW["examples"]]},
        _fields(["index"], index={"type": "integer"}, judgment=_JUDGMENT, error={"type": "object"}),
        kinds=("application/x-ndjson", "application/x-ndjson"),
        parameters=[_GOAL, _BRIEF],
    ),
    "/v1/compare": _operation(
        "The better of two answers", _fields(["prompt", "a", "b"], prompt=_PROMPT, a=_ANSWER, b=_ANSWER), _JUDGMENT
    ),
    "/v1/select": _operation(
        "The best of N answers",
        _fields(
            ["prompt", "candidates"],
            prompt=_PROMPT,
            candidates=_ANSWERS,
            strategy={"type": "string", "enum": ["listwise", "knockout", "round_robin"], "default": "listwise"},
        ),
        _JUDGMENT,
    ),
    "/v1/group": _operation(
        "A rollout group to a reward each, under shared criteria",
        _fields(
            ["prompt", "completions"],
            prompt=_PROMPT,
            completions=_ANSWERS,
        ),
        _fields(["rewards", "status"], rewards={"type": "array", "items": _REWARD}, status=_TEXT),
    ),
    "/v1/reward": _operation(
        "One completion to its reward, together with its group where groups are gathered",
        _fields(["prompt", "completion"], prompt=_PROMPT, completion=_ANSWER, group={"type": ["string", "null"]}),
        _fields(["value", "valid", "status"], value=_REWARD, valid={"type": "boolean"}, status=_TEXT),
    ),
    "/v1/about": {
        "summary": "What judges here, and how rewards are given",
        "responses": {
            200: {
                "description": "The skills, the judge model, form, failure policy and components",
                "content": {"application/json": {"schema": _fields(["skills", "components"])}},
            }
        },
    },
    "/get_reward": _operation(
        "OpenRLHF's remote reward model",
        _fields(
            ["query", "prompts"],
            query={"type": "array", "items": _TEXT},
            prompts={"type": "array", "items": _TEXT},
            labels={"type": ["array", "null"], "items": {}},
        ),
        _fields(
            ["rewards", "scores", "extra_logs"],
            rewards={"type": "array", "items": {"type": "number"}},
            scores={"type": "array", "items": {"type": "number"}},
            extra_logs={"type": "object"},
        ),
    ),
    "/slime": _SLIME,
    "/": _SLIME,
    "/verify": _operation(
        "NeMo Gym's verify: the request with its reward",
        _fields(
            ["responses_create_params", "response"],
            responses_create_params=_fields(
                ["input"],
                input={"anyOf": [_TEXT, {"type": "array", "items": _ITEM, "minItems": 1}]},
                instructions={"type": ["string", "null"]},
            ),
            response=_fields(["output"], output={"type": "array", "items": _SAID}),
        ),
        _fields(["reward"], reward={"type": "number"}),
    ),
}
