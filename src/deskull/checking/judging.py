"""Judging: a mask is compared with the distance that the network finds in its scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deskull import formats
from deskull.checking.pairs import Pair
from deskull.errors import InputError
from deskull.masking import binarise, mask_from_distance
from deskull.options import Surface
from deskull.pipeline import Stripper
from deskull.provenance import Provenance
from deskull.quality.comparison import Comparison, compare_with
from deskull.quality.differences import Difference, FarParts, far_parts, find_differences
from deskull.quality.given import judge_given
from deskull.quality.verdict import Quality
from deskull.volume import Volume, grid_mismatch


@dataclass(frozen=True, eq=False)
class Checked:
    """A mask that was checked.

    Attributes
    ----------
    pair : Pair
    scan : Volume
        As it was read; of a series, all frames.
    given, own : Volume
        The given mask, and that of the network at the border at which they are compared: 1 inside, uint8, shape
        (x, y, z).
    parts : FarParts
        Where they differ by more than 5 mm, on the same grid.
    comparison : Comparison
    differences : tuple of Difference
        The largest of these parts.
    quality : Quality
        Of the given mask.
    provenance : Provenance, optional
        The network that it was compared with.
    """

    pair: Pair
    scan: Volume
    given: Volume
    own: Volume
    parts: FarParts
    comparison: Comparison
    differences: tuple[Difference, ...]
    quality: Quality
    provenance: Provenance | None


def check_pair(stripper: Stripper, pair: Pair) -> Checked:
    """Strip a scan and judge the mask that is given for it.

    Parameters
    ----------
    stripper : Stripper
    pair : Pair

    Returns
    -------
    Checked

    Raises
    ------
    InputError
        If one of them cannot be used, or they do not lie on the same grid.
    """
    given, scan = formats.read(pair.mask), formats.read(pair.scan, keep_in_file=True)
    fault = grid_mismatch(given, scan)
    if fault:
        raise InputError(fault)
    is_series = scan.ndim == 4  # b-values are looked for beside the file of a series
    result = stripper.strip(pair.scan if is_series else scan, border=0.0)
    assert result.quality is not None
    distance, inside = result.distance.data, binarise(given)
    default_border = stripper.model.default_border(Surface.brain)
    comparison = compare_with(distance, inside, result.mask.voxel_ml, default_border)
    own = mask_from_distance(distance, comparison.border_mm)
    parts = far_parts(distance, inside, comparison.border_mm)
    differences = find_differences(parts, own.view(bool), result.mask.affine)
    return Checked(
        pair,
        result.scan,
        result.mask.with_data(inside.astype(np.uint8)),
        result.mask.with_data(own),
        parts,
        comparison,
        tuple(differences),
        judge_given(result.quality, comparison, differences),
        result.provenance,
    )
