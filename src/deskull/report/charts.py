"""Charts of an evaluation: box plots of scores and Bland-Altman plots of volumes, as inline SVG."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deskull.evaluation.agreement import VolumeAgreement
from deskull.report.svg import TEXT_COLOUR, chart_style, colour_of, shorten, soften_axes, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Width of all charts in inches.
_WIDTH = 5.2
#: With more cases than this, their dots are drawn behind the box, which they would otherwise hide.
_MANY_CASES = 30
#: Values that differ by about this fraction of themselves, or less, are equal but for rounding.
_ROUNDING = 1e-9


def box_plot(values: Mapping[str, Sequence[float]], label: str, prefix: str) -> str:
    """Draw the scores of several models: a box, whiskers to 1.5 times the interquartile range, and every case.

    Parameters
    ----------
    values : mapping of str to sequence of float
        Scores by the name of their model; models are drawn from top to bottom. NaN is left out.
    label : str
        Label of the axis.
    prefix : str
        Prefix of the ids in the SVG, of letters, digits and hyphens; unique for each chart of a page.

    Returns
    -------
    str
        ``<svg ...>``
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    defined = {model: np.array([v for v in scores if not np.isnan(v)], float) for model, scores in values.items()}
    horizontal: dict[str, Any] = {"vert": False}  # until matplotlib 3.10
    if "orientation" in inspect.signature(Axes.boxplot).parameters:
        horizontal = {"orientation": "horizontal"}
    with chart_style():
        figure = Figure(figsize=(_WIDTH, 0.85 + 0.42 * len(defined)), layout="constrained")
        axes = figure.add_subplot()
        for row, scores in enumerate(defined.values()):
            _draw_box(axes, scores, row, horizontal)
        axes.set_ylim(len(defined) - 0.4, -0.6)
        names = [f"{shorten(model)}  (n = {len(scores)})" for model, scores in defined.items()]
        axes.set_yticks(range(len(defined)), names, parse_math=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(label)
        soften_axes(axes, "x")
        return to_svg(figure, prefix, f"Box plot of {label} by model")


def _draw_box(axes: Axes, values: npt.NDArray[np.float64], row: int, horizontal: dict[str, Any]) -> None:
    """Draw the box and the cases of one model."""
    if not len(values):
        return
    lines = {"color": colour_of(row), "linewidth": 1.4}
    axes.boxplot(
        [values], positions=[row], widths=0.55, showfliers=False, manage_ticks=False, boxprops=lines,
        whiskerprops=lines, capprops=lines, medianprops={"color": colour_of(row), "linewidth": 3}, **horizontal,
    )  # fmt: skip
    # Multiples of the golden ratio spread the dots evenly, and in the same way in every run.
    jitter = (np.arange(len(values)) * 0.618034 % 1 - 0.5) * 0.4
    zorder = 1 if len(values) > _MANY_CASES else 4  # a few dots must not disappear behind the line of the median
    axes.plot(
        values, row + jitter, "o", color=TEXT_COLOUR, markersize=2.8, alpha=0.45, markeredgewidth=0, zorder=zorder
    )


def bland_altman_plot(
    agreement: VolumeAgreement,
    model: str,
    prefix: str,
    *,
    index: int = 0,
    share_axes_with: Sequence[VolumeAgreement] = (),
) -> str:
    """Draw a Bland-Altman plot of a model's volumes (Bland and Altman, Lancet 1986).

    Parameters
    ----------
    agreement : VolumeAgreement
    model : str
        Name of the model: the title.
    prefix : str
        Prefix of the ids in the SVG; see `box_plot`.
    index : int
        Index of the model, which determines its colour.
    share_axes_with : sequence of VolumeAgreement
        Agreements whose plots have the same axes, so that they can be compared.

    Returns
    -------
    str
        ``<svg ...>``
    """
    from matplotlib.figure import Figure

    with chart_style():
        figure = Figure(figsize=(_WIDTH, 3.5), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(0, color=TEXT_COLOUR, alpha=0.35, linewidth=0.8)
        axes.plot(agreement.means, agreement.differences, "o", color=colour_of(index), markersize=4, alpha=0.75)
        _draw_line(axes, agreement.bias, "bias ", "-", colour_of(index))
        for limit in (agreement.low, agreement.high):
            _draw_line(axes, limit, "", "--", colour_of(index))
        x_limits, y_limits = _axis_limits([agreement, *share_axes_with])
        axes.set_xlim(x_limits)
        axes.set_ylim(y_limits)
        axes.set_title(shorten(model), fontsize=10, parse_math=False)
        axes.set_xlabel("mean of predicted and reference volume (ml)")
        axes.set_ylabel("predicted − reference (ml)")
        soften_axes(axes, "both")
        return to_svg(figure, prefix, f"Bland-Altman plot of the volumes of {model}")


def _draw_line(axes: Axes, value: float, text: str, style: str, colour: str) -> None:
    """Draw a horizontal line with its value on the right, if there is a value."""
    if np.isfinite(value):
        axes.axhline(value, color=colour, linestyle=style, linewidth=1.4)
        number = f"{value:+.1f}".replace("-", "−")
        axes.annotate(f"{text}{number}", (1.01, value), xycoords=("axes fraction", "data"), va="center")


def _axis_limits(plots: Sequence[VolumeAgreement]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the limits of axes that hold all points and lines of several plots, and a difference of zero."""
    x = np.concatenate([plot.means for plot in plots])
    y = np.concatenate([[0.0], *([*plot.differences, plot.bias, plot.low, plot.high] for plot in plots)])
    return _padded_range(x), _padded_range(y[np.isfinite(y)])


def _padded_range(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the range of values with a margin of 8 % on both sides; values equal but for rounding get a wider one."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    largest = max(abs(low), abs(high))
    margin = 0.08 * (high - low)
    if margin <= _ROUNDING * largest:
        margin = max(1.0, 0.05 * largest)
    return low - margin, high + margin
