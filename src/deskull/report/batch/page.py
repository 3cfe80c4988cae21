"""The page of a batch's report: the frame that the program of the page fills with the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template

from deskull._version import __version__
from deskull.quality.files import short_text
from deskull.report.batch.rows import NO_MASK, Row
from deskull.report.html import Section, count_of

#: Settings that the page lists, by the column of the table.
_SETTINGS = {"model": "Model", "surface": "Surface", "border_mm": "Border (mm)", "frame": "Frames of series",
             "version": "deskull"}  # fmt: skip
#: Values of a setting that are listed before the rest is only counted.
_N_VALUES = 5
#: Definition of "brain" by surface, for the text to cite.
_SURFACES = {"brain": "brain surface", "intracranial": "intracranial surface"}


def batch_page(rows: Sequence[Row], title: str, sections: Sequence[Section] = (), method: str = "") -> str:
    """Create the page of a batch's report.

    Parameters
    ----------
    rows : sequence of Row
    title : str
    sections : sequence of Section
        Further sections, for instance on the drift of measures over time; their bodies are HTML.
    method : str
        Sentences on the method, to be pasted into a paper; by default those of `citation`.

    Returns
    -------
    str
        HTML that loads only the files that are written beside it.
    """
    template = resources.files("deskull.report.batch").joinpath("page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        title=escape(title),
        count=count_of(len(rows), "scan"),
        sections="\n".join(section.as_html() for section in sections),
        links="".join(f'<a href="#{escape(part.anchor)}">{part.heading}</a>' for part in sections),
        settings=_settings_table(rows),
        citation=escape(method or citation(rows)),
        version=escape(__version__),
    )


def _settings_table(rows: Sequence[Row]) -> str:
    """Rows of the table of settings: each value, and how many masks were made with it."""
    cells = []
    for column, label in _SETTINGS.items():
        counts = Counter(value for row in rows if (value := row.entry.cells.get(column)))
        listed = [f"{escape(short_text(value))}{_times(n, len(counts))}" for value, n in counts.most_common(_N_VALUES)]
        more = [f"and {len(counts) - _N_VALUES} more"] if len(counts) > _N_VALUES else []
        if counts:
            cells.append(f'<tr><th scope="row">{label}</th><td>{", ".join([*listed, *more])}</td></tr>')
    return "\n".join(cells)


def _times(count: int, n_values: int) -> str:
    """How many masks were made with a value, where there are several values."""
    return f" ({count_of(count, 'scan')})" if n_values > 1 else ""


def citation(rows: Sequence[Row]) -> str:
    """Return sentences on the method, to be pasted into a paper.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    str
    """
    made = Counter(
        tuple(short_text(row.entry.cells.get(column) or "") for column in ("version", "model", "surface", "border_mm"))
        for row in rows
        if row.verdict != NO_MASK
    )
    (version, model, surface, border), _ = made.most_common(1)[0] if made else (("", "", "", ""), 0)
    network = f" with the network '{model}'" if model else ""
    others = " Some scans were masked with other settings." if len(made) > 1 else ""
    return (
        f"Brain masks were computed with deskull {version or __version__}{network}{_border_text(border, surface)}."
        f"{others} The masks of {count_of(len(rows), 'scan')} were checked in its report, worst first."
    )


def _border_text(border: str, surface: str) -> str:
    """Where the masks end, as a part of a sentence."""
    try:
        distance = float(border)
    except ValueError:
        return ""
    side = "inside" if distance < 0 else "outside"
    return f"; they end {abs(distance):g} mm {side} the {_SURFACES.get(surface, 'surface')}"
