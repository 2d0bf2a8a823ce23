"""Where each benchmark lies in the folder of real data."""

from __future__ import annotations

FOLDERS = {
    "rewardbench2": "rewardbench2",
    "rmbench": "rmbench",
    "judgebench": "judgebench",
    "if-rewardbench": "if_rewardbench",
    "jetts": "jetts_schema",
    "llmbar": "llmbar",
    "ifeval": "ifeval",
    "ifbench": "ifbench",
    "ifbench-pairs": "ifbench_pairs",
}
