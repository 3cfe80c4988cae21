"""Outputs of a check: the table, the pictures and the report of checked masks."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from deskull.checking.judging import Checked
from deskull.checking.pairs import Pair
from deskull.checking.records import cells_of, cells_of_failure, table_of
from deskull.data.names import unique_names
from deskull.errors import OutputError, UsageError, printable
from deskull.formats import split_name
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
    """

    table: Path | None = None
    pictures: Path | None = None
    report: Path | None = None
    overwrite: bool = False

    def check(self, pairs: Sequence[Pair]) -> None:
        """Refuse what could not be written, before any work is done.

        Parameters
        ----------
        pairs : sequence of Pair
            That will be checked.

        Raises
        ------
        UsageError
            If the folder of the report is to hold something else, too.
        OutputError
            If something exists that may not be replaced.
        """
        if self.table:
            refuse_existing(self.table, self.overwrite)
        if self.pictures and os.path.lexists(self.pictures) and not self.pictures.is_dir():
            raise OutputError(f"{self.pictures}: is no folder; choose another name for the pictures.")
        for picture in self.picture_files(pairs).values():
            refuse_existing(picture, self.overwrite)
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
        self._pictures = wanted.picture_files(pairs)
        self._rows: list[dict[str, str]] = []

    @property
    def count(self) -> int:
        """Number of masks so far."""
        return len(self._rows)

    def add(self, checked: Checked) -> None:
        """Add a mask that was checked, and draw it.

        Raises
        ------
        OutputError
            If its picture cannot be written; the mask is added all the same.
        """
        if self._report:
            self._report.add(checked)
        picture = self._pictures.get(checked.pair)
        try:
            if picture:
                save_picture(draw(checked), picture, overwrite=self._wanted.overwrite)
        except OutputError as error:
            self._rows.append({**cells_of(checked), "error": str(error)})
            raise
        self._rows.append(cells_of(checked, picture))

    def add_failure(self, pair: Pair, error: str) -> None:
        """Add a mask that could not be checked, with one sentence that says why."""
        self._rows.append(cells_of_failure(pair, error))
        if self._report:
            self._report.add_failure(pair, error)

    def write_table(self) -> None:
        """Write the table, if there is to be one.

        Raises
        ------
        OutputError
        """
        if self._wanted.table:
            write_bytes(self._wanted.table, table_of(self._rows), overwrite=self._wanted.overwrite)

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
    """Open the outputs of a check; the table is written at the end, also after an error or an interruption.

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
    if wanted.report is None:
        with _table_at_end(CheckOutputs(wanted, pairs, None)) as outputs:
            yield outputs
        return
    with CheckedReport() as report, _table_at_end(CheckOutputs(wanted, pairs, report)) as outputs:
        yield outputs


@contextmanager
def _table_at_end(outputs: CheckOutputs) -> Iterator[CheckOutputs]:
    """Write the table when the context ends, however it ends."""
    try:
        yield outputs
    finally:
        outputs.write_table()


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
