"""Layouts described by patterns: where scans lie below a folder, and where the files that belong to them lie."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deskull.data.cases import Case
from deskull.data.layouts.files import CasesAndProblems, find_images, path_exists, with_unique_names
from deskull.errors import UsageError

_FIELD = re.compile(r"\{([A-Za-z]\w*)\}")
_FIELD_OR_STAR = re.compile(r"(\{[A-Za-z]\w*\}|\*)")


@dataclass(frozen=True)
class Patterns:
    """Paths relative to a folder, with ``{field}`` for the parts that differ.

    A field stands for a part of a file's or a folder's name.

    Attributes
    ----------
    scan : str
        Contains ``{subject}``, and may contain ``{site}`` and fields of any other name; ``*`` stands for any text
        without '/'.
    mask, brain, roi : str
        Files of a scan, with the fields of `scan`; only the mask must exist.
    """

    scan: str
    mask: str
    brain: str | None = None
    roi: str | None = None


def find_by_patterns(folder: Path, patterns: Patterns) -> CasesAndProblems:
    """Find scans by a pattern, and their files by patterns with the same fields.

    Parameters
    ----------
    folder : Path
    patterns : Patterns

    Returns
    -------
    cases : list of Case
        A file that is the mask, brain or region of interest of a scan is never a scan itself.
    problems : list of str

    Raises
    ------
    UsageError
        If a pattern cannot be used: it has no ``{subject}``, an unknown field, or an unmatched brace.
    """
    texts = {"mask": patterns.mask, "brain": patterns.brain, "roi": patterns.roi}
    regex = _scan_regex(patterns.scan)
    fill = {kind: _filler(f"patterns.{kind}", text, regex) for kind, text in texts.items() if text}
    problems: list[str] = []
    matches = [
        (path, match.groupdict())
        for name, path in find_images(folder, problems).items()
        if (match := regex.fullmatch(name))
    ]
    companions = {os.path.normpath(folder / filled(fields)) for _, fields in matches for filled in fill.values()}
    cases = []
    for path, fields in matches:
        if os.path.normpath(path) in companions:
            continue
        files = {kind: folder / filled(fields) for kind, filled in fill.items()}
        existing = {kind: file for kind, file in files.items() if path_exists(file)}
        if "mask" in existing:
            cases.append(Case("", fields["subject"], path, **existing, site=fields.get("site", "")))
        else:
            problems.append(f"{path}: has no mask {files['mask']}; add it or correct the pattern of the masks.")
    _warn_of_unused_patterns(cases, texts)
    return with_unique_names(cases), problems


def _warn_of_unused_patterns(cases: list[Case], texts: Mapping[str, str | None]) -> None:
    """Warn of patterns of optional files that no file matches."""
    for kind in ("brain", "roi"):
        if texts[kind] and cases and not any(getattr(case, kind) for case in cases):
            warnings.warn(f"the pattern {texts[kind]} matches no file; check it.", stacklevel=3)


def _scan_regex(pattern: str) -> re.Pattern[str]:
    """Convert the pattern of scans to a regular expression of relative paths."""
    if pattern.startswith("/"):
        raise UsageError("must be relative to the folder.", parameter="patterns.scan", value=pattern)
    parts: list[str] = []
    fields: set[str] = set()
    for token in _FIELD_OR_STAR.split(PurePosixPath(pattern).as_posix()):
        field = _FIELD.fullmatch(token)
        if field:
            parts.append(f"(?P={field[1]})" if field[1] in fields else f"(?P<{field[1]}>[^/]+?)")
            fields.add(field[1])
        else:
            _refuse_braces("patterns.scan", pattern, token)
            parts.append("[^/]*" if token == "*" else re.escape(token))
    if "subject" not in fields:
        fault = "needs {subject}, because data sets are split by subject."
        raise UsageError(fault, parameter="patterns.scan", value=pattern)
    return re.compile("".join(parts))


def _refuse_braces(parameter: str, pattern: str, text: str) -> None:
    """Refuse braces outside fields."""
    if "{" in text or "}" in text:
        fault = "has a brace that belongs to no field; a field is a name in braces, such as {subject}."
        raise UsageError(fault, parameter=parameter, value=pattern)


def _filler(parameter: str, pattern: str, regex: re.Pattern[str]) -> Callable[[Mapping[str, str]], str]:
    """Return a function that fills the fields of a scan into a pattern."""
    _refuse_braces(parameter, pattern, _FIELD.sub("", pattern))
    if "*" in pattern:
        raise UsageError(
            "must not contain *; use a field of the pattern of the scans.", parameter=parameter, value=pattern
        )
    for field in _FIELD.findall(pattern):
        if field not in regex.groupindex:
            fault = f"has a field {{{field}}} that the pattern of the scans does not have; use the same fields."
            raise UsageError(fault, parameter=parameter, value=pattern)
    return lambda fields: _FIELD.sub(lambda match: fields[match[1]], pattern)
