"""``deskull data``: data sets to train on."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskull.cli.console import FAILED, guarded, refuse_inputs, say
from deskull.cli.progress import watched
from deskull.errors import InputError, UsageError

if TYPE_CHECKING:
    from deskull.data.cases import Case
    from deskull.data.layouts import Patterns

app = typer.Typer(no_args_is_help=True)


class Layout(enum.StrEnum):
    """How files lie in the folder."""

    auto = "auto"
    nfbs = "nfbs"
    bids = "bids"


@app.callback()
def _data() -> None:
    """Find, check and prepare scans with masks to train on."""


def index(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Folder of the data set.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="The table to write.")] = Path("dataset.csv"),
    layout: Annotated[Layout | None, typer.Option(help="How files lie in FOLDER; by default auto.")] = None,
    pattern: Annotated[
        str | None, typer.Option(help="Where scans lie in FOLDER, as '{subject}/{scan}.nii.gz'; * is any text.")
    ] = None,
    mask_pattern: Annotated[str | None, typer.Option(help="Where the mask of such a scan lies.")] = None,
    brain_pattern: Annotated[str | None, typer.Option(help="Where the stripped scan lies.")] = None,
    roi_pattern: Annotated[str | None, typer.Option(help="Where the region lies in which its mask is valid.")] = None,
    table: Annotated[
        Path | None, typer.Option(help="Instead of FOLDER: a CSV file with the columns raw and mask.")
    ] = None,
    validation: Annotated[float, typer.Option(min=0, max=1, help="Share of the subjects that validate.")] = 0.2,
    test: Annotated[float, typer.Option(min=0, max=1, help="Share of the subjects kept for tests.")] = 0.0,
    folds: Annotated[int, typer.Option(min=0, help="Also deal the other subjects into so many folds.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed, other splits.")] = 1,
    splits: Annotated[
        Path | None,
        typer.Option(help="The splits, extended if there; by default splits.csv beside the table."),
    ] = None,
    no_check: Annotated[bool, typer.Option("--no-check", help="Do not read the files.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Cases at a time; by default the cores, up to 8.")] = None,
) -> None:
    """List the scans of a data set with their masks, check them, and split them by subject."""
    from deskull.data import cases
    from deskull.data import splits as sides
    from deskull.data.layouts import find_cases, table_splits

    splits = splits or out.with_name("splits.csv")
    _check_targets(out, splits, table)
    patterns = _patterns(pattern, mask_pattern, brain_pattern, roi_pattern)
    found, problems = find_cases(folder, layout.value if layout else None, patterns, table)
    known = sides.known_splits(splits, table_splits(table) if table else None)
    shares: dict[str, Any] = {"validation": validation, "test": test, "folds": folds, "seed": seed, "known": known}
    for problem in problems:
        say(f"left out: {problem}")
    if not found:
        raise InputError(f"{folder or table}: no scan with a mask was found; check --layout, --pattern or --table.")
    sides.assign_splits(found, **shares)  # tells wrong shares before the long check
    usable = found if no_check else _checked(found, jobs)
    if not usable:
        raise InputError(f"{folder or table}: none of its {len(found)} scans can be used; mend what is said above.")
    assigned = sides.assign_splits(usable, **shares)
    sides.write_splits(assigned, splits, sides.sites_of(usable))
    cases.write_cases(usable, out)
    _print_counts(sides.count_cases(usable, assigned))
    print(f"{out}: {len(usable)} cases; {splits}: {len(assigned)} subjects")
    if problems or len(usable) < len(found):
        raise typer.Exit(FAILED)


app.command("index")(guarded(index))


def _check_targets(out: Path, splits: Path, table: Path | None) -> None:
    """Refuse to write over the table that is read, over one file twice, or over somebody else's files."""
    from deskull.data import cases
    from deskull.data import splits as sides

    if out.resolve() == splits.resolve():
        raise UsageError(f"{out}: is both the table and the splits; give them two names.")
    for path, columns in ((out, cases.COLUMNS), (splits, sides.COLUMNS)):
        refuse_inputs(path, (table,) if table else ())
        cases.refuse_foreign(path, columns)


def _patterns(scan: str | None, mask: str | None, brain: str | None, roi: str | None) -> Patterns | None:
    """The patterns given, which need a scan's and a mask's."""
    from deskull.data.layouts import Patterns

    if scan is None and mask is None and brain is None and roi is None:
        return None
    if not scan or not mask:
        raise UsageError("--pattern and --mask-pattern need each other; give both.")
    return Patterns(scan, mask, brain, roi)


def _checked(found: Sequence[Case], jobs: int | None) -> list[Case]:
    """The cases that can be used; says what is wrong with the others."""
    from deskull.data.checks import check_cases
    from deskull.system.resources import default_threads

    checks = dict(watched("checking")(check_cases(found, jobs or default_threads()), len(found)))
    for case in found:
        for remark in checks[case].remarks:
            say(f"warning: {remark}")
        for fault in checks[case].faults:
            say(f"left out: {fault}")
    return [case for case in found if checks[case].usable]


def _print_counts(counts: Sequence[tuple[str, int, int]]) -> None:
    """Print how many cases and subjects there are in all, by site and by split."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("", box=box.SIMPLE_HEAD)
    table.add_column("cases", justify="right")
    table.add_column("subjects", justify="right")
    for name, cases, subjects in counts:
        table.add_row(escape(name), str(cases), str(subjects))
    console = Console()
    console.print(table) if console.is_terminal else Console(width=200).print(table)
