"""Tables that ``deskull evaluate`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from deskull.evaluation.comparison import Comparison
    from deskull.evaluation.scores import CaseScores

_CAPTION = "↑ higher is better; of the others, values closer to 0 are better"
#: Width of the tables in characters where the output is not a terminal.
_WIDTH = 200


def print_tables(models: Mapping[str, Sequence[CaseScores]], comparison: Comparison | None) -> None:
    """Print the scores of each model, and how the models compare."""
    from rich.console import Console

    console = Console()
    console = console if console.is_terminal else Console(width=_WIDTH)
    for model, cases in models.items():
        console.print(_scores_table(cases, model if comparison else ""))
    if comparison:
        console.print(_comparison_table(comparison))


def _empty_table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    heading = _plain_text(title) if title else None
    return Table(box=box.SIMPLE_HEAD, title=heading, title_style="bold", title_justify="left")


def _plain_text(text: str) -> Any:
    """Return text without markup: brackets are printed, and bytes that are not UTF-8 are shown as escapes."""
    from rich.text import Text

    return Text(text.encode(errors="backslashreplace").decode())


def _scores_table(cases: Sequence[CaseScores], title: str) -> Table:
    """Return the scores of all cases, followed by their summary if there are several."""
    from deskull.evaluation.definitions import SCORES
    from deskull.evaluation.scores import summarise

    table = _empty_table(title)
    table.caption, table.caption_justify = _CAPTION, "left"
    table.add_column("case", no_wrap=True)
    for score in SCORES.values():
        table.add_column(f"{score.label_with_unit}{' ↑' if score.higher_is_better else ''}", justify="right")
    for case in cases:
        table.add_row(_plain_text(case.case), *(score.format(score.value(case.scores)) for score in SCORES.values()))
    summary = summarise(cases)
    for kind in ("median", "mean", "worst") if len(cases) > 1 else ():
        cells = (score.format(summary[key][kind]) if key in summary else "" for key, score in SCORES.items())
        table.add_row(kind, *cells, style="bold")
    return table


def _comparison_table(comparison: Comparison) -> Table:
    """Return the differences of every model from the first one."""
    from deskull.evaluation.definitions import COMPARED_SCORES, format_number

    excluded = f", {len(comparison.excluded_cases)} left out" if comparison.excluded_cases else ""
    table = _empty_table(f"paired differences (cases that all models share: {len(comparison.cases)}{excluded})")
    for heading in ("score", "models"):
        table.add_column(heading, no_wrap=True)
    for heading in ("cases", "median difference", "95 % interval", "p", "p (Holm)"):
        table.add_column(heading, justify="right")
    table.add_column("better")
    for difference in comparison.differences:
        score = COMPARED_SCORES[difference.score]
        median, low, high = (
            format_number(value, score.difference_format)
            for value in (difference.median, difference.low, difference.high)
        )
        interval = f"{low} to {high}" if difference.interval_method else ""
        p_values = ("" if p is None else f"{p:.3f}" for p in (difference.p, difference.p_holm))
        verdict = difference.better or difference.note or "not significant"
        table.add_row(
            score.label_with_unit, _plain_text(f"{difference.other} − {difference.first}"), str(difference.n_pairs),
            median, interval, *p_values, _plain_text(verdict),
        )  # fmt: skip
    return table
