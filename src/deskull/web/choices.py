"""Choices: what can be stripped of the files that were sent: each image, and each series of DICOM files."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deskull.errors import DeskullError, DicomWarning, InputError, sentence
from deskull.formats import FAMILIES, dicom, nifti, split_name
from deskull.formats.files import check_source
from deskull.formats.pairs import has_header_beside
from deskull.web.archive import unpack
from deskull.web.limits import Limits
from deskull.web.refusals import RefusedError


@dataclass(frozen=True)
class Choice:
    """Something that can be stripped.

    Attributes
    ----------
    id : str
    label : str
        How a page shows it.
    kind : {"image", "dicom series"}
    n_files : int
    shape : list of int, optional
        In voxels, where the header tells.
    note : str
        What speaks against it; empty if nothing does.
    files : list of str
        Relative to the folder of the upload; the image itself is the first.
    shown : str
        What the command line would be given.
    name : str
        How the job is called.
    series : str, optional
        How the command line chooses the series.
    """

    id: str
    label: str
    kind: str
    n_files: int
    shape: list[int] | None = None
    note: str = ""
    files: tuple[str, ...] = ()
    shown: str = ""
    name: str = ""
    series: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what a page is told."""
        return {name: value for name, value in asdict(self).items() if name in _TOLD}


_TOLD = ("id", "label", "kind", "n_files", "shape", "note")


def list_choices(folder: Path, shown: Mapping[str, str], limits: Limits) -> list[Choice]:
    """List what can be stripped of the files that were sent.

    Parameters
    ----------
    folder : Path
        Of the upload. Archives in it are unpacked, and removed.
    shown : mapping of str to str
        What each file is called when it is shown, by its name in the folder.
    limits : Limits

    Returns
    -------
    list of Choice
        Images by name, then series.

    Raises
    ------
    RefusedError
        If there is nothing to strip, with the reason.
    """
    files = dict(shown)
    for stored in [name for name in shown if name.lower().endswith(".zip")]:
        inner = folder / f"{stored}.unpacked"
        try:
            found = unpack(folder / stored, shown[stored], inner, limits)
        except InputError as error:
            raise RefusedError(422, str(error)) from None
        (folder / stored).unlink()
        del files[stored]
        files |= {f"{inner.name}/{name}": text for name, text in found.items()}
    choices = [*_images(folder, files), *_series(folder, files)]
    if not choices:
        raise RefusedError(415, f"{_some(shown)}: no file is a scan that deskull reads; send NIfTI, DICOM or the like.")
    if all(choice.kind == "image" and choice.note for choice in choices):
        raise RefusedError(415, choices[0].note)
    return choices


def _images(folder: Path, files: Mapping[str, str]) -> list[Choice]:
    """Return the images that are no DICOM; a pair of header and voxels is one."""
    found = []
    for stored, text in sorted(files.items(), key=lambda item: item[1]):
        path = folder / stored
        suffix = split_name(path)[1]
        if suffix in ("", *FAMILIES["dicom"]) or has_header_beside(path) or (suffix == ".img" and dicom.is_dicom(path)):
            continue
        beside = [name for name in files if name != stored and _stem(name) == _stem(stored)]
        shape, note = _look_at(path, text)
        together = (stored, *sorted(beside))
        found.append(Choice(f"image-{stored}", text, "image", len(together), shape, note, together, text, text))
    return found


def _stem(stored: str) -> str:
    """Return the folder and the number of a stored file."""
    place, _, name = stored.rpartition("/")
    return f"{place}/{name.partition('.')[0]}"


def _look_at(path: Path, text: str) -> tuple[list[int] | None, str]:
    """Return the shape that a header states, and what speaks against the file."""
    try:
        check_source(path)
        if split_name(path)[1] not in FAMILIES["nifti"]:
            return None, ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [int(size) for size in nifti.read_shape(path)], ""
    except (DeskullError, OSError) as error:
        return None, sentence(error).replace(str(path), text)
    except Exception:  # libraries have many errors of their own for damaged files
        return None, f"{text}: is damaged or not what its name says; copy it again."


def _series(folder: Path, files: Mapping[str, str]) -> list[Choice]:
    """Return each series of the DICOM files, none of which is chosen for the user."""
    if not any(dicom.is_dicom(folder / stored) for stored in files):
        return []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DicomWarning)
        listed = dicom.list_series(folder, Path(_some(files)))
    notes = [str(warning.message) for warning in caught if issubclass(warning.category, DicomWarning)]
    return [_choice_of(one, folder, files, notes) for one in listed]


def _choice_of(series: dicom.Series, folder: Path, files: Mapping[str, str], notes: Sequence[str]) -> Choice:
    """Return the choice of a series."""
    stored = tuple(path.relative_to(folder).as_posix() for path in series.files)
    source = _source_of([files[name] for name in stored if name in files])
    note = " ".join([f"Not stripped unless you choose it: {series.exclusion}." if series.exclusion else "", *notes])
    name = f"{source} series {series.key}"
    return Choice(
        f"series-{series.position}", str(series), "dicom series", len(stored), None, note.strip(), stored, source, name,
        f"#{series.position}",
    )  # fmt: skip


def _source_of(shown: Sequence[str]) -> str:
    """Return what the command line would be given for a series: the archive, the folder, or the only file."""
    if len(shown) == 1 and ".zip/" not in shown[0].lower():
        return shown[0]
    first = shown[0] if shown else "dicom"
    archive = first.lower().find(".zip/")
    if archive >= 0:
        return first[: archive + len(".zip")]
    return first.rpartition("/")[0] or "dicom"


def _some(shown: Mapping[str, str]) -> str:
    """Return the name of the first file, and how many there are."""
    first = min(shown.values())
    return first if len(shown) == 1 else f"{first} and {len(shown) - 1} more"
