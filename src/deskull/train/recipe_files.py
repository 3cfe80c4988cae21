"""Recipe files: the recipes that ship with deskull, and users' own YAML files."""

from __future__ import annotations

from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from deskull.errors import UsageError
from deskull.train.recipe import Recipe

#: A recipe file larger than this, in bytes, is none.
_MAX_BYTES = 1_000_000


def shipped_recipes() -> list[str]:
    """Names of the recipes that ship with deskull."""
    names = (Path(entry.name) for entry in _folder().iterdir())
    return sorted(path.stem for path in names if path.suffix == ".yaml" and not path.stem.endswith(".card"))


def _folder() -> Any:
    """Folder of the shipped recipes."""
    return resources.files("deskull.train") / "recipes"


def load_recipe(name: str) -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    name : str
        Name of a shipped recipe, or the path of a YAML file (``.yaml`` or ``.yml``).

    Raises
    ------
    UsageError
        If there is no such recipe, or it has a setting that is unknown or cannot be used.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return parse_recipe(_read(path), name, path.stem)
    if name not in shipped_recipes():
        known = ", ".join(shipped_recipes())
        raise UsageError(f"{name}: there is no such recipe; choose one of {known}, or give a YAML file.")
    return parse_recipe((_folder() / f"{name}.yaml").read_text(), name, name)


def _read(path: Path) -> str:
    """Text of a recipe file."""
    if not path.is_file():
        raise UsageError(f"{path}: no such recipe file; check the path.")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UsageError(f"{path}: is too large for a recipe; check the path.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not text in UTF-8; check the path.") from None


def parse_recipe(text: str, source: str, name: str) -> Recipe:
    """Read a recipe from YAML.

    Parameters
    ----------
    text : str
    source : str
        What messages name.
    name : str
        Name of the recipe, unless it states its own.

    Raises
    ------
    UsageError
        If the text is not YAML, or has a setting that is unknown or cannot be used.
    """
    try:
        settings = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{source}: is not YAML ({reason}); correct the file.") from None
    if not isinstance(settings := settings or {}, dict):
        raise UsageError(f"{source}: is not a recipe; write it as a mapping of settings to values.")
    _refuse_unknown(settings, source)
    stages = settings.get("stages")
    for number, stage in enumerate(stages if isinstance(stages, list) else [], start=1):
        if isinstance(stage, dict):
            _refuse_unknown(stage, f"{source}, stage {number}")
    named: dict[str, Any] = {"name": name} | settings
    return Recipe(**named)


def _refuse_unknown(settings: dict[Any, Any], source: str) -> None:
    """Refuse settings that no recipe has."""
    known = {setting.name for setting in fields(Recipe)}
    if unknown := [str(name) for name in settings if name not in known]:
        raise UsageError(
            f"{source}: unknown setting {', '.join(unknown)}; deskull.train.recipe.Recipe lists the settings."
        )
