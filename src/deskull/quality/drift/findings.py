"""Findings: all that was found of a cohort: against a reference, by group, and over time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from deskull._version import __version__
from deskull.errors import UsageError
from deskull.quality.drift.cohorts import Cohort
from deskull.quality.drift.comparison import Comparison, compare
from deskull.quality.drift.groups import compare_groups, groups_sentence
from deskull.quality.drift.notes import cohort_notes
from deskull.quality.drift.over_time import Timeline, over_time
from deskull.quality.drift.serialising import comparison_dict, timeline_dict


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found.

    Attributes
    ----------
    cohort : Cohort
    reference : Cohort, optional
        None if groups were compared with each other, or the cohort with itself over time.
    comparison : Comparison, optional
        The whole cohort against the reference.
    by : str
        What the groups are; "" if there are none.
    groups : list of Comparison
    timeline : Timeline, optional
    notes : list of str
        One sentence each.
    """

    cohort: Cohort
    reference: Cohort | None = None
    comparison: Comparison | None = None
    by: str = ""
    groups: list[Comparison] = field(default_factory=list)
    timeline: Timeline | None = None
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the findings as JSON."""
        content: dict[str, Any] = {"version": __version__, "cohort": self.cohort.name, "notes": self.notes}
        if self.comparison:
            content["comparison"] = comparison_dict(self.comparison)
        if self.groups:
            content |= {
                "by": self.by,
                "verdict_of_groups": groups_sentence(self.groups, self.by),
                "groups": [comparison_dict(group) for group in self.groups],
            }
        if self.timeline:
            content["over_time"] = timeline_dict(self.timeline)
        return json.dumps(content, indent=2) + "\n"


def examine(
    cohort: Cohort, reference: Cohort | None = None, by: str | None = None, *, window: int | None = None, seed: int = 0
) -> Findings:
    """Find out whether a cohort has drifted.

    Parameters
    ----------
    cohort : Cohort
    reference : Cohort, optional
    by : str, optional
        "time", or what groups are made by; see `deskull.quality.drift.groups.group_names`.
    window : int, optional
        Scans of each rolling window over time.
    seed : int
        Of permutations and subsamples: the same seed gives the same findings.

    Returns
    -------
    Findings

    Raises
    ------
    UsageError
        If there is neither a reference nor `by`.
    InputError
        If the cohort does not tell its groups or times.
    """
    if reference is None and not by:
        raise UsageError("is required unless 'by' is given.", parameter="reference")
    groups = compare_groups(cohort, by, reference, seed=seed) if by and by != "time" else []
    timeline = over_time(cohort, reference, window=window, seed=seed) if by == "time" else None
    comparison = compare(reference, cohort, seed=seed)[0] if reference else None
    notes = [*cohort_notes(cohort), *(cohort_notes(reference) if reference else [])]
    return Findings(cohort, reference, comparison, by or "", groups, timeline, list(dict.fromkeys(notes)))
