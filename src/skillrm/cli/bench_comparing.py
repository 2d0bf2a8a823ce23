"""`skillrm bench compare` and `skillrm bench report`: runs that are there, side by side and on a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skillrm.cli import bench_options as b
from skillrm.cli import options as o
from skillrm.cli.output import console


def compare(
    run_a: Annotated[Path, typer.Argument(help="Folder of a run.")],
    run_b: Annotated[Path, typer.Argument(help="Folder of the run to hold against it.")],
    seed: o.SeedOption = 0,
    json: Annotated[bool, typer.Option("--json", help="One object on standard output.")] = False,
) -> None:
    """Two runs of one benchmark row by row: difference with its interval, exact McNemar test, and what each cost.

    [dim]skillrm bench compare runs/direct runs/skill[/]
    """
    from skillrm.benching import read_record, read_results
    from skillrm.benching.pairing import paired, warnings

    with b.told():
        records = read_record(run_a), read_record(run_b)
        pairing = paired(records, (read_results(run_a), read_results(run_b)), seed)
    told = warnings(records, pairing)
    if json:
        from pydantic import RootModel

        lines = dict(pairing.lines)
        whole = {
            "a": str(run_a), "b": str(run_b), "lines": lines, "warnings": told,
            "alike": pairing.alike, "spent": [record.spent for record in records],
        }  # fmt: skip
        typer.echo(RootModel[object](whole).model_dump_json())
        return
    from skillrm.cli.bench_tables import pairing_view

    console().print(pairing_view(records, pairing, told))


def kappa(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    labels: Annotated[Path, typer.Argument(help='People\'s choices: {"id": ..., "subset": ..., "choice": 1} a row.')],
    json: Annotated[bool, typer.Option("--json", help="One object on standard output.")] = False,
) -> None:
    """How far a judge agrees with people, and both with the benchmark: Cohen's kappa.

    A choice is the place of the better answer in the row of the data, from 1; 0 is a tie. A judge that does not name
    the same answer in both orders has a tie.

    [dim]skillrm bench kappa runs/skill people.jsonl[/]
    """
    from skillrm.benching import read_record, read_results
    from skillrm.benching.agreement import agreement, choices, gold, human

    with b.told():
        record, results = read_record(run), read_results(run)
        judge, people, right = choices(results), human(labels, results), gold(results)
    pairs = {"judge and people": (judge, people), "judge and benchmark": (judge, right)}
    pairs["people and benchmark"] = people, right
    found = {name: one for name, pair in pairs.items() if (one := agreement(*pair)) is not None}
    if json:
        from pydantic import RootModel

        typer.echo(RootModel[object](found).model_dump_json())
        return
    from skillrm.benching.tables import agreements
    from skillrm.cli.bench_tables import drawn

    console().print(record.title, record.judged_by, sep="\n", markup=False)
    console().print(drawn(agreements(found)))


def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="An .html page, or a .md file without plots.")] = Path(
        "report.html"
    ),
    title: Annotated[str, typer.Option("--title", help="Of the page.")] = "Reward benchmarks",
) -> None:
    """One page of several runs: tables with intervals, plots, calibration, tendencies, cost and configuration.

    The page needs nothing from elsewhere. Beside an .html page the same is written as Markdown.

    [dim]skillrm bench report runs/direct runs/skill -o report.html[/]
    """
    from skillrm.benching.report import html, markdown, of_runs

    with b.told():
        page = of_runs(runs, title)
        if output.suffix == ".md":
            b.written(output, markdown(page))
            return
        b.written(output, html(page))
        b.written(output.with_suffix(".md"), markdown(page))
