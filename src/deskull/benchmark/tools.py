"""Tools: command templates that strip one scan, and where their results lie."""

from __future__ import annotations

import hashlib
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskull.errors import UsageError

#: What a command may hold, and what stands in its place.
PLACEHOLDERS = {
    "input": "the scan",
    "mask": "the file in which the mask is expected",
    "brain": "the file in which the stripped scan is expected",
    "folder": "an empty folder for whatever the tool writes",
}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_NAME = re.compile(r"[\w.+-][\w.+ -]{0,59}")
_OWN_PROGRAM = (sys.executable, "-m", "deskull")
#: Words that call a program, rather than being the tool: its name is the next word.
_CALLERS = {"env", "python", "python3", "nice", "sh", "bash", "docker", "podman", "apptainer", "singularity", "run"}


@dataclass(frozen=True)
class Tool:
    """A command that strips one scan.

    Attributes
    ----------
    name : str
        Valid as the name of a folder.
    template : str
        The command, in words as in a shell, with ``{input}`` and at least one of ``{mask}``, ``{brain}`` and
        ``{folder}``. It is not passed to a shell: variables, pipes and patterns stay as they are.
    """

    name: str
    template: str

    @property
    def sha256(self) -> str:
        """Digest of the template, which tells one command from another."""
        return hashlib.sha256(self.template.encode(errors="surrogateescape")).hexdigest()

    def command(self, scan: Path, folder: Path) -> list[str]:
        """Return the words of the command for a scan; ``deskull`` is run by the Python that runs this.

        Parameters
        ----------
        scan : Path
        folder : Path
            For the results.
        """
        values = {
            "input": str(scan),
            "mask": str(folder / "mask.nii.gz"),
            "brain": str(folder / "brain.nii.gz"),
            "folder": str(folder),
        }
        program, *words = (_filled(word, values) for word in shlex.split(self.template))
        return [*(_OWN_PROGRAM if program == "deskull" else (program,)), *words]

    def result(self, folder: Path) -> Path | None:
        """Return what a tool has written: its mask, or else its stripped scan; None if there is neither.

        Parameters
        ----------
        folder : Path
            Given to `command`. A mask of another name than asked for is found by the word "mask" in it.
        """
        named = [folder / "mask.nii.gz"] if "{mask}" in self.template else []
        found = sorted(path for path in folder.glob("*mask*.nii*") if "distance" not in path.name)
        brain = [folder / "brain.nii.gz"] if "{brain}" in self.template else sorted(folder.glob("*brain*.nii*"))
        return next((path for path in (*named, *found, *brain) if path.is_file()), None)


def parse_tool(text: str, taken: Mapping[str, Tool]) -> Tool:
    """Read a tool from ``COMMAND`` or ``NAME=COMMAND``.

    Parameters
    ----------
    text : str
    taken : mapping of str to Tool
        Tools that have a name already.

    Raises
    ------
    UsageError
        If the command lacks or has an unknown placeholder, or its name is taken or not valid as that of a folder.
    """
    name, equals, rest = text.partition("=")
    is_named = bool(equals and _NAME.fullmatch(name) and " " not in name)
    name, template = (name, rest) if is_named else ("", text)
    words = _words(text, template)
    tool = Tool(name or _name_of(words), template)
    if not _NAME.fullmatch(tool.name):
        raise UsageError(f"gives no usable name ({tool.name}); write NAME=COMMAND.", parameter="tool", value=text)
    if tool.name in taken:
        raise UsageError(f"is the second tool called {tool.name}; write NAME=COMMAND.", parameter="tool", value=text)
    return tool


def deskull_tool(model: str = "default", *, distance: bool = False) -> Tool:
    """Return the command of deskull with one of its networks.

    Parameters
    ----------
    model : str
        Name or file.
    distance : bool
        Whether the signed distance to the surface is written too, so that other borders can be tried.
    """
    words = ("deskull", "strip", "{input}", "-o", "{mask}", "--mask-only", "--model", shlex.quote(model))
    return Tool(f"deskull {Path(model).stem}", " ".join([*words, *(["--distance"] if distance else [])]))


def _words(text: str, template: str) -> Sequence[str]:
    """Return the words of a template that can be used."""
    try:
        words = shlex.split(template)
    except ValueError as error:
        raise UsageError(f"is not a command ({error}); check its quotes.", parameter="tool", value=text) from None
    found = set(_PLACEHOLDER.findall(template))
    unknown = sorted(found - set(PLACEHOLDERS))
    if unknown:
        fault = f"holds {{{unknown[0]}}}, which is unknown; use {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}."
        raise UsageError(fault, parameter="tool", value=text)
    if "input" not in found or not found & {"mask", "brain", "folder"}:
        raise UsageError("must hold {input}, and {mask}, {brain} or {folder}.", parameter="tool", value=text)
    return words


def _name_of(words: Sequence[str]) -> str:
    """Return the name of the program that a command calls."""
    names = (Path(word).name for word in words if not word.startswith("-") and "{" not in word and "=" not in word)
    return next((Path(name).stem for name in names if name not in _CALLERS), "tool")


def _filled(word: str, values: Mapping[str, str]) -> str:
    """Return a word with its placeholders filled in; what is filled in is not read again."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], word)
