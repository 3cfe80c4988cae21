"""``deskull benchmark``: deskull and other tools on a public data set, scored against its masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskull.cli.console import FAILED, print_message, print_note, refuse_inputs
from deskull.cli.evaluation_tables import print_tables
from deskull.cli.progress import progress_bar
from deskull.errors import InputError, UsageError
from deskull.options import Layout

if TYPE_CHECKING:
    from deskull.benchmark.outcomes import Outcome
    from deskull.benchmark.results import Benchmark
    from deskull.benchmark.runs import Bench
    from deskull.benchmark.tools import Tool
    from deskull.data.cases import Case
    from deskull.data.public import PublicDataSet

#: Names of the results in the folder.
_PAGE, _TABLE, _JSON = "report.html", "benchmark.tsv", "benchmark.json"

_Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="Folder of a data set as its authors publish it, or a table written by 'deskull data index'.",
        show_default=False,
    ),
]
_Out = Annotated[Path, typer.Option("-o", "--out", help="Folder for masks, logs and results.", show_default=False)]
_Layout = Annotated[
    Layout | None,
    typer.Option(
        metavar="NAME",
        help=f"Layout of the data set in DATA: {', '.join(Layout)}. By default auto: it is recognised.",
        show_default=False,
    ),
]
_ToolOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]COMMAND",
        help="Another tool: its command with {input}, and {mask}, {brain} or {folder}; may be repeated. It is "
        "not passed to a shell.",
    ),
]
_Models = Annotated[
    list[str] | None,
    typer.Option("--model", metavar="NAME", help="A network of deskull; may be repeated; 'default' if none is given."),
]
_OtherToolsOnly = Annotated[bool, typer.Option("--without-deskull", help="Run only the tools of --tool.")]
_FitBorder = Annotated[
    bool,
    typer.Option(
        "--fit-border",
        help="Also score deskull at the border that fits best, fitted on one half of the people and scored on the "
        "other.",
    ),
]


def benchmark(
    data: _Data,
    out: _Out,
    layout: _Layout = None,
    tool: _ToolOption = None,
    model: _Models = None,
    without_deskull: _OtherToolsOnly = False,
    fit_border: _FitBorder = False,
    split: Annotated[str | None, typer.Option(help="Only the cases of this split of the table.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Maximum number of scans, the first in the order of their names.", show_default=False),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds after which a run is killed.")] = 600.0,
    resume: Annotated[bool, typer.Option("--resume", help="Keep the outcomes of an earlier run.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="With --resume: run scans that failed again.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Remove the outcomes of an earlier run.")] = False,
) -> None:
    """Run tools on the scans of a public data set, score their masks, and measure their time and memory.

    Writes report.html, benchmark.tsv and benchmark.json. A scan that fails is a line of the table, and counts as an
    empty mask.
    """
    from deskull.benchmark.runs import Bench

    bench = Bench(out, timeout, retry_failed)
    _prepare(bench, resume, overwrite)
    tools = _tools(tool or [], model, without_deskull, fit_border)
    data_set, cases, problems = _cases(data, layout, split)
    cases = cases[:limit]
    refuse_inputs(out / _TABLE, (data,))
    for problem in problems:
        print_message(f"warning: {problem}")
    result = _run(data_set, cases, problems, tools, bench)
    _write(result, cases, bench)
    if any(result.failed(name) for name in tools):
        raise typer.Exit(FAILED)


def _prepare(bench: Bench, resume: bool, overwrite: bool) -> None:
    """Refuse what cannot be done, before any work is done."""
    import os

    from deskull.report.svg import require_matplotlib

    if not hasattr(os, "wait4"):
        raise UsageError("deskull benchmark: cannot measure other programs on this system; run it on Linux or macOS.")
    require_matplotlib("benchmark page")
    if bench.folder.exists() and not bench.folder.is_dir():
        raise UsageError(f"--out {bench.folder}: is a file; give a folder.")
    if bench.has_results and overwrite:
        bench.clear()
    elif bench.has_results and not resume:
        raise UsageError(f"--out {bench.folder}: holds outcomes already; add --resume to go on, or --overwrite.")


def _tools(
    templates: Sequence[str], models: Sequence[str] | None, others_only: bool, distance: bool
) -> dict[str, Tool]:
    """Return the tools by name, those of deskull first."""
    from deskull.benchmark.tools import deskull_tool, parse_tool
    from deskull.models import load_model

    if others_only and (models or distance):
        raise UsageError("--without-deskull: leaves nothing for --model and --fit-border; remove one of them.")
    tools: dict[str, Tool] = {}
    for name in () if others_only else models or ["default"]:
        load_model(name)
        ours = deskull_tool(name, distance=distance)
        if ours.name in tools:
            raise UsageError(f"--model {name}: there are two networks of this name; rename one.")
        tools[ours.name] = ours
    for template in templates:
        theirs = parse_tool(template, tools)
        tools[theirs.name] = theirs
    if not tools:
        raise UsageError("--without-deskull: leaves no tool; add --tool.")
    return tools


def _cases(data: Path, layout: Layout | None, split: str | None) -> tuple[PublicDataSet, list[Case], list[str]]:
    """Return the data set, its cases, and sentences about files that are no part of it."""
    from deskull.data.public import find_public, listed_data_set
    from deskull.data.splits import cases_of

    if data.is_file():
        if layout:
            raise UsageError(f"--layout {layout}: is for folders; {data} is a table.")
        return listed_data_set(data.name), cases_of(data, split), []
    if split:
        raise UsageError(f"--split {split}: needs a table; give the table of 'deskull data index' as DATA.")
    data_set, (cases, problems) = find_public(data, layout)
    return data_set, cases, problems


def _run(
    data_set: PublicDataSet, cases: Sequence[Case], problems: Sequence[str], tools: dict[str, Tool], bench: Bench
) -> Benchmark:
    """Run all tools on all scans, and fit borders where distances were written."""
    from deskull.benchmark.borders import fit_borders
    from deskull.benchmark.results import Benchmark

    outcomes: dict[str, list[Outcome]] = {name: [] for name in tools}
    runs = bench.outcomes(list(tools.values()), cases)
    for outcome in progress_bar(f"{data_set.name}: running")(runs, len(cases) * len(tools)):
        outcomes[outcome.tool].append(outcome)
        if outcome.fault:
            print_message(f"failed: {outcome.tool}, {outcome.case}: {outcome.fault}")
    borders = {}
    for name in [name for name, tool in tools.items() if "--distance" in tool.template.split()]:
        fitted = fit_borders(outcomes[name], cases, bench)
        if fitted is None:
            print_message(f"warning: {name}: a border is fitted from two people on; none was fitted.")
            continue
        outcomes[f"{name}, fitted border"] = fitted.outcomes
        borders[f"{name}, fitted border"] = fitted.borders
    return Benchmark(data_set, tools, outcomes, borders, problems, bench.timeout)


def _write(result: Benchmark, cases: Sequence[Case], bench: Bench) -> None:
    """Print the scores, and write the table, the JSON file and the page."""
    from deskull.benchmark.results import to_json, to_tsv
    from deskull.evaluation.comparison import compare
    from deskull.report.benchmark_page import benchmark_page
    from deskull.system.atomic import write_bytes

    if not cases:
        raise InputError(f"{result.data_set.name}: has no case.")
    texts = {
        _TABLE: to_tsv(result).encode(errors="backslashreplace"),
        _JSON: to_json(result).encode(errors="backslashreplace"),
        _PAGE: benchmark_page(result, cases, bench).encode(errors="xmlcharrefreplace"),
    }
    print_tables(result.models, compare(result.models) if len(result.models) > 1 else None)
    for name, content in texts.items():
        write_bytes(bench.folder / name, content, overwrite=True)
        print_note(f"wrote {bench.folder / name}")
