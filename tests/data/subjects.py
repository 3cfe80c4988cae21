"""Cases of many subjects, whose files do not matter."""

from __future__ import annotations

from pathlib import Path

from deskull.data.cases import Case


def make_cases(sizes: dict[str, int], scans: int = 2, first: int = 0) -> list[Case]:
    """Cases of a number of subjects at each site, with several scans of each subject."""
    subjects = [(f"{site}{number}", site) for site, size in sizes.items() for number in range(first, first + size)]
    return [
        Case(f"{subject}_{scan}", subject, Path("raw.nii"), Path("mask.nii"), site=site)
        for subject, site in subjects
        for scan in range(scans)
    ]
