"""Card files: read and checked, as they may come from anyone."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deskull.errors import UsageError
from deskull.preprocessing.settings import Preprocessing

#: A card larger than this, in bytes, is none; those that ship have 6 kB.
_MAX_BYTES = 1_000_000
#: Bounds of the voxel size and of the band in mm. A head in voxels of 0.5 mm takes 0.8 GB.
_VOXEL_SIZE_MM, _BAND_MM = (0.5, 20.0), (0.5, 500.0)
#: Largest multiple of which image sizes may have to be, largest fixed size in voxels, and largest number of surfaces.
_MAX_MULTIPLE, _MAX_VOXELS, _MAX_SURFACES = 256, 512**3, 16

#: Figures that are shown, and their groups.
_GROUPS_OF_FIGURES = ("real_validation", "held_out_synthetic", "tissue_lost_percent")
_FIGURES = ("median_dice", "worst_dice", "border_mm", "median", "worst")
_ANY = (-math.inf, math.inf)


def read_card(path: Path) -> dict[str, Any]:
    """Read a card and check everything that is needed to run its network.

    Parameters
    ----------
    path : Path
        JSON file.

    Returns
    -------
    dict

    Raises
    ------
    UsageError
        If the file is no card, or a setting is missing or cannot be used.
    """
    card = _parsed(path)
    missing = [name for name in _CHECKS if name not in card and name not in _OPTIONAL]
    if missing:
        raise UsageError(
            f"{path}: is not a complete model card: it lacks {', '.join(missing)}; export the model again."
        )
    for name, (is_right, expected) in _CHECKS.items():
        if name in card and not is_right(card[name]):
            shown = json.dumps(card[name])[:60]
            raise UsageError(f"{path}: {name} is {shown}; it must be {expected}; export the model again.")
    _check_preprocessing(path, card)
    _check_borders(path, card)
    return card


def _parsed(path: Path) -> dict[str, Any]:
    """The JSON object in a file."""
    if path.stat().st_size > _MAX_BYTES:
        raise UsageError(f"{path}: is too large for a model card; export the model again.")
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: is not a model card (not JSON in UTF-8); export the model again.") from None
    if not isinstance(card, dict):
        raise UsageError(f"{path}: is not a model card (not a JSON object); export the model again.")
    return card


def _check_preprocessing(path: Path, card: dict[str, Any]) -> None:
    """Refuse preprocessing that no network can have.

    Raises
    ------
    UsageError
    """
    grid = {"voxel_size": float(card["voxel_size_mm"]), "size_multiple": card["size_multiple"]}
    try:
        made = Preprocessing.of(grid | card.get("preprocess", {}))
    except (UsageError, TypeError, ValueError, OverflowError, ArithmeticError) as error:
        reason = str(error) if isinstance(error, UsageError) else "preprocess has a setting of the wrong type"
        raise UsageError(f"{path}: {reason.rstrip('.')}; export the model again.") from None
    if made.size_multiple % made.stride:
        raise UsageError(f"{path}: size_multiple must be a multiple of stride; export the model again.")
    if made.size and math.prod(made.size) > _MAX_VOXELS:
        raise UsageError(f"{path}: size {made.size} is too large for a head; export the model again.")


def _check_borders(path: Path, card: dict[str, Any]) -> None:
    """Refuse default borders that the network's distances do not reach.

    Raises
    ------
    UsageError
    """
    for surface, border in card.get("default_border_mm", {}).items():
        if abs(border) >= card["band_mm"] or (border and not card.get("distances", True)):
            fault = f"default_border_mm of {surface} is {border:g}, which the network's distances do not reach"
            raise UsageError(f"{path}: {fault}; export the model again.")


def _is_number(value: Any, bounds: tuple[float, float]) -> bool:
    """Whether a value is a finite number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return bounds[0] <= value <= bounds[1]  # false for NaN


def _is_names(value: Any) -> bool:
    """Whether a value is a list of different names."""
    named = isinstance(value, list) and all(isinstance(name, str) and name.isidentifier() for name in value)
    return named and 1 <= len(value) <= _MAX_SURFACES and len(set(value)) == len(value)


def _is_borders(value: Any) -> bool:
    """Whether a value maps names of surfaces to numbers of mm."""
    bounds = (-_BAND_MM[1], _BAND_MM[1])
    return isinstance(value, dict) and all(_is_number(border, bounds) for border in value.values())


def _is_text(value: Any) -> bool:
    """Whether a value is a text."""
    return isinstance(value, str)


def _is_figures(value: Any) -> bool:
    """Whether a value is an object in which the figures that are shown are numbers."""
    if not isinstance(value, dict):
        return False
    shown = [value.get(group, {}) for group in _GROUPS_OF_FIGURES]
    if not all(isinstance(group, dict) for group in shown):
        return False
    return all(_is_number(group.get(name, 0), _ANY) for group in shown for name in _FIGURES)


def is_digest(value: Any) -> bool:
    """Whether a value is a SHA-256 digest.

    >>> is_digest("0" * 64), is_digest("0" * 63 + "G")
    (True, False)
    """
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


#: For each setting: whether a value can be used, and what it must be.
_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "sha256": (is_digest, "a SHA-256 digest (64 hexadecimal digits)"),
    "voxel_size_mm": (
        lambda value: _is_number(value, _VOXEL_SIZE_MM),
        f"a number of mm from {_VOXEL_SIZE_MM[0]:g} to {_VOXEL_SIZE_MM[1]:g}",
    ),
    "band_mm": (
        lambda value: _is_number(value, _BAND_MM),
        f"a number of mm from {_BAND_MM[0]:g} to {_BAND_MM[1]:g}",
    ),
    "size_multiple": (
        lambda value: isinstance(value, int) and _is_number(value, (1, _MAX_MULTIPLE)),
        f"a whole number from 1 to {_MAX_MULTIPLE}",
    ),
    "surfaces": (_is_names, "a list of different names, such as brain"),
    "distances": (lambda value: isinstance(value, bool), "true or false"),
    "preprocess": (lambda value: isinstance(value, dict), "an object of settings"),
    "default_border_mm": (_is_borders, "an object with a number of mm for each surface"),
    "name": (_is_text, "a text"),
    "description": (_is_text, "a text"),
    "licence": (_is_text, "a text"),
    "parameters": (lambda value: isinstance(value, int), "a whole number"),
    "known_failures": (lambda value: isinstance(value, list) and all(map(_is_text, value)), "a list of texts"),
    "data": (
        lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value),
        "a list of objects",
    ),
    "figures": (_is_figures, "an object whose figures are numbers"),
}
_OPTIONAL = set(_CHECKS) - {"sha256", "voxel_size_mm", "band_mm", "size_multiple", "surfaces"}
