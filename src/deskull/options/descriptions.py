"""Descriptions: what an option is, stated at its field and drawn from there for help texts and documentation."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints


class Group(enum.StrEnum):
    """Groups of options, by the headings under which ``deskull strip --help`` lists them."""

    outputs = "What to write"
    brain = "What counts as brain"
    scans = "Which scans"
    speed = "Speed"
    cluster = "Cluster"
    dicom = "DICOM"
    messages = "Messages"


@dataclass(frozen=True)
class Option:
    """Description of an option.

    Attributes
    ----------
    help : str
        One sentence or two, as help texts and docstrings show them; ``{unit}`` stands for the unit.
    group : Group
        The heading under which it is listed.
    unit : str
        Unit of a number.
    """

    help: str
    group: Group
    unit: str = ""


@dataclass(frozen=True)
class OptionField:
    """A field of a dataclass with its description.

    Attributes
    ----------
    name : str
    kind : type
        Its type, without the description.
    default : object
    option : Option
    """

    name: str
    kind: Any
    default: Any
    option: Option

    @property
    def help(self) -> str:
        """The description, in which ``{unit}`` is replaced by the unit."""
        return self.option.help.replace("{unit}", self.option.unit)

    @property
    def type_text(self) -> str:
        """The type as numpydoc writes it: ``{"brain", "intracranial"}``, ``float``, ``int, optional``."""
        kind = self.kind
        if isinstance(kind, type) and issubclass(kind, enum.StrEnum):
            return "{" + ", ".join(f'"{choice}"' for choice in kind) + "}"
        if get_origin(kind) is tuple:
            return f"tuple of {OptionField('', get_args(kind)[0], None, self.option).type_text}"
        names = [part.__name__ for part in get_args(kind) or (kind,) if part is not type(None)]
        return " or ".join(names) + (", optional" if self.default is None else "")

    @property
    def default_text(self) -> str:
        """The default as documentation shows it; empty if there is none."""
        if self.default is None:
            return ""
        return ", ".join(self.default) if isinstance(self.default, tuple) else f"{self.default}"

    @property
    def entry(self) -> tuple[str, str]:
        """The two lines of its entry in a docstring: name, type and default; description."""
        default = f", default: {self.default_text}" if self.default_text else ""
        return f"{self.name} : {self.type_text}{default}", f"    {self.help}"


def described_fields(options: type[Any]) -> dict[str, OptionField]:
    """Return the fields of a dataclass, whose types are annotated with an `Option`, by name."""
    hints = get_type_hints(options, include_extras=True)
    described = {}
    for field in dataclasses.fields(options):
        kind, option = get_args(hints[field.name])
        described[field.name] = OptionField(field.name, kind, field.default, option)
    return described


def fill_docstring(docstring: str, fields: Mapping[str, OptionField]) -> str:
    """Replace each line ``%(border)s`` of a docstring by the entry of that option.

    The line ``%(all_options)s`` becomes the entries of all options. As in nilearn's ``fill_doc``.

    Parameters
    ----------
    docstring : str
    fields : mapping of str to OptionField

    Returns
    -------
    str
    """
    lines = []
    for line in docstring.splitlines():
        text = line.strip()
        name = text.removeprefix("%(").removesuffix(")s")
        if text != f"%({name})s":
            lines.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        described = fields.values() if name == "all_options" else (fields[name],)
        lines += [f"{indent}{part}" for field in described for part in field.entry]
    return "\n".join(lines)
