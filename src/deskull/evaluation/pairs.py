"""Pairs: which predicted mask belongs to which reference, region of interest and scan, by the names of the files."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deskull.data.cases import Case
from deskull.errors import InputError
from deskull.evaluation.mask_files import case_name, images_in, masks_in, roi_of
from deskull.formats import split_name
from deskull.formats.bids_names import subject_label


@dataclass(frozen=True)
class Pair:
    """Files of one case that are compared.

    Attributes
    ----------
    case : str
        Name of the case.
    predicted, reference : Path
        The mask to score, and the mask to score it against.
    roi : Path, optional
        Mask of the region in which they are compared.
    subject : str
        Label of the participant whose scan it is; '' if unknown.
    """

    case: str
    predicted: Path
    reference: Path
    roi: Path | None = None
    subject: str = ""


def find_pairs(predicted: Path, reference: Path, roi: Path | None = None) -> list[Pair]:
    """Pair two files, or the files of two folders by the names of their cases.

    Parameters
    ----------
    predicted, reference : Path
        Two mask files, or two folders of them. Cases that only one folder has are left out with a warning.
    roi : Path, optional
        Region of interest of all cases, or a folder with one for each.

    Returns
    -------
    list of Pair
        Sorted by case.

    Raises
    ------
    InputError
        If a path is missing, only one is a folder, or no two names match.
    """
    for path in filter(None, (predicted, reference, roi)):
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; check the path.")
    if predicted.is_dir() != reference.is_dir():
        raise InputError(f"{predicted} and {reference}: one is a folder and one is a file; give two of the same kind.")
    if not predicted.is_dir():
        return [Pair(case_name(predicted), predicted, reference, roi)]
    predictions, references = masks_in(predicted), masks_in(reference)
    shared = sorted(predictions.keys() & references.keys())
    if not shared:
        raise InputError(f"{predicted} and {reference}: no two masks have the same case name; rename the files.")
    for case in sorted(predictions.keys() ^ references.keys()):
        missing = f"reference in {reference}" if case in predictions else f"prediction in {predicted}"
        warnings.warn(f"{case}: has no {missing}; it is left out.", stacklevel=2)
    return [Pair(case, predictions[case], references[case], roi_of(case, roi), subject_label(case)) for case in shared]


def pair_cases(predicted: Path, cases: Sequence[Case]) -> list[Pair]:
    """Pair the masks of a folder with the cases of a data set, by the names of their scans.

    Parameters
    ----------
    predicted : Path
        Folder of masks.
    cases : sequence of Case
        Those without a mask in the folder are left out with a warning.

    Returns
    -------
    list of Pair
        In the order of the cases.

    Raises
    ------
    InputError
        If the folder is missing, or has no mask of any case.
    """
    if not predicted.is_dir():
        raise InputError(f"{predicted}: no such folder; give the output folder of 'deskull strip'.")
    masks = masks_in(predicted)
    pairs = []
    for case in cases:
        name = split_name(case.raw)[0]
        if name in masks:
            pairs.append(Pair(name, masks[name], case.mask, case.roi, case.subject))
        else:
            warnings.warn(f"{case.name}: has no prediction in {predicted}; it is left out.", stacklevel=2)
    if not pairs:
        raise InputError(f"{predicted}: has no mask of any case of the table; strip its scans first.")
    return pairs


def pair_models(models: Mapping[str, Path], reference: Path, roi: Path | None = None) -> dict[str, list[Pair]]:
    """Pair the masks of several models with the same references; see `find_pairs`.

    Parameters
    ----------
    models : mapping of str to Path
        Masks (a file or a folder) by the name of their model.
    reference : Path
    roi : Path, optional

    Returns
    -------
    dict of str to list of Pair
        By the name of the model.

    Raises
    ------
    InputError
        See `find_pairs`.
    """
    pairs = {name: find_pairs(predicted, reference, roi) for name, predicted in models.items()}
    if reference.is_dir():
        return pairs
    case = next(iter(pairs.values()))[0].case  # one reference is one case, whatever the models' files are called
    return {name: [replace(pair, case=case) for pair in model_pairs] for name, model_pairs in pairs.items()}


def find_scans(scans: Path, cases: Collection[str]) -> dict[str, Path]:
    """Find the raw scan of each case: the file of a folder with the name of the case.

    Parameters
    ----------
    scans : Path
        A folder, or the scan of the only case.
    cases : collection of str
        Names of cases.

    Returns
    -------
    dict of str to Path
        Cases without a scan are left out with a warning.

    Raises
    ------
    InputError
        If the path is missing, no scan belongs to any case, or two belong to the same one.
    """
    if not scans.exists():
        raise InputError(f"{scans}: no such file or folder; check the path.")
    if not scans.is_dir():
        if len(cases) != 1:
            raise InputError(f"{scans}: is one file, but there are {len(cases)} cases; give a folder of scans.")
        return dict.fromkeys(cases, scans)
    by_case: dict[str, Path] = {}
    for path in images_in(scans):
        case = split_name(path)[0]
        if case in cases and by_case.setdefault(case, path) != path:
            raise InputError(f"{path}: belongs to the same case as {by_case[case].name}; remove one of the two.")
    missing = sorted(set(cases) - by_case.keys())
    if not by_case:
        raise InputError(f"{scans}: has no scan of any case; the scan of {missing[0]} must be {missing[0]}.nii.gz.")
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        fault = f"has no scan of {', '.join(missing[:3])}{more}; their pictures show contours only."
        warnings.warn(f"{scans}: {fault}", stacklevel=2)
    return by_case
