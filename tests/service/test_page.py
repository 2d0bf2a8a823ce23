"""The page's commands run, and what it says of options and failures is so."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from skillrm.rewards.failing import OnFailure
from skillrm.service.trainers import stated

PAGE = (Path(__file__).parents[2] / "docs/service.md").read_text()


async def test_every_curl_command_of_the_page_is_answered(service):
    running = await service()
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(commands) == 11
    for command in commands:
        call = command.replace("localhost:8080", f"127.0.0.1:{running.port}").replace("curl ", "curl --fail ", 1)
        done = await asyncio.create_subprocess_shell(call, stdout=asyncio.subprocess.PIPE)
        out, _ = await done.communicate()
        assert done.returncode == 0, command
        answers = [json.loads(line) for line in out.splitlines()]
        assert answers, command
        if "/v1/group" in command:
            assert answers[0]["rewards"] == [0.0, 1.0]


def test_the_table_of_failures_says_what_the_service_states():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| `/")]
    table = {cells[0].strip("`"): cells[1:] for cells in rows if len(cells) == 5}
    begins = {
        "null": "null",
        "503": "503",
        "7": "x",
        "mean of its group": "mean of the group",
        "masked": "`mask_sample`",
    }
    for column, word in enumerate(("none", "raise", "constant:7", "group_mean")):
        for path, words in stated(OnFailure.parse(word)).items():
            said = table[path][column].replace("as `none`", table[path][0])
            assert said.startswith(next(there for here, there in begins.items() if words.startswith(here)))
