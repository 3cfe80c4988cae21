"""Mask files: which case a file belongs to, by its name."""

from __future__ import annotations

import re
from pathlib import Path

from deskull.errors import InputError
from deskull.formats import split_name

#: Suffixes that mask files carry after the name of their case.
_MASK_SUFFIXES = re.compile(r"_(desc-brain_mask|brain_mask|brainmask|icvmask|mask|seg|roi)$", re.IGNORECASE)


def case_name(path: Path) -> str:
    """Return the name of the case that a mask file belongs to: its stem without ``_brainmask``, ``_mask`` and the like.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str

    Examples
    --------
    >>> case_name(Path("ref/sub-01_T1w_brainmask.nii.gz"))
    'sub-01_T1w'
    """
    return _MASK_SUFFIXES.sub("", split_name(path)[0])


def images_in(folder: Path) -> list[Path]:
    """List the image files of a folder by name, without hidden ones (macOS writes a hidden file beside each).

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of Path
    """
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith("."))
    return [path for path in files if split_name(path)[1]]


def masks_in(folder: Path) -> dict[str, Path]:
    """List the mask files of a folder: those with a mask suffix, or all images if none has one.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict of str to Path
        By the names of their cases.

    Raises
    ------
    InputError
        If two files belong to the same case.
    """
    images = [path for path in images_in(folder) if not _is_roi(path)]
    with_suffix = [path for path in images if _MASK_SUFFIXES.search(split_name(path)[0])]
    masks: dict[str, Path] = {}
    for path in with_suffix or images:
        other = masks.setdefault(case_name(path), path)
        if other != path:
            raise InputError(f"{path}: belongs to the same case as {other.name}; remove one of the two.")
    return masks


def roi_of(case: str, roi: Path | None) -> Path | None:
    """Return the region of interest of a case.

    Parameters
    ----------
    case : str
        Name of the case.
    roi : Path, optional
        The region of interest of all cases, or a folder with one for each.

    Returns
    -------
    Path or None
        None if there are no regions of interest.

    Raises
    ------
    InputError
        If the folder does not have exactly one for the case.
    """
    if roi is None or not roi.is_dir():
        return roi
    candidates = [path for path in images_in(roi) if case_name(path) == case]
    regions = [path for path in candidates if _is_roi(path)] or candidates
    if len(regions) != 1:
        raise InputError(f"{roi}: has {len(regions)} regions of interest for {case}; it needs one, {case}_roi.nii.gz.")
    return regions[0]


def _is_roi(path: Path) -> bool:
    return split_name(path)[0].lower().endswith("_roi")
