"""Figures of the evaluation page: box plots, Bland-Altman plots, and pictures of the worst cases."""

from __future__ import annotations

import base64
import io
import math
import warnings
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from deskull import formats
from deskull.errors import InputError
from deskull.evaluation.agreement import volume_agreement
from deskull.evaluation.definitions import SCORES, ScoreDefinition, format_number
from deskull.evaluation.pairs import Pair
from deskull.evaluation.scores import CaseScores, require_same_grid
from deskull.report.charts import bland_altman_plot, box_plot
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR
from deskull.report.error_slices import ErrorSlices, error_slices
from deskull.report.evaluation_tables import Models
from deskull.volume import Volume

#: Number of worst cases of each model that are shown.
N_WORST = 4
#: IoU has no chart of its own: it orders masks as Dice does.
_CHARTS = [score for key, score in SCORES.items() if key != "iou"]


def box_plots(models: Models) -> str:
    """Return a box plot of each score.

    Parameters
    ----------
    models : mapping of str to sequence of CaseScores
        Scores by the name of their model.

    Returns
    -------
    str
        HTML.
    """
    figures = []
    for score in _CHARTS:
        values = {name: [score.value(case.scores) for case in cases] for name, cases in models.items()}
        figures.append(f"<figure>{box_plot(values, score.label_with_unit, f'box-{score.key}')}</figure>\n")
    return (
        '<p class="pale">Box: quartiles and median; whiskers: to the last case within 1.5 times the interquartile '
        f'range; each dot is a case.</p>\n<div class="charts">{"".join(figures)}</div>\n'
    )


def volume_plots(models: Models) -> str:
    """Return a Bland-Altman plot of each model.

    Parameters
    ----------
    models : mapping of str to sequence of CaseScores
        Scores by the name of their model.

    Returns
    -------
    str
        HTML.
    """
    agreements = {name: volume_agreement(cases) for name, cases in models.items() if cases}
    figures = []
    for index, name in enumerate(models):
        if name not in agreements:
            continue
        agreement = agreements[name]
        prefix, others = f"volumes-{index}", list(agreements.values())
        chart = bland_altman_plot(agreement, name, prefix, index=index, share_axes_with=others)
        bias, low, high = (format_number(value, "+.1f") for value in (agreement.bias, agreement.low, agreement.high))
        limits = f"95 % limits of agreement {low} to {high} ml"
        if math.isnan(agreement.low):
            limits = "limits of agreement need two cases"
        text = f"<b>{escape(name)}</b>: bias {bias} ml; {limits}"
        figures.append(f"<figure>{chart}<figcaption>{text}</figcaption></figure>\n")
    return (
        '<p class="pale">Bland-Altman plots (Lancet 1986). Solid line: bias, the mean difference; dashed lines: bias '
        f'± 1.96 standard deviations.</p>\n<div class="charts">{"".join(figures)}</div>\n'
    )


def worst_cases(models: Models, pairs: Mapping[str, Sequence[Pair]], scans: Mapping[str, Path]) -> str:
    """Return pictures of the cases with the lowest Dice.

    Parameters
    ----------
    models : mapping of str to sequence of CaseScores
        Scores by the name of their model.
    pairs : mapping of str to sequence of Pair
        Files of each model's cases; without its files a case is listed with its scores only.
    scans : mapping of str to Path
        Raw scans by case; without its scan a case is drawn on a plain background.

    Returns
    -------
    str
        HTML.
    """
    red, green = (f"rgb({r},{g},{b})" for r, g, b in (CONTOUR, REFERENCE_CONTOUR))
    parts = [
        f'<p class="pale">Cases with the lowest Dice, at most {N_WORST} for each model: sagittal, coronal and axial '
        "slices through the place of the largest error (ticks), in radiological convention (the left of coronal and "
        f'axial slices is the patient\'s right). <span class="key" style="background:{red}"></span>predicted mask, '
        f'drawn over the <span class="key" style="background:{green}"></span>reference.</p>\n'
    ]
    for name, cases in models.items():
        files = {pair.case: pair for pair in pairs.get(name, ())}
        imperfect = sorted((c for c in cases if c.scores.dice < 1), key=lambda c: (c.scores.dice, c.case))
        parts.append(f"<h3>{escape(name)}</h3>\n")
        parts += [_case_figure(case, files.get(case.case), scans.get(case.case)) for case in imperfect[:N_WORST]]
        if not imperfect:
            reason = "Every mask is equal to its reference." if cases else "No case was scored."
            parts.append(f"<p>{reason}</p>\n")
    return "".join(parts)


def _case_figure(case: CaseScores, pair: Pair | None, scan: Path | None) -> str:
    """Return the picture of a case with its scores."""
    scores = " · ".join(_score_text(case, score) for score in SCORES.values())
    name = escape(case.case)
    if pair is None:
        text = f"<b>{name}</b>: {scores}. Its masks are not available."
        return f"<figure><figcaption>{text}</figcaption></figure>\n"
    background, note = _read_scan(pair, scan)
    roi = formats.read(pair.roi) if pair.roi else None
    slices = error_slices(formats.read(pair.predicted), formats.read(pair.reference), background, roi)
    buffer = io.BytesIO()
    slices.picture.save(buffer, "PNG", optimize=True)
    image = base64.b64encode(buffer.getvalue()).decode("ascii")
    return (
        f'<figure><img alt="Three slices of {name} with both contours" '
        f'width="{slices.picture.width}" height="{slices.picture.height}" src="data:image/png;base64,{image}">'
        f"<figcaption><b>{name}</b>: {scores}. {_describe_error(slices)}{note}</figcaption></figure>\n"
    )


def _score_text(case: CaseScores, score: ScoreDefinition) -> str:
    """Return the name, value and unit of a score."""
    value = score.value(case.scores)
    unit = f" {score.unit}" if score.unit and not math.isnan(value) else ""
    return f"{score.label} {score.format(value)}{unit}"


def _read_scan(pair: Pair, scan: Path | None) -> tuple[Volume | None, str]:
    """Read the scan to draw on; None, with the reason, if there is none that fits."""
    if scan is None:
        return None, " The scan was not given."
    try:
        volume = formats.read(scan)
        require_same_grid(volume, formats.read(pair.reference))
    except InputError as error:
        warnings.warn(f"{error} Its picture shows contours only.", stacklevel=2)
        return None, " The scan could not be used."
    return volume, ""


def _describe_error(slices: ErrorSlices) -> str:
    """Say how large the largest error is and where it lies."""
    if math.isnan(slices.distance_mm):
        return "One of the masks is empty."
    direction = "too far outside" if slices.distance_mm > 0 else "missing"
    x, y, z = (format_number(round(coordinate), "d") for coordinate in slices.position_mm)
    return f"Largest error: {abs(slices.distance_mm):.1f} mm {direction}, at ({x}, {y}, {z}) mm RAS."
