"""Wording: messages of the library, which name parameters, in terms of the command line's options."""

from __future__ import annotations

import re

from deskull.errors import UsageError, printable, value_text
from deskull.options import option_fields

#: Parameters whose options have other names.
_NAMES = {
    "patterns.scan": "--pattern",
    "patterns.mask": "--mask-pattern",
    "patterns.brain": "--brain-pattern",
    "patterns.roi": "--roi-pattern",
}
#: Parameters that messages may name with a value.
_PARAMETERS = (*option_fields(), "jobs", "split", "shard", "table", "scheduler", "cluster", "memory")
#: Values of parameters that have an option of their own.
_OPTIONS = {
    "outputs='distance'": "--distance",
    "outputs='brain_n4'": "--bias-correct",
    "outputs='seg'": "--dicom-seg",
    "outputs='icvmask'": "--icv",
}
_ASSIGNMENT = re.compile(rf"(?<![^\s(])({'|'.join(_PARAMETERS)})=('[^']*'|[^\s:;,)]*[^\s:;,.)])(?=[\s:;,.)]|$)")


def command_line_text(message: str) -> str:
    """Return a message with options in place of parameters: ``border=12`` becomes ``--border 12``.

    Examples
    --------
    >>> command_line_text("scan.nii: is a series; use frame='mean' or outputs='seg'.")
    'scan.nii: is a series; use --frame mean or --dicom-seg.'
    >>> command_line_text("study: holds 2 series; choose one with series='#2'.")
    "study: holds 2 series; choose one with --series '#2'."
    """
    return _ASSIGNMENT.sub(lambda found: _option(found[1], found[2]), message)


def usage_text(error: UsageError) -> str:
    """Return the sentence of an error with the option at fault in place of the parameter."""
    if not error.parameter:
        return command_line_text(error.reason)
    value = "" if error.value is None else value_text(error.value)
    return f"{_option(error.parameter, value)}: {command_line_text(error.reason)}"


def on_one_line(text: str) -> str:
    """Escape control characters in names of files; bytes that are not text (surrogates) are kept for scripts."""
    return "".join(character if "\udc80" <= character <= "\udcff" else printable(character) for character in text)


def _option(parameter: str, value: str) -> str:
    """Return how the command line writes a parameter with a value."""
    own = _OPTIONS.get(f"{parameter}={value}")
    if own:
        return own
    name = _NAMES.get(parameter, f"--{parameter.replace('_', '-')}")
    text = value.strip("'")
    if text.startswith("#"):  # otherwise the shell takes the rest of the line for a comment
        text = f"'{text}'"
    return name if value in ("", "True") else f"{name} {text}"
