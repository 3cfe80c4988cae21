"""Outputs of a check: the table, the pictures, the files of quality and the report of checked masks."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from deskull.batch.outputs import Sidecar, quality_path
from deskull.checking.judging import Checked
from deskull.checking.pairs import Pair
from deskull.checking.records import append_line, begin_table, cells_of, cells_of_failure
from deskull.data.names import unique_names
from deskull.errors import OutputError, UsageError, printable
from deskull.formats import split_name
from deskull.quality.drift.quality_files import ENDING
from deskull.report.batch.checked import CheckedReport
from deskull.report.batch.writing import Progress, refuse_folder
from deskull.report.difference_picture import Compared, draw_differences
from deskull.report.drawing import save_picture
from deskull.system.atomic import refuse_existing, write_bytes


@dataclass(frozen=True)
class Wanted:
    """What is to be written.

    Attributes
    ----------
    table : Path, optional
        TSV file with a line for each mask.
    pictures : Path, optional
        Folder of a picture for each mask.
    report : Path, optional
        Folder of the page of all masks.
    overwrite : bool
        Whether earlier ones may be replaced.
    quality : bool
        Whether a file of the quality of each mask, as beside those of ``deskull strip``, lies beside the table.
    """

    table: Path | None = None
    pictures: Path | None = None
    report: Path | None = None
    overwrite: bool = False
    quality: bool = False

    def check(self, pairs: Sequence[Pair]) -> None:
        """Refuse what could not be written, before any work is done.

        Parameters
        ----------
        pairs : sequence of Pair
            That will be checked.

        Raises
        ------
        UsageError
            If the folder of the report is to hold something else, too, or files of quality have no folder.
        OutputError
            If something exists that may not be replaced.
        """
        if self.table:
            refuse_existing(self.table, self.overwrite)
        if self.pictures and os.path.lexists(self.pictures) and not self.pictures.is_dir():
            raise OutputError(f"{self.pictures}: is no folder; choose another name for the pictures.")
        if self.quality and not self.table:
            raise UsageError("the files lie beside the table; name its file, too.", parameter="quality_file")
        for path in (*self.picture_files(pairs).values(), *self.quality_files(pairs).values()):
            refuse_existing(path, self.overwrite)
        if self.report:
            for path in filter(None, (self.table, self.pictures)):
                if path.absolute().is_relative_to(self.report.absolute()):
                    raise UsageError(f"{path}: lies in the folder of the report; give the report a folder of its own.")
            refuse_folder(self.report, self.overwrite)

    def picture_files(self, pairs: Sequence[Pair]) -> dict[Pair, Path]:
        """Return the file of the picture of each mask, named like the mask; none if there are to be no pictures."""
        if self.pictures is None:
            return {}
        return {pair: self.pictures / f"{name}_check.png" for pair, name in zip(pairs, _names(pairs), strict=True)}

    def quality_files(self, pairs: Sequence[Pair]) -> dict[Pair, Path]:
        """Return the file of the quality of each mask, named like the mask; none if there are to be none."""
        if not (self.quality and self.table):
            return {}
        names = [quality_path(Path(f"{name}.nii")).name.removesuffix(ENDING) for name in _names(pairs)]
        unique = unique_names([Path(f"{name}.nii") for name in names])
        return {pair: self.table.with_name(f"{name}{ENDING}") for pair, name in zip(pairs, unique, strict=True)}


def _names(pairs: Sequence[Pair]) -> list[str]:
    """Name pairs by their masks, and by their scans, too, where a mask belongs to several."""
    counts = Counter(pair.mask for pair in pairs)
    of_masks = dict(zip(counts, unique_names(list(counts)), strict=True))
    names = [of_masks[pair.mask] + (f"_{split_name(pair.scan)[0]}" if counts[pair.mask] > 1 else "") for pair in pairs]
    return unique_names([Path(f"{name}.nii") for name in names])


class CheckOutputs:
    """What is written of masks that are checked one after the other; see `check_outputs`.

    Parameters
    ----------
    wanted : Wanted
    pairs : sequence of Pair
    report : CheckedReport, optional
    """

    def __init__(self, wanted: Wanted, pairs: Sequence[Pair], report: CheckedReport | None) -> None:
        self._wanted, self._report = wanted, report
        self._pictures, self._quality_files = wanted.picture_files(pairs), wanted.quality_files(pairs)
        #: Number of masks so far.
        self.count = 0

    def add(self, checked: Checked) -> None:
        """Add a mask that was checked: draw it, and write its quality and its line of the table.

        Raises
        ------
        OutputError
            If one of its files cannot be written; the mask is added all the same.
        """
        if self._report:
            self._report.add(checked)
        try:
            self._write_files(checked)
        except OutputError as error:
            self._append({**cells_of(checked), "error": str(error)})
            raise
        self._append(cells_of(checked, self._pictures.get(checked.pair)))

    def _append(self, cells: Mapping[str, str]) -> None:
        """Append a line to the table, if there is to be one."""
        self.count += 1
        if self._wanted.table:
            append_line(self._wanted.table, cells)

    def _write_files(self, checked: Checked) -> None:
        """Write the picture of a mask and the file of its quality, if there are to be any."""
        picture, file = (files.get(checked.pair) for files in (self._pictures, self._quality_files))
        if file:
            text = Sidecar({}, has_quality=True).text(checked.provenance, quality=checked.quality)
            write_bytes(file, text.encode(), overwrite=self._wanted.overwrite)
        if picture:
            save_picture(draw(checked), picture, overwrite=self._wanted.overwrite)

    def add_failure(self, pair: Pair, error: str) -> None:
        """Add a mask that could not be checked, with one sentence that says why."""
        self._append(cells_of_failure(pair, error))
        if self._report:
            self._report.add_failure(pair, error)

    def write_report(self, progress: Progress) -> Path | None:
        """Write the report, if there is to be one, and return its page.

        Raises
        ------
        OutputError
        """
        if not (self._report and self._wanted.report):
            return None
        return self._report.write(self._wanted.report, overwrite=self._wanted.overwrite, progress=progress)


@contextmanager
def check_outputs(wanted: Wanted, pairs: Sequence[Pair]) -> Iterator[CheckOutputs]:
    """Open the outputs of a check; the table grows by a line for each mask.

    Parameters
    ----------
    wanted : Wanted
    pairs : sequence of Pair

    Yields
    ------
    CheckOutputs

    Raises
    ------
    UsageError, OutputError
        See `Wanted.check`.
    """
    wanted.check(pairs)
    if wanted.table:
        begin_table(wanted.table, overwrite=wanted.overwrite)
    with CheckedReport() if wanted.report else nullcontext() as report:
        yield CheckOutputs(wanted, pairs, report)


def draw(checked: Checked) -> Image.Image:
    """Draw a checked mask, with the reasons of its verdict.

    Parameters
    ----------
    checked : Checked

    Returns
    -------
    PIL.Image.Image
    """
    comparison = checked.comparison
    compared = Compared(checked.scan, checked.given, checked.own, checked.parts, comparison.border_mm)
    title = f"{printable(checked.pair.mask.name)}   {checked.quality.summary()}   Dice {comparison.dice:.3f}"
    return draw_differences(compared, title, checked.quality.reasons)
