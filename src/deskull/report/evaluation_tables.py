"""Tables of the evaluation page: the summary, the comparison of models, and all cases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from string import Template

from deskull.evaluation.comparison import SIGNIFICANCE_LEVEL, Comparison, Difference
from deskull.evaluation.definitions import COMPARED_SCORES, SCORES, format_number
from deskull.evaluation.scores import CaseScores, summarise
from deskull.report.html import count_of, header_row, list_names, score_cell, table, text_cell
from deskull.report.svg import colour_of

Models = Mapping[str, Sequence[CaseScores]]

_SUMMARY_ROWS = ("median", "mean", "worst")
_SCORE_COLUMNS = [definition.label_with_unit for definition in SCORES.values()]
_METHOD = Template(
    "95 % interval: bootstrap confidence interval of the median (BCa; * percentile, where BCa is undefined, or "
    "where participants with several cases are resampled as a whole). p: two-sided Wilcoxon signed-rank test of the "
    "median difference of each participant; p (Holm): adjusted for the $tests on this page, a difference if below "
    "$level. IoU is not tested because it orders masks as Dice does. A case for which a score is undefined (an empty "
    "mask has no surface) is left out of that score."
)


def summary_table(models: Models) -> str:
    """Return the median, mean and worst value of every score by model, and the number of cases that have it.

    Parameters
    ----------
    models : mapping of str to sequence of CaseScores
        Scores by the name of their model.

    Returns
    -------
    str
        HTML.
    """
    lines = []
    for index, (name, cases) in enumerate(models.items()):
        summary = summarise(cases)
        dot = f'<span class="dot" style="background:{colour_of(index)}"></span>'
        model = f'<th scope="rowgroup" rowspan="4" class="name" title="{escape(name)}">{dot}{escape(name)}</th>'
        for kind in _SUMMARY_ROWS:
            values = (score_cell(score, summary.get(key, {}).get(kind, math.nan)) for key, score in SCORES.items())
            start = f'<tr class="first">{model}' if kind == _SUMMARY_ROWS[0] else "<tr>"
            lines.append(f'{start}<th scope="row" class="text">{kind}</th>{"".join(values)}</tr>\n')
        counts = (sum(not math.isnan(score.value(case.scores)) for case in cases) for score in SCORES.values())
        cells = "".join(f"<td>{count}</td>" for count in counts)
        lines.append(f'<tr><th scope="row" class="text">cases</th>{cells}</tr>\n')
    return table(header_row(["Model", ""], _SCORE_COLUMNS), lines)


def cases_table(models: Models) -> str:
    """Return every score of every case.

    Parameters
    ----------
    models : mapping of str to sequence of CaseScores
        Scores by the name of their model.

    Returns
    -------
    str
        HTML.
    """
    several = len(models) > 1
    lines = [
        f"<tr>{text_cell(model) if several else ''}{text_cell(case.case, 'name case')}"
        + "".join(score_cell(score, score.value(case.scores)) for score in SCORES.values())
        + "</tr>\n"
        for model, cases in models.items()
        for case in cases
    ]
    return table(header_row(["Model", "Case"] if several else ["Case"], _SCORE_COLUMNS), lines, long=True)


def comparison_table(comparison: Comparison, first: str) -> str:
    """Return the cases that are compared, the differences, and how they were tested.

    Parameters
    ----------
    comparison : Comparison
    first : str
        Name of the model that the others are compared with.

    Returns
    -------
    str
        HTML.
    """
    excluded = ""
    if comparison.excluded_cases:
        n_excluded = count_of(len(comparison.excluded_cases), "case")
        excluded = f"; {n_excluded} left out ({list_names(comparison.excluded_cases)})"
    columns = ("Median difference", "95 % interval", "Cases", "p", "p (Holm)")
    head = header_row(("Score", "Model"), columns).replace("</tr>", '<th scope="col" class="text">Better</th></tr>')
    n_tests = sum(difference.p is not None for difference in comparison.differences)
    return (
        f"<p>Over the {count_of(len(comparison.cases), 'case')} that all models share{excluded}. A difference is the "
        f"model's score minus that of <b>{escape(first)}</b>, case by case.</p>\n"
        + table(head, [_difference_row(difference) for difference in comparison.differences])
        + f'<p class="pale">{_METHOD.substitute(tests=count_of(n_tests, "test"), level=SIGNIFICANCE_LEVEL)}</p>\n'
    )


def _difference_row(difference: Difference) -> str:
    """Return one row of the comparison."""
    score = COMPARED_SCORES[difference.score]
    interval = "–"
    if difference.interval_method:
        low, high = (format_number(end, score.difference_format) for end in (difference.low, difference.high))
        interval = f"{low} to {high}{'' if difference.interval_method == 'BCa' else ' *'}"
    verdict = f'<td class="text">{difference.note or "not significant"}</td>'
    if difference.better:
        verdict = f'<td class="name" title="{escape(difference.better)}"><b>{escape(difference.better)}</b></td>'
    return (
        f'<tr><th scope="row" class="text">{score.label_with_unit}</th>{text_cell(difference.other)}'
        f"<td>{format_number(difference.median, score.difference_format)}</td><td>{interval}</td>"
        f"<td>{difference.n_pairs}</td><td>{format_p(difference.p)}</td><td>{format_p(difference.p_holm)}</td>"
        f"{verdict}</tr>\n"
    )


def format_p(p: float | None) -> str:
    """Format a p value with three decimal places.

    Parameters
    ----------
    p : float or None

    Returns
    -------
    str

    Examples
    --------
    >>> format_p(0.0004), format_p(0.25), format_p(None)
    ('< 0.001', '0.250', '–')
    """
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
