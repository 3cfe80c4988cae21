"""HTML: cells, tables and lists of names, with all text from files escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

from deskull.evaluation.definitions import ScoreDefinition

#: Names that are listed before the rest is only counted.
_N_LISTED = 10


@dataclass(frozen=True)
class Section:
    """A section of a page.

    Attributes
    ----------
    anchor : str
        Id of the heading.
    heading : str
    body : str
        HTML.
    """

    anchor: str
    heading: str
    body: str

    def as_html(self) -> str:
        """Return the section as HTML.

        Returns
        -------
        str
            HTML.
        """
        return f'<section><h2 id="{self.anchor}">{self.heading}</h2>\n{self.body}</section>'


def page_style() -> str:
    """Return the style that self-contained pages share, as CSS."""
    return resources.files(__package__).joinpath("page_style.css").read_text(encoding="utf-8")


def count_of(number: int, noun: str) -> str:
    """Return a number and its noun.

    Parameters
    ----------
    number : int
    noun : str
        In the singular; its plural must end in "s".

    Returns
    -------
    str

    Examples
    --------
    >>> count_of(1, "case"), count_of(2, "case")
    ('1 case', '2 cases')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def list_names(names: Sequence[str]) -> str:
    """List names, the first ten at most, followed by the number of the others.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    str
        HTML.
    """
    more = f" and {len(names) - _N_LISTED} more" if len(names) > _N_LISTED else ""
    return ", ".join(map(escape, names[:_N_LISTED])) + more


def score_cell(definition: ScoreDefinition, value: float) -> str:
    """Return a table cell that sorts by its number; NaN sorts last.

    Parameters
    ----------
    definition : ScoreDefinition
    value : float

    Returns
    -------
    str
        HTML.
    """
    return f'<td data-value="{"" if math.isnan(value) else repr(value)}">{definition.format(value)}</td>'


def text_cell(text: str, css_class: str = "name") -> str:
    """Return a table cell of free text, which shows all of it as a tooltip where it is cut off.

    Parameters
    ----------
    text : str
    css_class : str

    Returns
    -------
    str
        HTML.
    """
    return f'<td class="{css_class}" title="{escape(text)}">{escape(text)}</td>'


def header_row(text_columns: Sequence[str], number_columns: Sequence[str]) -> str:
    """Return the head of a table: columns of text on the left, columns of numbers on the right.

    Parameters
    ----------
    text_columns, number_columns : sequence of str
        Headings as HTML.

    Returns
    -------
    str
        HTML.
    """
    cells = [f'<th scope="col" class="text">{name}</th>' for name in text_columns]
    cells += [f'<th scope="col">{name}</th>' for name in number_columns]
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def table(head: str, rows: Sequence[str], *, long: bool = False) -> str:
    """Return a table that scrolls sideways; a long one also scrolls down, and can be sorted.

    Parameters
    ----------
    head : str
        As given by `header_row`.
    rows : sequence of str
        ``<tr>`` elements.
    long : bool
        Whether the table is long.

    Returns
    -------
    str
        HTML.
    """
    box_class, table_class = ("scroll tall", ' class="sortable"') if long else ("scroll", "")
    body = f"{head}<tbody>\n{''.join(rows)}</tbody>"
    return f'<div class="{box_class}" tabindex="0"><table{table_class}>{body}</table></div>\n'
