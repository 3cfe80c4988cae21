"""Figures of an evaluation: box plots and Bland-Altman plots as inline SVG, slices through the largest error as PNG.

Matplotlib is an optional extra and is imported when a chart is drawn, through its object-oriented interface: no
window, no global figure. Charts are drawn in the page's own text colour, so that they follow light and dark.
"""

from __future__ import annotations

import inspect
import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from deskull.errors import UsageError
from deskull.evaluation.comparison import Agreement
from deskull.masking import binarise, distance_to, edge_voxels
from deskull.preprocessing.grid import Conformed, conform
from deskull.report.mosaic import CONTOUR
from deskull.volume import Array, Volume

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that the colour-blind tell apart (Okabe and Ito, 2008), the palest last.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
#: Contour of the reference: far from the predicted one's red in brightness too.
REFERENCE_CONTOUR = (90, 235, 170)
#: Ticks that point to the place of the largest error.
POINTER = (255, 220, 120)
#: Stands for the page's text colour until the SVG is written; nothing else is drawn in it.
_INK = "#010203"
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.formatter.useoffset": False,
}
_LONGEST_NAME = 22
_MARGIN_MM = 20
#: Picture pixels a mm.
_ZOOM = 2
#: Grey levels of a picture; the three colours come after them, so that a pixel is one byte.
_GREYS = 253


def need_matplotlib() -> None:
    """Refuse to go on without matplotlib.

    Raises
    ------
    UsageError
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise UsageError('--html: needs matplotlib; pip install "deskull[report]".') from None


def colour(index: int) -> str:
    """Colour of the model with this index."""
    return PALETTE[index % len(PALETTE)]


def shorten(name: str) -> str:
    """Cut the middle out of a name too long for a chart.

    >>> shorten("a-model-with-a-very-long-name-v2")
    'a-model-wit…ng-name-v2'
    """
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}…{name[1 - half :]}"


@contextmanager
def _style() -> Iterator[None]:
    """Matplotlib's own defaults (not the user's) and ours, for as long as a chart is drawn."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters the font lacks: the browser has its own
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def _svg(figure: Figure, name: str, title: str) -> str:
    """A figure as SVG to put into HTML: no prolog, ids of its own, the page's text colour and fonts."""
    import matplotlib

    buffer = io.StringIO()
    matplotlib.rcParams["svg.hashsalt"] = name
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    svg = buffer.getvalue()
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg[svg.index("<svg") :])
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "system-ui, sans-serif", svg).replace(_INK, "currentColor")
    label = title.translate({ord(c): f"&#{ord(c)};" for c in '&<>"'})
    return svg.replace("<svg", f'<svg class="chart" role="img" aria-label="{label}"', 1)


def _named(name: str, values: Sequence[float]) -> str:
    return f"{shorten(name)}  (n = {len(values)})"


def box_plot(values: Mapping[str, Sequence[float]], label: str, name: str) -> str:
    """Draw a score of several models: box, whiskers to 1.5 times the quartiles' distance, and every case.

    Parameters
    ----------
    values : mapping of str to sequence of float
        Scores by the name of their model, which is drawn from top to bottom; NaN is left out.
    label : str
        What the axis says.
    name : str
        Prefix of the ids in the SVG, of letters, figures and hyphens; another in each chart of a page.

    Returns
    -------
    str
        ``<svg ...>``
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    found = {model: np.array([v for v in some if not np.isnan(v)]) for model, some in values.items()}
    lying: dict[str, Any] = {"vert": False}  # until matplotlib 3.10
    if "orientation" in inspect.signature(Axes.boxplot).parameters:
        lying = {"orientation": "horizontal"}
    with _style():
        figure = Figure(figsize=(5.2, 0.85 + 0.42 * len(found)), layout="constrained")
        axes = figure.add_subplot()
        for row, some in enumerate(found.values()):
            _draw_box(axes, some, row, lying)
        axes.set_ylim(len(found) - 0.4, -0.6)
        names = [_named(model, some) for model, some in found.items()]  # type: ignore[arg-type]
        axes.set_yticks(range(len(found)), names, parse_math=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(label)
        _soften(axes, "x")
        return _svg(figure, name, f"Box plot of {label} by model")


def _draw_box(axes: Axes, values: npt.NDArray[np.float64], row: int, lying: dict[str, Any]) -> None:
    """One model's box and cases."""
    if not len(values):
        return
    lines = {"color": colour(row), "linewidth": 1.4}
    axes.boxplot(
        [values], positions=[row], widths=0.55, showfliers=False, manage_ticks=False, boxprops=lines,
        whiskerprops=lines, capprops=lines, medianprops={"color": colour(row), "linewidth": 3}, **lying,
    )  # fmt: skip
    # Spread by the golden ratio: even, and the same in every run.
    spread = (np.arange(len(values)) * 0.618034 % 1 - 0.5) * 0.4
    above = 1 if len(values) > 30 else 4  # few dots must not hide behind the median, many must not hide the box
    axes.plot(values, row + spread, "o", color=_INK, markersize=2.8, alpha=0.45, markeredgewidth=0, zorder=above)


def _soften(axes: Axes, axis: Any) -> None:
    """Few ticks, pale grid lines behind the data."""
    axes.locator_params(axis=axis, nbins=6)
    axes.grid(axis=axis, color=_INK, alpha=0.15, linewidth=0.8)
    axes.set_axisbelow(True)


def bland_altman_plot(
    found: Agreement, model: str, name: str, *, index: int = 0, alike: Sequence[Agreement] = ()
) -> str:
    """Draw a Bland-Altman plot of a model's volumes (Bland and Altman, Lancet 1986).

    Parameters
    ----------
    found : Agreement
    model : str
        The title.
    name : str
        Prefix of the ids in the SVG; see `box_plot`.
    index : int
        The model's index, which chooses its colour.
    alike : sequence of Agreement
        The plots that are to have the same axes.

    Returns
    -------
    str
        ``<svg ...>``
    """
    from matplotlib.figure import Figure

    with _style():
        figure = Figure(figsize=(5.2, 3.5), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(0, color=_INK, alpha=0.35, linewidth=0.8)
        axes.plot(found.means, found.differences, "o", color=colour(index), markersize=4, alpha=0.75)
        for value, text, dash in ((found.bias, "bias", "-"), (found.low, "", "--"), (found.high, "", "--")):
            if np.isfinite(value):
                axes.axhline(value, color=colour(index), linestyle=dash, linewidth=1.4)
                axes.annotate(
                    f"{text} {value:+.1f}".strip().replace("-", "−"),
                    (1.01, value),
                    xycoords=("axes fraction", "data"),
                    va="center",
                )
        x, y = _limits([found, *alike])
        axes.set_xlim(x)
        axes.set_ylim(y)
        axes.set_title(shorten(model), fontsize=10, parse_math=False)
        axes.set_xlabel("mean of predicted and reference volume (ml)")
        axes.set_ylabel("predicted − reference (ml)")
        _soften(axes, "both")
        return _svg(figure, name, f"Bland-Altman plot of the volumes of {model}")


def _limits(plots: Sequence[Agreement]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Axes that hold all points and lines of several plots, and zero difference."""
    x = np.concatenate([plot.means for plot in plots])
    y = np.concatenate([[0.0], *([*plot.differences, plot.bias, plot.low, plot.high] for plot in plots)])
    return _padded(x), _padded(y[np.isfinite(y)])


def _padded(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Ends of an axis: the values' and a margin."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    margin = 0.08 * (high - low) or max(1.0, 0.05 * abs(high))
    return low - margin, high + margin


@dataclass(frozen=True)
class ErrorSlices:
    """A picture of the place where a mask errs most.

    Attributes
    ----------
    picture : PIL.Image.Image
        Sagittal, coronal and axial slice side by side, radiological, two pixels a mm.
    distance_mm : float
        How far the mask goes too far there (positive) or falls short (negative); NaN where a mask is empty,
        0 where they agree.
    place_mm : tuple of float
        World coordinates of the place in mm, RAS+.
    """

    picture: Image.Image
    distance_mm: float
    place_mm: tuple[float, float, float]


def error_slices(
    predicted: Volume, reference: Volume, scan: Volume | None = None, roi: Volume | None = None
) -> ErrorSlices:
    """Draw three slices through the largest error: predicted contour red over the reference's green.

    Parameters
    ----------
    predicted, reference : Volume
        Masks on one grid.
    scan, roi : Volume, optional
        The raw scan to draw on, and the region that counts; on the same grid.

    Notes
    -----
    The largest error is the wrong voxel farthest from the other mask, on a grid of 1 mm.
    """
    masks = [binarise(predicted), binarise(reference)]
    if roi is not None:
        masks = [mask & binarise(roi) for mask in masks]
    upright = conform(reference.with_data(masks[1].astype(np.uint8)) if scan is None else _flat(scan), 1.0, 1)
    a, b = (_conformed(reference.with_data(mask.astype(np.uint8)), upright) for mask in masks)
    box = _box(a | b)
    place, distance = _largest_error(a[box], b[box])
    grey = np.full(a[box].shape, 0.12, np.float32) if scan is None else _shades(upright, box)
    corner = np.array([side.start for side in box])
    x, y, z = (upright.affine[:3, :3] @ (corner + place) + upright.affine[:3, 3]).tolist()
    panels = [_panel(grey, a[box], b[box], place, axis) for axis in range(3)]
    return ErrorSlices(_beside(panels), distance, (x, y, z))


def _conformed(mask: Volume, upright: Conformed) -> Array:
    """A mask on the picture's grid; it ends where the field of view does."""
    found: Array = (conform(mask, 1.0, 1, reference_grid=upright).data > 0.5) & upright.field_of_view
    return found


def _flat(scan: Volume) -> Volume:
    """One frame of finite values."""
    return scan.mean_frame().finite()


def _box(mask: Array) -> tuple[slice, slice, slice]:
    """The box of a mask and a margin; everything if it is empty."""
    found = ndimage.find_objects(mask.astype(np.uint8))
    sides = found[0] if found else tuple(slice(0, size) for size in mask.shape)
    x, y, z = (
        slice(max(0, side.start - _MARGIN_MM), min(size, side.stop + _MARGIN_MM))
        for side, size in zip(sides, mask.shape, strict=True)
    )
    return x, y, z


def _shades(scan: Conformed, box: tuple[slice, ...]) -> npt.NDArray[np.float32]:
    """Grey values of a box, 0 to 1, black outside the field of view."""
    grey, seen = scan.data[box], scan.field_of_view[box]
    low, high = np.percentile(grey[seen], (1, 99.7)) if seen.any() else (0.0, 1.0)
    shade = np.clip((grey - low) / max(high - low, 1e-6), 0, 1)
    return np.where(seen, shade, np.float32(0))


def _largest_error(a: Array, b: Array) -> tuple[Array, float]:
    """Index of the wrong voxel farthest from the other mask, and how far: too much is positive, in voxels."""
    middle = (np.argwhere(a | b).mean(axis=0) if (a | b).any() else np.array(a.shape) / 2).astype(int)
    if not (a.any() and b.any()):
        return middle, np.nan
    place, distance = middle, 0.0
    for wrong, other, sign in ((a & ~b, b, 1), (b & ~a, a, -1)):
        if wrong.any():
            far = np.where(wrong, distance_to(edge_voxels(other)), 0)
            if far.max() > abs(distance):
                place, distance = np.array(np.unravel_index(far.argmax(), far.shape)), sign * float(far.max())
    return place, distance


def _panel(grey: Array, a: Array, b: Array, place: Array, axis: int) -> Image.Image:
    """One slice with both contours and the pointers, two pixels a mm."""
    index = int(place[axis])
    shade, ours, theirs = (_upright(np.take(volume, index, axis), axis) for volume in (grey, a, b))
    pixels = (shade * (_GREYS - 1)).astype(np.uint8)
    pixels[edge_voxels(theirs > 0.5)] = _GREYS
    pixels[edge_voxels(ours > 0.5)] = _GREYS + 1
    spot = np.zeros(grey.shape, np.float32)
    spot[tuple(place)] = 1
    row, column = np.unravel_index(_upright(np.take(spot, index, axis), axis).argmax(), shade.shape)
    for end in (slice(0, 12), slice(-12, None)):
        pixels[end, column : column + _ZOOM] = _GREYS + 2
        pixels[row : row + _ZOOM, end] = _GREYS + 2
    return Image.fromarray(pixels)


def _upright(plane: Array, axis: int) -> npt.NDArray[np.float32]:
    """Turn a slice of a RAS array so that up is up and right is left (radiological), and enlarge it."""
    turned = np.rot90(plane).astype(np.float32)
    turned = turned[:, ::-1] if axis != 0 else turned
    larger: npt.NDArray[np.float32] = ndimage.zoom(turned, _ZOOM, order=1, grid_mode=True, mode="nearest")
    return larger


def _beside(panels: Sequence[Image.Image]) -> Image.Image:
    """Panels side by side on black, centred."""
    height = max(panel.height for panel in panels)
    canvas = Image.new("P", (sum(panel.width for panel in panels) + 8 * (len(panels) - 1), height))
    greys = np.linspace(0, 255, _GREYS).round().astype(int).repeat(3).tolist()
    canvas.putpalette([*greys, *REFERENCE_CONTOUR, *CONTOUR, *POINTER])
    left = 0
    for panel in panels:
        canvas.paste(panel, (left, (height - panel.height) // 2))
        left += panel.width + 8
    return canvas
