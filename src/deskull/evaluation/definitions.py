"""Definitions of the scores that are reported: their names, units, number formats and meanings, stated once.

Tables, charts, the evaluation page and the comparison of models are all drawn from `SCORES`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from deskull.evaluation.metrics import Scores


@dataclass(frozen=True)
class ScoreDefinition:
    """How a score is named, printed and read.

    Attributes
    ----------
    key : str
        Name of the score's field in `Scores`, in CSV files and in JSON files.
    label : str
        Name in tables and charts.
    unit : str
        "mm" or "ml"; "" for a fraction.
    number_format : str
        Format specification of a value.
    meaning : str
        Definition in one sentence, for readers of the evaluation page.
    higher_is_better : bool
        Whether larger values are better; otherwise values closer to 0 are.
    difference_format : str
        Format specification of the difference between two models; "" if the score is not compared.
    """

    key: str
    label: str
    unit: str
    number_format: str
    meaning: str
    higher_is_better: bool = False
    difference_format: str = ""

    @property
    def label_with_unit(self) -> str:
        """The label, followed by the unit in parentheses if there is one."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def value(self, scores: Scores) -> float:
        """Return the value of this score.

        Parameters
        ----------
        scores : Scores

        Returns
        -------
        float
            NaN if the score is undefined.
        """
        return float(getattr(scores, self.key))

    def format(self, value: float) -> str:
        """Format a value with a true minus sign; NaN becomes a dash.

        Parameters
        ----------
        value : float

        Returns
        -------
        str

        Examples
        --------
        >>> SCORES["volume_difference_ml"].format(-12.34)
        '−12.3'
        """
        return format_number(value, self.number_format)


def format_number(value: float, number_format: str) -> str:
    """Format a number with a true minus sign; NaN becomes a dash.

    Parameters
    ----------
    value : float
    number_format : str
        Format specification.

    Returns
    -------
    str
    """
    return "–" if math.isnan(value) else format(value, number_format).replace("-", "−")


_DEFINITIONS = (
    ScoreDefinition(
        "dice",
        "Dice",
        "",
        ".4f",
        "Overlap of the mask A and the reference B, 2|A∩B| / (|A|+|B|), between 0 and 1 (perfect).",
        True,
        "+.4f",
    ),
    # IoU is not compared: it orders masks as Dice does, and another test would only cost the others power.
    ScoreDefinition(
        "iou",
        "IoU",
        "",
        ".4f",
        "Overlap of the mask A and the reference B, |A∩B| / |A∪B|, between 0 and 1 (perfect).",
        True,
    ),
    ScoreDefinition(
        "sensitivity", "Sensitivity", "", ".4f", "Fraction of the reference that the mask covers.", True, "+.4f"
    ),
    ScoreDefinition(
        "specificity",
        "Specificity",
        "",
        ".4f",
        "Fraction of the voxels outside the reference that are outside the mask too; it grows with the field of view.",
        True,
        "+.4f",
    ),
    ScoreDefinition(
        "hd95",
        "HD95",
        "mm",
        ".2f",
        "95th percentile of the distance between the two surfaces, the larger of both directions.",
        difference_format="+.2f",
    ),
    ScoreDefinition(
        "surface_distance",
        "Mean surface distance",
        "mm",
        ".2f",
        "Mean distance between the two surfaces, over both directions.",
        difference_format="+.3f",
    ),
    ScoreDefinition(
        "volume_difference_ml", "Volume difference", "ml", "+.1f", "Volume of the mask minus volume of the reference."
    ),
    ScoreDefinition(
        "far_false_positives",
        "False positives beyond 5\N{NO-BREAK SPACE}mm",
        "",
        ".4f",
        "Fraction of the mask that lies outside the reference and more than 5\N{NO-BREAK SPACE}mm from its edge.",
        difference_format="+.4f",
    ),
)


@dataclass(frozen=True)
class AbsoluteVolumeDifference(ScoreDefinition):
    """Volume difference without its sign: an error in either direction counts when models are compared."""

    def value(self, scores: Scores) -> float:
        """Return the absolute volume difference in ml.

        Parameters
        ----------
        scores : Scores

        Returns
        -------
        float
        """
        return abs(scores.volume_difference_ml)


#: Scores of the tables, in the order of their columns.
SCORES = {definition.key: definition for definition in _DEFINITIONS}

_ABSOLUTE_VOLUME = AbsoluteVolumeDifference(
    "absolute_volume_difference_ml",
    "Absolute volume difference",
    "ml",
    ".1f",
    "Absolute difference of the volumes.",
    difference_format="+.1f",
)


def _compared() -> dict[str, ScoreDefinition]:
    """Collect the scores that are compared, with the absolute volume difference in the place of the signed one."""
    definitions = [_ABSOLUTE_VOLUME if d.key == "volume_difference_ml" else d for d in _DEFINITIONS]
    return {definition.key: definition for definition in definitions if definition.difference_format}


#: Scores by which models are compared.
COMPARED_SCORES = _compared()
