"""Checked masks: the report of masks of any tool, with the contours of the network's masks beside theirs."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any

from deskull import formats
from deskull._version import __version__
from deskull.checking.judging import Checked
from deskull.checking.pairs import Pair
from deskull.data.names import unique_names
from deskull.errors import printable
from deskull.report.batch.entries import Entry
from deskull.report.batch.writing import Progress, write_entries
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR
from deskull.report.html import Section, count_of


class CheckedReport:
    """The entries of a report of checked masks, and a temporary folder with the masks of the network.

    Use it as a context manager: the folder is removed at the end.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="deskull-check-", ignore_cleanup_errors=True)
        self._found: list[tuple[Pair, dict[str, Any]]] = []

    def add(self, checked: Checked) -> None:
        """Add a mask that was checked."""
        own = Path(self._folder.name) / f"{len(self._found)}.nii.gz"
        formats.write(checked.own, own)
        made = checked.provenance
        cells = {"model": made.model, "sha256": made.sha256, "version": made.version} if made else {}
        self._found.append((checked.pair, {"cells": cells, "other": own, "quality": checked.quality.as_dict()}))

    def add_failure(self, pair: Pair, error: str) -> None:
        """Add a mask that could not be checked, with one sentence that says why."""
        for path in (pair.scan, pair.mask):  # the page shows no paths of the machine
            error = error.replace(str(path), path.name)
        self._found.append((pair, {"cells": {"error": error}, "quality": {}}))

    def write(self, folder: Path, *, overwrite: bool, progress: Progress = lambda drawn, total: drawn) -> Path:
        """Write the report; see `deskull.report.batch.writing.write_report`.

        Parameters
        ----------
        folder : Path
        overwrite : bool
            Whether an earlier report may be replaced.
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
        names = _names([pair for pair, _ in self._found])
        entries = [
            Entry(name, pair.scan, pair.mask, **found) for name, (pair, found) in zip(names, self._found, strict=True)
        ]
        return write_entries(
            sorted(entries, key=lambda entry: entry.name),
            folder,
            title="Checked masks",
            sections=[_contours_section()],
            method=_method(len(entries)),
            overwrite=overwrite,
            progress=progress,
        )

    def __enter__(self) -> CheckedReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._folder.cleanup()


def _names(pairs: Sequence[Pair]) -> list[str]:
    """Paths of the masks relative to the folder of all of them, followed by the scan where a mask occurs twice."""
    paths = [pair.mask.absolute() for pair in pairs]
    counts = Counter(paths)
    short = _short_names(list(counts))
    return [
        printable(short[path] + (f" of {pair.scan.name}" if counts[path] > 1 else ""))
        for path, pair in zip(paths, pairs, strict=True)
    ]


def _short_names(paths: list[Path]) -> dict[Path, str]:
    """Paths relative to the folder of all of them; the shortest names where that is the root of the machine."""
    root = Path(os.path.commonpath([path.parent for path in paths])) if paths else Path()
    if root == Path(root.anchor):
        return dict(zip(paths, unique_names(paths), strict=True))
    return {path: path.relative_to(root).as_posix() for path in paths}


def _contours_section() -> Section:
    """What the two colours of the contours mean."""
    entries = (
        (CONTOUR, "Red", "The mask that was checked."),
        (
            REFERENCE_CONTOUR,
            "Green",
            "What the network finds, at the border that fits the mask best of those within 2 mm of its default one.",
        ),
    )
    rows = [f"<dt>{_swatch(colour)} {name}</dt><dd>{escape(text)}</dd>" for colour, name, text in entries]
    return Section("contours", "Contours", f"<dl>{''.join(rows)}</dl>")


def _swatch(colour: tuple[int, int, int]) -> str:
    """Return a line of a colour as HTML."""
    style = f"display:inline-block;width:3em;vertical-align:middle;border-top:3px solid rgb{colour}"
    return f'<span aria-hidden="true" style="{style}"></span>'


def _method(count: int) -> str:
    """Return sentences on the method, to be pasted into a paper."""
    masks = f"{count_of(count, 'brain mask')} {'was' if count == 1 else 'were'} checked with deskull {__version__}"
    return (
        f"{masks}: each was compared with the distance to the brain's surface that its network predicts for the scan, "
        "at the border at which both agree best of those within 2 mm of its default one. The masks were looked at in "
        "its report, worst first."
    )
