"""Drift page: what was found of a cohort, with charts, in one HTML file.

The page loads nothing from elsewhere, runs no script, and contains no date of its own: the same findings give the same
bytes.
"""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template

from deskull._version import __version__
from deskull.quality.drift.comparison import MIN_DISTANCE, MIN_SCANS, SIGNIFICANCE_LEVEL
from deskull.quality.drift.findings import Findings
from deskull.quality.drift.two_sample import MAX_SCANS, N_PERMUTATIONS
from deskull.report.drift_parts import (
    distributions_part,
    groups_part,
    measures_part,
    shifts_part,
    timeline_part,
    verdict_part,
)
from deskull.report.html import Section, count_of, page_style

#: What the page explains at its end.
_DEFINITIONS = {
    "Input, output": "Measures of the scans (noise, blur, contrast) and of the masks (predicted Dice, volume, shape). "
    "Scans of a new kind may be stripped as well as before, which is why the two are tested apart.",
    "Moved": f"More than chance (p at most {SIGNIFICANCE_LEVEL}) and more than negligible (KS of at least "
    f"{MIN_DISTANCE}, which a shift of a quarter SD reaches). A measure moved only if its side did. With fewer than "
    f"{MIN_SCANS} scans nothing is said.",
    "Shift (SD)": "Difference of the means without the lowest and highest fifth of the values, divided by the robust "
    "standard deviation (interquartile range / 1.35) of the reference.",
    "Cliff's delta": "How much more often a scan from here has the higher value than the lower one, against one of the "
    "reference: −1 to 1 (Cliff 1993).",
    "KS": "Kolmogorov-Smirnov distance: the largest difference between the two cumulative distributions, 0 to 1.",
    "p": "Of a side: the smaller one, doubled, of the energy test of all measures together (Székely and Rizzo 2013; "
    f"{N_PERMUTATIONS} permutations, at most {MAX_SCANS} scans of each cohort) and of Kolmogorov-Smirnov measure by "
    "measure; adjusted by Benjamini-Hochberg. The scans of a person, or of a day, are not independent, which makes "
    "every p too small.",
    "Change over time": "The least-squares split of scans in order of time, by permutation; its date is an estimate.",
}


def drift_page(findings: Findings) -> str:
    """Create the page of a cohort.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    str
        HTML without any external reference; the same for the same findings.
    """
    cohort, reference = findings.cohort, findings.reference
    sections = drift_sections(findings)
    against = f" against {escape(reference.name)}" if reference else ""
    counts = [f"{count_of(len(cohort), 'scan')}"]
    counts += [f"{count_of(len(reference), 'scan')} of the reference"] if reference else []
    template = resources.files(__package__).joinpath("drift_page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        style=page_style(),
        title=f"Drift of {escape(cohort.name)}{against}",
        subtitle=f"{', '.join(counts)} · deskull {escape(__version__)}",
        notes="".join(f"<p>{escape(note)}</p>" for note in findings.notes),
        contents=" ".join(f'<a href="#{section.anchor}">{section.heading}</a>' for section in sections),
        sections="\n".join(section.as_html() for section in sections),
        definitions=_definitions(),
        version=escape(__version__),
    )


def drift_section(findings: Findings) -> Section:
    """Create a section with the main parts of the page, for another page.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Section
        Its table has the measures that moved alone.
    """
    cohort, reference = findings.cohort, findings.reference
    against = f" against {count_of(len(reference), 'scan')} of {escape(reference.name)}" if reference else ""
    lines = [f'<p class="pale">{count_of(len(cohort), "scan")} of {escape(cohort.name)}{against}</p>']
    lines += [f"<p>{escape(note)}</p>" for note in findings.notes]
    lines += [f"<h3>{part.heading}</h3>\n{part.body}" for part in drift_sections(findings, only_moved=True)]
    meaning = f"<details><summary>What the words mean</summary><dl>\n{_definitions()}\n</dl></details>"
    return Section("drift", "Drift", "\n".join(['<div class="drift">', *lines, meaning, "</div>\n"]))


def _definitions() -> str:
    """Return what the page explains."""
    return "\n".join(f"<dt>{term}</dt><dd>{meaning}</dd>" for term, meaning in _DEFINITIONS.items())


def drift_sections(findings: Findings, *, only_moved: bool = False) -> list[Section]:
    """Create the sections of the page.

    Parameters
    ----------
    findings : Findings
    only_moved : bool
        Whether the table of measures has only those that moved.

    Returns
    -------
    list of Section
    """
    sections, comparison = [], findings.comparison
    if comparison and findings.reference:
        sections.append(Section("verdict", "Verdict", verdict_part(comparison)))
    if findings.groups:
        heading = f"By {escape(findings.by)}"
        sections.append(Section("groups", heading, groups_part(findings.groups, findings.by)))
    if findings.timeline:
        sections.append(Section("time", "Over time", timeline_part(findings.timeline, findings.reference)))
    if comparison and findings.reference and comparison.n_measures:
        distributions = distributions_part(comparison, findings.reference, findings.cohort)
        sections += [
            Section("shifts", "Size of the shifts", shifts_part(comparison)),
            Section("distributions", "Distributions", distributions),
        ]
        if not only_moved:
            sections.append(Section("measures", "All measures", measures_part(comparison)))
        elif comparison.inputs.moved_measures or comparison.outputs.moved_measures:
            sections.append(Section("measures", "Measures that moved", measures_part(comparison, only_moved=True)))
    return sections
