"""Downloads: the results of a job, named as the command line names them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from deskull import formats
from deskull.batch.outputs import EDITED, result_files
from deskull.options import OutputKind
from deskull.report.batch.entries import Entry
from deskull.report.batch.writing import write_entries
from deskull.result import Result
from deskull.system.leftovers import scratch_folder
from deskull.volume import Volume
from deskull.web.masks import Border, Finished, edited_mask, make_mask, read_distance, read_scan
from deskull.web.refusals import RefusedError


@dataclass(frozen=True)
class Download:
    """A file to send.

    Attributes
    ----------
    path : Path
    name : str
        Under which a browser saves it.
    is_temporary : bool
        Whether it was made for this answer, and is removed after it.
    """

    path: Path
    name: str
    is_temporary: bool = True


def make_download(finished: Finished, what: str, border: Border, target: Path) -> Download:
    """Make a file to download.

    Parameters
    ----------
    finished : Finished
    what : {"mask", "brain", "distance", "edited", "edited-brain", "edited-record", "quality", "report"}
    border : Border
        Of the mask and the brain.
    target : Path
        Without a suffix; where a file is written that does not lie in the job's folder.

    Raises
    ------
    RefusedError
        If there is no such file.
    """
    maker = _MAKERS.get(what)
    if maker is None:
        raise RefusedError(404, f"{what!r}: is nothing to download; choose {', '.join(_MAKERS)}.")
    return maker(finished, border, target)


def _named(finished: Finished, kind: OutputKind, surface: str) -> str:
    """Return how the command line names a result."""
    scan = Path(f"{finished.stem}{finished.suffix}")
    return result_files(scan, Path(), (kind,), surface=surface)[kind].name


def _written(volume: Volume, target: Path, name: str) -> Download:
    """Write a volume in the format of its name."""
    path = target.with_name(f"{target.name}{formats.split_name(Path(name))[1]}")
    formats.write(volume, path)
    return Download(path, name)


def _mask(finished: Finished, border: Border, target: Path) -> Download:
    """The mask."""
    return _written(make_mask(finished, border), target, _named(finished, OutputKind.brainmask, border.surface))


def _brain(finished: Finished, border: Border, target: Path) -> Download:
    """The brain."""
    brain = _inside(finished, make_mask(finished, border))
    return _written(brain, target, _named(finished, OutputKind.brain, border.surface))


def _inside(finished: Finished, mask: Volume) -> Volume:
    """Return the scan inside a mask, as the command line writes it."""
    return Result(read_scan(finished), mask.values, mask).brain


def _distance(finished: Finished, border: Border, target: Path) -> Download:
    """The signed distance, with the header of the scan."""
    mask = formats.read(finished.files.mask(finished.suffix))
    distance = mask.with_data(read_distance(finished, border.surface).data)
    return _written(distance, target, _named(finished, OutputKind.distance, border.surface))


def _edited(finished: Finished, border: Border, target: Path) -> Download:
    """The edited mask."""
    return _written(edited_mask(finished), target, f"{finished.stem}_{EDITED}{finished.suffix}")


def _edited_brain(finished: Finished, border: Border, target: Path) -> Download:
    """The scan inside the edited mask."""
    brain = _inside(finished, edited_mask(finished))
    return _written(brain, target, f"{finished.stem}_desc-edited_brain{finished.suffix}")


def _edit_record(finished: Finished, border: Border, target: Path) -> Download:
    """Who edited the mask, when, and how many voxels."""
    if not finished.files.edit_record.exists():
        raise RefusedError(404, f"{finished.stem}: its mask was not edited; edit and save it first.")
    return Download(finished.files.edit_record, f"{finished.stem}_{EDITED}.json", is_temporary=False)


def _quality(finished: Finished, border: Border, target: Path) -> Download:
    """How far the mask can be trusted."""
    if not finished.files.quality.exists():
        raise RefusedError(404, f"{finished.stem}: its quality was not judged; strip the scan for that.")
    return Download(finished.files.quality, f"{finished.stem}_quality.json", is_temporary=False)


def _report(finished: Finished, border: Border, target: Path) -> Download:
    """The report of the mask, and of the edited one, in a zip archive."""
    path = target.with_name(f"{target.name}.zip")
    with scratch_folder() as scratch:
        entries = [_entry(finished, finished.stem, make_mask(finished, border), scratch / "mask.nii.gz", border)]
        if finished.files.edited.exists():
            mask = edited_mask(finished)
            edited = _entry(finished, f"{finished.stem}_{EDITED}", mask, scratch / "edited.nii.gz", border)
            entries.append(replace(edited, cells={**edited.cells, "verdict": "", "predicted_dice": "", "reason": ""}))
        folder = scratch / "report"
        write_entries(entries, folder, title=finished.stem, viewer=True, jobs=1)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.rglob("*")):
                archive.write(file, f"{finished.stem}_report/{file.relative_to(folder).as_posix()}")
    return Download(path, f"{finished.stem}_report.zip")


def _entry(finished: Finished, name: str, mask: Volume, path: Path, border: Border) -> Entry:
    """Return a mask as a scan of a report."""
    formats.write(replace(mask, header=None), path)
    parameters = finished.outcome.get("generated_by", {}).get("Parameters", {})
    quality = finished.outcome.get("quality") or {}
    cells = {
        "status": "done", "scan": name, "verdict": str(quality.get("verdict", "")),
        "predicted_dice": str(quality.get("predicted_dice") or ""), "reason": " ".join(quality.get("reasons", [])),
        "warnings": " ".join(finished.outcome.get("warnings", [])), "model": str(parameters.get("model", "")),
        "sha256": str(parameters.get("sha256", "")), "surface": border.surface, "border_mm": f"{border.mm:g}",
        "version": str(finished.outcome.get("generated_by", {}).get("Version", "")),
    }  # fmt: skip
    return Entry(name, finished.files.scan, path, cells)


_MAKERS: dict[str, Callable[[Finished, Border, Path], Download]] = {
    "mask": _mask,
    "brain": _brain,
    "distance": _distance,
    "edited": _edited,
    "edited-brain": _edited_brain,
    "edited-record": _edit_record,
    "quality": _quality,
    "report": _report,
}
