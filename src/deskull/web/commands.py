"""Commands: the line that does on the command line what was done to a scan."""

from __future__ import annotations

import shlex

from deskull.errors import printable
from deskull.web.source import Options, Source, SourceKind


def command_of(source: Source, options: Options, border_mm: float | None) -> str:
    """Return the command line that repeats what was done.

    Parameters
    ----------
    source : Source
    options : Options
    border_mm : float, optional
        The border of the mask; None before it is known.

    Returns
    -------
    str
        To be copied; where files were sent, it names them as they were called.

    Examples
    --------
    >>> source = Source(SourceKind.upload, shown="a b.nii")
    >>> command_of(source, Options(surface="intracranial"), 0.5)
    "deskull strip 'a b.nii' --border 0.5 --surface intracranial"
    >>> command_of(Source(SourceKind.demo), Options("small"), 0.5)
    'deskull demo && deskull strip demo/head.nii.gz --border 0.5 --model small'
    """
    if source.kind is SourceKind.demo:
        if options == Options():
            return "deskull demo"
        written = Source(SourceKind.upload, shown="demo/head.nii.gz")
        return f"deskull demo && {command_of(written, options, border_mm)}"
    border = options.border_mm if border_mm is None else border_mm
    words = ["deskull", "strip", printable(source.shown)]
    words += ["--series", source.selector] if source.selector else []
    words += ["--border", f"{border:g}"] if border is not None else []
    words += ["--surface", options.surface] if options.surface != "brain" else []
    words += ["--model", options.model] if options.model != "default" else []
    return shlex.join(words)
