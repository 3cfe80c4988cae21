"""Installation: where deskull was installed from, its libraries and extras, and how a missing extra is installed.

The package index may hold another project under the name of deskull, so that ``pip install "deskull[dicom]"`` is the
right advice only where deskull came from an index itself. The installer notes where it came from in
``direct_url.json`` (packaging.python.org, "Recording the Direct URL Origin", PEP 610).
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

_NAME = "deskull"
#: File in which an installer notes where a distribution came from.
_RECORD = "direct_url.json"
#: Extras that serve the development of deskull alone.
_OF_DEVELOPERS = ("dev", "docs")
#: Name and version of a requirement, and the extra that it belongs to.
_REQUIREMENT = re.compile(r"\s*([\w.-]+)\s*(?:\[[^]]*\])?\s*([^;]*?)\s*(?:;.*extra\s*==\s*[\"']([\w.-]+)[\"'].*|;.*)?$")
#: Characters that a shell reads inside double quotes.
_READ_BY_SHELL = re.compile(r'["$`\\!]')


@dataclass(frozen=True)
class Requirement:
    """A package that deskull needs.

    Attributes
    ----------
    name : str
        Of the distribution.
    bounds : str
        Versions that fit, as in ``>=3``.
    extra : str
        The extra that needs it; empty if deskull always does.
    """

    name: str
    bounds: str = ""
    extra: str = ""

    @property
    def version(self) -> str | None:
        """The version that is installed; None if there is none."""
        return installed_version(self.name)


def install_command(extra: str) -> str:
    """Return the command that installs an extra beside this installation of deskull.

    Parameters
    ----------
    extra : str
        Its name, or several with commas between them.

    Returns
    -------
    str
        For instance ``pip install "deskull[dicom]"``, or with the folder or file that deskull was installed from. If
        that has gone, or nothing tells, the packages of the extra themselves are named.
    """
    found = this_distribution()
    return command_for(extra, origin(found), requirements(found))


def command_for(extra: str, source: Mapping[str, Any] | None, needed: tuple[Requirement, ...]) -> str:
    """Return the command that installs an extra of what came from a source; see `install_command`.

    Parameters
    ----------
    extra : str
    source : mapping, optional
        The content of ``direct_url.json``; empty if deskull came from an index, None if nothing tells.
    needed : tuple of Requirement
        What deskull states of itself.
    """
    if source == {}:
        return f"pip install {_quoted(f'{_NAME}[{extra}]')}"
    url = str((source or {}).get("url", ""))
    path = local_path(url)
    if path is not None and path.is_dir():
        editable = "-e " if (source or {}).get("dir_info", {}).get("editable") else ""
        return f"pip install {editable}{_quoted(f'{path}[{extra}]')}"
    if path is not None and path.is_file():
        return f"pip install {_quoted(f'{_NAME}[{extra}] @ {url}')}"
    if path is None and url:
        return f"pip install {_quoted(f'{_NAME}[{extra}] @ {_with_version_control(url, source or {})}')}"
    packages = [f"{one.name}{one.bounds}" for one in needed if one.extra in extra.split(",")]
    return " ".join(["pip install", *(_quoted(package) for package in packages or [f"the packages of {extra}"])])


def installed_version(name: str) -> str | None:
    """Return the version of a distribution; None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def origin(found: Distribution | None) -> dict[str, Any] | None:
    """Return the content of ``direct_url.json``; empty if deskull came from an index, None if nothing tells.

    An installer states its name in the metadata; metadata without it were left by a build.
    """
    if found is None:
        return None
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(found.read_text(_RECORD) or "null")
        if isinstance(content, dict):
            return content
        if content is None and (found.read_text("INSTALLER") or "").strip():
            return {}
    return None


def origin_text(source: Mapping[str, Any] | None) -> str:
    """Return in words where deskull was installed from, given the content of ``direct_url.json`` (see `origin`).

    >>> origin_text({}), origin_text({"url": "file:///opt/deskull", "dir_info": {"editable": True}})
    ('a package index', 'the editable folder /opt/deskull')
    """
    if source is None:
        return "a place that is not recorded"
    if not source.get("url"):
        return "a package index"
    path = local_path(str(source["url"]))
    if path is None:
        return str(source["url"])
    is_folder, is_editable = "dir_info" in source, (source.get("dir_info") or {}).get("editable")
    return f"the {'editable ' if is_editable else ''}{'folder' if is_folder else 'file'} {path}"


def requirements(found: Distribution | None) -> tuple[Requirement, ...]:
    """Return what deskull states that it needs, always and for each extra."""
    matches = filter(None, map(_REQUIREMENT.match, (found.requires if found else None) or ()))
    parsed = (Requirement(match[1], match[2].strip(" ()"), match[3] or "") for match in matches)
    return tuple(one for one in parsed if one.name != _NAME and one.extra not in _OF_DEVELOPERS)


@cache
def this_distribution() -> Distribution | None:
    """Return the metadata of this installation; None if there is none.

    A source folder on the path may hold metadata that were left by a build, which say nothing of the installation.
    """
    found = list(distributions(name=_NAME))
    return next((one for one in found if one.read_text(_RECORD)), next(iter(found), None))


def local_path(url: str) -> Path | None:
    """Return the path that a ``file:`` URL names; None for other URLs."""
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _with_version_control(url: str, source: Mapping[str, Any]) -> str:
    """Return a URL in the form of pip: with its version control system and commit, if it has them."""
    info = source.get("vcs_info")
    if not isinstance(info, dict) or not info.get("vcs"):
        return url
    commit = f"@{info['commit_id']}" if info.get("commit_id") else ""
    return f"{info['vcs']}+{url}{commit}"


def _quoted(word: str) -> str:
    """Return a word in quotes for a shell; double ones, which all systems know, unless it holds what shells read."""
    return shlex.quote(word) if _READ_BY_SHELL.search(word) else f'"{word}"'
