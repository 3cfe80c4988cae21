"""Benchmark page: the evaluation page of tools on a public data set, with what was run, on what, at what cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from deskull.benchmark.borders import BORDERS
from deskull.benchmark.results import COSTS, Benchmark, dice_interval, median_costs
from deskull.benchmark.runs import Bench
from deskull.data.cases import Case
from deskull.evaluation.definitions import SCORES
from deskull.evaluation.pairs import Pair
from deskull.evaluation.scores import summarise
from deskull.report.evaluation_page import evaluation_page
from deskull.report.html import Section, count_of, header_row, table, text_cell

_COST_NAMES = {"wall_s": "Elapsed time", "cpu_s": "Processor time", "peak_mb": "Peak memory"}
_DASH = "–"


def benchmark_page(benchmark: Benchmark, cases: Sequence[Case], bench: Bench) -> str:
    """Create the page of a benchmark.

    Parameters
    ----------
    benchmark : Benchmark
    cases : sequence of Case
        Of the data set.
    bench : Bench
        Where the masks lie.

    Returns
    -------
    str
        HTML without any external reference.
    """
    by_name = {case.name: case for case in cases}
    pairs = {
        name: [
            Pair(run.case, bench.place(run.tool, run.case) / run.mask, by_name[run.case].mask, by_name[run.case].roi)
            for run in outcomes
            if run.mask
        ]
        for name, outcomes in benchmark.outcomes.items()
    }
    first = [
        Section("data", "Data and tools", _data(benchmark) + _tools(benchmark)),
        Section("overview", "Overview", _overview(benchmark)),
    ]
    scans: dict[str, Path] = {case.name: case.raw for case in cases}
    title = f"{escape(benchmark.data_set.title)}: {count_of(len(benchmark.tools), 'tool')} compared"
    return evaluation_page(benchmark.models, pairs, scans, first=first, title=title)


def _data(benchmark: Benchmark) -> str:
    """Return what the data set is, and what its masks mean."""
    data_set, n_scans = benchmark.data_set, len(next(iter(benchmark.outcomes.values())))
    facts = {
        "Scans": f"{count_of(n_scans, 'scan')} of {benchmark.n_people} people. Intervals and tests resample people, "
        "not scans.",
        "Masks": escape(data_set.masks),
        "Layout": f"{escape(data_set.layout)}. It is recognised by the names of the files alone.",
        "Source": escape(data_set.source),
    }
    if benchmark.problems:
        facts["Left out"] = f"{count_of(len(benchmark.problems), 'file')}, of which the first: " + escape(
            benchmark.problems[0]
        )
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts.items()) + "</dl>\n"


def _tools(benchmark: Benchmark) -> str:
    """Return the command of each tool, and the borders that were fitted."""
    rows = [
        f'<tr>{text_cell(name)}<td class="text"><code>{escape(tool.template)}</code></td>'
        f'<td class="text"><code>{tool.sha256[:12]}</code></td></tr>\n'
        for name, tool in benchmark.tools.items()
    ]
    notes = [
        f'<p class="pale"><b>{escape(name)}</b>: the people were divided into two halves, and each half was scored at '
        f"the border that fits the other half best: {first:+.2f} and {second:+.2f} mm (tried: {BORDERS[0]:g} to "
        f"{BORDERS[-1]:g} mm). It shows what the definition of the masks costs; it is not the tool as it comes.</p>\n"
        for name, (first, second) in benchmark.borders.items()
    ]
    return table(header_row(["Tool", "Command", "sha256"], []), rows) + "".join(notes)


def _overview(benchmark: Benchmark) -> str:
    """Return Dice with its interval, failures and costs by tool."""
    models = benchmark.models
    rows = []
    for name, outcomes in benchmark.outcomes.items():
        summary = summarise(models[name]).get("dice", {})
        low, high = dice_interval(models[name])
        interval = _DASH if math.isnan(low) else f"{low:.4f} to {high:.4f}"
        dice = [SCORES["dice"].format(summary.get(kind, math.nan)) for kind in ("median", "worst")]
        costs = [_cost(median_costs(outcomes)[key], unit) for key, unit in COSTS.items()]
        cells = [dice[0], interval, dice[1], f"{len(benchmark.failed(name))} of {len(outcomes)}", *costs]
        rows.append(f"<tr>{text_cell(name)}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n")
    columns = ["Median Dice", "95 % interval", "Worst Dice", "Failed", *(_COST_NAMES[key] for key in COSTS)]
    return (
        table(header_row(["Tool"], columns), rows)
        + '<p class="pale">95 % interval: bootstrap over people, from six people on. A scan that failed counts as an '
        "empty mask, with a Dice of 0. Time and memory are medians of the runs that gave a mask, each a process of "
        "its own that loads its network anew; peak memory is that of the largest process of a run.</p>\n"
        + _failures(benchmark)
    )


def _cost(value: float, unit: str) -> str:
    """Return a cost with its unit."""
    return _DASH if math.isnan(value) else f"{value:.1f} {unit}" if unit == "s" else f"{value:.0f} {unit}"


def _failures(benchmark: Benchmark) -> str:
    """Return the scans that failed, and why."""
    rows = [
        f"<tr>{text_cell(name)}{text_cell(run.case, 'name case')}{text_cell(run.fault)}</tr>\n"
        for name in benchmark.tools
        for run in benchmark.failed(name)
    ]
    if not rows:
        return ""
    return "<h3>Scans that failed</h3>\n" + table(header_row(["Tool", "Case", "Why"], []), rows, long=len(rows) > 10)
