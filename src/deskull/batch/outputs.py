"""Results: the files that are written for a scan, their names and their contents."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskull import formats
from deskull.batch.run_record import RunRecord
from deskull.errors import InputError
from deskull.options import OutputKind, Surface
from deskull.provenance import Provenance
from deskull.quality.verdict import Quality
from deskull.result import Result
from deskull.system.atomic import Transaction
from deskull.system.json_files import read_object
from deskull.volume import Volume

#: Largest sidecar of a raw scan that is inherited, in bytes: some hold the header of every slice.
_MAX_INHERITED_BYTES = 50_000_000


@dataclass(frozen=True)
class Sidecar:
    """A JSON file that is written with the results of a scan and says how they were made.

    Attributes
    ----------
    fields : mapping
        What it says.
    inherited : sequence of Path
        JSON files whose fields it repeats; later files override earlier ones, and `fields` override all.
    has_volumes : bool
        Whether it states the volumes of the masks.
    has_quality : bool
        Whether it states the quality of the mask, as the field ``quality``.
    is_of_icv : bool
        Whether it describes the intracranial mask that is written beside the brain mask.
    """

    fields: Mapping[str, Any]
    inherited: Sequence[Path] = ()
    has_volumes: bool = False
    has_quality: bool = False
    is_of_icv: bool = False

    def text(
        self,
        provenance: Provenance | None = None,
        volumes: Mapping[str, float] | None = None,
        quality: Quality | None = None,
        run: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the content of the file.

        Parameters
        ----------
        provenance : Provenance, optional
            What the results were made with, for the field ``GeneratedBy``.
        volumes : mapping of str to float, optional
            Further fields, if `has_volumes`.
        quality : Quality, optional
            Of the mask, if `has_quality`.
        run : mapping, optional
            Further fields of ``GeneratedBy``; see `deskull.batch.run_record.RunRecord`.
        """
        fields: dict[str, Any] = {}
        for source in self.inherited:
            with suppress(InputError):  # a damaged file has nothing to inherit
                fields |= read_object(source, _MAX_INHERITED_BYTES)
        made = {"GeneratedBy": [{**provenance.generated_by(), **(run or {})}]} if provenance else {}
        measured = volumes if volumes and self.has_volumes else {}
        judged = {"quality": quality.as_dict()} if quality and self.has_quality else {}
        return json.dumps({**fields, **self.fields, **measured, **judged, **made}, indent=2) + "\n"


#: How the names of results end, where that is not their kind: those of the intracranial surface can lie beside those
#: of the brain.
_ENDINGS: dict[str, dict[str, str]] = {
    Surface.intracranial: {
        OutputKind.brainmask: "icvmask",
        OutputKind.brain: "icv",
        OutputKind.distance: "icv_distance",
        OutputKind.brain_n4: "icv_n4",
        OutputKind.seg: "icv_seg",
        OutputKind.converted: "icv_converted",
    }
}
#: Kinds of results that fit one mask alone.
KINDS_OF_MASK = tuple(kind for kind in OutputKind if kind is not OutputKind.converted)
#: How the names of masks end that were edited by hand, which lie apart from the network's.
EDITED = "desc-edited_mask"
_ALL_ENDINGS = (
    EDITED,
    "desc-editedicv_mask",
    *OutputKind,
    *(ending for endings in _ENDINGS.values() for ending in endings.values()),
)


def result_files(
    scan: Path, folder: Path, kinds: Collection[str], label: str = "", surface: str = Surface.brain
) -> dict[str, Path]:
    """Name the results of a scan: ``X_brainmask.nii.gz`` and so on, in the scan's own format.

    Parameters
    ----------
    scan : Path
        A file, or a folder of DICOM files.
    folder : Path
        Folder of the results.
    kinds : collection of str
        Values of `OutputKind`; ``seg`` is a DICOM file.
    label : str
        What is appended to the scan's name, before the kind.
    surface : {"brain", "intracranial"}
        Results of the intracranial surface have names of their own: ``X_icvmask.nii.gz`` and so on.

    Returns
    -------
    dict of str to Path
        The file of each kind.
    """
    try:
        folder_name = scan.resolve().name if scan.is_dir() else ""
    except OSError:  # unreadable, or no valid name: reading the scan reports it
        folder_name = ""
    stem = folder_name or formats.split_name(scan)[0]
    suffix, endings = formats.output_suffix(scan), _ENDINGS.get(surface, {})
    return {
        kind: folder / f"{stem}{label}_{endings.get(kind, kind)}{'.dcm' if kind == OutputKind.seg else suffix}"
        for kind in kinds
    }


def scan_of_result(path: Path) -> str:
    """Stem of the scan whose result a file is, by its name; '' if it is not named like a result.

    >>> scan_of_result(Path("a_brainmask.nii.gz")), scan_of_result(Path("a.nii.gz"))
    ('a', '')
    """
    stem = formats.split_name(path)[0]
    endings = sorted(_ALL_ENDINGS, key=len, reverse=True)
    return next((stem.removesuffix(f"_{ending}") for ending in endings if stem.endswith(f"_{ending}")), "")


def quality_path(mask: Path) -> Path:
    """File that states the quality of a mask, beside it.

    >>> quality_path(Path("a_brainmask.nii.gz")).name, quality_path(Path("sub-01_desc-brain_mask.nii.gz")).name
    ('a_quality.json', 'sub-01_desc-brain_quality.json')
    """
    stem = scan_of_result(mask) or formats.split_name(mask)[0].removesuffix("_mask")
    return mask.with_name(f"{stem}_quality.json")


def is_result(path: Path) -> bool:
    """Whether a file is named like a result."""
    return scan_of_result(path) != ""


def write_results(
    result: Result,
    files: Mapping[str, Path],
    sidecars: Mapping[Path, Sidecar],
    transaction: Transaction,
    *,
    threads: int,
    write_seg: Callable[[Volume, Path], None] | None = None,
    run: RunRecord | None = None,
) -> None:
    """Write the results of a scan in a transaction, at whose end all of them appear.

    Parameters
    ----------
    result : Result
        What stripping gave.
    files : mapping of str to Path
        File of each kind to write.
    sidecars : mapping of Path to Sidecar
        JSON files to write with them; that of the quality is removed if the mask was not judged.
    transaction : Transaction
        Of all these files.
    threads : int
        Maximum number of threads for the bias field correction.
    write_seg : callable, optional
        Writes a mask to a path as DICOM SEG.
    run : RunRecord, optional
        What sidecars state of the run.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    volumes: dict[str, Callable[[], Volume | None]] = {
        "brainmask": lambda: result.mask,
        "brain": lambda: result.brain,
        "distance": lambda: result.distance,
        "brain_n4": lambda: result.bias_corrected(threads),
        "converted": lambda: result.scan,
        "icvmask": lambda: result.icv_mask,
    }
    for kind, path in files.items():
        with transaction.writing(path) as partial:
            if kind == "seg":
                assert write_seg is not None
                write_seg(result.mask, partial)
            else:
                volume = volumes[kind]()
                assert volume is not None
                formats.write_as(volume, path, partial)
    for path, sidecar in sidecars.items():
        if sidecar.has_quality and result.quality is None:
            transaction.remove(path)
            continue
        with transaction.writing(path) as partial:
            made = result.icv_provenance if sidecar.is_of_icv else result.provenance
            stated = run.fields(path) if run else None
            partial.write_text(sidecar.text(made, _volumes(result, sidecar), result.quality, stated))


def _volumes(result: Result, sidecar: Sidecar) -> dict[str, float]:
    """Volumes of the masks in ml, as fields of a sidecar: ``VolumeMl`` is that of the mask that it describes."""
    if sidecar.is_of_icv:
        return {} if result.icv_ml is None else {"VolumeMl": round(result.icv_ml, 2)}
    icv = {} if result.icv_ml is None else {"IntracranialVolumeMl": round(result.icv_ml, 2)}
    return {"VolumeMl": round(result.volume_ml, 2), **icv}
