"""Installation of deskull in the Python of Slicer.

deskull needs neither PyTorch nor SimpleITK, of which Slicer has a build of its own; pip replaces a library of Slicer
only where it is older than deskull needs.
"""

from __future__ import annotations

import importlib
from importlib import metadata
from pathlib import Path

import slicer

from DeskullLib.errors import ModuleError

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
    _pip_install(pip_arguments(source.strip()))
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


def _pip_install(arguments: list[str]) -> None:
    """Let Slicer run pip; a list, because paths may hold spaces."""
    try:
        slicer.util.pip_install(arguments)
    except Exception as error:
        reason = f"pip could not install {arguments[-1]} ({error})"
        raise ModuleError(f"{reason}; see the Python console of Slicer for what it said.") from error
