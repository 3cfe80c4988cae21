"""Verdicts: those on the masks of a run, and the exit status that follows from them with ``--strict``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from deskull.cli.console import FAILED, UNJUDGED, print_message
from deskull.cli.wording import on_one_line
from deskull.errors import UsageError
from deskull.options import QualityCheck

if TYPE_CHECKING:
    from deskull.quality.verdict import Quality


@dataclass
class Verdicts:
    """The verdicts on the masks of a run; with ``--strict`` they decide on the exit status.

    Attributes
    ----------
    is_strict : bool
        Whether ``--strict`` was given.
    n_masks : int
        Number of masks so far.
    bad, unjudged : list of str
        The masks whose verdict is ``fail``, and those that have none.
    """

    is_strict: bool
    n_masks: int = 0
    bad: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)

    def add(self, mask: str, quality: Quality | None) -> None:
        """Add the verdict on a mask, by what the mask is called; None if nothing tells its quality."""
        self.n_masks += 1
        if quality and quality.verdict == "fail":
            self.bad.append(mask)
        elif not quality or quality.verdict == "not judged":
            self.unjudged.append(mask)

    def finish(self, *, has_failed: bool) -> None:
        """Exit with another status than 0 where there is a reason to; with ``--strict``, say why.

        Parameters
        ----------
        has_failed : bool
            Whether something failed for which there is no mask.

        Raises
        ------
        typer.Exit
        """
        if self.is_strict:
            self._print("the verdict is fail", self.bad)
            self._print("there is no verdict", self.unjudged)
        if self.is_strict and (has_failed or self.unjudged):
            raise typer.Exit(UNJUDGED)
        if has_failed or (self.is_strict and self.bad):
            raise typer.Exit(FAILED)

    def _print(self, fault: str, masks: list[str]) -> None:
        """Say what is wrong with masks, and name the first of them."""
        if len(masks) == 1:
            print_message(on_one_line(f"error: --strict: {fault} on {masks[0]}; look at it."))
        elif masks:
            number = f"{len(masks)} of {self.n_masks} masks, the first of them {masks[0]}"
            print_message(on_one_line(f"error: --strict: {fault} on {number}; look at them."))


def check_strict(strict: bool, quality: QualityCheck) -> None:
    """Refuse ``--strict`` where no mask is judged.

    Raises
    ------
    UsageError
    """
    if strict and quality is QualityCheck.none:
        raise UsageError("--strict: needs the verdicts that --quality none turns off; leave out one of them.")
