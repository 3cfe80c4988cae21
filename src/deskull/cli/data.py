"""``deskull data``: data sets to train networks on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskull.cli.console import FAILED, print_message, refuse_inputs
from deskull.cli.progress import progress_bar
from deskull.errors import InputError, UsageError
from deskull.options import Layout

if TYPE_CHECKING:
    from deskull.data.cases import Case
    from deskull.data.layouts.patterns import Patterns

app = typer.Typer(no_args_is_help=True)

#: Width of the table in characters where the output is not a terminal.
_WIDTH = 200


@app.callback()
def _data() -> None:
    """Find, check and prepare scans with masks to train on."""


def index(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Folder of the data set.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Table to write.")] = Path("dataset.csv"),
    layout: Annotated[
        Layout | None,
        typer.Option(
            metavar="NAME",
            help=f"Layout of the data set in FOLDER: {', '.join(Layout)}. By default auto: it is recognised.",
        ),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(help="Paths of the scans in FOLDER, such as '{subject}/{scan}.nii.gz'; * stands for any text."),
    ] = None,
    mask_pattern: Annotated[str | None, typer.Option(help="Path of the mask of such a scan, with its fields.")] = None,
    brain_pattern: Annotated[str | None, typer.Option(help="Path of the stripped scan.")] = None,
    roi_pattern: Annotated[
        str | None, typer.Option(help="Path of the region of interest in which the mask is valid.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="CSV file with the columns raw and mask, instead of FOLDER.")
    ] = None,
    validation: Annotated[float, typer.Option(min=0, max=1, help="Fraction of the subjects for validation.")] = 0.2,
    test: Annotated[float, typer.Option(min=0, max=1, help="Fraction of the subjects for testing.")] = 0.0,
    folds: Annotated[int, typer.Option(min=0, help="Number of folds for cross-validation; 0 for none.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the random assignment to splits.")] = 1,
    splits: Annotated[
        Path | None,
        typer.Option(help="File of splits, which is extended if it exists; by default splits.csv beside the table."),
    ] = None,
    no_check: Annotated[bool, typer.Option("--no-check", help="Do not read the scans and masks.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Number of cases to check at a time; by default the cores, up to 8.")
    ] = None,
) -> None:
    """List the scans of a data set with their masks, check them, and split them by subject."""
    splits = splits or out.with_name("splits.csv")
    _check_targets(out, splits, table)
    _check_ways(folder, layout, (pattern, mask_pattern, brain_pattern, roi_pattern), table)
    how: dict[str, Any] = {"validation": validation, "test": test, "folds": folds, "seed": seed}
    patterns = _patterns(pattern, mask_pattern, brain_pattern, roi_pattern)
    complete = _index(folder, layout, patterns, table, out, splits, how, None if no_check else jobs or 0)
    if not complete:
        raise typer.Exit(FAILED)


def _index(
    folder: Path | None,
    layout: Layout | None,
    patterns: Patterns | None,
    table: Path | None,
    out: Path,
    splits: Path,
    how: dict[str, Any],
    jobs: int | None,
) -> bool:
    """Write the table and the splits, and return whether all cases could be used.

    Parameters
    ----------
    folder, layout, patterns, table, out, splits
        As in `index`.
    how : dict
        How subjects are assigned to splits: arguments of `deskull.data.assignment.assign_splits`.
    jobs : int, optional
        Number of cases to check at a time; 0 for the default, None to check none.
    """
    from deskull.data.assignment import assign_splits
    from deskull.data.cases import write_cases
    from deskull.data.finding import find_cases
    from deskull.data.layouts.listed import listed_splits
    from deskull.data.splits import count_cases, merge_splits, sites_of, write_splits

    cases, problems = find_cases(folder, layout.value if layout else None, patterns, table)
    how = how | {"known": merge_splits(splits, listed_splits(table) if table else None)}
    for problem in problems:
        print_message(f"left out: {problem}")
    if not cases:
        raise InputError(f"{folder or table}: no scan with a mask was found; check --layout, --pattern or --table.")
    assign_splits(cases, **how)  # refuses impossible fractions and folds before the long check
    usable = cases if jobs is None else _usable_cases(cases, jobs)
    if not usable:
        raise InputError(f"{folder or table}: none of its {len(cases)} scans can be used; correct the errors above.")
    assigned = assign_splits(usable, **how)
    write_splits(assigned, splits, sites_of(usable))
    write_cases(usable, out)
    _print_counts(count_cases(usable, assigned))
    print(f"{out}: {len(usable)} cases; {splits}: {len(assigned)} subjects")
    return not problems and len(usable) == len(cases)


def _check_targets(out: Path, splits: Path, table: Path | None) -> None:
    """Refuse to replace the input table or files of other kinds, or to write two results to one file."""
    from deskull.data import cases
    from deskull.data import splits as splits_file
    from deskull.data.tables import refuse_other_files

    if out.resolve() == splits.resolve():
        raise UsageError(f"{out}: cannot hold both the table and the splits; give --out and --splits different names.")
    for path, columns in ((out, cases.COLUMNS), (splits, splits_file.COLUMNS)):
        refuse_inputs(path, (table,) if table else ())
        refuse_other_files(path, columns)


def _check_ways(folder: Path | None, layout: Layout | None, patterns: Sequence[str | None], table: Path | None) -> None:
    """Refuse options that exclude each other."""
    given = (layout is not None, any(pattern is not None for pattern in patterns), table is not None)
    if sum(given) > 1:
        raise UsageError("--layout, --pattern and --table exclude each other; give one of them.")
    if (folder is None) == (table is None):
        raise UsageError("give either the FOLDER of the data set or --table FILE.")


def _patterns(scan: str | None, mask: str | None, brain: str | None, roi: str | None) -> Patterns | None:
    """Return the given patterns, of which those of scans and masks are required."""
    from deskull.data.layouts.patterns import Patterns

    if scan is None and mask is None and brain is None and roi is None:
        return None
    if not scan or not mask:
        raise UsageError("--pattern and --mask-pattern require each other; give both.")
    return Patterns(scan, mask, brain, roi)


def _usable_cases(cases: Sequence[Case], jobs: int) -> list[Case]:
    """Check cases, report errors and warnings, and return the cases that can be used."""
    from deskull.data.checks import check_cases
    from deskull.system.resources import default_threads

    results = dict(progress_bar("checking")(check_cases(cases, jobs or default_threads()), len(cases)))
    for case in cases:
        for warning in results[case].warnings:
            print_message(f"warning: {warning}")
        for error in results[case].errors:
            print_message(f"left out: {error}")
    return [case for case in cases if results[case].usable]


def _print_counts(counts: Sequence[tuple[str, int, int]]) -> None:
    """Print the numbers of cases and subjects: all of them, and by site, split and fold."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("", box=box.SIMPLE_HEAD)
    table.add_column("cases", justify="right")
    table.add_column("subjects", justify="right")
    for name, n_cases, n_subjects in counts:
        table.add_row(escape(name), str(n_cases), str(n_subjects))
    console = Console()
    console.print(table) if console.is_terminal else Console(width=_WIDTH).print(table)
