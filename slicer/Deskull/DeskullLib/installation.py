"""Installation of deskull in the Python of Slicer, without torch and without touching Slicer's own libraries.

Slicer has a build of SimpleITK of its own, which one from a package index would replace. So deskull is installed
without its dependencies first, and then those that Slicer does not have.
"""

from __future__ import annotations

import importlib
from importlib import metadata
from pathlib import Path

import slicer
from packaging.requirements import Requirement

from DeskullLib.errors import ModuleError

#: Distributions that Slicer brings and that must not be replaced.
OF_SLICER = frozenset({"simpleitk"})
#: The project, where the module lies in a copy of it.
PROJECT = Path(__file__).resolve().parents[3]
SOURCE_NEEDED = (
    "Name the folder of deskull (the one with its pyproject.toml), its wheel, or the address of the package index that"
    " your group keeps it on. A public index may hold another project under this name."
)
_ARCHIVES = (".whl", ".zip", ".tar.gz")


def installed_version() -> str | None:
    """Return the version of deskull in Slicer's Python; None if it is not installed."""
    try:
        return metadata.version("deskull")
    except metadata.PackageNotFoundError:
        return None


def default_source() -> str:
    """Return the folder of the project, if the module lies in it; otherwise an empty text."""
    return str(PROJECT) if (PROJECT / "src" / "deskull").is_dir() else ""


def install(source: str) -> str:
    """Install deskull and what it needs.

    Parameters
    ----------
    source : str
        A folder, a wheel, the address of either, or that of a package index.

    Returns
    -------
    str
        The version that is installed now.

    Raises
    ------
    ModuleError
        If the source is none of these, or pip fails.
    """
    arguments = pip_arguments(source.strip())
    _pip_install(["--no-deps", *arguments])
    importlib.invalidate_caches()
    _pip_install(needed(metadata.requires("deskull") or []))
    importlib.invalidate_caches()
    version = installed_version()
    if version is None:
        raise ModuleError(f"{source}: pip installed no deskull from it. {SOURCE_NEEDED}")
    return version


def pip_arguments(source: str) -> list[str]:
    """Return what pip is asked to install.

    Raises
    ------
    ModuleError
        If the source is no folder, file or address.
    """
    if source.startswith("git+") or ("://" in source and source.lower().endswith(_ARCHIVES)):
        return [source]
    if source.startswith(("http://", "https://")):
        return ["--index-url", source, "deskull"]
    path = Path(source).expanduser()
    if source and ((path / "pyproject.toml").is_file() or (path.is_file() and path.name.lower().endswith(_ARCHIVES))):
        return [str(path.resolve())]
    raise ModuleError(f"{source}: is no folder or wheel of deskull. {SOURCE_NEEDED}" if source else SOURCE_NEEDED)


def needed(requires: list[str]) -> list[str]:
    """Return which of the dependencies that a distribution states to install: no extras, nothing of Slicer's own."""
    parsed = [Requirement(text) for text in requires]
    chosen = [one for one in parsed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return [f"{one.name}{one.specifier}" for one in chosen if one.name.lower() not in OF_SLICER]


def _pip_install(arguments: list[str]) -> None:
    """Let Slicer run pip; a list, because paths may hold spaces."""
    try:
        slicer.util.pip_install(arguments)
    except Exception as error:
        reason = f"pip could not install {arguments[-1]} ({error})"
        raise ModuleError(f"{reason}; see the Python console of Slicer for what it said.") from error
