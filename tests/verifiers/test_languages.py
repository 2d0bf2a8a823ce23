"""Telling languages apart, as langdetect does but always alike."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers.languages import identify, profiles

SAID = {
    "de": "Der Hund schläft heute den ganzen Tag vor dem warmen Ofen.",
    "en": "The dog sleeps in front of the warm stove all day long.",
    "es": "El perro duerme todo el día delante de la estufa caliente.",
    "fr": "Le chien dort toute la journée devant le poêle bien chaud.",
    "hi": "कुत्ता आज पूरे दिन गर्म चूल्हे के सामने सोता है।",
    "ja": "犬は今日一日中暖かいストーブの前で寝ています。",
    "ko": "개는 오늘 하루 종일 따뜻한 난로 앞에서 잔다.",
    "ru": "Собака сегодня весь день спит перед тёплой печкой.",
    "vi": "Con chó ngủ cả ngày trước bếp lò ấm áp hôm nay.",
}


@pytest.mark.parametrize("language", SAID)
def test_a_plain_sentence_is_recognised(language: str) -> None:
    assert identify(SAID[language]) == language
    assert identify(SAID[language] * 50) == language


@pytest.mark.parametrize("text", ["", "   ", "1234 5678", "!?…", "https://example.org/page"])
def test_text_without_letters_has_no_language(text: str) -> None:
    assert identify(text) is None


@given(st.text(max_size=200))
def test_the_same_text_always_gives_the_same_language(text: str) -> None:
    found = identify(text)
    assert found == identify(text)
    assert found is None or found == "unknown" or found in profiles().languages


def test_threads_do_not_disturb_each_other() -> None:
    texts = list(SAID.values()) * 5
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(identify, texts)) == list(SAID) * 5


def test_latin_words_in_another_script_do_not_count() -> None:
    assert identify(SAID["ru"] + " OK Wi-Fi") == "ru"


@pytest.mark.data
def test_real_answers_get_the_language_that_langdetect_itself_gives_them(data_dir: Path) -> None:
    from langdetect import detector_factory
    from langdetect.lang_detect_exception import LangDetectException

    detector_factory.init_factory()
    factory = detector_factory._factory
    factory.set_seed(0)
    same = 0
    with (data_dir / "ifeval" / "responses" / "claude-3-haiku-20240307.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["response"][:1500] for line in islice(lines, 200)]
    for text in texts:
        detector = factory.create()
        detector.append(text)
        try:
            expected = detector.detect()
        except LangDetectException:
            expected = None
        same += identify(text) == expected
    assert same >= 0.98 * len(texts)
