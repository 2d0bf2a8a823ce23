"""The wire protocol against a server nobody here wrote: the real llama.cpp server with a tiny random-weight model."""

from __future__ import annotations

import asyncio
import json

import pytest

from judging import write_skill
from skillrm import tools
from skillrm.backends import ChatReply, ChatRequest, open_backend
from skillrm.errors import BackendError, BackendRequestError, ConfigError, ContextOverflow
from skillrm.limits import Limits
from skillrm.reward_model import RewardModel

pytestmark = pytest.mark.integration
pytest.importorskip("xllamacpp")
pytest.importorskip("gguf")
HELLO = ({"role": "user", "content": "hello"},)


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    from tiny_gguf import write_tiny_gguf

    return write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture
async def backend(gguf):
    backend = open_backend(f"gguf:{gguf}?ctx=8192&parallel=4")
    yield backend
    await backend.aclose()


async def test_text_and_usage_come_back(backend):
    reply = await backend.chat(ChatRequest(messages=HELLO, max_tokens=16))
    assert reply.text is not None
    assert reply.usage.prompt_tokens > 0
    assert 0 < reply.usage.completion_tokens <= 16


async def test_forced_tool_calls_are_whole_and_known(backend):
    request = ChatRequest(messages=HELLO, tools=tools.schemas(tools.STANDARD), tool_choice="required", max_tokens=600)
    reply = await backend.chat(request)
    calls = tools.calls_in(reply, tools.STANDARD)
    assert calls
    assert all(call.name in tools.STANDARD for call in calls)
    assert reply.truncated or all(isinstance(json.loads(call.arguments), dict) for call in reply.tool_calls)


async def test_parallel_tool_calls_have_ids_of_their_own(backend):
    request = ChatRequest(
        messages=HELLO,
        tools=tools.schemas(tools.RECORDING),
        tool_choice="required",
        max_tokens=200,
        temperature=1.5,
        extra={"parallel_tool_calls": True},
    )
    replies = await asyncio.gather(*(backend.chat(request) for _ in range(4)))
    assert all(len({call.id for call in reply.tool_calls}) == len(reply.tool_calls) for reply in replies)


async def test_a_json_schema_is_obeyed(backend):
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    reply = await backend.chat(ChatRequest(messages=HELLO, response_format=form, max_tokens=200))
    assert reply.truncated or set(json.loads(reply.text)) == {"ok"}


async def test_errors_are_told_apart(backend):
    long = ({"role": "user", "content": "word " * 20_000},)
    with pytest.raises(ContextOverflow):
        await backend.chat(ChatRequest(messages=long, max_tokens=5))
    with pytest.raises(BackendRequestError):
        await backend.chat(ChatRequest(messages=HELLO, extra={"messages": "hello"}, max_tokens=5))


async def test_sixty_four_judgments_at_once_all_end_with_a_complete_record(backend, tmp_path):
    model = RewardModel(write_skill(tmp_path), backend=backend, limits=Limits(turns=1, reply_tokens=60, seconds=240))
    samples = [{"id": str(n), "prompt": f"Say hi {n} times.", "response": "Hi."} for n in range(64)]
    judgments = await asyncio.gather(*(model.judge(sample) for sample in samples))
    for judgment in judgments:
        assert judgment.status in ("ok", "abstained", "failed")
        assert judgment.status != "failed" or judgment.error
        assert judgment.usage.calls >= 1
        numbered = [one.id for one in judgment.trace.observations]
        assert numbered == [f"o{n}" for n in range(1, len(numbered) + 1)]
        cited = {one for row in judgment.evidence for one in row.observations}
        assert cited <= set(numbered)
        assert all(row.observations for row in judgment.evidence if row.score is not None)


async def test_sixty_four_chats_at_once_end_in_a_reply_or_a_backend_error(backend):
    request = ChatRequest(messages=HELLO, max_tokens=8)
    ends = await asyncio.gather(*(backend.chat(request) for _ in range(64)), return_exceptions=True)
    assert all(isinstance(end, (ChatReply, BackendError)) for end in ends)


async def test_closing_twice_is_fine_and_the_next_call_loads_again(backend):
    await backend.chat(ChatRequest(messages=HELLO, max_tokens=2))
    await backend.aclose()
    await backend.aclose()
    assert (await backend.chat(ChatRequest(messages=HELLO, max_tokens=2))).usage.completion_tokens > 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gguf:nothing.gguf", "there is no such file"),
        ("gguf:{path}?ctx=12", "ctx must be a whole number"),
        ("gguf:{path}?beam=2", "no option"),
    ],
)
def test_what_cannot_be_used_is_named(gguf, name, words):
    with pytest.raises(ConfigError, match=words):
        open_backend(name.format(path=gguf))


def test_a_file_that_is_no_model_is_named(tmp_path):
    path = tmp_path / "fake.gguf"
    path.write_text("hello")
    with pytest.raises(ConfigError, match="is no GGUF file"):
        open_backend(f"gguf:{path}")
