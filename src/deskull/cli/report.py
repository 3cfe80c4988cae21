"""``deskull report``: a page to look through the masks of a batch and to review them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskull.cli.console import print_note
from deskull.cli.drift import By, Reference, Sidecars
from deskull.cli.progress import progress_bar
from deskull.errors import UsageError
from deskull.options import Group

if TYPE_CHECKING:
    from deskull.report.html import Section


def report(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="Folder of results with the table of 'deskull strip'; the table itself; or the derivatives of "
            "'deskull bids'.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder to write; by default OUT/report.", show_default=False)
    ] = None,
    scans: Annotated[
        Path | None,
        typer.Option(help="Folder of the scans, if they were moved after they were stripped.", show_default=False),
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the page; by default the name of OUT.", show_default=False)] = "",
    viewer: Annotated[
        bool, typer.Option("--viewer", help="Embed the scans at 2 mm for a 3-D viewer: about 0.5 MB for each scan.")
    ] = False,
    reference: Reference = None,
    by: By = None,
    sidecars: Sidecars = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Number of processes; by default as cores and memory allow.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier report.")] = False,
) -> None:
    """Write a page of all scans of a batch, worst first, with slices, charts and a review by keyboard.

    The page opens from disk and loads nothing from a network. It contains the names of the scans and slices of them.
    --reference and --by add a section on drift, as of 'deskull drift'.
    """
    sections = _drift(source, reference, by, sidecars)
    _write(source, out, scans=scans, title=title, viewer=viewer, sections=sections, jobs=jobs, overwrite=overwrite)


def _drift(source: Path, reference: str | None, by: str | None, sidecars: Path | None) -> list[Section]:
    """Return the section on drift, if it was asked for."""
    if reference or by:
        from deskull.report.batch.drift import batch_drift

        return [batch_drift(source, reference, by, sidecars=sidecars)]
    if sidecars:
        raise UsageError(f"--sidecars {sidecars}: is for the section on drift; add --reference or --by.")
    return []


def _write(
    source: Path,
    out: Path | None = None,
    *,
    scans: Path | None = None,
    title: str = "",
    viewer: bool = False,
    sections: Sequence[Section] = (),
    jobs: int | None = None,
    overwrite: bool = False,
) -> None:
    """Write a report and print the path of its page."""
    from deskull.report.batch.writing import write_report

    page = write_report(
        source,
        out,
        scans=scans,
        title=title,
        viewer=viewer,
        sections=sections,
        jobs=jobs,
        overwrite=overwrite,
        progress=progress_bar("drawing"),
    )
    print_note("open in a browser:")
    print(page)


#: The option of commands that strip batches.
ReportAfterwards = Annotated[
    bool,
    typer.Option(
        "--report", rich_help_panel=Group.outputs, help="Also write a page of all scans; see 'deskull report'."
    ),
]


@contextmanager
def report_afterwards(requested: bool, source: Path | None, jobs: int | None, *, may_replace: bool) -> Iterator[None]:
    """Write the report of a batch after it was stripped, also if some of its scans failed.

    Parameters
    ----------
    requested : bool
        Whether there is to be one.
    source : Path, optional
        Folder of results, or their table.
    jobs : int, optional
        Number of processes.
    may_replace : bool
        Whether the report of an earlier run may be replaced; it is checked before anything is stripped.

    Raises
    ------
    UsageError
        If there is no table.
    OutputError
        If the folder of the report may not be replaced.
    """
    if not requested:
        yield
        return
    if source is None:
        raise UsageError("--report: needs a batch; give several scans and a folder with -o, or a table with --table.")
    from deskull.report.batch.writing import default_folder, refuse_folder

    refuse_folder(default_folder(source), may_replace)
    try:
        yield
    except typer.Exit:  # some scans failed, which the report shows
        _write(source, jobs=jobs, overwrite=may_replace)
        raise
    _write(source, jobs=jobs, overwrite=may_replace)
