"""Pictures: what the report shows of each scan, drawn in parallel and written beside the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scipy import ndimage

from deskull import formats
from deskull.errors import DeskullError, sentence
from deskull.masking import binarise
from deskull.report.batch.entries import Entry
from deskull.report.batch.layers import Layers, draw_layers
from deskull.report.batch.viewer_data import viewer_script
from deskull.report.difference_slices import difference_slices
from deskull.report.drawing import PLANES
from deskull.report.mosaic import make_view, slice_indices
from deskull.report.tile import View
from deskull.system.processes import Failure, in_processes, useful_jobs
from deskull.volume import Volume

#: Size of a slice in a row of the table and on a scan's own page, in pixels (width, height).
STRIP_PANEL, PAGE_PANEL = (172, 160), (300, 300)
#: Largest size of the strip of slices of a row, both layers together, in bytes.
LARGEST_STRIP = 10_000
#: The same for the slices on a scan's own page.
LARGEST_PAGE = 60_000
#: Number of slices in each plane on a scan's own page.
_N_SLICES = 5
#: What two masks differ in is worth a slice if it is thicker than twice this number of voxels of 1 mm.
_THICK = 2
#: Seconds after which a scan is given up.
_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Panels:
    """The slices of a plane on a scan's own page.

    Attributes
    ----------
    plane : str
    positions : tuple of int
        Of each slice, in mm of world coordinates.
    """

    plane: str
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Drawn:
    """What was drawn of a scan.

    Attributes
    ----------
    panels : tuple of Panels
        None if nothing could be drawn.
    volume_ml : float, optional
        Volume of the mask; None if the mask could not be read.
    problem : str
        One sentence, if the scan or the mask could not be read.
    """

    panels: tuple[Panels, ...] = ()
    volume_ml: float | None = None
    problem: str = ""


def draw_all(entries: Sequence[Entry], folder: Path, jobs: int, *, viewer: bool) -> Iterator[tuple[int, Drawn]]:
    """Draw the pictures of scans in several processes.

    Parameters
    ----------
    entries : sequence of Entry
        The number of a scan is its place in the sequence, counted from 1.
    folder : Path
        Folder of the report.
    jobs : int
        Number of processes.
    viewer : bool
        Whether the images themselves are written for the viewer, too.

    Yields
    ------
    number, drawn : int, Drawn
        In the order in which scans are done.
    """
    for name in ("strips", "slices", *(["volumes"] if viewer else [])):
        (folder / name).mkdir(parents=True, exist_ok=True)
    draw = partial(_draw, folder=folder, viewer=viewer)
    tasks = list(enumerate(entries, 1))
    for (number, entry), drawn in in_processes(draw, tasks, useful_jobs(jobs, len(tasks)), timeout=_TIMEOUT_S):
        if isinstance(drawn, Failure):
            drawn = Drawn(problem=f"{entry.name}: could not be drawn, as {drawn.value}; use fewer jobs.")
        yield number, drawn


def _draw(task: tuple[int, Entry], folder: Path, *, viewer: bool) -> Drawn:
    """Draw and write the pictures of a scan."""
    number, entry = task
    volume_ml = None
    try:
        if entry.mask is None:
            return Drawn(problem=_missing(entry))
        mask = formats.read(entry.mask)
        volume_ml = float(binarise(mask).sum()) * mask.voxel_ml
        if entry.scan is None:
            return Drawn(volume_ml=volume_ml, problem=f"{entry.name}: the scan was not found; give --scans FOLDER.")
        view = _view(entry.scan, mask, entry.other)
        return Drawn(_write_pictures(view, number, folder, viewer=viewer), volume_ml)
    except (DeskullError, OSError, MemoryError) as error:
        return Drawn(volume_ml=volume_ml, problem=_without_paths(sentence(error), entry))


def _view(scan: Path, mask: Volume, other: Path | None) -> View:
    """Scan and masks on the display grid."""
    return make_view(formats.read(scan), mask, formats.read(other) if other else None)


def _missing(entry: Entry) -> str:
    """Sentence on a mask that has gone; empty if there never was one."""
    return f"{entry.name}: its mask was not found; strip the scan again." if entry.cells.get("mask") else ""


def _without_paths(text: str, entry: Entry) -> str:
    """Sentence in which the files of a scan are called by their names alone."""
    for path in (entry.scan, entry.mask):
        text = text.replace(str(path), path.name) if path else text
    return text


def _write_pictures(view: View, number: int, folder: Path, *, viewer: bool) -> tuple[Panels, ...]:
    """Write the pictures of a scan; returns what its own page shows."""
    middle = [(axis, _indices(view, axis, 1)[0]) for _, axis in PLANES]
    _write_layers(
        draw_layers(view, [middle], STRIP_PANEL, line_width=1.6, largest=LARGEST_STRIP), folder / "strips", number
    )
    rows = [[(axis, index) for index in _indices(view, axis, _N_SLICES)] for _, axis in PLANES]
    _write_layers(draw_layers(view, rows, PAGE_PANEL, line_width=2.6, largest=LARGEST_PAGE), folder / "slices", number)
    if viewer:
        (folder / "volumes" / f"{number:05}.js").write_text(viewer_script(view, number), encoding="ascii")
    return tuple(
        Panels(plane, tuple(round(float(view.origin[axis]) + index) for _, index in row))
        for (plane, axis), row in zip(PLANES, rows, strict=True)
    )


def _indices(view: View, axis: int, count: int) -> list[int]:
    """Slices at equal distances through the mask; of two masks those in which they differ most, if they do."""
    even = slice_indices(view.mask, axis, count)
    if view.other is None:
        return even
    different = ndimage.binary_opening(view.mask ^ view.other, iterations=_THICK)
    chosen = difference_slices(view.mask | view.other, different, axis, count) if different.any() else even
    return chosen if len(chosen) == count else even


def _write_layers(layers: Layers, folder: Path, number: int) -> None:
    """Write both layers of a picture."""
    (folder / f"{number:05}.webp").write_bytes(layers.scan)
    (folder / f"{number:05}.png").write_bytes(layers.contour)
