"""scorer:http: a scalar reward model behind HTTP, as one more source of evidence. A failure is never a number."""

from __future__ import annotations

import asyncio
import json
import math
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, model_validator

from skillrm.errors import ConfigError
from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Args, Finding, broken, decided, verifier

if TYPE_CHECKING:
    from skillrm.backends.endpoints import Endpoint
    from skillrm.backends.transport import Transport

Api = Literal["score", "classify", "pooling", "sglang", "predict", "rerank"]
_MOST_BYTES = 8 << 20
_TRIES = 3
_PAUSE = 0.25


class Linear(Args):
    """`linear: [lo, hi]`: the raw value `lo` gives 0, `hi` gives 1, clipped; `lo` > `hi` turns the scale round."""

    linear: tuple[float, float]

    @model_validator(mode="after")
    def _has_width(self) -> Linear:
        if not all(map(math.isfinite, self.linear)) or self.linear[0] == self.linear[1]:
            raise ValueError("linear takes two different finite numbers")
        return self


class ScorerArgs(Args):
    model_config = ConfigDict(protected_namespaces=())

    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2000)]
    """The whole address, such as `http://localhost:8000/classify`."""
    api: Api | None = None
    """Shape of request and reply: vLLM `/score`, `/classify` and `/pooling`, SGLang `/classify` (`sglang`), Text
    Embeddings Inference `/predict` and `/rerank`. Default: by the end of the address."""
    model: str = ""
    """Name of the served model, where the server asks for it."""
    input: Literal["messages", "text"] = "messages"
    """What `classify` and `pooling` are sent: the conversation, for the server's chat template, or `template`."""
    template: str = "{prompt}\n\n{answer}"
    """One text from prompt and answer; `sglang` and `predict` are sent it as well."""
    label: str | int = 0
    """Which class counts where the model has several: its number, or its name for `predict`."""
    map: Literal["sigmoid", "identity"] | Linear = "sigmoid"
    """Raw value to [0, 1]: the logistic function; as it is (a value outside is an error); `{"linear": [lo, hi]}`."""
    seconds: Annotated[float, Field(gt=0, le=600)] = 30.0

    @property
    def shape(self) -> Api | None:
        if self.api is not None:
            return self.api
        last = urlsplit(self.url).path.rstrip("/").rsplit("/", 1)[-1]
        found: dict[str, Api] = {"score": "score", "classify": "classify", "pooling": "pooling"}
        found |= {"predict": "predict", "rerank": "rerank"}
        return found.get(last)

    @model_validator(mode="after")
    def _has_a_shape(self) -> ScorerArgs:
        if self.shape is None:
            raise ValueError("say which `api` it is: the address ends in none of score, classify, pooling, predict")
        return self


class _Refused(Exception):
    """The server gave no number, and why; `again` where another try may help."""

    def __init__(self, reason: str, again: bool = False) -> None:
        self.again = again
        super().__init__(reason)


@verifier("scorer:http", version="1", args=ScorerArgs)
async def http(sample: Sample, candidate: Candidate, args: ScorerArgs) -> Finding:
    """A scalar reward model scores the answer to the prompt; without a usable number the finding is an error.

    >>> check("scorer:http", "42", prompt="6 * 7?", url="http://127.0.0.1:9/score").status
    'error'
    """
    try:
        async with asyncio.timeout(args.seconds):
            raw = await _asked(args, request(sample, candidate, args))
        score = mapped(raw, args)
    except TimeoutError:
        return broken(f"the scorer did not answer within {args.seconds:g} s")
    except _Refused as error:
        return broken(f"the scorer gave no score: {error}")
    return decided(score, f"the scorer says {raw:.6g}, which maps to {score:.4f}")


def request(sample: Sample, candidate: Candidate, args: ScorerArgs) -> dict[str, Any]:
    """The body in the server's shape."""
    prompt, answer = sample.prompt_text, candidate.final
    fill = {"{prompt}": prompt, "{answer}": answer}  # in one pass: what the prompt holds is data, not a template
    text = re.sub(r"\{(?:prompt|answer)\}", lambda place: fill[place[0]], args.template)
    named = {"model": args.model} if args.model else {}
    if args.shape == "score":
        return {**named, "text_1": prompt, "text_2": answer}
    if args.shape == "rerank":
        return {"query": prompt, "texts": [answer], "raw_scores": True}
    if args.shape == "predict":
        return {"inputs": text, "raw_scores": True}
    if args.shape == "sglang":
        return {**named, "text": text}
    if args.input == "text":
        return {**named, "input": text}
    turns = (
        [{"role": "user", "content": sample.prompt}]
        if isinstance(sample.prompt, str)
        else [{"role": turn.role, "content": turn.text} for turn in sample.prompt]
    )
    return {**named, "messages": [*turns, {"role": "assistant", "content": answer}]}


def raw_score(reply: Any, args: ScorerArgs) -> float:
    """The one number in a reply. Raises `ValueError` where there is none, or several and no way to choose."""
    found = reply["data"] if isinstance(reply, dict) and "data" in reply else reply
    while isinstance(found, list) and len(found) == 1:
        found = found[0]
    if isinstance(found, list) and found and all(isinstance(item, dict) and "label" in item for item in found):
        found = next((item for item in found if item["label"] == args.label), None) or (
            found[args.label] if isinstance(args.label, int) and args.label < len(found) else None
        )
    if isinstance(found, dict):
        found = next((found[key] for key in ("score", "probs", "embedding", "data") if key in found), None)
    while isinstance(found, list) and found:
        if isinstance(found[-1], list):  # one row per token: the last one stands for the whole
            found = found[-1]
        elif len(found) == 1:
            found = found[0]
        elif isinstance(args.label, int) and 0 <= args.label < len(found):
            found = found[args.label]
        else:
            raise ValueError(f"{len(found)} classes, and none has the label {args.label!r}")
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        raise ValueError("no finite number in the reply")
    return float(found)


def mapped(raw: float, args: ScorerArgs) -> float:
    if isinstance(args.map, Linear):
        low, high = args.map.linear
        return min(1.0, max(0.0, (raw - low) / (high - low)))
    if args.map == "sigmoid":
        return 1 / (1 + math.exp(-raw)) if raw >= 0 else math.exp(max(raw, -700.0)) / (1 + math.exp(max(raw, -700.0)))
    if not 0 <= raw <= 1:
        raise _Refused(f"{raw:g} is not in [0, 1], and map is identity")
    return raw


async def _asked(args: ScorerArgs, body: dict[str, Any]) -> float:
    endpoint, data = _endpoint(args.url), json.dumps(body).encode()
    for attempt in range(1, _TRIES + 1):
        try:
            return await _once(endpoint, args, data)
        except _Refused as error:
            if not error.again or attempt == _TRIES:
                raise
        await asyncio.sleep(_PAUSE * attempt)
    raise AssertionError


async def _once(endpoint: Endpoint, args: ScorerArgs, data: bytes) -> float:
    transport = _transport()
    answer = await transport.send(await transport.lane(), endpoint, data)
    if isinstance(answer, Exception):
        raise _Refused(str(answer)[:300], again=True)
    status, content = answer.status, answer.content
    if status != 200:
        raise _Refused(f"HTTP {status}: {(content or b'')[:200]!r}", again=status in (408, 429) or status >= 500)
    if content is None:
        raise _Refused(f"a reply of more than {_MOST_BYTES} bytes")
    try:
        return raw_score(json.loads(content), args)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _Refused(f"an unreadable reply ({error}): {content[:200]!r}") from None


@lru_cache(maxsize=64)
def _endpoint(url: str) -> Endpoint:
    from skillrm.backends.endpoints import Endpoint

    try:
        return Endpoint(url)
    except ConfigError as error:
        raise _Refused(str(error)) from None


@cache
def _transport() -> Transport:
    from skillrm.backends.transport import Transport

    return Transport(None, _MOST_BYTES)
