"""Names: files are stored under numbers; a client's name gives the suffix and is shown, and nothing more."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import quote

from deskull.errors import printable
from deskull.formats import FAMILIES
from deskull.web.refusals import RefusedError

#: Suffixes that a stored file may have, the longest first: those of images, and of the b-values beside them.
_SUFFIXES = sorted({s for family in FAMILIES.values() for s in family} | {".bval"}, key=len, reverse=True)
_LONGEST = 1000
_LONGEST_PART = 120
_FORBIDDEN = '<>:"/\\|?*'


def shown_name(name: str) -> str:
    r"""Return a client's name as it is shown: printable, with slashes between folders.

    Raises
    ------
    RefusedError
        If it is empty or longer than any path.

    Examples
    --------
    >>> shown_name("study\\a\n.dcm")
    'study/a\\n.dcm'
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if not parts or len(name) > _LONGEST:
        raise RefusedError(400, "A file needs a name of at most 1000 characters; give it one with ?name=scan.nii.gz.")
    return printable("/".join(part[:255] for part in parts))


def known_suffix(name: str) -> str:
    """Return the end of a name that says what the file is, as it is written there; empty if it says nothing.

    >>> known_suffix("a.b.NII.gz"), known_suffix("IM0001"), known_suffix("evil.php")
    ('.NII.gz', '', '')
    """
    lower = name.lower()
    suffix = next((suffix for suffix in _SUFFIXES if lower.endswith(suffix)), "")
    return name[len(name) - len(suffix) :]


class StoredNames:
    """The numbers under which files are stored; those of one scan (``.hdr`` and ``.img``) share a number."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        #: What each stored file is called when it is shown.
        self.shown: dict[str, str] = {}

    def stored(self, name: str) -> str:
        """Return the name on disk of a file.

        Parameters
        ----------
        name : str
            As the client calls it; the same name gives the same file.

        Raises
        ------
        RefusedError
            If the name cannot be shown.
        """
        shown = shown_name(name)
        path = PurePosixPath(shown)
        suffix = known_suffix(path.name)
        stem = path.name.removesuffix(suffix) if suffix else path.name
        number = self._numbers.setdefault((str(path.parent), stem if suffix else f"{stem}/"), len(self._numbers) + 1)
        stored = f"{number:06d}{suffix}"
        self.shown[stored] = shown
        return stored


def stem_of(shown: str) -> str:
    """Return what results are named after: the last part of a shown name without its suffix, safe on any system.

    >>> stem_of("study/sub-01_T1w.nii.gz"), stem_of('a/what?".dcm')
    ('sub-01_T1w', 'what__')
    """
    name = shown.rpartition("/")[2]
    suffix = known_suffix(name)
    stem = name.removesuffix(suffix) if suffix else name
    return "".join("_" if char in _FORBIDDEN else char for char in stem)[:_LONGEST_PART].strip(". ") or "scan"


def content_disposition(name: str) -> str:
    """Return the header that has a browser save an answer under a name (RFC 6266)."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\' else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
