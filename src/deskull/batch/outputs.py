"""Results: the files that stripping a scan leaves, all of them or none."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskull import formats
from deskull.result import Result
from deskull.system.atomic import atomic_path
from deskull.volume import Volume

#: Kinds of files, by what is put behind the scan's name.
KINDS = ("brainmask", "brain", "distance", "brain_n4", "seg")


@dataclass(frozen=True)
class Note:
    """A JSON file to write with results.

    Attributes
    ----------
    facts : mapping
    sources : sequence of Path
        JSON files whose content comes first, the later ones going before the earlier.
    """

    facts: Mapping[str, Any]
    sources: Sequence[Path] = ()

    def text(self) -> str:
        """Return what is written."""
        found: dict[str, Any] = {}
        for source in self.sources:
            with suppress(OSError, ValueError, TypeError):  # what is no object, or damaged, says nothing
                found |= dict(json.loads(source.read_text()))
        return json.dumps({**found, **self.facts}, indent=2) + "\n"


def result_paths(scan: Path, folder: Path, kinds: tuple[str, ...], ending: str = "") -> dict[str, Path]:
    """File of each kind for a scan: ``X_brainmask.nii.gz`` and so on, in the scan's own format.

    Parameters
    ----------
    scan, folder : Path
    kinds : tuple of str
        Of `KINDS`; ``seg`` is a DICOM file.
    ending : str
        What comes behind the scan's name.
    """
    try:
        folder_name = scan.resolve().name if scan.is_dir() else ""
    except OSError:  # not to be looked at, or no name that can be; reading it will say so
        folder_name = ""
    stem = folder_name or formats.split_name(scan)[0]
    suffix = formats.output_suffix(scan)
    return {kind: folder / f"{stem}{ending}_{kind}{'.dcm' if kind == 'seg' else suffix}" for kind in kinds}


def is_result(path: Path) -> bool:
    """Whether a file is named as a result is."""
    return formats.split_name(path)[0].endswith(tuple(f"_{kind}" for kind in KINDS))


def write_results(
    result: Result,
    paths: Mapping[str, Path],
    notes: Mapping[Path, Note],
    *,
    overwrite: bool,
    threads: int,
    seg: Callable[[Volume, Path], None] | None = None,
) -> None:
    """Write files: all of them appear at the end, or none.

    Parameters
    ----------
    result : Result
    paths : mapping of str to Path
        File of each kind that is wanted.
    notes : mapping of Path to Note
        JSON files to write with them.
    overwrite : bool
        Whether files that are there may be replaced.
    threads : int
        At most so many threads, for N4.
    seg : callable, optional
        Writes a mask as DICOM SEG to a path.

    Raises
    ------
    OutputError
        If a file is there already, or cannot be written.
    """
    makers = {
        "brainmask": lambda: result.mask,
        "brain": lambda: result.brain,
        "distance": lambda: result.distance,
        "brain_n4": lambda: result.bias_corrected(threads),
    }
    with ExitStack() as stack:
        for kind, path in paths.items():
            partial = stack.enter_context(atomic_path(path, overwrite=overwrite))
            if kind == "seg":
                assert seg is not None
                seg(result.mask, partial)
            else:
                formats.write_as(makers[kind](), path, partial)
        for path, note in notes.items():
            stack.enter_context(atomic_path(path, overwrite=overwrite)).write_text(note.text())
