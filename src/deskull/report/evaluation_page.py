"""Evaluation page: scores of one or several models, charts and the worst cases in one HTML file.

The page loads nothing from elsewhere, and contains no date and no path: the same scores give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from deskull._version import __version__
from deskull.evaluation.comparison import compare
from deskull.evaluation.definitions import SCORES
from deskull.evaluation.pairs import Pair
from deskull.report.evaluation_figures import box_plots, volume_plots, worst_cases
from deskull.report.evaluation_tables import Models, cases_table, comparison_table, summary_table
from deskull.report.html import Section, count_of, list_names, page_style


def evaluation_page(
    models: Models,
    pairs: Mapping[str, Sequence[Pair]] | None = None,
    scans: Mapping[str, Path] | None = None,
    *,
    first: Sequence[Section] = (),
    title: str = "",
) -> str:
    """Create the page of an evaluation.

    Parameters
    ----------
    models : mapping of str to sequence of CaseScores
        Scores by the name of their model; the others are compared with the first.
    pairs : mapping of str to sequence of Pair, optional
        Files of each model's cases, for pictures of the worst ones and to list those that could not be scored.
    scans : mapping of str to Path, optional
        Raw scans by case, for these pictures; without its scan a case shows the contours only.
    first : sequence of Section
        Sections before those of the evaluation.
    title : str
        Heading of the page as HTML, in place of the names of the models.

    Returns
    -------
    str
        HTML without any external reference; the same for the same input.
    """
    sections = [*first, *_sections(models, pairs or {}, scans or {})]
    model, *others = map(escape, models)
    n_cases = len({case.case for cases in models.values() for case in cases})
    template = resources.files(__package__).joinpath("evaluation_page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        style=page_style(),
        title=title or f"Evaluation of {model}" + (f" against {', '.join(others)}" if others else ""),
        subtitle=f"{count_of(len(models), 'model')}, {count_of(n_cases, 'case')} · deskull {escape(__version__)}",
        notes="".join(f"<p>{note}</p>" for note in _cases_not_scored(models, pairs or {})),
        contents=" ".join(f'<a href="#{section.anchor}">{section.heading}</a>' for section in sections),
        sections="\n".join(section.as_html() for section in sections),
        definitions="\n".join(f"<dt>{score.label}</dt><dd>{score.meaning}</dd>" for score in SCORES.values()),
        version=escape(__version__),
    )


def _sections(models: Models, pairs: Mapping[str, Sequence[Pair]], scans: Mapping[str, Path]) -> list[Section]:
    """Create the sections of the page; models are compared if there are several."""
    sections = [Section("summary", "Summary", summary_table(models))]
    if len(models) > 1:
        sections.append(Section("comparison", "Comparison", comparison_table(compare(models), next(iter(models)))))
    return [
        *sections,
        Section("scores", "Scores by model", box_plots(models)),
        Section("volumes", "Agreement of volumes", volume_plots(models)),
        Section("worst", "Worst cases", worst_cases(models, pairs, scans)),
        Section("cases", "All cases", cases_table(models)),
    ]


def _cases_not_scored(models: Models, pairs: Mapping[str, Sequence[Pair]]) -> Iterator[str]:
    """Yield a sentence for each model with cases that could not be scored."""
    for name, cases in models.items():
        scored = {case.case for case in cases}
        failed = [pair.case for pair in pairs.get(name, ()) if pair.case not in scored]
        if failed:
            yield f"{escape(name)}: {count_of(len(failed), 'case')} could not be scored ({list_names(failed)})."
