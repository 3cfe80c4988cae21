"""Charts of drift: effect sizes, distributions, and measures over time, as inline SVG."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deskull.quality.drift.cohorts import FloatArray
from deskull.quality.drift.comparison import MeasureShift
from deskull.quality.drift.measures import label, split_unit
from deskull.report.svg import TEXT_COLOUR, chart_style, colour_of, soften_axes, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Colours of the reference, of the cohort, and of a change.
REFERENCE, COHORT = colour_of(0), colour_of(1)
_WIDTH = 5.2
#: Larger shifts are drawn at the edge of the chart, in standard deviations.
_MAX_SHIFT = 4.0
#: Most dots of a chart over time; of more scans every second, third or further one is drawn.
_MAX_DOTS = 1500
#: Longest line of a name beside a chart, in characters.
_LINE = 36


def shift_chart(shifts: Sequence[MeasureShift], moved: Sequence[MeasureShift], title: str, prefix: str) -> str:
    """Draw the shift of each measure in standard deviations of the reference.

    Parameters
    ----------
    shifts : sequence of MeasureShift
        Drawn from top to bottom.
    moved : sequence of MeasureShift
        Those that moved have a filled dot.
    title : str
    prefix : str
        Prefix of the ids in the SVG, unique on the page.

    Returns
    -------
    str
        ``<svg ...>``
    """
    from matplotlib.figure import Figure

    with chart_style():
        labels = [_wrapped(label(shift.name)) for shift in shifts]
        height = 0.36 if any("\n" in text for text in labels) else 0.27
        figure = Figure(figsize=(_WIDTH, 0.9 + height * len(shifts)), layout="constrained")
        axes = figure.add_subplot()
        axes.axvline(0, color=TEXT_COLOUR, alpha=0.5, linewidth=0.8)
        for row, shift in enumerate(shifts):
            _draw_shift(axes, row, shift, shift in moved)
        largest = max((abs(s.shift) for s in shifts if math.isfinite(s.shift)), default=0.0)
        limit = min(max(1.0, 1.12 * largest), _MAX_SHIFT * 1.05)
        axes.set_xlim(-limit, limit)
        axes.set_ylim(len(shifts) - 0.4, -0.6)
        axes.set_yticks(range(len(shifts)), labels, parse_math=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("shift (SD of the reference)")
        axes.set_title(title, fontsize=10, parse_math=False)
        soften_axes(axes, "x")
        return to_svg(figure, prefix, f"Shift of each measure: {title}")


def _wrapped(name: str) -> str:
    """Return a name in one line or two; what does not fit is left out."""
    return "\n".join(textwrap.wrap(name, _LINE, max_lines=2, placeholder=" …"))


def _draw_shift(axes: Axes, row: int, shift: MeasureShift, moved: bool) -> None:
    """Draw a line from no shift to that of one measure, which ends with a dot, or an arrow if it leaves the chart."""
    if math.isnan(shift.shift):
        return
    value = max(-_MAX_SHIFT, min(_MAX_SHIFT, shift.shift))
    colour = COHORT if moved else TEXT_COLOUR
    alpha = 1.0 if moved else 0.5
    marker = "o" if abs(shift.shift) <= _MAX_SHIFT else (">" if value > 0 else "<")
    axes.plot([0, value], [row, row], color=colour, alpha=alpha, linewidth=1.6)
    axes.plot(value, row, marker, color=colour, alpha=alpha, markersize=6, markerfacecolor=colour if moved else "none")


def distribution_chart(name: str, reference: FloatArray, sample: FloatArray, prefix: str) -> str:
    """Draw the distributions of one measure.

    Parameters
    ----------
    name : str
        Of the measure.
    reference, sample : ndarray of float64, shape (n,)
    prefix : str
        See `shift_chart`.

    Returns
    -------
    str
        ``<svg ...>``
    """
    from matplotlib.figure import Figure

    with chart_style():
        figure = Figure(figsize=(_WIDTH, 2.1), layout="constrained")
        axes = figure.add_subplot()
        edges = _bin_edges(reference, sample)
        for values, colour in ((reference, REFERENCE), (sample, COHORT)):
            heights, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
            axes.stairs(heights / len(values), edges, fill=True, color=colour, alpha=0.25)
            axes.stairs(heights / len(values), edges, color=colour, linewidth=1.6)
            axes.axvline(float(np.median(values)), color=colour, linestyle="--", linewidth=1.2)
        axes.set_xlabel(_wrapped(label(name)), parse_math=False)
        axes.set_ylabel("fraction of scans")
        soften_axes(axes, "both")
        return to_svg(figure, prefix, f"Distribution of {label(name)} here and in the reference")


def _bin_edges(reference: FloatArray, sample: FloatArray) -> FloatArray:
    """Edges of bins over the central 98 % of both samples; whole numbers of a small range get a bin each."""
    pooled = np.concatenate([reference, sample])
    low, high = (float(f(np.percentile(part, q) for part in (reference, sample))) for f, q in ((min, 1), (max, 99)))
    if np.all(pooled == np.round(pooled)) and high - low <= 30:
        return np.arange(round(low) - 0.5, round(high) + 1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, int(min(40, max(12, 2 * len(pooled) ** (1 / 3)))) + 1)


def time_chart(
    name: str, values: FloatArray, dates: Sequence[str], change: int | None, reference: FloatArray | None, prefix: str
) -> str:
    """Draw one measure over time.

    Parameters
    ----------
    name : str
        Of the measure.
    values : ndarray of float64, shape (n,)
        In order of time; NaN where it is missing.
    dates : sequence of str, length n
    change : int, optional
        First scan after a change, which is marked.
    reference : ndarray of float64, optional
        Values of the reference, of which the central 90 % are shaded.
    prefix : str
        See `shift_chart`.

    Returns
    -------
    str
        ``<svg ...>``
    """
    from matplotlib.figure import Figure

    with chart_style():
        figure = Figure(figsize=(2 * _WIDTH, 2.2), layout="constrained")
        axes = figure.add_subplot()
        if reference is not None and len(reference):
            axes.axhspan(*np.percentile(reference, [5, 95]), color=REFERENCE, alpha=0.15, linewidth=0)
        step = -(-len(values) // _MAX_DOTS)
        rows = np.arange(0, len(values), step)
        axes.plot(rows, values[::step], "o", color=TEXT_COLOUR, alpha=0.55, markersize=3.5, markeredgewidth=0)
        axes.plot(*_rolling_median(values), color=COHORT, linewidth=2)
        if change is not None:
            axes.axvline(change - 0.5, color=TEXT_COLOUR, linestyle="--", linewidth=1.2)
        ticks: Any = np.unique(np.linspace(0, len(values) - 1, min(6, len(values))).astype(int))
        axes.set_xticks(ticks, [dates[tick] for tick in ticks], parse_math=False)
        axes.set_title(label(name), fontsize=9, loc="left", parse_math=False)
        axes.grid(axis="y", color=TEXT_COLOUR, alpha=0.15)
        return to_svg(figure, prefix, f"{split_unit(name)[0]} over time")


def _rolling_median(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rolling median over a tenth of the scans, at least nine, at up to 200 places."""
    size = min(len(values), max(9, len(values) // 10))
    starts = np.unique(np.linspace(0, len(values) - size, 200).astype(int))
    known = [(start, part[~np.isnan(part)]) for start in starts for part in [values[start : start + size]]]
    points = [(start + (size - 1) / 2, float(np.median(part))) for start, part in known if len(part)]
    x, y = np.array(points or [(np.nan, np.nan)]).T
    return x, y
