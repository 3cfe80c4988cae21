"""BIDS derivatives: masks of fMRIPrep, SynthStrip, HD-BET and others, paired with the scans of the raw dataset.

A mask has the entities of its scan, and ``desc-brain`` or ``label-brain``. Where the sidecar of a mask names its scan,
that counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from deskull import formats
from deskull.bids.finding import SUFFIXES, Query, find_scans
from deskull.bids.sidecars import place_of_scan, read_fields, sidecar_of
from deskull.checking.pairs import Pair, Pairing, scans_without_mask
from deskull.errors import DeskullError, InputError
from deskull.formats.bids_names import BidsName, read_name
from deskull.volume import grid_mismatch

#: Suffixes of scans that may have a mask, and those to which a plain ``desc-brain`` belongs where several could own it.
_SUFFIXES, _PLAIN_SUFFIXES = (*SUFFIXES, "bold", "dwi"), ("T1w", "bold", "dwi")
#: Entities of derivatives, which raw scans do not have.
_OF_DERIVATIVES = ("desc", "label", "space", "res", "den")
_BRAIN = "brain"

#: The folder of a file (``anat``) and the parts of its name that a scan and its mask share.
_Key = tuple[str, frozenset[str]]


def is_dataset(folder: Path) -> bool:
    """Whether a folder is a BIDS dataset."""
    return (folder / "dataset_description.json").is_file()


def pairs_of_derivatives(root: Path, derivatives: Path) -> Pairing:
    """Pair the brain masks of a dataset of derivatives with the scans of the raw dataset.

    Parameters
    ----------
    root, derivatives : Path

    Returns
    -------
    Pairing
        A mask to which several scans, or none, could belong is a fault. Masks in another space than their scan, and
        anatomical scans without a mask, are left out.

    Raises
    ------
    InputError
        If the derivatives hold no brain mask.
    UsageError
        If the raw dataset cannot be searched.
    """
    masks = [path for path in sorted(derivatives.glob("sub-*/**/*_mask.nii*")) if _is_brain(read_name(path))]
    if not masks:
        fault = "holds no brain masks named as BIDS asks (sub-01/anat/sub-01_desc-brain_mask.nii.gz)"
        raise InputError(f"{derivatives}: {fault}; check the path, or give a table of pairs.")
    scans = find_scans(root, Query(suffixes=_SUFFIXES))
    return _pair_all(masks, scans, root, derivatives)


def _pair_all(masks: Sequence[Path], scans: Sequence[Path], root: Path, derivatives: Path) -> Pairing:
    """Pair each mask with a scan."""
    by_key: defaultdict[_Key, list[Path]] = defaultdict(list)
    for scan in scans:
        by_key[_key(scan)].append(scan)
    plain = {_key(mask) for mask in masks if "space" not in read_name(mask).entities}
    known = set(scans)
    pairs, faults, elsewhere = list[Pair](), list[str](), list[Path]()
    for mask in masks:
        is_in_space = "space" in read_name(mask).entities
        owners = _scan_of_sidecar(mask, root, known) or _owners(mask, by_key)
        if is_in_space and (_key(mask) in plain or len(owners) != 1 or not _same_grid(mask, owners[0])):
            elsewhere.append(mask)
        elif len(owners) == 1:
            pairs.append(Pair(owners[0], mask))
        else:
            faults.append(_fault(mask, owners, root))
    masked = {pair.scan for pair in pairs}
    unmasked = [scan for scan in scans if scan not in masked and read_name(scan).suffix in SUFFIXES]
    return Pairing(
        tuple(pairs), tuple(faults), (*_elsewhere_text(elsewhere), *scans_without_mask(unmasked, derivatives))
    )


def _is_brain(name: BidsName) -> bool:
    """Whether a mask is that of a brain: ``desc-brain``, ``desc-brainT2w``, or ``label-brain``."""
    desc, label = name.entities.get("desc", ""), name.entities.get("label", "")
    return label.lower() == _BRAIN or (not label and _contrast(desc) in ("", *_SUFFIXES))


def _contrast(desc: str) -> str | None:
    """Return what follows ``brain`` in a description: a suffix, or ''; None if it is another description."""
    return desc.removeprefix(_BRAIN) if desc.startswith(_BRAIN) else None


def _key(path: Path) -> _Key:
    """Return what a scan and its mask share."""
    name = read_name(path)
    kept = {key: label for key, label in name.entities.items() if key not in _OF_DERIVATIVES}
    return path.parent.name, BidsName(kept, name.suffix).parts


def _scan_of_sidecar(mask: Path, root: Path, scans: Collection[Path]) -> list[Path]:
    """Return the scan that the sidecar of a mask names, if the dataset has it."""
    place = place_of_scan(read_fields(sidecar_of(mask)))
    return [root / place] if place is not None and root / place in scans else []


def _owners(mask: Path, by_key: Mapping[_Key, list[Path]]) -> list[Path]:
    """Return the scans with the entities of a mask: of several, those of the contrast that its description means."""
    scans = by_key.get(_key(mask), [])
    contrast = _contrast(read_name(mask).entities.get("desc", ""))
    if contrast:
        return [scan for scan in scans if read_name(scan).suffix == contrast]
    return [scan for scan in scans if read_name(scan).suffix in _PLAIN_SUFFIXES] or scans


def _same_grid(mask: Path, scan: Path) -> bool:
    """Whether a mask lies on the grid of a scan; also if one cannot be read, which is reported when it is checked."""
    try:
        return not grid_mismatch(formats.read(mask), formats.read(scan, keep_in_file=True))
    except DeskullError:
        return True


def _fault(mask: Path, owners: Sequence[Path], root: Path) -> str:
    """Say why a mask has no scan."""
    if not owners:
        return f"{mask}: no scan of {root} has its entities; name them in a table of pairs."
    names = ", ".join(scan.name for scan in owners)
    return f"{mask}: could belong to {len(owners)} scans ({names}); name its scan in a table of pairs."


def _elsewhere_text(masks: Sequence[Path]) -> tuple[str, ...]:
    """Sentence on masks that lie in another space than their scans."""
    if not masks:
        return ()
    more = f" and {len(masks) - 1} more are" if len(masks) > 1 else " is"
    return (f"{masks[0]}{more} left out: only masks on the grid of the scan can be checked.",)
