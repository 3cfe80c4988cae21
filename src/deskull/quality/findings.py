"""Findings: what is unusual about a scan, apart from whether its mask is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from deskull.quality.measures.geometry import SIDES
from deskull.quality.measures.shape import CLEAR_GAIN
from deskull.quality.turns import describe_turn

Measures = Mapping[str, float]


@dataclass(frozen=True)
class Finding:
    """Something unusual about a scan.

    Attributes
    ----------
    name : str
        For tables.
    sentence : str
    bears_on_mask : bool
        Whether the mask should be looked at because of it.
    """

    name: str
    sentence: str
    bears_on_mask: bool = False


#: A side of the mask is cut if this fraction of its edge is the end of the field of view.
_CUT = 0.012
#: Lengths, widths and heights of human brains in mm, from a preterm infant's to the largest, as four standard
#: deviations of the voxels' places; and ratios between them.
_EXTENTS_MM = {"width_mm": (50, 150), "length_mm": (60, 190), "height_mm": (42, 145)}
#: No brain is longer, and none has a larger volume.
_IMPOSSIBLE_MM, _IMPOSSIBLE_ML = 205, 2400
#: Opposite ends of the field of view continue each other if their correlation is above this; a part of the brain lies
#: beyond if the network sees so much more of it elsewhere.
_CONTINUED, _ELSEWHERE = 0.75, 0.01
#: Parts of the brain have no signal if the lowest value has more than this part of its voxels, most if more than that.
_NO_SIGNAL, _MOSTLY = 0.03, 0.5
#: A scan has few values below this number, and they are no quantised brightness if their steps are this uneven.
_FEW_VALUES, _UNEVEN = 20, 1.5
#: Of label maps, more than this part of the head lies in areas of one value (0.68 and more of 55; 0.46 and less in 640
#: spoiled images of real scans), unless they have so few values that they could be a scan of as few.
_ONE_VALUE_AREAS, _FEWEST_LABELS = 0.5, 5


def find_unusual(measures: Measures) -> list[Finding]:
    """List what is unusual about a scan.

    Parameters
    ----------
    measures : mapping of str to float
        Of the scan and of its mask.

    Returns
    -------
    list of Finding
    """
    found = [finding for rule in _RULES if (finding := rule(measures)) is not None]
    return found + _cut_sides(measures)


def _above(name: str, limit: float, finding: Finding) -> Callable[[Measures], Finding | None]:
    """Return a rule that applies where a measure is above a limit."""
    return lambda measures: finding if measures.get(name, np.nan) > limit else None


def _stripped(measures: Measures) -> Finding | None:
    """Whether everything around the brain is blank."""
    if measures.get("dark_outside", 0.0) > 0.85 and measures.get("dark_inside", 1.0) < 0.2:
        return Finding("stripped", "Almost nothing around the brain has signal: the scan seems to be stripped already.")
    return None


def _defaced(measures: Measures) -> Finding | None:
    """Whether the face is blank and the nape is not."""
    face, nape = measures.get("dark_face", np.nan), measures.get("dark_nape", np.nan)
    if face > 0.9 and nape < 0.7:
        return Finding("defaced", "The face has no signal: the scan seems to be defaced.")
    return None


def _wrong_axes(measures: Measures) -> Finding | None:
    """Whether the brain fits the mean shape better with other axes."""
    if measures.get("turned_fit", 0.0) > CLEAR_GAIN:
        turn = describe_turn(int(_known(measures, "best_turn", 0)))
        return Finding("axes", f"The brain lies as if, in the header, {turn}; check the orientation.")
    return None


def _wrong_size(measures: Measures) -> Finding | None:
    """Whether the brain is larger or smaller than any human's, along all axes or one."""
    odd = [name for name, (low, high) in _EXTENTS_MM.items() if not low <= _known(measures, name, low) <= high]
    words = [f"{name.removesuffix('_mm')} {measures[name]:.0f} mm" for name in odd]
    volume = _known(measures, "volume_ml", 0.0)
    if volume > _IMPOSSIBLE_ML:
        words.append(f"volume {volume:.0f} ml")
    if not words:
        return None
    sentence = f"The brain has an unusual size ({' and '.join(words)}): the voxel sizes in the header may be wrong."
    longest = max(_known(measures, name, 0.0) for name in _EXTENTS_MM)
    return Finding("voxel_size", sentence, bool(longest > _IMPOSSIBLE_MM))


def _disordered(measures: Measures) -> Finding | None:
    """Whether neighbouring slices differ as much as distant ones, along one axis alone."""
    if measures.get("disorder", 0.0) > 0.9 and measures.get("disorder_ratio", 0.0) > 1.3:
        return Finding("disorder", "Neighbouring slices do not match: they are thick, shuffled or moved.")
    return None


def _wrapped(measures: Measures) -> Finding | None:
    """Whether the head goes on at the opposite side of the field of view."""
    if measures.get("opposite_ends", 0.0) > _CONTINUED:
        sentence = "The head goes on at the opposite side of the field of view: it is wrapped around."
        return Finding("wrapped", sentence, measures.get("other_components", 0.0) > _ELSEWHERE)
    return None


def _without_signal(measures: Measures) -> Finding | None:
    """Whether parts of the brain, or most of it, have no signal."""
    part = _known(measures, "zeros_inside", 0.0)
    if part <= _NO_SIGNAL:
        return None
    if part > _MOSTLY:
        return Finding("no_signal", "Most of the brain has no signal.", True)
    return Finding("no_signal", "Parts of the brain have no signal.")


def _label_map(measures: Measures) -> Finding | None:
    """Whether the scan consists of areas of one value, or has few values that are no steps of brightness."""
    number = _known(measures, "grey_values", _FEW_VALUES)
    if number >= _FEWEST_LABELS and measures.get("one_value_areas", 0.0) > _ONE_VALUE_AREAS:
        return Finding("label_map", "Most of the scan is areas of one value; it seems to be a label map.", True)
    if number >= _FEW_VALUES:
        return None
    sentence = "The scan has few values; it may be a label map or a mask."
    return Finding("few_values", sentence, number < 2 or measures.get("uneven_steps", 1.0) > _UNEVEN)


def _known(measures: Measures, name: str, otherwise: float) -> float:
    """Return a measure, or another number where it is missing."""
    value = measures.get(name, np.nan)
    return otherwise if np.isnan(value) else value


def _cut_sides(measures: Measures) -> list[Finding]:
    """Return the sides at which the field of view cuts the brain."""
    cut = [side for side in SIDES if measures.get(f"contact_{side}", 0.0) > _CUT]
    if not cut:
        return []
    return [Finding("cut", f"The field of view ends inside the brain ({', '.join(cut)}).")]


_RULES: tuple[Callable[[Measures], Finding | None], ...] = (
    _stripped,
    _defaced,
    _wrong_axes,
    _wrong_size,
    _wrapped,
    _without_signal,
    _above("gap", 0.02, Finding("gap", "The brain has a gap: slices inside it have no signal.", True)),
    _above(
        "blank_contact", 0.08, Finding("blank", "Slices beside the brain have no signal; a part may be missing.", True)
    ),
    _above("noise", 0.15, Finding("noise", "The scan is very noisy.")),
    _above("shading", 0.45, Finding("shading", "The brightness varies strongly across the brain.")),
    _above("stripes", 0.08, Finding("stripes", "Slices differ in brightness.")),
    _disordered,
    _above("repeated", 0.08, Finding("repeated", "Slices are repeated.")),
    _above("at_maximum", 0.02, Finding("saturated", "Bright values are cut off at the highest one.")),
    _label_map,
)
