"""A causal language model small enough to train on two CPU cores, made here: nothing is downloaded.

A word-level tokenizer and a two-layer Llama that a short supervised warm-up has taught to answer carelessly.
"""

from __future__ import annotations

import random

import torch
from task import careless, prompts
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SPECIAL = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
TEMPLATE = "{% for m in messages %}{{ '<' + m.role + '>' + m.content + '</s>' }}{% endfor %}{{ '<assistant>' }}"


def tokenizer() -> PreTrainedTokenizerFast:
    words = pre_tokenizers.Metaspace(prepend_scheme="always")
    split = pre_tokenizers.Sequence([words, pre_tokenizers.Split(Regex(r'[.,"]'), "isolated")])
    rng = random.Random(0)
    texts = [text for prompt in prompts() for text in (prompt, careless(prompt, rng))]
    known = dict.fromkeys(word for text in texts for word, _ in split.pre_tokenize_str(text))
    ids = {word: number for number, word in enumerate([*SPECIAL.values(), "<user>", "<assistant>", *known])}
    made = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    made.pre_tokenizer, made.decoder = split, decoders.Metaspace(prepend_scheme="always")
    roles = {"additional_special_tokens": ["<user>", "<assistant>"]}
    return PreTrainedTokenizerFast(tokenizer_object=made, chat_template=TEMPLATE, **SPECIAL, **roles)


def tiny_model(seed: int, warm_up: int = 400) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """Model and tokenizer. The warm-up, in steps, takes about ten seconds on two cores."""
    torch.manual_seed(seed)
    rng, tok = random.Random(seed), tokenizer()
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    ids = {"pad_token_id": tok.pad_token_id, "eos_token_id": tok.eos_token_id, "bos_token_id": None}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tok), max_position_embeddings=128, **shape, **ids))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    asked = prompts()
    for _ in range(warm_up):
        texts = []
        for prompt in rng.choices(asked, k=32):
            turn = tok.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False)
            texts.append(f"{turn}{careless(prompt, rng)}</s>")
        inputs = tok(texts, return_tensors="pt", padding=True, padding_side="right", return_token_type_ids=False)
        labels = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, -100)
        model(**inputs, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model, tok
