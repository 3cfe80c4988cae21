"""The group of all commands, with an answer to command lines that lack one."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from deskull.cli.console import USAGE, print_message
from deskull.errors import printable


class Commands(TyperGroup):
    """Commands of ``deskull``: a scan in place of a command, and ``-v`` before it, get a hint."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line; a bare ``-v``, for which other programs print their version, does so too."""
        if ctx.resilient_parsing:  # the shell completes an unfinished line
            return super().parse_args(ctx, args)
        if args == ["-v"]:
            args = ["--version"]
        if args and args[0] == "-v":
            _refuse(f"-v: stands after the command; did you mean deskull {_quoted([args[1], '-v', *args[2:]])}?")
        if args and args[0] not in self.commands and _is_scan(args[0]):
            _refuse(f"{printable(args[0])}: is not a command; did you mean deskull strip {_quoted(args)}?")
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed


def _is_scan(name: str) -> bool:
    """Whether a word is a path, or named as images are; options are not looked at, which would load the formats."""
    if name.startswith("-"):
        return False
    from deskull.formats import split_name

    return os.path.lexists(name) or split_name(Path(name))[1] != ""


def _quoted(words: list[str]) -> str:
    """Return words as they are typed in a shell, on one line."""
    return printable(shlex.join(words))


def _refuse(message: str) -> None:
    """Print an error and exit."""
    print_message(f"error: {message}")
    raise typer.Exit(USAGE)
