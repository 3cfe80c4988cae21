"""Tables that ``deskull drift`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from deskull.errors import printable
from deskull.quality.drift.comparison import Comparison, MeasureShift, Side
from deskull.quality.drift.groups import groups_sentence
from deskull.quality.drift.measures import split_unit, with_unit
from deskull.quality.drift.over_time import Timeline, change_sentence
from deskull.quality.drift.verdict import direction, p_text, remarks, side_words, signed, verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from deskull.quality.drift.findings import Findings

#: Width of the tables in characters where the output is not a terminal.
_WIDTH = 120
#: Most measures, and groups, that are printed.
_N_MEASURES, _N_WINDOWS = 8, 40


def print_findings(findings: Findings) -> None:
    """Print what was found."""
    from rich.console import Console

    console = Console(highlight=False)
    console = console if console.is_terminal else Console(width=_WIDTH, highlight=False)
    for note in findings.notes:
        _print(console, f"Note: {note}")
    if findings.comparison:
        _print_comparison(console, findings.comparison)
    if findings.groups:
        _print_groups(console, findings.groups, findings.by)
    if findings.timeline:
        _print_timeline(console, findings.timeline)


def _print(console: Console, text: str, style: str = "") -> None:
    """Print a line as it is, without markup and without wrapping words that scripts may look for."""
    console.print(_plain(text), style=style, soft_wrap=True)


def _plain(text: str) -> Any:
    """Return text without markup; what cannot be printed is shown as escapes."""
    from rich.text import Text

    return Text(printable(text))


def _table(*columns: str) -> Table:
    """Return an empty table; headings that begin with '>' are those of numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left")
    return table


def _print_comparison(console: Console, comparison: Comparison) -> None:
    """Print both sides, the sentence, the remarks, and the measures that differ most."""
    _print(
        console,
        f"{comparison.name} ({comparison.n:,} scans) against {comparison.reference} ({comparison.n_reference:,} scans)",
        "bold",
    )
    table = _table("", "input: the scans", "output: the masks")
    sides = (comparison.inputs, comparison.outputs)
    table.add_row("state", *map(side_words, sides))
    table.add_row("p", *(p_text(side.p_adjusted).removeprefix("= ") if side.energy else "–" for side in sides))
    table.add_row("moved", *(_count_of_moved(side) for side in sides))
    console.print(table)
    _print(console, verdict(comparison), "bold")
    for remark in remarks(comparison):
        _print(console, remark)
    shifts = [("input", shift) for shift in comparison.inputs.moved_measures[:_N_MEASURES]]
    shifts += [("output", shift) for shift in comparison.outputs.moved_measures[:_N_MEASURES]]
    if shifts:
        console.print(_measures_table(shifts))
    n_more = sum(len(side.moved_measures) for side in sides) - len(shifts)
    if n_more:
        _print(console, f"{n_more} more moved; --json and -o show all.")


def _count_of_moved(side: Side) -> str:
    """Say how many measures moved."""
    return f"{len(side.moved_measures)} of {len(side.measures)} measures" if side.measures else "–"


def _measures_table(shifts: Sequence[tuple[str, MeasureShift]]) -> Table:
    """Return the measures that moved, with effect sizes and p values."""
    table = _table("", "measure", "is", ">here", ">reference", ">shift (SD)", ">Cliff's delta", ">KS", ">p (adjusted)")
    for side, shift in shifts:
        size = "–" if math.isnan(shift.shift) else signed(shift.shift)
        table.add_row(
            side, _plain(split_unit(shift.name)[0]), direction(shift), with_unit(shift.name, shift.median),
            with_unit(shift.name, shift.median_reference), size, f"{shift.cliffs_delta:+.2f}".replace("-", "−"),
            f"{shift.distance:.2f}", p_text(shift.p_adjusted).removeprefix("= "),
        )  # fmt: skip
    return table


def _print_groups(console: Console, groups: Sequence[Comparison], by: str) -> None:
    """Print a line for each group."""
    against = groups[0].reference
    _print(console, f"By {by}, each against {against}; p is adjusted for all groups", "bold")
    console.print(_groups_table(groups, by))
    _print(console, groups_sentence(groups, by), "bold")


def _groups_table(groups: Sequence[Comparison], by: str) -> Table:
    """Return a table with a line for each group or window."""
    table = _table(by, ">scans", "input", ">p", "output", ">p", "most")
    for group in groups:
        cells = [
            cell
            for side in (group.inputs, group.outputs)
            for cell in (side_words(side), p_text(side.p_adjusted).removeprefix("= ") if side.energy else "–")
        ]
        table.add_row(_plain(group.name), f"{group.n:,}", *cells, _plain(", ".join(_most(group))))
    return table


def _most(comparison: Comparison) -> Iterator[str]:
    """Yield the measure of each side that moved most, with its direction."""
    for side in (comparison.inputs, comparison.outputs):
        for shift in side.moved_measures[:1]:
            size = "" if math.isnan(shift.shift) else f" {signed(shift.shift)} SD"
            yield f"{split_unit(shift.name)[0]} {direction(shift)}{size}"


def _print_timeline(console: Console, timeline: Timeline) -> None:
    """Print the changes, and the windows against the reference."""
    _print(console, f"Over time: {len(timeline.cohort):,} scans", "bold")
    if timeline.note:
        _print(console, f"Note: {timeline.note}")
    for change, noun in ((timeline.inputs, "scans"), (timeline.outputs, "masks")):
        _print(console, change_sentence(change, noun))
    if timeline.windows:
        console.print(_groups_table(timeline.windows[:_N_WINDOWS], "window"))
