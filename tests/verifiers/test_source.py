"""What the text of a function says of it."""

from __future__ import annotations

import pytest

from skillrm.verifiers.source import imported, keeps_nothing, runs_text


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import re", {"re"}),
        ("import re, json as j; import os.path", {"re", "json", "os.path"}),
        (
            "def f(p, r):\n    from collections import Counter, deque\n    import string # of letters",
            {"collections", "string"},
        ),
        ("try: import regex\nexcept ImportError: import re", {"regex", "re"}),
        ("important = 1", set()),
        ("import \\\n  os", None),
        ("x = 1 if y else 'import os'", None),
        ("from os \\\n import path", None),
    ],
)
def test_the_modules_of_a_source_are_read_or_said_to_be_unreadable(source: str, modules: set[str] | None) -> None:
    assert imported(source) == modules


@pytest.mark.parametrize(
    "source",
    ["import pdb\n", "from code import interact", "eval(response)", "pickle.loads(r)", "logging.config.dictConfig(r)"],
)
def test_what_may_run_the_answer_is_named(source: str) -> None:
    assert runs_text(source)
    assert not keeps_nothing(source)


@pytest.mark.parametrize(
    "source", ["import re\ncode = ast.literal_eval(response)", "re.compile(response)", "trace = profile = response"]
)
def test_everyday_words_run_nothing(source: str) -> None:
    assert not runs_text(source)
    assert keeps_nothing(source)


@pytest.mark.parametrize(
    "source",
    [
        *(
            "import sys",
            "import os",
            "import random",
            "import threading",
            "import tempfile",
            "from decimal import Decimal",
        ),
        *("open('/tmp/a', 'a')", "import re, signal", "import \\\n os"),
    ],
)
def test_what_may_keep_something_from_one_answer_for_the_next_is_named(source: str) -> None:
    assert not runs_text(source)
    assert not keeps_nothing(source)
