"""Names: a unique name for each scan, as short as the names of the files allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from deskull.formats import split_name


def unique_names(scans: Sequence[Path]) -> list[str]:
    """Name scans by their stems, preceded by as many of their folders as are needed to make the names unique.

    Parameters
    ----------
    scans : sequence of Path

    Returns
    -------
    list of str
        One name for each scan, in their order.

    Examples
    --------
    >>> unique_names([Path("a/1/T1.nii"), Path("a/2/T1.nii"), Path("a/2/T2.nii")])
    ['1_T1', '2_T1', 'T2']
    """
    parts = [(*(part for part in scan.parent.parts if part != scan.anchor), split_name(scan)[0]) for scan in scans]
    depths = [1] * len(parts)
    while True:
        names = ["_".join(part[-depth:]) for part, depth in zip(parts, depths, strict=True)]
        counts = Counter(names)
        duplicates = [i for i, name in enumerate(names) if counts[name] > 1 and depths[i] < len(parts[i])]
        if not duplicates:
            return _numbered(names)
        for i in duplicates:
            depths[i] += 1


def _numbered(names: list[str]) -> list[str]:
    """Number names that are still equal, of T1.nii and T1.nii.gz in one folder: the second becomes T1-2."""
    taken: set[str] = set()
    for i, name in enumerate(names):
        number = 1
        while names[i] in taken:
            number += 1
            names[i] = f"{name}-{number}"
        taken.add(names[i])
    return names
