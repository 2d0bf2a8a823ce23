"""A language model of 170 thousand random weights in a GGUF file: it says nothing sensible, but it is a real one.

    path = write_tiny_gguf(tmp_path / "tiny.gguf")

Llama architecture, byte-level BPE over a few sentences, ChatML with Hermes tool calls, context 4096. The real llama.cpp
server loads it in milliseconds, so whoever talks to that server can be tested over the wire. Needs `gguf`, `tokenizers`
(dependency group `integrations`). The same seed gives the same file.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

CONTEXT = 4096
_WIDTH, _HEADS, _LAYERS, _INNER, _VOCAB = 64, 4, 2, 128, 512
_CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_MARKS = ("<tool_call>", "</tool_call>")
_ALWAYS = {'"': 9.0, "<|im_end|>": 8.0, "Ċ": 6.0}
"""Extra weight of tokens anywhere: strings end, replies end, lines break."""
_AFTER_NEWLINE = {"<tool_call>": 20.0}
"""Extra weight after a line break, which is where a reply starts: tools are called when there are any."""
_TEXT = """The judge reads the task, then each candidate, and writes down what it saw before it decides.
A criterion is satisfied, violated or unknown; the reason comes first and the decision after it.
{"name": "record_evidence", "arguments": {"criterion": "clarity", "decision": "satisfied", "observations": ["o1"]}}
Which of the two answers follows the instruction? Count the words, check the format, run the tests.
"""
_TEMPLATE = """\
{%- if tools %}<|im_start|>system
{% if messages[0].role == 'system' %}{{ messages[0].content }}

{% endif %}You may call functions. Their signatures are inside <tools></tools>:
<tools>
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}</tools>

Write each call as JSON with name and arguments inside <tool_call></tool_call>:
<tool_call>{"name": <function-name>, "arguments": <arguments-object>}</tool_call><|im_end|>
{% elif messages[0].role == 'system' %}<|im_start|>system
{{ messages[0].content }}<|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% elif message.role == 'assistant' %}<|im_start|>assistant
{% if message.content %}{{ message.content }}{% endif %}
{%- for call in message.tool_calls or [] %}
<tool_call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}</tool_call>
{%- endfor %}<|im_end|>
{% elif message.role == 'tool' %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def write_tiny_gguf(path: Path, *, seed: int = 0) -> Path:
    """Write the model to `path` (under 1 MB) and return `path`."""
    import gguf

    tokens, merges = _vocabulary()
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in _CONTROL else 4 if token in _MARKS else 1 for token in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(_TEMPLATE)
    for name, weights in _weights(tokens, np.random.default_rng(seed)).items():
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _vocabulary() -> tuple[list[str], list[str]]:
    """Tokens by id, and the merges, of a tokenizer trained on the sentences above."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCAB,
        special_tokens=[*_CONTROL, *_MARKS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXT.splitlines(keepends=True), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    return tokens, [" ".join(pair) if isinstance(pair, list) else pair for pair in model["merges"]]


def _weights(tokens: list[str], random: np.random.Generator) -> dict[str, np.ndarray]:
    def drawn(*shape: int) -> np.ndarray:
        return random.normal(0.0, shape[-1] ** -0.5, shape).astype(np.float32)

    ones = np.ones(_WIDTH, np.float32)
    embedding, output = drawn(len(tokens), _WIDTH), drawn(len(tokens), _WIDTH)
    embedding[:, :2], output[:, :2] = 0.0, 0.0  # two channels that nothing else writes to carry the extra weights
    embedding[:, 0], embedding[tokens.index("Ċ"), 1] = 1.0, 1.0
    for channel, extra in enumerate((_ALWAYS, _AFTER_NEWLINE)):
        for token, weight in extra.items():
            output[tokens.index(token), channel] = weight
    weights = {"token_embd.weight": embedding, "output.weight": output, "output_norm.weight": ones}
    for layer in range(_LAYERS):
        block = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            weights[f"{block}.{norm}.weight"] = ones
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights[f"{block}.{part}.weight"] = drawn(_WIDTH, _WIDTH)
        for part in ("ffn_gate", "ffn_up"):
            weights[f"{block}.{part}.weight"] = drawn(_INNER, _WIDTH)
        weights[f"{block}.ffn_down.weight"] = drawn(_WIDTH, _INNER)
        for part in ("attn_output", "ffn_down"):
            weights[f"{block}.{part}.weight"][:2] = 0.0
    return weights
