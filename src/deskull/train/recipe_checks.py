"""What a recipe may say: types, ranges, choices, and settings that exclude each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from deskull.errors import UsageError

#: Values of the settings that are words.
CHOICES = {
    "data": ("synthesis", "pairs"),
    "network": ("unet", "residual", "residual_verbatim"),
    "loss": ("distance", "dice", "focal", "dice_focal"),
    "optimiser": ("adamw", "adam"),
    "schedule": ("cosine", "constant"),
    "augmentation": ("none", "pose", "full"),
    "validation_sampling": ("all", "bootstrap"),
    "precision": ("32-true", "bf16-mixed", "16-mixed"),
}
#: Numbers of a recipe are smaller than this.
_LARGEST = 1e12
_POSITIVE = (
    *("voxel_size", "stride", "band", "learning_rate", "batch_size"),
    *("epochs", "steps", "steps_per_epoch", "channels", "grid_sizes"),
)
_FRACTIONS = ("dropout", "ema_decay", "real_scan_probability")
#: Settings that a stage cannot change: they hold for the whole curriculum.
_NOT_IN_STAGES = ("name", "data", "stages")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST  # not NaN


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST


def _is_list(value: Any, is_item: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(is_item, value))


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(key, str) for key in value)


#: Whether a value has the type of a field, and how a message names the type.
_TYPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "str": (lambda value: isinstance(value, str), "text"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "int": (_is_whole, "a whole number"),
    "float": (_is_number, "a number (YAML reads 1e-3 as text; write 1.0e-3)"),
    "list[int]": (lambda value: _is_list(value, _is_whole), "a list of whole numbers"),
    "list[str]": (lambda value: _is_list(value, lambda item: isinstance(item, str)), "a list of names"),
    "list[list[int]]": (
        lambda value: _is_list(value, lambda item: _is_list(item, _is_whole)),
        "a list of lists of whole numbers",
    ),
    "dict[str, Any]": (_is_mapping, "a mapping of settings"),
    "list[dict[str, Any]]": (lambda value: _is_list(value, _is_mapping), "a list of mappings of settings"),
}


def check_recipe(recipe: Any, name: str) -> None:
    """Refuse a recipe that cannot be used.

    Parameters
    ----------
    recipe : Recipe
    name : str
        With which messages begin.

    Raises
    ------
    UsageError
    """
    for setting in fields(recipe):
        is_right, expected = _TYPES[str(setting.type)]
        value = getattr(recipe, setting.name)
        if not is_right(value):
            raise UsageError(f"{name}: {setting.name} is {str(value)[:60]!r}; it must be {expected}.")
    for word, known in CHOICES.items():
        if getattr(recipe, word) not in known:
            raise UsageError(f"{name}: {word} is {getattr(recipe, word)!r}; it must be {' or '.join(known)}.")
    _check_ranges(recipe, name)
    _check_grids(recipe, name)
    if recipe.network != "unet" and (recipe.distances or recipe.initial_model or recipe.stride > 1):
        raise UsageError(f"{name}: residual networks predict masks; loss distance, initial_model and stride need unet.")
    if recipe.align_to_initial_model and not recipe.initial_model:
        raise UsageError(f"{name}: align_to_initial_model needs an initial_model.")


def _check_ranges(recipe: Any, name: str) -> None:
    """Refuse numbers out of range: every number of a recipe is 0 or more."""
    for setting in fields(recipe):
        numbers = list(_numbers(getattr(recipe, setting.name)))
        if setting.name in _POSITIVE and not all(number > 0 for number in numbers):
            raise UsageError(f"{name}: {setting.name} must be more than 0.")
        if not all(number >= 0 for number in numbers):
            raise UsageError(f"{name}: {setting.name} must not be negative.")
        if setting.name in _FRACTIONS and not all(number <= 1 for number in numbers):
            raise UsageError(f"{name}: {setting.name} must lie between 0 and 1.")


def _numbers(value: Any) -> list[float]:
    """The numbers of a setting: its value, or those of its lists."""
    if isinstance(value, list):
        return [number for item in value for number in _numbers(item)]
    return [value] if _is_number(value) else []


def _check_grids(recipe: Any, name: str) -> None:
    """Refuse grids that the network cannot halve as often as it has levels."""
    if not 1 <= len(recipe.channels) <= 8:
        raise UsageError(f"{name}: channels must list the features of 1 to 8 levels.")
    if len(recipe.grid_sizes) != 3 or not all(recipe.grid_sizes):
        raise UsageError(f"{name}: grid_sizes must be three lists, of the sizes along x, y and z.")
    multiple = 2 ** (len(recipe.channels) - 1)
    drawn = recipe.synthetic or recipe.augmentation == "full"
    if drawn and any(size % multiple for sizes in recipe.grid_sizes for size in sizes):
        raise UsageError(
            f"{name}: grid_sizes must be multiples of {multiple}: channels has {len(recipe.channels)} levels."
        )


def check_stage(settings: Mapping[str, Any], name: str) -> None:
    """Refuse settings that hold for a whole curriculum in one of its stages.

    Raises
    ------
    UsageError
    """
    for setting in _NOT_IN_STAGES:
        if setting in settings:
            raise UsageError(f"{name}: {setting} cannot change between stages; state it once for the recipe.")
