"""Evaluation page: scores of one or several models, charts and the worst cases in one HTML file.

The page needs nothing else, and holds no date and no path: the same scores give the same bytes.
"""

from __future__ import annotations

import base64
import io
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from deskull import formats
from deskull._version import __version__
from deskull.errors import InputError
from deskull.evaluation.comparison import ABSOLUTE_VOLUME, COMPARED, LEVEL, Comparison, Difference, agreement, compare
from deskull.evaluation.scores import COLUMNS, Pair, Row, check_grids, summarise
from deskull.report.charts import REFERENCE_CONTOUR, ErrorSlices, bland_altman_plot, box_plot, colour, error_slices
from deskull.report.mosaic import CONTOUR
from deskull.volume import Volume

Models = Mapping[str, Sequence[Row]]

#: What the scores are called on the page, and their units.
NAMES = {
    "dice": ("Dice", ""),
    "iou": ("IoU", ""),
    "sensitivity": ("Sensitivity", ""),
    "specificity": ("Specificity", ""),
    "hd95": ("HD95", "mm"),
    "surface_distance": ("Mean surface distance", "mm"),
    "volume_difference_ml": ("Volume difference", "ml"),
    ABSOLUTE_VOLUME: ("Absolute volume difference", "ml"),
    "leak": ("Leak beyond 5\N{NO-BREAK SPACE}mm", ""),
}
#: Pictures of worst cases, a model.
WORST = 4
_NONE = "–"
_LEFT = ' class="text"'
_WORDS = ("Score", "Model", "Better")
_METHOD = Template(
    "Interval: bootstrap of the median (BCa, or percentile * where BCa is undefined). p: Wilcoxon signed-rank test, "
    "two-sided; p (Holm): adjusted for the $tests on this page, under $level a difference. Both take cases as "
    "independent; several scans of one person are not. IoU is not tested: it orders masks as Dice does. A case in "
    "which a score is undefined (an empty mask has no surface) does not count for that score."
)


@dataclass(frozen=True)
class _Section:
    """A heading, its anchor and what stands under it."""

    anchor: str
    heading: str
    body: str


def evaluation_page(
    models: Models,
    pairs: Mapping[str, Sequence[Pair]] | None = None,
    scans: Mapping[str, Path] | None = None,
) -> str:
    """Write the page of an evaluation.

    Parameters
    ----------
    models : mapping of str to sequence of Row
        Scores by the name of their model; the others are compared with the first.
    pairs : mapping of str to sequence of Pair, optional
        The files of each model's cases, for pictures of the worst and to say which could not be scored.
    scans : mapping of str to Path, optional
        Raw scans by case, for these pictures; without its scan a case shows the contours only.

    Returns
    -------
    str
        HTML without any external reference; the same for the same input.
    """
    sections = [_Section("summary", "Summary", _summary(models))]
    if len(models) > 1:
        sections.append(_Section("comparison", "Comparison", _comparison(compare(models), next(iter(models)))))
    sections += [
        _Section("scores", "Scores by model", _box_plots(models)),
        _Section("volumes", "Agreement of volumes", _volumes(models)),
        _Section("worst", "Worst cases", _worst(models, pairs or {}, scans or {})),
        _Section("cases", "All cases", _cases(models)),
    ]
    first, *others = map(escape, models)
    cases = len({row.case for rows in models.values() for row in rows})
    template = resources.files(__package__).joinpath("evaluation_page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        title=f"Evaluation of {first}" + (f" against {', '.join(others)}" if others else ""),
        subtitle=f"{_count(len(models), 'model')}, {_count(cases, 'case')} · deskull {escape(__version__)}",
        notes="".join(f"<p>{note}</p>" for note in _not_scored(models, pairs or {})),
        contents=" ".join(f'<a href="#{part.anchor}">{part.heading}</a>' for part in sections),
        sections="\n".join(
            f'<section><h2 id="{part.anchor}">{part.heading}</h2>\n{part.body}</section>' for part in sections
        ),
        version=escape(__version__),
    )


def _label(score: str) -> str:
    name, unit = NAMES[score]
    return f"{name} ({unit})" if unit else name


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    """A list of names that stays short."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(map(escape, names[:10])) + more


def _not_scored(models: Models, pairs: Mapping[str, Sequence[Pair]]) -> Iterator[str]:
    """One sentence for each model with cases that could not be scored."""
    for name, rows in models.items():
        scored = {row.case for row in rows}
        failed = [pair.case for pair in pairs.get(name, ()) if pair.case not in scored]
        if failed:
            yield f"{escape(name)}: {_count(len(failed), 'case')} could not be scored ({_some(failed)})."


def _number(value: float, form: str) -> str:
    """A number as text, with a true minus; a dash for NaN."""
    return _NONE if math.isnan(value) else format(value, form).replace("-", "−")


def _cell(value: float, form: str) -> str:
    """A cell that sorts by its number; NaN sorts last."""
    return f'<td data-value="{"" if math.isnan(value) else repr(value)}">{_number(value, form)}</td>'


def _name(text: str, kind: str = "name") -> str:
    """A cell of free text, with the whole of it where it is cut."""
    return f'<td class="{kind}" title="{escape(text)}">{escape(text)}</td>'


def _head(names: Sequence[str]) -> str:
    cells = (f'<th scope="col" class="text">{name}</th>' for name in names)
    scores = (f'<th scope="col">{_label(name)}</th>' for name in COLUMNS)
    return f"<thead><tr>{''.join(cells)}{''.join(scores)}</tr></thead>"


def _table(head: str, rows: Sequence[str], *, long: bool = False) -> str:
    """A table that scrolls sideways; a long one also up and down, and it can be sorted."""
    box, kind = ("scroll tall", ' class="sortable"') if long else ("scroll", "")
    body = f"{head}<tbody>\n{''.join(rows)}</tbody>"
    return f'<div class="{box}" tabindex="0"><table{kind}>{body}</table></div>\n'


def _summary(models: Models) -> str:
    """Median, mean and worst of every score by model, and the cases that have it."""
    lines = []
    for index, (name, rows) in enumerate(models.items()):
        summary = summarise(rows)
        dot = f'<span class="dot" style="background:{colour(index)}"></span>'
        model = f'<th scope="rowgroup" rowspan="4" class="name" title="{escape(name)}">{dot}{escape(name)}</th>'
        for kind in ("median", "mean", "worst"):
            found = (_cell(summary.get(score, {}).get(kind, math.nan), form) for score, form in COLUMNS.items())
            first = ' class="first"' if kind == "median" else ""
            lines.append(
                f'<tr{first}>{model if first else ""}<th scope="row" class="text">{kind}</th>{"".join(found)}</tr>\n'
            )
        counts = (sum(not math.isnan(getattr(row.scores, score)) for row in rows) for score in COLUMNS)
        cells = "".join(f"<td>{count}</td>" for count in counts)
        lines.append(f'<tr><th scope="row" class="text">cases</th>{cells}</tr>\n')
    return _table(_head(["Model", ""]), lines)


def _cases(models: Models) -> str:
    """Every score of every case."""
    several = len(models) > 1
    lines = [
        f"<tr>{_name(model) if several else ''}{_name(row.case, 'name case')}"
        + "".join(_cell(getattr(row.scores, score), form) for score, form in COLUMNS.items())
        + "</tr>\n"
        for model, rows in models.items()
        for row in rows
    ]
    return _table(_head(["Model", "Case"] if several else ["Case"]), lines, long=True)


def _comparison(found: Comparison, first: str) -> str:
    """What the comparison rests on, and its table."""
    left = f"; {_count(len(found.left_out), 'case')} left out ({_some(found.left_out)})" if found.left_out else ""
    names = ("Score", "Model", "Median difference", "95 % interval", "Cases", "p", "p (Holm)", "Better")
    heads = (f'<th scope="col"{_LEFT if name in _WORDS else ""}>{name}</th>' for name in names)
    tests = sum(part.p is not None for part in found.differences)
    return (
        f"<p>Over {_count(len(found.cases), 'case')} that all models share{left}. Differences are the model's score "
        f"minus that of <b>{escape(first)}</b>, case by case.</p>\n"
        + _table(f"<thead><tr>{''.join(heads)}</tr></thead>", [_difference(part) for part in found.differences])
        + f'<p class="pale">{_METHOD.substitute(tests=_count(tests, "test"), level=LEVEL)}</p>\n'
    )


def _difference(found: Difference) -> str:
    """One row of the comparison."""
    form = COMPARED[found.score]
    interval = _NONE
    if found.interval:
        mark = "" if found.interval == "BCa" else " *"
        interval = f"{_number(found.low, form)} to {_number(found.high, form)}{mark}"
    verdict = f'<td class="text">{found.note or "no clear difference"}</td>'
    if found.better:
        verdict = f'<td class="name" title="{escape(found.better)}"><b>{escape(found.better)}</b></td>'
    return (
        f'<tr><th scope="row" class="text">{_label(found.score)}</th>{_name(found.other)}'
        f"<td>{_number(found.median, form)}</td><td>{interval}</td><td>{found.pairs}</td><td>{p_text(found.p)}</td>"
        f"<td>{p_text(found.p_holm)}</td>{verdict}</tr>\n"
    )


def p_text(p: float | None) -> str:
    """A p value in three places.

    >>> p_text(0.0004), p_text(0.25), p_text(None)
    ('< 0.001', '0.250', '–')
    """
    if p is None:
        return _NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _box_plots(models: Models) -> str:
    """A box plot of each score that is compared."""
    figures = []
    for score in (name for name in COLUMNS if name != "iou"):
        values = {name: [getattr(row.scores, score) for row in rows] for name, rows in models.items()}
        figures.append(f"<figure>{box_plot(values, _label(score), f'box-{score}')}</figure>\n")
    return (
        '<p class="pale">Box: quartiles and median; whiskers: to the last case within 1.5 times their distance; '
        f'every dot is a case.</p>\n<div class="charts">{"".join(figures)}</div>\n'
    )


def _volumes(models: Models) -> str:
    """A Bland-Altman plot of each model."""
    found = {name: agreement(rows) for name, rows in models.items() if rows}
    figures = []
    for index, name in enumerate(models):
        if name not in found:
            continue
        part = found[name]
        chart = bland_altman_plot(part, name, f"volumes-{index}", index=index, alike=list(found.values()))
        limits = f"95 % limits of agreement {_number(part.low, '+.1f')} to {_number(part.high, '+.1f')} ml"
        text = f"bias {_number(part.bias, '+.1f')} ml; " + (
            "one case has no limits" if math.isnan(part.low) else limits
        )
        figures.append(f"<figure>{chart}<figcaption><b>{escape(name)}</b>: {text}</figcaption></figure>\n")
    return (
        '<p class="pale">Bland-Altman plots (Lancet 1986). Solid line: bias, the mean difference; broken lines: bias '
        f'± 1.96 standard deviations.</p>\n<div class="charts">{"".join(figures)}</div>\n'
    )


def _worst(models: Models, pairs: Mapping[str, Sequence[Pair]], scans: Mapping[str, Path]) -> str:
    """Pictures of the cases with the lowest Dice."""
    predicted, reference = (f"rgb{rgb}".replace(" ", "") for rgb in (CONTOUR, REFERENCE_CONTOUR))
    parts = [
        f'<p class="pale">Lowest Dice first, at most {WORST} a model: sagittal, coronal and axial slice through the '
        "place of the largest error (ticks), radiological (the left of coronal and axial slices is the patient's "
        f'right). <span class="key" style="background:{predicted}"></span>predicted, over '
        f'<span class="key" style="background:{reference}"></span>reference.</p>\n'
    ]
    for name, rows in models.items():
        files = {pair.case: pair for pair in pairs.get(name, ())}
        worst = sorted((row for row in rows if row.scores.dice < 1), key=lambda row: (row.scores.dice, row.case))[
            :WORST
        ]
        parts.append(f"<h3>{escape(name)}</h3>\n")
        parts += [_picture(row, files.get(row.case), scans.get(row.case)) for row in worst]
        if not worst:
            parts.append(
                "<p>No case to show: no mask differs from its reference.</p>\n"
                if rows
                else "<p>No case was scored.</p>\n"
            )
    return "".join(parts)


def _picture(row: Row, pair: Pair | None, scan: Path | None) -> str:
    """A case: its picture and its scores."""
    scores = " · ".join(_score_text(row, score) for score in COLUMNS)
    if pair is None:
        text = f"<b>{escape(row.case)}</b>: {scores}. Its masks were not given."
        return f"<figure><figcaption>{text}</figcaption></figure>\n"
    background, note = _scan_of(pair, scan)
    roi = formats.read(pair.roi) if pair.roi else None
    found = error_slices(formats.read(pair.predicted), formats.read(pair.reference), background, roi)
    buffer = io.BytesIO()
    found.picture.save(buffer, "PNG", optimize=True)
    image = base64.b64encode(buffer.getvalue()).decode("ascii")
    return (
        f'<figure><img alt="Three slices of {escape(row.case)} with both contours" '
        f'width="{found.picture.width}" height="{found.picture.height}" src="data:image/png;base64,{image}">'
        f"<figcaption><b>{escape(row.case)}</b>: {scores}. {_place(found)}{note}</figcaption></figure>\n"
    )


def _score_text(row: Row, score: str) -> str:
    """A score in words: its name, value and unit."""
    name, unit = NAMES[score]
    value = _number(getattr(row.scores, score), COLUMNS[score])
    return f"{name} {value}" + (f" {unit}" if unit and value != _NONE else "")


def _scan_of(pair: Pair, scan: Path | None) -> tuple[Volume | None, str]:
    """The scan to draw on, or None and why."""
    if scan is None:
        return None, " No scan was given."
    try:
        found, reference = formats.read(scan), formats.read(pair.reference)
        check_grids(found, reference)
    except InputError as error:
        warnings.warn(f"{error} Its picture shows contours only.", stacklevel=2)
        return None, " Its scan could not be used."
    return found, ""


def _place(found: ErrorSlices) -> str:
    """Where the largest error is, in words."""
    if math.isnan(found.distance_mm):
        return "One of the masks is empty."
    kind = "too much" if found.distance_mm > 0 else "missed"
    x, y, z = (_number(round(place), "d") for place in found.place_mm)
    return f"Largest error: {abs(found.distance_mm):.1f} mm {kind}, at ({x}, {y}, {z}) mm RAS."
