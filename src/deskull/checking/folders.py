"""Folders: masks that are named like their scans."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from deskull.checking.pairs import Pair, Pairing, scans_without_mask
from deskull.errors import InputError
from deskull.evaluation.mask_files import images_in, masks_in
from deskull.formats import split_name


def pairs_of_folders(scans: Path, masks: Path) -> Pairing:
    """Pair the files of two folders by name: ``a.nii.gz`` with ``a_mask.nii.gz``, ``a_brainmask.nii.gz`` or the like.

    Parameters
    ----------
    scans, masks : Path
        They may be the same folder.

    Returns
    -------
    Pairing

    Raises
    ------
    InputError
        If no two names match, or two masks belong to one case.
    """
    of_masks = masks_in(masks)
    by_case = _scans_in(scans, set(of_masks.values()))
    pairs = tuple(Pair(by_case[case], of_masks[case]) for case in sorted(by_case.keys() & of_masks.keys()))
    if not pairs:
        raise InputError(f"{scans} and {masks}: no mask has the name of a scan; name them a.nii.gz and a_mask.nii.gz.")
    alone = [f"{of_masks[case]}: has no scan in {scans}; it is left out." for case in sorted(of_masks.keys() - by_case)]
    unmasked = [path for case, path in by_case.items() if case not in of_masks]
    return Pairing(pairs, left_out=(*alone, *scans_without_mask(unmasked, masks)))


def _scans_in(folder: Path, masks: Collection[Path]) -> dict[str, Path]:
    """Images of a folder that are no masks, by their stems; of two that differ in the suffix alone, the first."""
    scans: dict[str, Path] = {}
    for path in images_in(folder):
        if path not in masks:
            scans.setdefault(split_name(path)[0], path)
    return scans
