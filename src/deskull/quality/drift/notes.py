"""Notes: what is to be known of a cohort before its statistics are believed."""

from __future__ import annotations

from deskull.quality.drift.cohorts import Cohort

#: Columns that name the participant, the best one first.
_PARTICIPANTS = ("participant", "participant_id", "subject", "sub")


def cohort_notes(cohort: Cohort) -> list[str]:
    """List what is to be known of a cohort.

    Parameters
    ----------
    cohort : Cohort

    Returns
    -------
    list of str
        One sentence each: where it comes from, and whether participants were scanned repeatedly.
    """
    notes = [f"{cohort.name}: {cohort.description}"] if cohort.description else []
    for column in _PARTICIPANTS:
        names = [name for name in cohort.labels.get(column, ()) if name]
        if names and len(set(names)) < len(names):
            people = f"{n:,} participants" if (n := len(set(names))) > 1 else "one participant"
            notes.append(
                f"{cohort.name}: {len(names):,} scans are of {people}; "
                "scans of one participant are alike, so that the p values are too small."
            )
        if names:
            break
    return notes
