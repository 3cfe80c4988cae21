"""Quality: what is said of a mask."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Margins are stated up to this distance, in mm.
HIGHEST_MARGIN_MM = 10.0


class Verdict(enum.StrEnum):
    """Whether a mask can be used without a look at it."""

    #: It can.
    passed = "pass"
    #: Somebody should look at it.
    review = "review"
    #: It is most likely wrong, or the scan shows no head.
    failed = "fail"
    #: Nothing can be said of it; the reason says why.
    not_judged = "not judged"


@dataclass(frozen=True)
class Quality:
    """How far a mask can be trusted.

    Attributes
    ----------
    verdict : Verdict
    reasons : tuple of str
        Why the verdict is not ``pass``, the weightiest first: one sentence each.
    predicted_dice : float, optional
        Dice coefficient that the mask would have with a right one; None if it was not judged.
    lower_bound : float, optional
        The true Dice lies above this for 95 % of scans like those of the calibration.
    margin_mm : float, optional
        95 % of the mask's edge lies within this distance from the true border, for 95 % of such scans; 10 at most.
    input : mapping
        What the scan is like: what is unusual about it (``findings``), numbers, and of DICOM the scanner.
    measures : mapping of str to float
        What the mask is like.
    percentiles : mapping of str to float
        Of these measures and those of the scan among clean scans with good masks, from 1 to 99.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    predicted_dice: float | None = None
    lower_bound: float | None = None
    margin_mm: float | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    percentiles: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def unjudged(cls, reason: str) -> Quality:
        """Return the quality of a mask that could not be judged.

        Parameters
        ----------
        reason : str
            One sentence.
        """
        return cls(Verdict.not_judged, (reason,))

    @property
    def findings(self) -> tuple[str, ...]:
        """What is unusual about the scan, in sentences."""
        found = self.input.get("findings")
        return tuple(found) if isinstance(found, list | tuple) else ()

    def as_dict(self) -> dict[str, Any]:
        """Return the quality as JSON can hold it: numbers rounded to four digits, None for what is not known."""
        return {
            "predicted_dice": _rounded(self.predicted_dice),
            "lower_bound": _rounded(self.lower_bound),
            "margin_mm": _rounded(self.margin_mm),
            "verdict": str(self.verdict),
            "reasons": list(self.reasons),
            "input": {name: _rounded(value) for name, value in self.input.items()},
            "measures": {name: _rounded(value) for name, value in self.measures.items()},
            "percentiles": {name: round(value) for name, value in self.percentiles.items()},
        }

    def cells(self) -> dict[str, str]:
        """Return the verdict, the predicted Dice, the first reason and the findings as cells of a table, by column."""
        return {
            "verdict": str(self.verdict),
            "predicted_dice": "" if self.predicted_dice is None else f"{self.predicted_dice:.4f}",
            "reason": next(iter(self.reasons), ""),
            "findings": " ".join(self.findings),
        }

    def summary(self) -> str:
        """Return the verdict in a few words, for a line of text.

        Examples
        --------
        >>> Quality(Verdict.passed, predicted_dice=0.971).summary()
        'pass (Dice about 0.97)'
        """
        if self.predicted_dice is None:
            return str(self.verdict)
        return f"{self.verdict} (Dice about {self.predicted_dice:.2f})"


def _rounded(value: Any) -> Any:
    """Return a number with four significant digits, None if it is not finite, and anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None
