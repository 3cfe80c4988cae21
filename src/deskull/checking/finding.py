"""Finding: the pairs of scans and masks that a command line names."""

from __future__ import annotations

from pathlib import Path

from deskull.checking.derivatives import is_dataset, pairs_of_derivatives
from deskull.checking.folders import pairs_of_folders
from deskull.checking.pairs import Pair, Pairing
from deskull.checking.tables import pairs_of_table
from deskull.errors import InputError, UsageError
from deskull.formats import dicom

#: Endings of tables of pairs.
_TABLES = (".tsv", ".csv")


def find_pairs(source: Path, masks: Path | None = None) -> Pairing:
    """Pair masks with their scans.

    Parameters
    ----------
    source : Path
        A scan, a folder of scans, a raw BIDS dataset, or a table of pairs.
    masks : Path, optional
        A mask, a folder of masks, or a BIDS dataset of derivatives; none for a table.

    Returns
    -------
    Pairing

    Raises
    ------
    InputError
        If a path is missing, only one is a folder, or no two names match.
    UsageError
        If a table has a second argument, or anything else has none.
    """
    if source.suffix.lower() in _TABLES:
        if masks is not None:
            raise UsageError(f"{source}: names the masks itself; leave {masks} out.")
        return pairs_of_table(source)
    if masks is None:
        raise UsageError(f"{source}: needs its mask as a second argument, or give a table (.tsv) of scans and masks.")
    _check_kinds(source, masks)
    if not masks.is_dir():
        return Pairing((Pair(source, masks),))
    return pairs_of_derivatives(source, masks) if is_dataset(source) else pairs_of_folders(source, masks)


def _check_kinds(scans: Path, masks: Path) -> None:
    """Refuse paths that are missing, and a folder of masks with a single scan; a DICOM folder is a single scan.

    Raises
    ------
    InputError
    """
    for path in (scans, masks):
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; check the path.")
    is_one_scan = not scans.is_dir() or (not masks.is_dir() and dicom.holds_dicom(scans))
    if is_one_scan == masks.is_dir():
        raise InputError(f"{scans} and {masks}: one is a folder and one is a file; give two of the same kind.")
