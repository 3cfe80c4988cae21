"""``deskull evaluate``: masks against references, of one model or of several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskull.cli.console import FAILED, REPORTED, refuse_inputs, say
from deskull.errors import UsageError, sentence

if TYPE_CHECKING:
    from rich.table import Table

    from deskull.evaluation.comparison import Comparison
    from deskull.evaluation.scores import Pair, Row


def evaluate(
    predicted: Annotated[Path, typer.Argument(metavar="PRED", help="Mask, or a folder of them.", show_default=False)],
    reference: Annotated[
        Path,
        typer.Argument(
            metavar="REF", help="Reference, a folder of them, or a table of 'deskull data index'.", show_default=False
        ),
    ],
    split: Annotated[str | None, typer.Option(help="Of a table: only the cases of this split.")] = None,
    roi: Annotated[Path | None, typer.Option(help="Count only where this mask (or folder's X_roi) is not 0.")] = None,
    name: Annotated[
        str, typer.Option(help="What to call the model (default: as its folder).", show_default=False)
    ] = "",
    against: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FOLDER", help="Another model's masks; may be given again.")
    ] = None,
    scans: Annotated[Path | None, typer.Option(help="Raw scans (X of X_mask), for the pictures of --html.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write all scores here as CSV.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write all scores here as JSON ('-': stdout).")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with charts and the worst cases.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
) -> None:
    """Score masks: Dice, IoU, sensitivity, specificity, HD95 and mean surface distance in mm, volume, leak."""
    from deskull.evaluation.comparison import compare
    from deskull.evaluation.scores import find_scans, pair_models

    results = [path for path in (csv, json, html) if path and str(path) != "-"]
    _refuse(results, overwrite, html=html, scans=scans)
    chosen = _models(predicted, name, against or [])
    if reference.suffix.lower() == ".csv":
        pairs, backgrounds = _from_table(chosen, reference, split)
    elif split:
        raise UsageError(f"--split {split}: is of a table; give the table of 'deskull data index' as REF.")
    else:
        pairs = pair_models(chosen, reference, roi)
        backgrounds = find_scans(scans, {pair.case for some in pairs.values() for pair in some}) if scans else {}
    files = [file for some in pairs.values() for pair in some for file in (pair.predicted, pair.reference, pair.roi)]
    for path in results:
        refuse_inputs(path, (*filter(None, files), *backgrounds.values()))
    models = {model: _score(some) for model, some in pairs.items()}
    if any(models.values()):
        comparison = compare(models) if len(models) > 1 else None
        _write(models, comparison, csv, json, overwrite)
        if html:
            _write_page(html, models, pairs, backgrounds, overwrite)
        if str(json) != "-":
            _print_tables(models, comparison)
    if any(len(models[model]) < len(pairs[model]) for model in pairs):
        raise typer.Exit(FAILED)


def _refuse(results: Sequence[Path], overwrite: bool, *, html: Path | None, scans: Path | None) -> None:
    """Refuse, before any work, what could not be written."""
    from deskull.system.atomic import refuse_existing

    if len({path.resolve() for path in results}) < len(results):
        raise UsageError(f"{results[0]}: two results cannot be one file; name them apart.")
    if scans and not html:
        raise UsageError("--scans: is for the pictures of the page; add --html FILE.")
    if html:
        from deskull.report.charts import need_matplotlib

        need_matplotlib()
    for path in results:
        refuse_existing(path, overwrite)


def _models(predicted: Path, name: str, against: Sequence[str]) -> dict[str, Path]:
    """Masks by the name of their model, the first one first."""
    from deskull.formats import split_name

    own = predicted.resolve().name if predicted.is_dir() else split_name(predicted)[0]
    models = {name or own: predicted}
    for text in against:
        model, _, folder = text.partition("=")
        if not (model and folder):
            raise UsageError(f"--against {text}: is not of the form NAME=FOLDER; write it so.")
        if model in models:
            raise UsageError(f"--against {text}: there is a model {model} already; give another name (--name).")
        models[model] = Path(folder)
    return models


def _from_table(
    models: Mapping[str, Path], table: Path, split: str | None
) -> tuple[dict[str, list[Pair]], dict[str, Path]]:
    """Pairs of each model with the cases of a data set, and the scan of each case."""
    from deskull.data.splits import cases_of
    from deskull.evaluation.scores import pair_cases
    from deskull.formats import split_name

    cases = cases_of(table, split)
    scans = {split_name(case.raw)[0]: case.raw for case in cases}
    return {model: pair_cases(folder, cases) for model, folder in models.items()}, scans


def _score(pairs: Sequence[Pair]) -> list[Row]:
    """Score what can be scored, and say what cannot."""
    from deskull.evaluation.scores import evaluate_pair

    rows = []
    for pair in pairs:
        try:
            rows.append(evaluate_pair(pair))
        except REPORTED as error:
            say(f"error: {sentence(error)}")
    return rows


def _write(
    models: Mapping[str, Sequence[Row]],
    comparison: Comparison | None,
    csv: Path | None,
    json: Path | None,
    overwrite: bool,
) -> None:
    """Write scores as CSV and JSON: of one model in the plain form, of several with their names."""
    from deskull.evaluation.scores import models_to_csv, models_to_json, to_csv, to_json
    from deskull.system.atomic import write_bytes

    only = next(iter(models.values()))
    if csv:
        text = models_to_csv(models) if comparison else to_csv(only)
        write_bytes(csv, text.encode(errors="backslashreplace"), overwrite=overwrite)
    text = models_to_json(models, comparison.as_dict()) if comparison else to_json(only)
    if json and str(json) != "-":
        write_bytes(json, text.encode(), overwrite=overwrite)
    elif json:
        print(text, end="")


def _write_page(
    path: Path,
    models: Mapping[str, Sequence[Row]],
    pairs: Mapping[str, Sequence[Pair]],
    scans: Mapping[str, Path],
    overwrite: bool,
) -> None:
    """Write the page."""
    from deskull.report.evaluation_page import evaluation_page
    from deskull.system.atomic import write_bytes

    page = evaluation_page(models, pairs, scans)
    write_bytes(path, page.encode(errors="xmlcharrefreplace"), overwrite=overwrite)


def _print_tables(models: Mapping[str, Sequence[Row]], comparison: Comparison | None) -> None:
    """Print the scores of each model, and how they compare."""
    from rich.console import Console

    console = Console()
    console = console if console.is_terminal else Console(width=200)
    for model, rows in models.items():
        console.print(_scores_table(rows, model if comparison else ""))
    if comparison:
        console.print(_comparison_table(comparison))


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, title=_plain(title) if title else None, title_style="bold", title_justify="left")


def _plain(text: str) -> Any:
    """A name as it is: brackets in it are no markup, and bytes that are no text are shown as escapes."""
    from rich.text import Text

    return Text(text.encode(errors="backslashreplace").decode())


def _scores_table(rows: Sequence[Row], title: str) -> Table:
    """The scores, and their summary where there are several cases."""
    from deskull.evaluation.scores import COLUMNS, summarise

    table = _table(title)
    table.add_column("case", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(_plain(row.case), *(format(getattr(row.scores, name), form) for name, form in COLUMNS.items()))
    summary = summarise(rows)
    for kind in ("median", "mean", "worst") if len(rows) > 1 else ():
        cells = (format(summary[name][kind], form) if name in summary else "" for name, form in COLUMNS.items())
        table.add_row(kind, *cells, style="bold")
    return table


def _comparison_table(comparison: Comparison) -> Table:
    """Every model against the first."""
    from deskull.evaluation.comparison import COMPARED

    left = f", {len(comparison.left_out)} left out" if comparison.left_out else ""
    table = _table(f"paired differences (cases that all models share: {len(comparison.cases)}{left})")
    for head in ("score", "models"):
        table.add_column(head, no_wrap=True)
    for head in ("cases", "median difference", "95 % interval", "p", "p (Holm)"):
        table.add_column(head, justify="right")
    table.add_column("better")
    for found in comparison.differences:
        form = COMPARED[found.score]
        interval = f"{found.low:{form}} to {found.high:{form}}" if found.interval else ""
        values = ("" if p is None else f"{p:.3f}" for p in (found.p, found.p_holm))
        table.add_row(
            found.score.replace("_", " "), _plain(f"{found.other} - {found.first}"), str(found.pairs),
            f"{found.median:{form}}", interval, *values, _plain(found.better or found.note or "no clear difference"),
        )  # fmt: skip
    return table
