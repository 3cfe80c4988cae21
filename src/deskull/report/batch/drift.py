"""Drift: a section of a batch's report on whether its scans and masks differ from a reference, or among themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from deskull.batch.outputs import quality_path
from deskull.quality.drift.findings import examine
from deskull.quality.drift.reading import read_cohort_of, read_reference
from deskull.report.batch.entries import find_entries
from deskull.report.drift_page import drift_section
from deskull.report.html import Section, count_of
from deskull.report.svg import require_matplotlib


def batch_drift(
    source: Path, reference: str | None = None, by: str | None = None, *, sidecars: Path | None = None
) -> Section:
    """Create the section on drift of a batch's report.

    Parameters
    ----------
    source : Path
        As for `deskull.report.batch.writing.write_report`.
    reference : str, optional
        As for `deskull.quality.drift.reading.read_reference`.
    by : str, optional
        As for `deskull.quality.drift.findings.examine`.
    sidecars : Path, optional
        Folder of the JSON files that describe the scans; by default that of the batch.

    Returns
    -------
    Section

    Raises
    ------
    UsageError
        If the source is no batch, the reference is not known, or matplotlib is not installed.
    InputError
        If no quality file lies beside the masks, or nothing tells the groups or times of the scans.
    """
    require_matplotlib("section on drift")
    masks = [entry.mask for entry in find_entries(source) if entry.mask]
    files = [path for mask in masks if (path := quality_path(mask)).is_file()]
    cohort = read_cohort_of(files, source if source.is_dir() else source.parent, sidecars)
    findings = examine(cohort, read_reference(reference) if reference else None, by)
    left_out = len(masks) - len(cohort)
    note = f"{count_of(left_out, 'mask')} without measures {'is' if left_out == 1 else 'are'} left out."
    return drift_section(replace(findings, notes=[*([note] if left_out else []), *findings.notes]))
