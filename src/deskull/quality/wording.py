"""Wording: measures and findings in words that a user understands."""

from __future__ import annotations

#: How the names of measures begin that are of the network's own mask, in the quality of a mask of another tool.
OF_NETWORK = "network_"
#: What each measure is called in a reason, and its unit.
MEASURES: dict[str, tuple[str, str]] = {
    "agreement": ("agreement with a second network (Dice)", ""),
    "difference_mm": ("mean difference from a second network", " mm"),
    "difference_95_mm": ("difference from a second network, 95th percentile", " mm"),
    "offset_mm": ("mean offset from a second network", " mm"),
    "second_adds": ("part that only a second network takes for brain", ""),
    "second_removes": ("part that a second network does not take for brain", ""),
    "expected_dice": ("Dice that a second network expects", ""),
    "expected_error_mm": ("error that a second network expects of its own edge", " mm"),
    "mirrored_agreement": ("agreement of the second network with itself on the mirror image (Dice)", ""),
    "both_mirrored_agreement": ("agreement with a second network on the mirror image (Dice)", ""),
    "sharpness": ("sharpness of the predicted edge", ""),
    "gradient": ("gradient of the predicted distance", ""),
    "gradient_10": ("gradient of the predicted distance where it is lowest", ""),
    "edge_contrast": ("contrast across the edge", ""),
    "edge_gradient": ("gradient of the scan at the edge", ""),
    "volume_ml": ("volume", " ml"),
    "compactness": ("roughness of the surface", ""),
    "symmetry": ("symmetry between left and right", ""),
    "other_components": ("brain-like parts elsewhere", ""),
    "intracranial_ratio": ("intracranial volume relative to the mask", ""),
    "contact": ("part of the edge at the end of the field of view", ""),
    **{
        f"contact_{side}": (f"part of the edge at the end of the field of view, {side}", "")
        for side in ("left", "right", "back", "front", "bottom", "top")
    },
    "gap": ("part of the slices between the ends of the mask in which it is empty", ""),
    "blank_contact": ("part of the edge beside slices without signal", ""),
    "opposite_ends": ("likeness of opposite ends of the field of view", ""),
    "shape_fit": ("fit to the mean shape of a brain", ""),
    "turned_fit": ("gain in fit by turning the axes", ""),
    "width_mm": ("width", " mm"),
    "length_mm": ("length", " mm"),
    "height_mm": ("height", " mm"),
    "tilt": ("tilt", ""),
    "inside_level": ("brightness inside the mask", ""),
    "shading": ("shading inside the mask", ""),
    "darkest": ("brightness of the darkest part of the inside", ""),
    "brightest": ("brightness of the brightest part of the inside", ""),
    "dark_inside": ("part of the inside without signal", ""),
    "dark_outside": ("part of the surroundings without signal", ""),
    "dark_face": ("part of the face without signal", ""),
    "dark_nape": ("part of the nape without signal", ""),
    "noise": ("noise", ""),
    "smoothness": ("ratio of neighbouring to farther differences", ""),
    "air_level": ("brightness of the background", ""),
    "air_noise": ("noise of the background", ""),
    "disorder": ("difference between neighbouring slices", ""),
    "disorder_ratio": ("difference between neighbouring slices along one axis", ""),
    "stripes": ("brightness that varies from slice to slice", ""),
    "repeated": ("repeated slices", ""),
    "grey_values": ("number of grey values", ""),
    "uneven_steps": ("unevenness of the steps between grey values", ""),
    "at_maximum": ("part of the scan at the highest value", ""),
    "most_common": ("part of the head that has one value", ""),
    "equal_neighbours": ("part of the head in which neighbouring voxels have the same value", ""),
    "one_value_areas": ("part of the head in areas of one value, without the largest", ""),
    "negative": ("part of the scan below zero", ""),
    "zeros_inside": ("part of the mask at the lowest value", ""),
    "zeros": ("part of the scan at the lowest value", ""),
}
#: Measures that number a choice: they have no usual range, and are no reasons.
_CHOICES = {"best_turn": ("number of the turn of the axes that fits best", "")}
#: Shells of the brightness measures, in words.
_SHELLS = {
    "core": "deep inside", "middle": "5 to 9 mm inside", "cortex": "2 to 5 mm inside", "rim": "at the edge",
    "fluid": "1 to 3 mm outside", "skull": "4 to 7 mm outside", "scalp": "7 to 9 mm outside",
}  # fmt: skip


_BRIGHTNESS = {"bright": "brightness", "spread": "variation of brightness"}


def describe(name: str, value: float, usual: tuple[float, float]) -> str:
    """Return a sentence that says how unusual a measure is.

    Parameters
    ----------
    name : str
        Of the measure.
    value : float
        That `is_unusual`.
    usual : (float, float)
        Range of the measure in scans with good masks.

    Examples
    --------
    >>> describe("agreement", 0.912, (0.957, 0.985))
    'Low agreement with a second network (Dice): 0.912, usually 0.957 to 0.985.'
    """
    words, unit = known_words(name) or (name.replace("_", " "), "")
    low, high = usual
    state = "Low" if value < low else "High"
    return f"{state} {words}: {_number(value)}{unit}, usually {_number(low)} to {_number(high)}{unit}."


def is_unusual(value: float, usual: tuple[float, float]) -> bool:
    """Return whether a measure lies outside its usual range, in the digits in which `describe` states them.

    Parameters
    ----------
    value : float
    usual : (float, float)

    Examples
    --------
    >>> is_unusual(2.91, (0.483, 3.08)), is_unusual(3.081, (0.483, 3.08)), is_unusual(3.09, (0.483, 3.08))
    (False, False, True)
    """
    low, high = (float(_number(limit)) for limit in usual)
    return not low <= float(_number(value)) <= high


def _number(value: float) -> str:
    """Return a number with three significant digits, and all of those before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def known_words(name: str) -> tuple[str, str] | None:
    """Return what a measure is called, and its unit; None if it is none of deskull's.

    Examples
    --------
    >>> known_words("bright_core"), known_words("volume_ml"), known_words("fever")
    (('brightness deep inside', ''), ('volume', ' ml'), None)
    >>> known_words("network_volume_ml")
    ("volume, of the network's mask", ' ml')
    """
    if name.startswith(OF_NETWORK):
        own = known_words(name.removeprefix(OF_NETWORK))
        return own and (f"{own[0]}, of the network's mask", own[1])
    kind, _, shell = name.partition("_")
    if kind in _BRIGHTNESS and shell in _SHELLS:
        return f"{_BRIGHTNESS[kind]} {_SHELLS[shell]}", ""
    return MEASURES.get(name) or _CHOICES.get(name)
