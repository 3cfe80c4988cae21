"""SVG: charts as inline SVG that adopts the text colour of the page, so that they follow light and dark themes.

Matplotlib is an optional dependency. It is imported when a chart is drawn, and used through its object-oriented
interface, which opens no window and keeps no global figure.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from deskull.errors import UsageError
from deskull.system.installation import install_command

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that the colour-blind can tell apart (Okabe and Ito, 2008), the palest last.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
#: Placeholder for the page's text colour until the SVG is written; nothing else is drawn in this colour.
TEXT_COLOUR = "#010203"
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.edgecolor": TEXT_COLOUR,
    "axes.labelcolor": TEXT_COLOUR,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": TEXT_COLOUR,
    "xtick.color": TEXT_COLOUR,
    "ytick.color": TEXT_COLOUR,
    "axes.formatter.useoffset": False,
}
#: Longest name of a model in a chart, in characters.
_LONGEST_NAME = 22


def require_matplotlib(page: str = "evaluation page") -> None:
    """Check that matplotlib is installed.

    Parameters
    ----------
    page : str
        What needs it.

    Raises
    ------
    UsageError
        If it is not.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise UsageError(f"the {page} needs matplotlib; {install_command('report')}.") from None


def colour_of(index: int) -> str:
    """Return the colour of the model with this index.

    Parameters
    ----------
    index : int
        After the last colour, they are used again.

    Returns
    -------
    str
        In hexadecimal notation.
    """
    return PALETTE[index % len(PALETTE)]


def shorten(name: str) -> str:
    """Cut out the middle of a name that is too long for a chart.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        At most 22 characters.

    Examples
    --------
    >>> shorten("a-model-with-a-very-long-name-v2")
    'a-model-wit…ng-name-v2'
    """
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}…{name[1 - half :]}"


@contextmanager
def chart_style() -> Iterator[None]:
    """Apply the style of the charts, on top of matplotlib's defaults rather than the user's settings."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # matplotlib warns of letters that its font lacks; the browser's has them
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def soften_axes(axes: Axes, which: Any) -> None:
    """Draw few ticks, and pale grid lines behind the data, along "x", "y" or "both".

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    which : {"x", "y", "both"}
    """
    axes.locator_params(axis=which, nbins=6)
    axes.grid(axis=which, color=TEXT_COLOUR, alpha=0.15, linewidth=0.8)
    axes.set_axisbelow(True)


def to_svg(figure: Figure, prefix: str, title: str) -> str:
    """Convert a figure to SVG that can be placed in an HTML page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    prefix : str
        Prefix of all ids, so that those of two charts on one page differ.
    title : str
        Description for screen readers.

    Returns
    -------
    str
        ``<svg ...>`` without an XML declaration, in the page's own text colour and font; the same for the same chart.
    """
    import matplotlib

    buffer = io.StringIO()
    matplotlib.rcParams["svg.hashsalt"] = prefix
    no_metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=no_metadata)
    svg = buffer.getvalue()
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg[svg.index("<svg") :])
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "system-ui, sans-serif", svg).replace(TEXT_COLOUR, "currentColor")
    return svg.replace("<svg", f'<svg class="chart" role="img" aria-label="{escape(title)}"', 1)
