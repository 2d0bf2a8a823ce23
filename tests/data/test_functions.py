"""What a function's source shows of why it cannot run in the sandbox."""

from __future__ import annotations

import pytest

from skillrm.data.functions import hindrance, hindrances

HEAD = "def check_following(instruction, response):\n"


def why(source: str) -> str | None:
    found = hindrance(source, "check_following")
    return None if found is None else found[0]


@pytest.mark.parametrize(
    "source",
    [
        HEAD + "    return len(response) > 3",
        "import re, json\nfrom collections import Counter\n" + HEAD + "    return Counter(re.findall('a', response))",
        HEAD + "    import os\n    return os.sep in response",
        HEAD + "    from urllib.parse import urlparse\n    return urlparse(response)",
        "import sys\nsys.path.append('/data/local_server')\n" + HEAD + "    return True",
        "def count(n): return n and count(n - 1)\n" + HEAD + "    return count(3)",
        "def check_following(instruction, response, strict=False): return strict or response",
        "def check_following(*args, **kwargs): return args",
        "check_following = lambda instruction, response: bool(response)",
        "def other(a, b): return a\ncheck_following = other",
        "if True:\n    def check_following(instruction, response): return True",
        "async def check_following(instruction, response): return True",
        "words = response.split()\n" + HEAD + "    return words",
        HEAD + "    try:\n        return int(response)\n    except ValueError as error:\n        return str(error)",
        HEAD
        + "    match response.split():\n        case [first, *others]:\n            return others\n    return first",
        HEAD + "    globals()['n'] = 1\n    return n",
        "from re import *\n" + HEAD + "    return findall('a', response)",
        HEAD + "    while True: pass",
        HEAD + "    raise SystemExit",
        HEAD + "    return '\\d' in response",
    ],
)
def test_what_may_run_is_left_alone(source: str) -> None:
    assert hindrance(source, "check_following") is None


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def check_following(instruction, response) return True", "is no Python that parses"),
        ("```python\n" + HEAD + "    return True\n```", "is no Python that parses"),
        (HEAD + "return True", "is no Python that parses"),
        ("a\0b", "is no Python that parses"),
        ("(" * 5000, "is no Python that parses"),
        ("x = " + "-" * 90_000 + "1", "is no Python that parses"),
        ("a" + ".b" * 40_000, "is no Python that parses"),
        ("def check(instruction, response): return True", "defines no function check_following"),
        ("class A:\n    def check_following(self, i, r): return True", "defines no function check_following"),
        ("check_following(1, 2)", "defines no function check_following"),
        ("", "defines no function check_following"),
        ("def check_following(response): return True", "check_following does not take instruction and response"),
        ("def check_following(a, b, c): return True", "check_following does not take instruction and response"),
        ("def check_following(a, b, *, c): return True", "check_following does not take instruction and response"),
        ("import jieba\n" + HEAD + "    return jieba.lcut(response)", "needs the module jieba"),
        ("from llm_call import llm_extract\n" + HEAD + "    return llm_extract(response)", "needs the module llm_call"),
        (HEAD + "    import nltk.data\n    return True", "needs the module nltk"),
        (
            HEAD + "    try:\n        import emoji\n    except Exception:\n        return False",
            "needs the module emoji",
        ),
        ("from . import words\n" + HEAD + "    return words", "needs a module beside it"),
        (HEAD + "    import subprocess\n    return True", "needs subprocess, which the sandbox does not give"),
        ("import urllib.request\n" + HEAD + "    return 1", "needs urllib.request, which the sandbox does not give"),
        (
            "from urllib import request\n" + HEAD + "    return 1",
            "needs urllib.request, which the sandbox does not give",
        ),
        (HEAD + "    return response in open('words.txt').read()", "calls open(), which the sandbox does not give"),
        (HEAD + "    return Counter(response)", "uses names that nothing defines"),
        (
            HEAD + "    try:\n        return llm_judge(response)\n    except Exception:\n        return False",
            "uses names",
        ),
    ],
)
def test_what_cannot_run_says_why_in_the_same_words_each_time(source: str, reason: str) -> None:
    assert (why(source) or "").startswith(reason)


def test_the_detail_says_where_and_what() -> None:
    assert hindrance(HEAD + "    return (", "check_following") == (
        "is no Python that parses",
        "'(' was never closed in line 2",
    )
    assert hindrance(HEAD + "    return re.sub(a, b, c)", "check_following") == (
        "uses names that nothing defines",
        "a, b, c, re",
    )


def test_nothing_of_the_source_is_run(tmp_path) -> None:
    mark = tmp_path / "ran"
    source = f"import pathlib\npathlib.Path({str(mark)!r}).touch()\n" + HEAD + "    return True"
    assert hindrances([source, source], "check_following") == [None, None]
    assert not mark.exists()
