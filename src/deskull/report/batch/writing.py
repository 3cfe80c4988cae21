"""Writing: the folder of a batch's report, which appears as a whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path

from deskull.batch.local import jobs_and_threads
from deskull.errors import OutputError, remedy
from deskull.report.batch.data_files import review_key, write_data
from deskull.report.batch.entries import Entry, find_entries
from deskull.report.batch.page import batch_page
from deskull.report.batch.pictures import Drawn, draw_all
from deskull.report.batch.rows import make_rows
from deskull.report.html import Section
from deskull.system.leftovers import partial_name, remove_left_folders

#: What a report consists of; other files in its folder are a user's own.
_PARTS = ("index.html", "assets", "data", "strips", "slices", "volumes")
#: How the page of a report can be told from other pages.
_MARK = '<meta name="generator" content="deskull report'
_ASSETS = ("report.js", "report.css", "LICENSES.txt")
_VIEWER = "niivue.js"
#: Follows how many scans are done: is given the drawn scans and their number.
Progress = Callable[[Iterator[tuple[int, Drawn]], int], Iterator[tuple[int, Drawn]]]


def default_folder(source: Path) -> Path:
    """Return where the report of a folder of results, or of its table, is written."""
    return (source if source.is_dir() else source.parent) / "report"


def refuse_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a folder for a report that holds something else, or a report that may not be replaced.

    Raises
    ------
    OutputError
    """
    if not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not is_report(folder):
        raise OutputError(f"{folder}: exists and is no report of deskull; choose another folder.")
    if not overwrite:
        raise OutputError(f"{folder}: holds a report already; use overwrite=True to replace it, or another folder.")


def is_report(folder: Path) -> bool:
    """Whether a folder holds a report that was written by `write_report`."""
    try:
        with (folder / "index.html").open(encoding="utf-8", errors="replace") as page:
            return _MARK in page.read(2000)
    except OSError:
        return False


def write_report(
    source: Path,
    folder: Path | None = None,
    *,
    scans: Path | None = None,
    title: str = "",
    viewer: bool = False,
    sections: Sequence[Section] = (),
    jobs: int | None = None,
    overwrite: bool = False,
    progress: Progress = lambda drawn, total: drawn,
) -> Path:
    """Write the report of a batch: a folder with a page that opens from disk, without a network.

    Parameters
    ----------
    source : Path
        Folder of results of ``deskull strip``, its table, or the derivatives of ``deskull bids``.
    folder : Path, optional
        Where to write it; by default ``report`` in the folder of results.
    scans : Path, optional
        Where the scans lie now, if they were moved after they were stripped.
    title : str
        By default the name of the folder of results.
    viewer : bool
        Whether to embed the scans, at 2 mm, for an interactive viewer: about 0.5 MB for each scan.
    sections : sequence of Section
        Further sections of the page.
    jobs : int, optional
        Number of processes; by default as many as cores and memory allow.
    overwrite : bool
        Whether an earlier report may be replaced. Files that are not part of it are kept, and so is its review in
        browsers.
    progress : callable
        Is given an iterator over the scans as they are done, and their number; returns an iterator over the same.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    UsageError
        If the source is no batch.
    InputError
        If the table cannot be read.
    OutputError
        If the folder may not be replaced or cannot be written.
    """
    folder = folder or default_folder(source)
    refuse_folder(folder, overwrite)
    title = title or (source if source.is_dir() else source.parent).resolve().name
    entries = find_entries(source, scans)
    return write_entries(
        entries, folder, title=title, viewer=viewer, sections=sections, jobs=jobs,
        overwrite=overwrite, progress=progress,
    )  # fmt: skip


def write_entries(
    entries: Sequence[Entry],
    folder: Path,
    *,
    title: str,
    viewer: bool = False,
    sections: Sequence[Section] = (),
    method: str = "",
    jobs: int | None = None,
    overwrite: bool = False,
    progress: Progress = lambda drawn, total: drawn,
) -> Path:
    """Write the report of scans that were found; see `write_report`.

    Parameters
    ----------
    entries : sequence of Entry
    folder : Path
    title : str
    viewer : bool
    sections : sequence of Section
    method : str
        Sentences on the method, to be pasted into a paper; by default on masks that deskull made.
    jobs : int, optional
    overwrite : bool
    progress : callable

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OutputError
        If the folder may not be replaced or cannot be written.
    """
    refuse_folder(folder, overwrite)
    jobs = jobs_and_threads(len(entries), jobs, 1)[0]
    with _folder_that_appears(folder) as partial:
        rows = make_rows(entries, _draw_in_order(entries, partial, jobs, viewer, progress))
        write_data(rows, partial, viewer=viewer, key=review_key(folder))
        _copy_assets(partial / "assets", viewer=viewer)
        page = batch_page(rows, title or "Report", sections, method)
        (partial / "index.html").write_text(page, encoding="utf-8", errors="xmlcharrefreplace")
    return folder / "index.html"


def _draw_in_order(entries: Sequence[Entry], folder: Path, jobs: int, viewer: bool, progress: Progress) -> list[Drawn]:
    """Draw all scans; returns what was drawn in the order of the scans."""
    drawn = dict(progress(draw_all(entries, folder, jobs, viewer=viewer), len(entries)))
    return [drawn[number] for number in range(1, len(entries) + 1)]


def _copy_assets(folder: Path, *, viewer: bool) -> None:
    """Copy the program and the style of the page."""
    folder.mkdir()
    assets = resources.files("deskull.report") / "assets"
    for name in (*_ASSETS, *([_VIEWER] if viewer else [])):
        (folder / name).write_bytes((assets / name).read_bytes())


@contextmanager
def _folder_that_appears(folder: Path) -> Iterator[Path]:
    """Give a temporary folder that takes the place of a report when all of it is written.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    partial = folder.with_name(partial_name(folder.name))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        remove_left_folders(folder)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        yield partial
        _replace(folder, partial)
    except OutputError:
        raise
    except OSError as error:
        advice = remedy(error, "choose another folder")
        raise OutputError(f"{folder}: could not be written ({error.strerror or error}); {advice}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace(folder: Path, new: Path) -> None:
    """Put a complete report in the place of an earlier one; a user's files in the earlier one move into it.

    A process that is killed meanwhile leaves both reports, one of them under a hidden name; nothing is lost.
    """
    if not folder.exists():
        new.rename(folder)
        return
    old = folder.with_name(partial_name(folder.name, "backup"))
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    for path in old.iterdir():
        if path.name in _PARTS:
            _remove(path)
        else:
            path.rename(folder / path.name)
    with suppress(OSError):
        old.rmdir()


def _remove(path: Path) -> None:
    """Remove a file, a folder or a link, as far as possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):
        path.unlink()
