"""schemathesis against the service's own OpenAPI document: requests that fit it are answered, others refused."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from serving import running
from skillrm import RewardModel
from skillrm.rewards.failing import OnFailure

pytestmark = pytest.mark.integration
# that three lists are of one length is nothing that a schema can say
CONFIG = """\
[[operations]]
include-path = "/get_reward"
checks.positive_data_acceptance.enabled = false
"""


async def test_schemathesis_finds_nothing(tmp_path):
    tool = shutil.which("st", path=str(Path(sys.executable).parent))
    if tool is None:
        pytest.skip("schemathesis is not installed")
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    async with running(RewardModel("instruction-following"), on_failure=OnFailure("constant", 0.0)) as service:
        process = await asyncio.create_subprocess_exec(
            *(tool, "run", f"{service.url}/openapi.json", "--max-examples", "20", "--seed", "1"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
